"""Ends the process when a vital thread, or the whole interpreter, no longer shows life.

Two guards. The watchdog's thread reads the heartbeat table; a vital worker silent beyond
its limit ends the process with `ExitCode.RESTART`. The thread itself is watched by
`faulthandler`, whose timer needs no interpreter lock: it is wound up again at every look,
and if the looks stop coming it ends the process with status 1. Either way the tracebacks
of all threads are in the trace file, which is how a supervisor tells this status 1 from
any other (`exit_codes.wants_restart`).

Started after warm-up: compiling may hold the lock for longer than a hang is allowed to.
"""

import faulthandler
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TextIO

from trading_agent.runtime.exit_codes import ExitCode, hung
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.worker import Heartbeats, Silence, Stop

TRACE_VARIABLE: Final = "FLASH_TRADING_TRACE"
"""Names the file a supervisor looks at for the tracebacks of a hang."""
_LOOK_SECONDS: Final = 0.5


def trace_file(environment: Mapping[str, str]) -> Path:
    """Where the supervisor looks, or a file of our own."""
    own = Path(tempfile.gettempdir(), f"flash-trading-{os.getpid()}.trace")
    return Path(environment.get(TRACE_VARIABLE) or own)


class Watchdog:
    """`run` is the body of its worker. `on_silence` hears of each silence once; for a vital
    worker it is the last thing that happens in this process."""

    def __init__(
        self,
        heartbeats: Heartbeats,
        trace: Path,
        settings: RuntimeSettings,
        on_silence: Callable[[Silence], None],
    ) -> None:
        self._heartbeats = heartbeats
        self._trace = trace
        self._settings = settings
        self._on_silence = on_silence
        self._silent: frozenset[str] = frozenset()

    def run(self, stop: Stop) -> None:
        if hung(self._trace):  # kept for a person to read
            self._trace.replace(self._trace.with_name(self._trace.name + ".last"))
        descriptor = os.open(self._trace, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            try:
                self._wind_up(file)
                while not stop.wait(_LOOK_SECONDS):
                    self._wind_up(file)
                    self._look(file)
            finally:
                faulthandler.cancel_dump_traceback_later()
        self._trace.unlink(missing_ok=True)

    def _wind_up(self, file: TextIO) -> None:
        hang = self._settings.hang_seconds
        faulthandler.dump_traceback_later(hang, exit=True, file=file)

    def _look(self, file: TextIO) -> None:
        silences = self._heartbeats.silences()
        for silence in silences:
            if silence.critical:
                self._die(file, silence)
            if silence.worker not in self._silent:
                self._on_silence(silence)
        self._silent = frozenset(silence.worker for silence in silences)

    def _die(self, file: TextIO, silence: Silence) -> None:
        """What could hang (a listener, a lock it wants) is still under the timer."""
        file.write(f"{silence.worker} has been silent for {silence.seconds:.1f} s\n")
        file.flush()
        faulthandler.dump_traceback(file, all_threads=True)
        self._on_silence(silence)
        os._exit(ExitCode.RESTART)

"""A run as a person meets it: what is asked, what is shown meanwhile, how it ends."""

import itertools
import logging
import math
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from msgspec.structs import replace

from trading_agent.adapters.storage.files import make_private_directory
from trading_agent.adapters.storage.secrets import PAPER_SECRETS, Secrets, load_secrets
from trading_agent.cli import BEGAN
from trading_agent.cli.closing import closing_line, what_is_open
from trading_agent.cli.run_log import log_end, log_facts, log_failure, log_start
from trading_agent.cli.screen import Screen
from trading_agent.config.flash_trading_config import canonical_pair
from trading_agent.config.loading import LoadedConfig, digest, load
from trading_agent.config.records_address import records_secrets
from trading_agent.domain.errors import CommandError, ConfigError, StorageError, TradingError
from trading_agent.doors.company import SECRET_NAMES
from trading_agent.doors.pairs import chosen_pairs_in
from trading_agent.embedded_exchange.tempo import read_speed
from trading_agent.flash_trading import FlashTradingSystem
from trading_agent.market_access import Played
from trading_agent.run_terms import RunOptions, RunStatus
from trading_agent.runtime.crew import End
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.runtime.log import LOG_NAME, start_logging, stop_logging
from trading_agent.runtime.redaction import Redactor
from trading_agent.runtime.warm_up import Compilation

RESTARTED_VARIABLE: Final = "FLASH_TRADING_RESTARTED"
"""Set by a supervisor that starts the same run again after a death."""
_LOOK_SECONDS: Final = 0.25
_DRAIN_SECONDS: Final = 1.5
"""After a recording is over: what is under way may still arrive, fill and settle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """The command line, as typed."""

    config: Path
    overlays: tuple[Path, ...]
    venue: str | None
    play: tuple[Path, ...]
    play_as: str | None
    speed: str
    record_to: Path | None
    duration: float | None
    seed: int | None
    data_directory: Path | None
    board: bool
    json: bool


class LiveRun:
    """Shows progress on stderr, the board on a terminal, the closing object on stdout."""

    def __init__(self, request: RunRequest, compilation: Compilation) -> None:
        self._request = request
        self._compilation = compilation
        self._screen = Screen(board=request.board)

    def go(self) -> ExitCode:
        """From configuration to exit code. Raises TradingError when it cannot start."""
        request = self._request
        loaded = self._load()
        names = (*PAPER_SECRETS, *SECRET_NAMES)
        secrets = load_secrets(Path(loaded.config.storage.secrets_file), os.environ, names)
        system = FlashTradingSystem(loaded, self._options(loaded, secrets), self._screen.say)
        hidden = (*secrets.all_values(), *records_secrets(loaded.config, os.environ))
        log = _log_in(system.data_directory, Redactor(hidden))
        try:
            log_start(system, loaded)
            lived = self._live(system)
            if isinstance(lived, End):
                log_end(lived, None)
                self._screen.say(f"stopped: {lived.why}")
                return lived.code
            end, stuck, ready = lived
            status = system.status()
            log_end(end, status)
        except TradingError as error:
            log_failure(error)
            raise
        finally:
            stop_logging(log)
        for words in (*what_is_open(status), *(f"{name} did not stop in time" for name in stuck)):
            self._screen.say(words)
        self._screen.say(f"stopped: {end.why}")
        if request.json:
            more = {"peak_rss_mib": _peak_rss_mib(), "start_s": round(ready, 3)}
            sys.stdout.write(closing_line(status, end.why, more))
            sys.stdout.flush()
        return end.code

    def _live(self, system: FlashTradingSystem) -> tuple[End, tuple[str, ...], float] | End:
        """How it ended, which threads did not, and how many seconds the start took; the end
        alone when it never began to trade."""
        with _signals_end(system):
            early = system.start()
            if early is not None:
                return early
            ready = time.monotonic() - BEGAN
            with self._screen:
                end = self._attend(system)
                seen = system.status()
                stuck = system.stop()
                shown = _as_last_seen(seen, system.status())
                self._screen.show(shown, self._elapsed(ready), last=True)
        log_facts(system.told())
        return end, stuck, ready

    def _load(self) -> LoadedConfig:
        request = self._request
        loaded = load(request.config, request.overlays, os.environ)
        folder = request.data_directory or loaded.config.data_directory
        if not request.play and (chosen := chosen_pairs_in(folder)).exists():
            # What a person wished for while it ran; the environment still has the last word.
            loaded = load(request.config, (*request.overlays, chosen), os.environ)
        config = loaded.config
        venue = "embedded" if request.play else request.venue or config.venue
        if venue not in ("embedded", "mexc"):
            raise ConfigError(f"--venue {venue}: there are embedded and mexc")
        if not request.play and (request.play_as is not None or request.speed != "1"):
            raise CommandError("--as and --speed are about a recording: name one with --play")
        if request.play and request.venue == "mexc":
            raise ConfigError("--play needs the embedded exchange: leave out --venue mexc")
        update: dict[str, Any] = {"venue": venue}
        embedded: dict[str, Any] = {"pairs": config.symbols} if not request.play else {}
        if request.seed is not None:
            embedded["seed"] = request.seed
        known = config.embedded.synthetic.presets
        strange = [symbol for symbol in config.symbols if symbol not in known]
        if venue == "embedded" and not request.play and strange:
            raise ConfigError(
                f"the embedded exchange has no market for {', '.join(strange)}: it knows "
                f"{', '.join(known)}; name a preset for it in embedded.synthetic.presets"
            )
        update["embedded"] = config.embedded.model_copy(update=embedded)
        changed = config.model_copy(update=update)
        return LoadedConfig(changed, digest(changed), loaded.sources)

    def _options(self, loaded: LoadedConfig, secrets: Secrets) -> RunOptions:
        request = self._request
        try:
            play_as = canonical_pair(request.play_as or loaded.config.symbols[0])
        except ValueError as error:
            raise CommandError(f"--as {request.play_as}: {error}") from error
        return RunOptions(
            played=Played(
                files=request.play,
                symbol=play_as if request.play else "",
                speed=read_speed(request.speed),
            ),
            record_to=request.record_to and _unused(request.record_to),
            data_directory=request.data_directory,
            compile_kernels=self._compilation.finish,
            secrets=secrets,
            load_again=self._load,
        )

    def _attend(self, system: FlashTradingSystem) -> End:
        """Show the run until it ends."""
        for elapsed in self._moments(system):
            self._screen.show(system.status(), elapsed)
            log_facts(system.told())
        end = system.wait(0.0)
        assert end is not None
        return end

    def _elapsed(self, ready: float) -> float:
        return time.monotonic() - BEGAN - ready

    def _moments(self, system: FlashTradingSystem) -> Iterator[float]:
        """Elapsed seconds, a few times a second, until the run is over."""
        began = time.monotonic()
        over_at = math.inf
        while True:
            elapsed = time.monotonic() - began
            duration = self._request.duration
            if duration is not None and elapsed >= duration:
                system.end("duration")
            elif elapsed >= over_at + _DRAIN_SECONDS:
                system.end("recording_over")
            elif over_at == math.inf and system.status().market_is_over:
                over_at = elapsed
            left = _LOOK_SECONDS if duration is None else max(duration - elapsed, 0.0)
            if system.wait(min(_LOOK_SECONDS, left)) is not None:
                return
            yield elapsed


def _as_last_seen(seen: RunStatus, ended: RunStatus) -> RunStatus:
    """The account as it ended, beside the pairs as they were before the streams were closed."""
    if seen.snapshot is None or ended.snapshot is None:
        return ended
    return replace(ended, snapshot=replace(ended.snapshot, symbols=seen.snapshot.symbols))


def _log_in(directory: Path, redactor: Redactor) -> logging.Handler:
    """Raises ConfigError where nothing can be written."""
    try:
        make_private_directory(directory)
        return start_logging(directory / LOG_NAME, redactor)
    except StorageError as error:
        raise ConfigError(str(error)) from error
    except OSError as error:
        raise ConfigError(f"the data directory {directory}: {error.strerror}") from error


def _unused(path: Path) -> Path:
    """A recording is never written over: what a death cut short stays, and the run that goes
    on from it writes beside it. Raises ConfigError when a person names what is there."""
    if not path.exists():
        return path
    if RESTARTED_VARIABLE not in os.environ:
        raise ConfigError(f"--record-to {path}: it exists, and is never written over")
    parts = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(part for part in parts if not part.exists())


@contextmanager
def _signals_end(system: FlashTradingSystem) -> Iterator[None]:
    """The first SIGINT or SIGTERM asks for an orderly end, a second one ends at once."""
    asked = False

    def on_signal(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(ExitCode.INTERRUPTED)
        asked = True
        system.end(signal.Signals(number).name)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_signal) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _peak_rss_mib() -> float:
    """Of this program. Where the system tells it: `getrusage` counts what the parent process
    held when it started us."""
    status = Path("/proc/self/status")
    if status.exists():
        for words in status.read_text().splitlines():
            if words.startswith("VmHWM:"):
                return round(int(words.split()[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)

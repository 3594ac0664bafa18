"""Starts Flash Trading and starts it again when it must be: python scripts/start.py --help.

The first start makes the environment. Arguments go to `flash-trading run`. The trader tells
by its exit status whether it wants to be started again (trading_agent/runtime/exit_codes.py);
in between this waits longer each time, and gives up when it happens too often.
"""

import collections
import contextlib
import importlib.util
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import bootstrap

PROJECT = Path(__file__).resolve().parent.parent
TRACE_VARIABLE = "FLASH_TRADING_TRACE"
"""Names the file in which a hanging process leaves its tracebacks."""
RESTARTED_VARIABLE = "FLASH_TRADING_RESTARTED"
"""Set when the same run is started again after a death."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
HEALTHY_SECONDS = 600.0
MOST_RESTARTS = 5
FAILED = 1
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class RestartRule:
    """How long to wait before the next start, in seconds; None to give up."""

    def __init__(self, draw: object) -> None:
        """`draw(low, high)` is a random number between them."""
        self._draw = draw
        self._deaths = collections.deque()
        self._in_a_row = 0

    def pause(self, now: float, lived: float) -> object:
        """At a death at `now` after having `lived`; both in seconds."""
        if lived >= HEALTHY_SECONDS:
            self._deaths.clear()
            self._in_a_row = 0
        while self._deaths and now - self._deaths[0] > HEALTHY_SECONDS:
            self._deaths.popleft()
        if len(self._deaths) >= MOST_RESTARTS:
            return None
        self._deaths.append(now)
        self._in_a_row += 1
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self._in_a_row)
        return self._draw(FIRST_PAUSE, longest)


class Supervisor:
    """Runs one command at a time, hands signals on to it, and knows when it is to end."""

    def __init__(self, command: list, rule: RestartRule, wants_restart: object) -> None:
        """`wants_restart(status, trace)` as in exit_codes.py."""
        self._command = command
        self._rule = rule
        self._wants_restart = wants_restart
        self._child = None
        self._asked = 0
        self._ending = threading.Event()

    def run(self, trace: Path) -> int:
        """Until the command ends for good; its exit status as a shell would give it."""
        environment = {**os.environ, TRACE_VARIABLE: str(trace)}
        for name in SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._hand_on)
        while True:
            with contextlib.suppress(FileNotFoundError):
                trace.unlink()
            started = time.monotonic()
            status = self._run_once(environment)
            if self._asked or not self._wants_restart(status, trace):
                return status if status >= 0 else 128 - status
            now = time.monotonic()
            pause = self._rule.pause(now, now - started)
            if pause is None:
                bootstrap.say(
                    f"It ended {MOST_RESTARTS + 1} times within {HEALTHY_SECONDS / 60:.0f} minutes "
                    f"(last status {status}): not started again. Its log says why."
                )
                return FAILED
            bootstrap.say(f"{self._cause(status, trace)}; starting again in {pause:.0f} s.")
            environment[RESTARTED_VARIABLE] = "1"
            self._rest(now + pause)
            if self._asked:
                return 128 + self._asked

    def _run_once(self, environment: dict) -> int:
        self._child = subprocess.Popen(self._command, env=environment)
        if self._asked:
            # Asked while the child was being made: the handler found none to tell.
            self._child.send_signal(self._asked)
        status = None
        while status is None:
            # With a timeout, because a signal that comes just before an endless wait begins
            # would be handed on only after it.
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = self._child.wait(timeout=60)
        self._child = None
        return status

    def _rest(self, until: float) -> None:
        while not self._asked and time.monotonic() < until:
            self._ending.wait(min(0.2, max(0.0, until - time.monotonic())))

    def _hand_on(self, number: int, _frame: object) -> None:
        self._asked = number
        self._ending.set()
        # A terminal has sent Ctrl-C to the child already; twice would mean "at once".
        told = number == signal.SIGINT and in_foreground()
        if self._child is not None and not told:
            self._child.send_signal(number)

    def _cause(self, status: int, trace: Path) -> str:
        if trace.exists() and trace.stat().st_size:
            kept = trace.with_suffix(".last")
            trace.replace(kept)
            return f"It stood still and was ended (tracebacks in {kept})"
        if status < 0:
            return f"It was ended by {signal.Signals(-status).name}"
        return "It asked to be started again"


def in_foreground() -> bool:
    """Whether this process belongs to the job a terminal sends Ctrl-C to."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)


def exit_codes() -> object:
    """The trader's own words on exit statuses; that module needs nothing installed."""
    path = PROJECT / "trading_agent" / "runtime" / "exit_codes.py"
    spec = importlib.util.spec_from_file_location("exit_codes", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> int:
    bootstrap.require_python(sys.version_info)
    python = bootstrap.python_for(PROJECT, "")
    command = [str(python), "-m", "trading_agent", "run", *sys.argv[1:]]
    trace = bootstrap.private_directory(PROJECT) / f"trace-{os.getpid()}.txt"
    rule = RestartRule(random.uniform)
    return Supervisor(command, rule, exit_codes().wants_restart).run(trace)


if __name__ == "__main__":
    sys.exit(main())

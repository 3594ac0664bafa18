"""The only maker of threads: each has a name, a heartbeat, a stop and a rule for its death.

A worker without a restart rule is one the process cannot live without: its death is
reported as final, and whoever wired it ends the process. A worker with a rule starts again
after a growing, jittered pause, and says so each time.
"""

import random
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trading_agent.domain.units import SECOND
from trading_agent.runtime.clock import Clock

_BEAT_SECONDS: Final = 0.5
_EARLY: Final = "returned although nobody had asked it to stop"


@dataclass(frozen=True, slots=True)
class Silence:
    """A worker that has not shown life for `seconds`, longer than `limit` allows."""

    worker: str
    seconds: float
    limit: float
    critical: bool


class Heartbeats:
    """When each worker last showed life. Every owner writes its own entry; anyone reads."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._last: dict[str, int] = {}
        self._limits: dict[str, tuple[float, bool]] = {}

    def expect(self, worker: str, limit: float, *, critical: bool) -> None:
        """From now on silence longer than `limit` seconds is reported by `silences`."""
        self._last[worker] = self.clock.monotonic()
        self._limits[worker] = (limit, critical)

    def dismiss(self, worker: str) -> None:
        """The worker has ended in order; its silence means nothing."""
        self._limits.pop(worker, None)

    def beat(self, worker: str) -> None:
        """The worker lives; called by its own thread."""
        self._last[worker] = self.clock.monotonic()

    def ages(self) -> dict[str, float]:
        """Seconds since each worker's last sign of life."""
        now = self.clock.monotonic()
        return {name: (now - last) / SECOND for name, last in self._last.copy().items()}

    def silences(self) -> tuple[Silence, ...]:
        ages = self.ages()
        return tuple(
            Silence(name, ages[name], limit, critical)
            for name, (limit, critical) in self._limits.copy().items()
            if ages[name] > limit
        )


class Stop:
    """The wish that a worker ends. Asking for it is a sign of life of who asks."""

    def __init__(self, beat: Callable[[], None] | None = None) -> None:
        self._event = threading.Event()
        self._beat = beat

    def set(self) -> None:
        """Any thread."""
        self._event.set()

    def is_set(self) -> bool:
        """The worker's own thread asks; whoever else looks uses `wanted`."""
        if self._beat is not None:
            self._beat()
        return self._event.is_set()

    @property
    def wanted(self) -> bool:
        """The same answer without a sign of life."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Pause for `seconds` or until the stop; True when it is set. Beats meanwhile."""
        left = seconds
        while not self.is_set() and left > 0.0:
            self._event.wait(min(left, _BEAT_SECONDS))
            left -= _BEAT_SECONDS
        return self.is_set()


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRule:
    """Pauses grow from `first` to `longest` seconds by `factor`, each shortened or
    lengthened by up to `jitter` of itself. A life of `healthy` seconds forgets the past."""

    first: float = 0.5
    factor: float = 2.0
    longest: float = 30.0
    jitter: float = 0.25
    healthy: float = 60.0

    def pause(self, attempt: int, dice: float) -> float:
        """Seconds before restart number `attempt` (from 1); `dice` in 0 to 1."""
        growth = self.factor ** min(attempt - 1, 64)
        return min(self.first * growth, self.longest) * (1.0 + self.jitter * (2.0 * dice - 1.0))


class WorkerChange(StrEnum):
    STARTED = "started"
    RESTARTING = "restarting"
    """It died and will start again after `pause` seconds."""
    DIED = "died"
    """It died and has no rule to start again."""
    STUCK = "stuck"
    """It did not end in the time it was given."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class WorkerEvent:
    """`why` names the exception or says what happened; `trace` is the traceback, or empty."""

    worker: str
    change: WorkerChange
    why: str = ""
    trace: str = ""
    attempt: int = 0
    pause: float = 0.0


def say_nothing(_event: WorkerEvent) -> None:
    """For whoever does not listen."""


class Worker:
    """One thread. `run` works until its `Stop` is set, then returns; returning sooner is a
    death like any exception.

    `interrupt` is called once when the stop is asked for, to wake a `run` that waits
    elsewhere. `on_event` is called from the worker's thread (STUCK: from the stopper's).
    """

    def __init__(
        self,
        name: str,
        run: Callable[[Stop], None],
        *,
        restart: RestartRule | None,
        heartbeats: Heartbeats,
        interrupt: Callable[[], None] | None = None,
        on_event: Callable[[WorkerEvent], None] = say_nothing,
    ) -> None:
        self.name = name
        self._run = run
        self._restart = restart
        self._heartbeats = heartbeats
        self._interrupt = interrupt
        self._on_event = on_event
        self._stop = Stop(self._beat)
        # A daemon: a thread that hangs must not be able to keep the process from ending.
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def vital(self) -> bool:
        """The process cannot go on without it."""
        return self._restart is None

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Any thread; returns at once."""
        already = self._stop.wanted
        self._stop.set()
        if self._interrupt is not None and not already:
            self._interrupt()

    def join(self, seconds: float) -> bool:
        """Wait for the end; False (and a STUCK event) when it has not come in time."""
        if self._thread.ident is None:
            return True
        self._thread.join(seconds)
        if self._thread.is_alive():
            why = f"still running {seconds:g} s after it was asked to stop"
            self._say(WorkerEvent(self.name, WorkerChange.STUCK, why))
            return False
        return True

    def stop(self, seconds: float) -> bool:
        """Ask and wait."""
        self.ask_to_stop()
        return self.join(seconds)

    def _beat(self) -> None:
        self._heartbeats.beat(self.name)

    def _live(self) -> None:
        attempt = 0
        while True:
            self._beat()
            self._say(WorkerEvent(self.name, WorkerChange.STARTED, attempt=attempt))
            began = self._heartbeats.clock.monotonic()
            why, trace = self._run_once()
            lived = (self._heartbeats.clock.monotonic() - began) / SECOND
            if self._restart is None or self._stop.wanted:
                self._end(why, trace)
                return
            attempt = 1 if lived > self._restart.healthy else attempt + 1
            pause = self._restart.pause(attempt, random.random())
            again = WorkerChange.RESTARTING
            self._say(WorkerEvent(self.name, again, why or _EARLY, trace, attempt, pause))
            if self._stop.wait(pause):
                self._end("", "")
                return

    def _run_once(self) -> tuple[str, str]:
        """What it died of and where; both empty when it returned."""
        try:
            self._run(self._stop)
        except BaseException as death:  # noqa: BLE001 - a thread must never die in silence
            return f"{type(death).__name__}: {death}", traceback.format_exc()
        return "", ""

    def _end(self, why: str, trace: str) -> None:
        if self._stop.wanted and not why:
            self._heartbeats.dismiss(self.name)
            self._say(WorkerEvent(self.name, WorkerChange.STOPPED))
        else:
            self._say(WorkerEvent(self.name, WorkerChange.DIED, why or _EARLY, trace))

    def _say(self, event: WorkerEvent) -> None:
        try:
            self._on_event(event)
        except BaseException:  # noqa: BLE001 - a bad listener must not take the worker with it
            traceback.print_exc(file=sys.stderr)

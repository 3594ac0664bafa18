"""Waiting for what another thread does, on events and never on a nap."""

import threading
from collections.abc import Callable
from typing import Final

from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.worker import (
    Heartbeats,
    RestartRule,
    Stop,
    Worker,
    WorkerChange,
    WorkerEvent,
)

PATIENCE: Final = 20.0
"""Seconds; reached only by a test that fails."""


class Diary:
    """Collects a worker's events; `wait_for` blocks until one of a kind has come."""

    def __init__(self) -> None:
        self._written = threading.Condition()
        self.events: list[WorkerEvent] = []

    def __call__(self, event: WorkerEvent) -> None:
        with self._written:
            self.events.append(event)
            self._written.notify_all()

    def wait_for(self, change: WorkerChange, count: int = 1) -> WorkerEvent:
        def found() -> list[WorkerEvent]:
            return [event for event in self.events if event.change is change]

        with self._written:
            assert self._written.wait_for(lambda: len(found()) >= count, PATIENCE), self.events
            return found()[count - 1]

    def changes(self) -> list[WorkerChange]:
        with self._written:
            return [event.change for event in self.events]


def working(
    run: Callable[[Stop], None],
    *,
    name: str = "worker",
    restart: RestartRule | None = None,
    interrupt: Callable[[], None] | None = None,
    diary: Diary | None = None,
) -> Worker:
    """A started worker on the real clock."""
    worker = Worker(
        name,
        run,
        restart=restart,
        heartbeats=Heartbeats(SystemClock()),
        interrupt=interrupt,
        on_event=diary or Diary(),
    )
    worker.start()
    return worker

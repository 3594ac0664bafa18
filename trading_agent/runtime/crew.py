"""The workers of a run together: started in order, stopped in reverse, ended as one."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trading_agent.domain.commands import Origin, PauseEntries, StartTrading
from trading_agent.domain.errors import TradingError
from trading_agent.engine.storage_pause import STORAGE_PAUSE
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.worker import Worker, WorkerChange, WorkerEvent


@dataclass(frozen=True, slots=True)
class End:
    """Why the run is over."""

    code: ExitCode
    why: str


class Crew:
    """Whoever sees that the run must end says so here; the main thread waits for it.

    The first reason counts; later ones are consequences.
    """

    def __init__(self) -> None:
        self._workers: list[Worker] = []
        self._vital: set[str] = set()
        self._guard = threading.Lock()  # guards _reason
        self._reason: End | None = None
        self._over = threading.Event()

    @property
    def workers(self) -> Sequence[Worker]:
        return tuple(self._workers)

    def start(self, worker: Worker) -> None:
        """Main thread only, in the order in which workers need one another."""
        self._workers.append(worker)
        if worker.vital:
            self._vital.add(worker.name)
        worker.start()

    def end(self, code: ExitCode, why: str) -> None:
        """Any thread; returns at once."""
        with self._guard:
            if self._reason is None:
                self._reason = End(code, why)
        self._over.set()

    def heed(self, event: WorkerEvent) -> None:
        """Any thread; hears of every worker. The death of a vital one is the end of the run:
        starting again recovers through the journal."""
        if event.change is WorkerChange.DIED and event.worker in self._vital:
            self.end(ExitCode.RESTART, f"{event.worker} died: {event.why}")

    def wait(self, seconds: float | None = None) -> End | None:
        """Until the run ends or the time is over (None)."""
        self._over.wait(seconds)
        return self._reason

    def stop(self, seconds: float) -> tuple[str, ...]:
        """Stop every worker, the last started first, each within `seconds`.

        Returns the names of those that did not end. A worker is stopped only when those
        that feed it have ended, so that nothing on its way is lost.
        """
        return tuple(worker.name for worker in reversed(self._workers) if not worker.stop(seconds))


def _keep_quiet(_words: str) -> None:
    """For whoever does not listen."""


class StorageAlarm:
    """What a journal in trouble means: no new entries. One that failed means an end, too, that
    leads to recovery; one that cannot write for a while lets entries go on afterwards.

    `say` tells a person at once: the fact of the pause itself waits for the journal.
    """

    def __init__(self, inbox: Inbox, crew: Crew, say: Callable[[str], None] = _keep_quiet) -> None:
        self._inbox = inbox
        self._crew = crew
        self._say = say
        self._strained = False

    def __call__(self, error: TradingError) -> None:
        """The journal failed."""
        self._pause(error)
        self._crew.end(ExitCode.RESTART, f"the journal failed: {error}")

    def strain(self, error: TradingError | None) -> None:
        """Writing has failed and is tried again, told as often as it fails; None: it works
        again."""
        if error is not None:
            # Every time: whoever resumes meanwhile does so for a moment only.
            self._pause(error)
            if not self._strained:
                self._say(f"entries pause, the journal cannot be written: {error}")
        elif self._strained:
            self._say("the journal can be written again")
            self._inbox.submit(StartTrading(origin=Origin.SYSTEM))
        self._strained = error is not None

    def _pause(self, error: TradingError) -> None:
        self._inbox.submit(PauseEntries(origin=Origin.SYSTEM, why=f"{STORAGE_PAUSE}{error}"))

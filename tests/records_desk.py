"""A desk whose journal is in memory, and the thread that keeps its records."""

import threading
from collections.abc import Callable, Iterator, Sequence

from tests.fakes import MemoryJournal
from tests.records_databases import everything, opened
from tests.threads.waiting import PATIENCE, Diary, working
from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.records.keeper import RecordsKeeper
from trading_agent.adapters.records.opening import bring_up_to_date
from trading_agent.adapters.records.settings import RecordsSettings
from trading_agent.adapters.records.writer import RecordsWriter
from trading_agent.domain.facts import Fact
from trading_agent.domain.units import SECOND
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.worker import RestartRule, Worker

QUICK = RestartRule(first=0.05, longest=0.1)


class Desk:
    """`asked` lists from where the records' thread read the journal; `said` what a person
    heard."""

    def __init__(
        self,
        address: RecordsAddress,
        unread: int = 10_000,
        facts: Sequence[tuple[int, Fact]] = (),
    ) -> None:
        """`facts` are in the journal already."""
        self.journal = MemoryJournal(len(facts))
        self.journal.facts.extend(facts)
        self.asked: list[int] = []
        self.said: list[str] = []
        self.diary = Diary()
        runtime = RuntimeSettings(subscription_facts=unread)
        self.outbox = Outbox(self.journal, SystemClock(), runtime, lambda _error: None)
        self._address = address
        self._journal_worker: Worker | None = None
        self._records: Worker | None = None

    def start_journal(self) -> None:
        self._journal_worker = working(
            self.outbox.run, name="journal", interrupt=self.outbox.interrupt
        )

    def start_records(self) -> None:
        settings = RecordsSettings(commit_seconds=0.05, commit_facts=7, timeout_seconds=1.0)
        keeper = RecordsKeeper(self._address, settings, self.read, self.outbox, self.said.append)
        self._records = working(keeper.run, name="records", restart=QUICK, diary=self.diary)

    def read(self, after: int) -> Iterator[tuple[int, Fact]]:
        self.asked.append(after)
        return iter([each for each in self.journal.facts if each[0] > after])

    def end(self) -> None:
        """In order: everything that was published is committed, then recorded."""
        assert self._journal_worker is not None
        assert self._journal_worker.stop(PATIENCE)
        if self._records is not None:
            assert self._records.stop(PATIENCE)


def rebuilt(address: RecordsAddress, facts: Sequence[tuple[int, Fact]]) -> object:
    """Every row, made anew from these facts."""
    database = opened(address)
    try:
        bring_up_to_date(database)
        RecordsWriter(database).rebuild(facts, 1_000)
    finally:
        database.close()
    return everything(address)


def until(seen: Callable[[], bool]) -> None:
    """Looks again and again; fails when it takes too long."""
    clock, pause = SystemClock(), threading.Event()
    limit = clock.monotonic() + int(PATIENCE * SECOND)
    while not seen():
        assert clock.monotonic() < limit
        pause.wait(0.005)

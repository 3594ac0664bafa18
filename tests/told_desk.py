"""A desk whose journal is in memory, and the thread that tells of it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.fakes import MemoryJournal
from tests.threads.waiting import PATIENCE, Diary, working
from trading_agent.domain.facts import Fact
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.notifications.notice import Claimed
from trading_agent.notifications.settings import NotificationSettings
from trading_agent.notifications.store import NoticeStore
from trading_agent.notifications.teller import Teller
from trading_agent.runtime.clock import Clock, SystemClock
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.worker import RestartRule, Worker

QUICK = RestartRule(first=0.02, longest=0.05)
CHAT = "telegram:1"


class ToldDesk:
    """`asked` lists from where the journal was read."""

    def __init__(
        self,
        path: Path,
        facts: Sequence[Fact] = (),
        *,
        unread: int = 10_000,
        settings: NotificationSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`facts` are in the journal already."""
        self.journal = MemoryJournal(len(facts))
        self.journal.facts.extend(enumerate(facts, 1))
        self.asked: list[int] = []
        self.diary = Diary()
        self.clock = clock or SystemClock()
        runtime = RuntimeSettings(subscription_facts=unread)
        self.outbox = Outbox(self.journal, self.clock, runtime, lambda _error: None)
        self.store = NoticeStore(path, self.clock)
        self.store.open()
        self.store.appear(CHAT)
        self.settings = settings or NotificationSettings(report_at="")
        self.teller = Teller(self.store, self.read, self.outbox, self.clock, self.settings)
        self._workers: list[Worker] = []

    def start(self) -> "ToldDesk":
        told = working(self.teller.run, name="notices", restart=QUICK, diary=self.diary)
        journal = working(self.outbox.run, name="journal", interrupt=self.outbox.interrupt)
        self._workers = [journal, told]
        return self

    def read(self, after: int) -> Iterator[tuple[int, Fact]]:
        self.asked.append(after)
        return iter([each for each in self.journal.facts if each[0] > after])

    def end(self) -> None:
        """In order: everything that was published is committed, then told."""
        for worker in self._workers:
            assert worker.stop(PATIENCE)
        self.store.close()

    def told_keys(self) -> list[str]:
        """Of everything that was ever put into the outbox."""
        return [notice.key for notice in self.store.recent(100_000)]

    def sent(self) -> list[Claimed]:
        """Everything that waits, taken as a destination would."""
        taken = []
        while (claimed := self.store.claim(CHAT, join=False)) is not None:
            taken.append(claimed)
            self.store.delivered(claimed.id)
        return taken

    def wait_for(self, words: str) -> None:
        """Until something that says so is in the outbox."""
        until(lambda: any(words in notice.plain for notice in self.store.recent(1_000)))


def until(seen: Callable[[], bool]) -> None:
    """Looks again and again; fails when it takes too long."""
    clock, pause = SystemClock(), threading.Event()
    limit = Nanos(clock.monotonic() + int(PATIENCE * SECOND))
    while not seen():
        assert clock.monotonic() < limit
        pause.wait(0.01)

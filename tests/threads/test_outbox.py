import threading

import pytest

from tests.fakes import MemoryJournal, quiet_snapshot
from tests.threads.waiting import PATIENCE, Diary, working
from trading_agent.domain.errors import StorageError, TradingError
from trading_agent.domain.facts import BookReady, EntriesPaused, EntriesResumed, Fact
from trading_agent.domain.units import Nanos
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.digest import FactsDigest
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.subscription import Published, Subscription, SubscriptionRule
from trading_agent.runtime.worker import Worker, WorkerChange

EVERYTHING = SubscriptionRule(name="test")


class Alarm:
    def __init__(self) -> None:
        self.errors: list[TradingError] = []
        self.rung = threading.Event()

    def __call__(self, error: TradingError) -> None:
        self.errors.append(error)
        self.rung.set()


def paused(number: int) -> Fact:
    return EntriesPaused(at=Nanos(number), why=f"reason {number}")


def outbox_on(
    journal: MemoryJournal, alarm: Alarm | None = None, settings: RuntimeSettings | None = None
) -> Outbox:
    return Outbox(journal, SystemClock(), settings or RuntimeSettings(), alarm or Alarm())


def journal_worker(outbox: Outbox, diary: Diary | None = None) -> Worker:
    return working(outbox.run, name="journal", interrupt=outbox.interrupt, diary=diary)


def received(subscription: Subscription, count: int) -> list[Published]:
    items = [subscription.get(PATIENCE) for _ in range(count)]
    return [item for item in items if item is not None]


def test_facts_are_released_in_order_with_the_journals_numbers() -> None:
    journal = MemoryJournal(last_sequence=40)
    outbox = outbox_on(journal)
    subscription = outbox.subscribe(EVERYTHING)
    worker = journal_worker(outbox)
    outbox.publish((paused(1), paused(2)))
    outbox.publish((paused(3),))
    items = received(subscription, 3)
    assert [item.sequence for item in items] == [41, 42, 43]
    assert [item.fact for item in items] == [paused(1), paused(2), paused(3)]
    assert worker.stop(PATIENCE)
    assert journal.facts == [(41, paused(1)), (42, paused(2)), (43, paused(3))]


def test_nothing_is_seen_before_the_journal_has_it() -> None:
    journal = MemoryJournal()
    journal.gate.clear()
    outbox = outbox_on(journal)
    subscription = outbox.subscribe(EVERYTHING)
    worker = journal_worker(outbox)
    outbox.publish((paused(1),))
    outbox.publish_snapshot(quiet_snapshot(at=7, fact_sequence=1))
    assert journal.waiting.wait(PATIENCE)
    assert subscription.get(0.0) is None
    assert outbox.snapshot is None
    assert (outbox.published, outbox.committed) == (1, 0)
    assert not outbox.wants_snapshot
    journal.gate.set()
    assert received(subscription, 1) == [Published(1, paused(1))]
    assert worker.stop(PATIENCE)
    assert outbox.snapshot is not None and outbox.snapshot.at == 7
    assert outbox.committed == 1
    assert outbox.wants_snapshot


def test_facts_that_wait_share_one_commit() -> None:
    journal = MemoryJournal()
    outbox = outbox_on(journal, settings=RuntimeSettings(commit_facts=100))
    for number in range(250):
        outbox.publish((paused(number),))
    assert journal_worker(outbox).stop(PATIENCE)
    assert journal.commits == [100, 100, 50]


def test_a_stop_leaves_nothing_uncommitted() -> None:
    journal = MemoryJournal()
    outbox = outbox_on(journal)
    worker = journal_worker(outbox)
    for number in range(5_000):
        outbox.publish((paused(number),))
    outbox.publish_snapshot(quiet_snapshot(fact_sequence=5_000))
    assert worker.stop(PATIENCE)
    assert outbox.committed == journal.last_sequence == 5_000
    assert outbox.snapshot is not None


def test_a_failed_commit_releases_nothing_more_and_is_told_once() -> None:
    journal, alarm, diary = MemoryJournal(), Alarm(), Diary()
    journal.fail_at = 2
    outbox = outbox_on(journal, alarm, RuntimeSettings(commit_facts=1))
    subscription = outbox.subscribe(EVERYTHING)
    for number in (1, 2, 3):
        outbox.publish((paused(number),))
    outbox.publish_snapshot(quiet_snapshot(fact_sequence=3))
    worker = journal_worker(outbox, diary)
    assert alarm.rung.wait(PATIENCE)
    assert "disk is full" in diary.wait_for(WorkerChange.DIED).why
    assert worker.join(PATIENCE)
    outbox.publish((paused(4),))
    outbox.publish_snapshot(quiet_snapshot(fact_sequence=4))
    assert received(subscription, 1) == [Published(1, paused(1))]
    assert subscription.get(0.0) is None
    assert subscription.closed
    assert [str(error) for error in alarm.errors] == ["the disk is full"]
    assert outbox.snapshot is None
    assert outbox.published == 3


def test_a_disk_that_is_too_slow_is_a_failure_and_the_core_does_not_wait() -> None:
    journal, alarm = MemoryJournal(), Alarm()
    journal.gate.clear()
    outbox = outbox_on(journal, alarm, RuntimeSettings(outbox_facts=1_000))
    worker = journal_worker(outbox)
    for number in range(1_000):
        outbox.publish((paused(number),))
    assert not alarm.rung.is_set()
    outbox.publish((paused(1_000),))
    assert isinstance(alarm.errors[0], StorageError)
    assert "behind" in str(alarm.errors[0])
    assert outbox.failure is alarm.errors[0]
    outbox.publish((paused(1_001),))
    journal.gate.set()
    assert worker.stop(PATIENCE)
    assert journal.last_sequence == 1_000
    assert len(alarm.errors) == 1


def test_a_snapshot_ahead_of_its_facts_is_our_error() -> None:
    alarm, diary = Alarm(), Diary()
    outbox = outbox_on(MemoryJournal(), alarm)
    outbox.publish_snapshot(quiet_snapshot(fact_sequence=1))
    journal_worker(outbox, diary)
    assert "InvariantError" in diary.wait_for(WorkerChange.DIED).why
    assert outbox.snapshot is None


def test_the_digest_covers_what_was_committed() -> None:
    outbox = outbox_on(MemoryJournal(last_sequence=10))
    facts = tuple(paused(number) for number in range(5))
    outbox.publish(facts)
    assert journal_worker(outbox).stop(PATIENCE)
    digest = FactsDigest()
    digest.add(facts)
    assert outbox.digest.hexdigest() == digest.hexdigest()
    digest.add(facts[:1])
    assert outbox.digest.hexdigest() != digest.hexdigest()
    assert outbox.digest.count == 5


def test_a_listener_hears_only_what_it_asked_for() -> None:
    outbox = outbox_on(MemoryJournal())
    rule = SubscriptionRule(name="test", kinds=(EntriesResumed, BookReady))
    subscription = outbox.subscribe(rule)
    resumed = EntriesResumed(at=Nanos(2))
    ready = BookReady(at=Nanos(3), symbol="BTCUSDC")
    outbox.publish((paused(1), resumed, ready))
    assert journal_worker(outbox).stop(PATIENCE)
    assert subscription.drain() == (Published(2, resumed), Published(3, ready))


def test_a_slow_listener_loses_the_oldest_and_it_is_counted() -> None:
    outbox = outbox_on(MemoryJournal())
    slow = outbox.subscribe(SubscriptionRule(name="slow", capacity=3))
    quick = outbox.subscribe(EVERYTHING)
    outbox.publish(tuple(paused(number) for number in range(10)))
    assert journal_worker(outbox).stop(PATIENCE)
    assert [item.sequence for item in slow.drain()] == [8, 9, 10]
    assert slow.dropped == 7
    assert len(quick.drain()) == 10
    assert quick.dropped == 0


def test_a_listener_without_a_wish_of_its_own_may_be_as_slow_as_the_settings_say() -> None:
    outbox = outbox_on(MemoryJournal(), settings=RuntimeSettings(subscription_facts=10))
    subscription = outbox.subscribe(EVERYTHING)
    outbox.publish(tuple(paused(number) for number in range(15)))
    assert journal_worker(outbox).stop(PATIENCE)
    assert subscription.dropped == 5


def test_the_end_of_the_journal_wakes_a_waiting_listener() -> None:
    outbox = outbox_on(MemoryJournal())
    subscription = outbox.subscribe(EVERYTHING)
    worker = journal_worker(outbox)
    woken: list[object] = []
    done = threading.Event()

    def listen(stop: object) -> None:
        woken.append(subscription.get(PATIENCE))
        done.set()

    listener = working(listen)
    assert worker.stop(PATIENCE)
    assert done.wait(PATIENCE)
    assert listener.join(PATIENCE)
    assert woken == [None]


@pytest.mark.parametrize("end", ["closed by the listener", "dropped from the list"])
def test_a_closed_subscription_takes_nothing_in(end: str) -> None:
    outbox = outbox_on(MemoryJournal())
    subscription = outbox.subscribe(EVERYTHING)
    subscription.close()
    if end == "dropped from the list":
        outbox.subscribe(EVERYTHING)
    outbox.publish((paused(1),))
    assert journal_worker(outbox).stop(PATIENCE)
    assert subscription.drain() == ()

"""The thread that follows the journal: nothing lost, nothing twice, whatever dies in between."""

from pathlib import Path

from tests.replay.golden_run import golden_facts
from tests.told_desk import CHAT, ToldDesk, until
from tests.told_facts import bought, ended, listed, sold
from tests.trade_facts import BTCUSDC, opened
from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import Fact
from trading_agent.notifications.notice import Level, Topic
from trading_agent.notifications.settings import NotificationSettings
from trading_agent.runtime.worker import WorkerChange

LIFE: tuple[Fact, ...] = (opened(), listed(BTCUSDC), *bought(), *sold(), ended(100))


def test_what_is_committed_is_told_once_and_an_orderly_end_loses_nothing(tmp_path: Path) -> None:
    desk = ToldDesk(tmp_path / "notices.sqlite").start()
    desk.outbox.publish(LIFE)
    desk.end()
    desk.store.open()
    assert [claimed.topic for claimed in desk.sent()] == [
        Topic.RUN,
        Topic.RUN,
        Topic.ENTRY,
        Topic.EXIT,
    ]
    assert desk.store.cursor == len(LIFE)
    desk.store.close()


def test_the_next_life_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    facts = golden_facts()
    path, half = tmp_path / "notices.sqlite", len(facts) // 2
    first = ToldDesk(path).start()
    first.outbox.publish(tuple(facts[:half]))
    first.end()
    second = ToldDesk(path, facts[:half]).start()
    second.outbox.publish(tuple(facts[half:]))
    second.end()
    second.store.open()
    keys = second.told_keys()
    assert len(set(keys)) == len(keys)
    closed = sum(type(fact).__name__ == "PositionClosed" for fact in facts)
    assert sum(key.endswith(":exit") for key in keys) == closed
    # Everything waits: nobody took it.
    assert second.store.waiting(CHAT) == len(second.sent())
    second.store.close()


def test_a_journal_that_was_there_before_is_learned_in_silence(tmp_path: Path) -> None:
    before = LIFE[:-8]
    desk = ToldDesk(tmp_path / "notices.sqlite", before).start()
    desk.outbox.publish(LIFE[-8:])
    desk.end()
    desk.store.open()
    told = [claimed.plain.splitlines()[1] for claimed in desk.sent() if claimed.topic is Topic.EXIT]
    assert ["BTCUSDC closed" in line for line in told] == [True]
    assert not [key for key in desk.told_keys() if key.startswith("f1:")]
    desk.store.close()


def test_a_slow_teller_reads_what_it_missed_in_the_journal(tmp_path: Path) -> None:
    facts = golden_facts()
    desk = ToldDesk(tmp_path / "notices.sqlite", unread=10).start()
    for at in range(0, len(facts), 40):
        desk.outbox.publish(tuple(facts[at : at + 40]))
    desk.end()
    desk.store.open()
    assert desk.store.cursor == len(facts)
    closed = sum(type(fact).__name__ == "PositionClosed" for fact in facts)
    assert sum(key.endswith(":exit") for key in desk.told_keys()) == closed
    desk.store.close()


def test_another_journal_is_noticed_and_its_facts_are_told(tmp_path: Path) -> None:
    path = tmp_path / "notices.sqlite"
    first = ToldDesk(path).start()
    first.outbox.publish(LIFE)
    first.end()
    second = ToldDesk(path).start()
    second.outbox.publish((opened(500), listed(BTCUSDC, 500), *bought(510)))
    second.end()
    second.store.open()
    keys = second.told_keys()
    assert any("the journal is another" in notice.plain for notice in second.store.recent(100))
    assert "2.f3:fill12500" in keys
    assert "f3:fill12500" in keys
    second.store.close()


def test_a_memory_nobody_can_read_is_learned_anew_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "notices.sqlite"
    facts = LIFE[:6]
    first = ToldDesk(path).start()
    first.outbox.publish(facts)
    first.end()
    first.store.open()
    first.store.keep((), first.store.cursor, '{"orders": "of a strange version"}')
    first.store.close()
    second = ToldDesk(path, facts).start()
    second.outbox.publish(LIFE[6:])
    second.end()
    second.store.open()
    keys = second.told_keys()
    assert sum(key.endswith(":exit") for key in keys) == 1
    assert any(key.startswith("f3:fill") for key in keys)
    assert len(set(keys)) == len(keys)
    second.store.close()


def test_one_fact_that_cannot_be_told_silences_no_other(tmp_path: Path) -> None:
    desk = ToldDesk(tmp_path / "notices.sqlite").start()
    strange = bought()[2]
    desk.outbox.publish((opened(), strange, listed(BTCUSDC), *bought(), *sold(), ended(100)))
    desk.end()
    desk.store.open()
    plain = [notice.plain for notice in desk.store.recent(100)]
    assert any("fact 2 (OrderFilled) cannot be told" in words for words in plain)
    assert any("BTCUSDC closed" in words for words in plain)
    desk.store.close()


def test_what_is_no_fact_is_told_too_and_repetitions_are_counted(tmp_path: Path) -> None:
    desk = ToldDesk(tmp_path / "notices.sqlite").start()
    for _ in range(50):
        desk.teller.tell("the disk is <full>", Level.CRITICAL)
    desk.teller.tell("the clock jumped")
    desk.wait_for("the clock jumped")
    desk.end()
    desk.store.open()
    told = desk.store.recent(100)
    assert [notice.level for notice in told] == [Level.CRITICAL, Level.WARNING]
    assert "&lt;full&gt;" in told[0].html
    desk.store.close()


def test_an_outbox_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    """Closed under the teller's feet, as a disk that fails: it dies, starts again, and says all."""
    desk = ToldDesk(tmp_path / "notices.sqlite").start()
    desk.diary.wait_for(WorkerChange.STARTED)
    until(lambda: desk.store.cursor is not None)
    desk.store.close()
    desk.teller.tell("before the end of the disk")
    desk.outbox.publish(LIFE)
    event = desk.diary.wait_for(WorkerChange.RESTARTING)
    assert StorageError.__name__ in event.why
    desk.store.open()
    desk.wait_for("BTCUSDC closed")
    desk.wait_for("before the end of the disk")
    desk.end()
    desk.store.open()
    keys = desk.told_keys()
    assert len(set(keys)) == len(keys)
    assert sum(key.endswith(":exit") for key in keys) == 1
    desk.store.close()


def test_beyond_its_bound_the_least_urgent_are_given_up_and_that_is_said(tmp_path: Path) -> None:
    settings = NotificationSettings(report_at="", most_waiting=100, signal_seconds=0.0)
    desk = ToldDesk(tmp_path / "notices.sqlite", settings=settings).start()
    for number in range(150):
        desk.teller.tell(f"trouble number {number}")
    desk.wait_for("messages were given up")
    desk.end()
    desk.store.open()
    assert desk.store.waiting(CHAT) <= 102
    desk.store.close()

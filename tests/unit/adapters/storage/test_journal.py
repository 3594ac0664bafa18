import sqlite3
from pathlib import Path

import pytest

from tests.unit.adapters.storage.facts import filled, one_of_many_kinds, sent
from trading_agent.adapters.storage.journal import Journal, JournalIdentity, JournalReader
from trading_agent.adapters.storage.journal_head import JournalHead
from trading_agent.domain.errors import ConfigError, InvariantError, StorageError
from trading_agent.domain.facts import EntriesResumed, Fact, SignalRaised
from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos

HERE = JournalIdentity("embedded", "synthetic seed 7")


def opened(path: Path, identity: JournalIdentity = HERE) -> Journal:
    return Journal.open(path, identity, Nanos(1))


def numbered(facts: tuple[Fact, ...], first: int = 1) -> list[tuple[int, Fact]]:
    return list(enumerate(facts, first))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.db"


def test_facts_come_back_exactly_as_they_were(path: Path) -> None:
    facts = numbered(one_of_many_kinds())
    journal = opened(path)
    journal.append(facts[:3])
    journal.append(facts[3:])
    journal.close()
    journal = opened(path)
    assert list(journal.read()) == facts
    assert list(journal.read(after=5)) == facts[5:]
    assert journal.last_sequence == len(facts)
    journal.close()


def test_the_chain_goes_on_over_restarts(path: Path, tmp_path: Path) -> None:
    facts = numbered(one_of_many_kinds())
    interrupted, whole = opened(path), opened(tmp_path / "other" / "journal.db")
    interrupted.append(facts[:4])
    interrupted.close()
    interrupted = opened(path)
    interrupted.append(facts[4:])
    whole.append(facts)
    interrupted.close()
    whole.close()
    assert JournalHead(path).read() == JournalHead(whole.path).read()


def test_appending_nothing_is_nothing(path: Path) -> None:
    journal = opened(path)
    journal.append([])
    assert journal.last_sequence == 0
    journal.close()


def test_a_doubled_fill_is_impossible_and_leaves_nothing_of_its_commit(path: Path) -> None:
    journal = opened(path)
    journal.append([(1, filled(17))])
    with pytest.raises(InvariantError, match="doubled"):
        journal.append([(2, filled(18)), (3, filled(17))])
    assert journal.last_sequence == 1
    journal.append([(2, filled(18))])
    assert [sequence for sequence, _ in journal.read()] == [1, 2]
    journal.close()


def test_an_order_is_sent_once(path: Path) -> None:
    journal = opened(path)
    journal.append([(1, sent(4)), (2, filled(1, order=4)), (3, filled(2, order=4))])
    with pytest.raises(InvariantError, match="doubled"):
        journal.append([(4, sent(4))])
    journal.close()


@pytest.mark.parametrize("sequence", [1, 3])
def test_facts_out_of_order_are_refused(path: Path, sequence: int) -> None:
    journal = opened(path)
    journal.append([(1, filled(1))])
    with pytest.raises(InvariantError, match="where 2 was due"):
        journal.append([(sequence, filled(2))])
    journal.close()


def test_a_fact_with_a_number_that_is_none_is_refused(path: Path) -> None:
    signal = one_of_many_kinds()[2]
    assert isinstance(signal, SignalRaised)
    broken = SignalRaised(
        at=signal.at,
        symbol="BTCUSDC",
        session="",
        direction=Side.BUY,
        strength=float("nan"),
        reasons=(),
        sequence=1,
        bid=signal.bid,
        ask=signal.ask,
        imbalance=0.0,
        momentum_bps=0.0,
        volatility_bps=0.0,
    )
    journal = opened(path)
    with pytest.raises(InvariantError, match="SignalRaised"):
        journal.append([(1, broken)])
    assert journal.last_sequence == 0
    journal.close()


@pytest.mark.parametrize(
    "asked",
    [JournalIdentity("mexc", "synthetic seed 7"), JournalIdentity("embedded", "synthetic seed 8")],
)
def test_a_journal_of_another_market_is_refused_with_the_way_out(
    path: Path, asked: JournalIdentity
) -> None:
    opened(path).close()
    with pytest.raises(ConfigError) as caught:
        opened(path, asked)
    message = str(caught.value)
    assert "'embedded'" in message and "'synthetic seed 7'" in message
    assert repr(asked.venue) in message and repr(asked.source) in message
    assert "--data-dir" in message
    opened(path).close()


def test_a_journal_of_a_newer_version_is_refused(path: Path) -> None:
    opened(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ConfigError, match="newer version"):
        opened(path)


def test_another_file_is_not_taken_for_a_journal_nor_changed(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE photos (a)")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="not a journal"):
        opened(path)
    text = tmp_path / "other.db"
    text.write_text("shopping list: " + "milk " * 1_000)
    with pytest.raises(StorageError):
        opened(text)
    assert text.read_text().startswith("shopping list")


def test_two_engines_never_write_one_journal(path: Path) -> None:
    first = opened(path)
    with pytest.raises(ConfigError, match=r"another engine \(process \d+\)"):
        opened(path)
    first.close()
    opened(path).close()


def test_a_refused_journal_is_left_unlocked(path: Path) -> None:
    opened(path).close()
    with pytest.raises(ConfigError):
        opened(path, JournalIdentity("mexc", "live"))
    opened(path).close()


def test_only_the_owner_can_read_any_of_it(path: Path) -> None:
    journal = opened(path)
    journal.append([(1, filled(1))])
    assert path.parent.stat().st_mode & 0o777 == 0o700
    files = list(path.parent.iterdir())
    assert {file.name for file in files} >= {"journal.db", "journal.db-wal", "journal.db.lock"}
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    journal.close()


def test_a_journal_that_others_could_read_is_closed_to_them(path: Path) -> None:
    opened(path).close()
    path.chmod(0o644)
    opened(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_report_reads_while_the_engine_writes(path: Path) -> None:
    journal = opened(path)
    journal.append([(1, filled(1))])
    reader = JournalReader(path)
    assert reader.identity() == HERE
    reading = reader.read()
    assert next(reading) == (1, filled(1))
    journal.append([(2, filled(2))])
    reading.close()
    assert list(reader.read(after=1)) == [(2, filled(2))]
    journal.close()
    assert [sequence for sequence, _ in reader.read()] == [1, 2]


def test_a_report_on_a_journal_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        list(JournalReader(tmp_path / "nowhere.db").read())


def test_every_commit_is_synchronous(path: Path) -> None:
    journal = opened(path)
    connection = journal._connection
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    journal.close()


def test_a_fact_without_its_own_key_may_happen_again(path: Path) -> None:
    journal = opened(path)
    journal.append([(1, EntriesResumed(at=Nanos(1))), (2, EntriesResumed(at=Nanos(1)))])
    assert journal.last_sequence == 2
    journal.close()

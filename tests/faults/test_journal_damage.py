"""Whatever happens to the files: noticed, said plainly, nothing made anew in silence."""

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.unit.adapters.storage.facts import filled
from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.domain.errors import ConfigError, StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.units import Nanos

IDENTITY = JournalIdentity("embedded", "synthetic")
FACTS = 60


def opened(path: Path) -> Journal:
    return Journal.open(path, IDENTITY, Nanos(1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed journal of sixty fills."""
    path = tmp_path / "journal.db"
    journal = opened(path)
    for number in range(1, FACTS + 1):
        journal.append([(number, filled(number))])
    journal.close()
    return path


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statement", "good"),
    [
        ("UPDATE facts SET body = replace(body, '6123456', '6123457') WHERE sequence = 41", 40),
        ("UPDATE facts SET at = at + 1 WHERE sequence = 1", 0),
        ("UPDATE facts SET kind = 'OrderAccepted' WHERE sequence = 60", 59),
        ("UPDATE facts SET chain = zeroblob(32) WHERE sequence = 30", 29),
        ("DELETE FROM facts WHERE sequence = 12", 11),
        ("UPDATE identity SET created = created + 1", 0),
    ],
)
def test_a_changed_journal_names_the_last_good_fact(path: Path, statement: str, good: int) -> None:
    change(path, statement)
    with pytest.raises(StorageError, match=f"after fact {good}[;:]"):
        opened(path)


def test_a_key_filed_under_another_name_is_noticed_when_it_is_read(path: Path) -> None:
    change(path, "UPDATE facts SET unique_key = 'fill:999' WHERE sequence = 7")
    journal = opened(path)
    with pytest.raises(StorageError, match="fact 7"):
        list(journal.read())
    journal.close()


def test_an_end_that_was_cut_off_is_noticed(path: Path) -> None:
    change(path, "DELETE FROM facts WHERE sequence > 55")
    with pytest.raises(StorageError, match="facts 56 to 60 were committed but are gone"):
        opened(path)


def test_an_older_copy_put_in_its_place_is_noticed(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(path, copy)
    journal = opened(path)
    journal.append([(FACTS + 1, filled(FACTS + 1))])
    journal.close()
    shutil.copy(copy, path)
    with pytest.raises(StorageError, match="facts 61 to 61"):
        opened(path)


def test_another_journal_of_the_same_length_is_noticed(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "journal.db"
    journal = opened(other)
    for number in range(1, FACTS + 1):
        journal.append([(number, filled(number, at=5))])
    journal.close()
    shutil.copy(other, path)
    with pytest.raises(StorageError, match="not the one that was committed"):
        opened(path)


def test_a_deleted_log_of_a_killed_engine_is_noticed(path: Path, tmp_path: Path) -> None:
    """A copy of the files as a kill leaves them, without the write-ahead log."""
    journal = opened(path)
    journal.append([(FACTS + 1, filled(FACTS + 1))])
    left = tmp_path / "left"
    left.mkdir()
    for name in ("journal.db", "journal.db.head"):
        shutil.copy(tmp_path / name, left / name)
    journal.close()
    with pytest.raises(StorageError, match="gone"):
        opened(left / "journal.db")


def test_a_deleted_journal_is_not_made_anew_in_silence(path: Path) -> None:
    path.unlink()
    with pytest.raises(StorageError, match="is gone"):
        opened(path)
    assert not path.exists()


def test_a_head_that_cannot_be_read_is_said(path: Path) -> None:
    path.with_name("journal.db.head").write_text("garbage")
    with pytest.raises(StorageError, match="head"):
        opened(path)


def test_a_head_that_was_never_written_is_no_witness(path: Path) -> None:
    path.with_name("journal.db.head").write_text("")
    journal = opened(path)
    assert journal.last_sequence == FACTS
    journal.close()


def test_a_truncated_file_is_said(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(StorageError):
        opened(path)


def test_flipped_bits_never_change_a_fact_unnoticed(path: Path) -> None:
    """Each flip is found (StorageError, ConfigError) or has altered nothing that is read."""
    original = path.read_bytes()
    truth: list[tuple[int, Fact]] = [(n, filled(n)) for n in range(1, FACTS + 1)]
    dice = random.Random(7)
    found = 0
    for _ in range(150):
        damaged = bytearray(original)
        place = dice.randrange(len(damaged))
        damaged[place] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        try:
            journal = opened(path)
        except (StorageError, ConfigError):
            found += 1
            continue
        try:
            assert list(journal.read()) == truth, f"byte {place}"
        except StorageError:
            found += 1
        finally:
            journal.close()
    assert found > 40

"""Whatever happens to the files: noticed, said plainly, nothing made anew in silence."""

import logging
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.unit.adapters.storage.facts import filled
from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.adapters.storage.journal_verification import verify
from trading_agent.domain.errors import ConfigError, StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.units import Nanos

_log = logging.getLogger(__name__)

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
    with pytest.raises(StorageError, match=f"Facts up to {good} are sound"):
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


def flip_bits(path: Path, times: int, dice: random.Random) -> tuple[int, int, int]:
    """Flip single bits in the journal and in its log; returns how many flips were found, how
    many of those SQLite itself calls sound, and how many changed nothing that is read."""
    files = [path, path.with_name("journal.db-wal")]
    originals = [file.read_bytes() for file in files]
    truth = readable(path)
    found = silent = harmless = 0
    for _ in range(times):
        place = dice.randrange(sum(map(len, originals)))
        for file, original in zip(files, originals, strict=True):
            damaged = bytearray(original)
            if 0 <= place < len(damaged):
                damaged[place] ^= 1 << dice.randrange(8)
            place -= len(original)
            file.write_bytes(damaged)
        path.with_name("journal.db-shm").unlink(missing_ok=True)
        if not is_sound(path):
            found += 1
            silent += sqlite_calls_it_sound(path)
        else:
            facts, images = readable(path)
            # The log's last commits may be gone, if they held no more than an image.
            assert facts == truth[0] and all(each in truth[1] for each in images)
            harmless += 1
    return found, silent, harmless


def is_sound(path: Path) -> bool:
    try:
        return verify(path).sound
    except ConfigError:
        return False


def readable(path: Path) -> tuple[list[object], list[object]]:
    """Every row of facts and identity, and every image, by value and by type."""
    connection = sqlite3.connect(path)
    connection.text_factory = bytes

    def rows(query: str) -> list[object]:
        return [[(type(value), value) for value in row] for row in connection.execute(query)]

    try:
        facts = rows("SELECT * FROM facts") + rows("SELECT * FROM identity")
        return facts, rows("SELECT * FROM images")
    finally:
        connection.close()


def sqlite_calls_it_sound(path: Path) -> bool:
    connection = sqlite3.connect(path)
    try:
        answers: list[tuple[str]] = connection.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
    return answers == [("ok",)]


@pytest.fixture
def left_behind(path: Path, tmp_path: Path) -> Path:
    """The files as a kill leaves them: facts and images in the journal and in its log."""
    journal = opened(path)
    journal.keep_image('{"what": "sixty facts add up to"}')
    journal.append([(number, filled(number)) for number in range(61, 71)])
    journal.keep_image('{"what": "seventy facts add up to"}')
    folder = tmp_path / "left behind"
    folder.mkdir()
    for suffix in ("", "-wal", ".head"):
        name = f"journal.db{suffix}"
        shutil.copy(path.with_name(name), folder / name)
    journal.close()
    return folder / path.name


@pytest.mark.slow
def test_flipped_bits_never_change_a_row_unnoticed(left_behind: Path) -> None:
    found, silent, harmless = flip_bits(left_behind, 200, random.Random(7))
    assert found > 80 and silent > 40 and harmless > 0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_two_thousand_flipped_bits_never_change_a_row_unnoticed(left_behind: Path) -> None:
    found, silent, harmless = flip_bits(left_behind, 2_000, random.Random(8))
    _log.info("flips found, of them sound to SQLite, harmless: %s", (found, silent, harmless))
    assert found > 800 and silent > 400 and harmless > 0


def test_flipped_bits_never_open_as_other_facts(path: Path) -> None:
    original = path.read_bytes()
    truth: list[tuple[int, Fact]] = [(n, filled(n)) for n in range(1, FACTS + 1)]
    dice = random.Random(7)
    found = 0
    for _ in range(100):
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
    assert found > 25

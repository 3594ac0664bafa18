"""Verifying, backing up, moving aside, setting room aside."""

import threading
from pathlib import Path

import pytest

from tests.fakes import ManualClock
from tests.threads.waiting import PATIENCE, working
from tests.unit.adapters.storage.facts import filled
from trading_agent.adapters.storage.journal import Journal, JournalIdentity, JournalReader
from trading_agent.adapters.storage.journal_backup import (
    BACKUPS,
    DailyBackups,
    back_up,
    backups_of,
)
from trading_agent.adapters.storage.journal_quarantine import QUARANTINE, quarantine
from trading_agent.adapters.storage.journal_reserve import DiskReserve
from trading_agent.adapters.storage.journal_verification import verify
from trading_agent.adapters.storage.settings import StorageSettings
from trading_agent.domain.errors import CommandError, ConfigError, StorageError
from trading_agent.domain.units import HOUR, SECOND, Nanos
from trading_agent.runtime.worker import Stop

IDENTITY = JournalIdentity("embedded", "synthetic")
NOW = Nanos(1_763_679_600 * SECOND)
"""2025-11-20 23:00 UTC."""


def opened(path: Path) -> Journal:
    return Journal.open(path, IDENTITY, Nanos(1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    journal = opened(path)
    journal.append([(number, filled(number)) for number in range(1, 31)])
    journal.keep_image("what thirty facts add up to")
    journal.close()
    return path


def damage(path: Path) -> None:
    """Changes one digit of fact 17."""
    journal = opened(path)
    journal._connection.execute(
        "UPDATE facts SET body = replace(body, '6123456', '6123457') WHERE sequence = 17"
    )
    journal.close()


def test_a_sound_journal_is_called_sound(path: Path) -> None:
    verdict = verify(path)
    assert verdict.sound
    assert (verdict.last_good, verdict.facts, verdict.images) == (30, 30, 1)


def test_a_journal_is_verified_while_it_is_written(path: Path) -> None:
    journal = opened(path)
    seen = []

    def breathe() -> None:
        seen.append(journal.last_sequence)

    journal.append([(number, filled(number)) for number in range(31, 1_041)])
    verdict = verify(path, breathe)
    assert verdict.sound and verdict.last_good == 1_040
    assert seen == [1_040]
    journal.close()


@pytest.mark.parametrize(
    ("statement", "good", "word"),
    [
        ("UPDATE facts SET chain = zeroblob(32) WHERE sequence = 9", 8, "chain breaks"),
        ("UPDATE facts SET unique_key = 'fill:99' WHERE sequence = 9", 8, "fill:99"),
        ("UPDATE facts SET unique_key = NULL WHERE sequence = 9", 8, "None"),
        ("UPDATE facts SET body = CAST(body AS BLOB) WHERE sequence = 9", 8, "chain breaks"),
        ("DELETE FROM facts WHERE sequence > 20", 20, "facts 21 to 30 were committed"),
        ("UPDATE identity SET venue = 'mexc'", 0, "chain breaks after fact 0"),
        ("UPDATE images SET body = 'something else'", 30, "the image of fact 30"),
    ],
)
def test_whatever_is_wrong_is_named_with_the_last_good_fact(
    path: Path, statement: str, good: int, word: str
) -> None:
    journal = opened(path)
    journal._connection.execute(statement)
    journal.close()
    verdict = verify(path)
    assert not verdict.sound
    assert verdict.last_good == good
    assert any(word in finding for finding in verdict.findings)


def test_a_journal_that_is_gone_or_something_else_is_not_sound(path: Path, tmp_path: Path) -> None:
    path.unlink()
    assert "facts up to 30 were committed" in verify(path).findings[0]
    text = tmp_path / "text.sqlite"
    text.write_text("shopping list: " + "milk " * 1_000)
    assert not verify(text).sound


def test_a_broken_journal_is_moved_aside_whole_and_a_new_one_can_begin(path: Path) -> None:
    damage(path)
    with pytest.raises(StorageError, match=f"journal quarantine --data-dir {path.parent}"):
        opened(path)
    before = {file.name: file.read_bytes() for file in path.parent.glob("journal.sqlite*")}
    done = quarantine(path, NOW)
    assert done.folder == path.parent / QUARANTINE / "2025-11-20T23-00-00Z"
    assert done.verdict.last_good == 16
    assert "journal.sqlite" in done.moved and "journal.sqlite.head" in done.moved
    for name in ("journal.sqlite", "journal.sqlite.head"):
        assert (done.folder / name).read_bytes() == before[name]
    assert done.earlier is None
    assert not path.exists()
    journal = opened(path)
    assert journal.last_sequence == 0
    journal.close()


@pytest.mark.parametrize("moved", [1, 2])
def test_a_quarantine_cut_short_is_finished_and_names_both_places(path: Path, moved: int) -> None:
    path.with_name(f"{path.name}-wal").write_bytes(b"a log that is worth something")
    damaged = path.with_name(path.name)
    damaged.write_bytes(damaged.read_bytes().replace(b"6123456", b"6123457"))
    earlier = path.parent / QUARANTINE / "2025-11-20T22-00-00Z"
    earlier.mkdir(parents=True)
    for suffix in ("", "-wal")[:moved]:
        path.with_name(path.name + suffix).rename(earlier / f"{path.name}{suffix}")
    with pytest.raises(StorageError, match="it is gone"):
        opened(path)
    done = quarantine(path, NOW)
    assert done.earlier == earlier
    assert done.moved[-1] == f"{path.name}.head"
    assert not list(path.parent.glob(f"{path.name}-wal"))
    opened(path).close()


def test_a_sound_journal_is_never_moved(path: Path) -> None:
    with pytest.raises(CommandError, match="sound up to fact 30"):
        quarantine(path, NOW)
    assert verify(path).sound


def test_a_journal_in_use_is_never_moved(path: Path) -> None:
    journal = opened(path)
    journal._connection.execute("UPDATE facts SET at = 5 WHERE sequence = 3")
    with pytest.raises(ConfigError, match="another engine"):
        quarantine(path, NOW)
    journal.close()
    assert path.exists()


def test_a_backup_of_a_journal_in_use_is_one_of_its_states(path: Path, tmp_path: Path) -> None:
    journal = opened(path)
    journal.append([(31, filled(31))])
    target = tmp_path / "elsewhere" / "copy.sqlite"
    back_up(path, target)
    journal.append([(32, filled(32))])
    journal.close()
    assert [file.name for file in target.parent.iterdir()] == ["copy.sqlite"]
    assert target.stat().st_mode & 0o777 == 0o600
    assert verify(target).last_good == 31
    copy = opened(target)
    assert copy.last_sequence == 31
    assert [image.sequence for image in copy.images()] == [30]
    copy.close()


def test_a_backup_of_a_writer_that_does_not_pause_is_sound(path: Path, tmp_path: Path) -> None:
    journal = opened(path)
    begun = threading.Event()

    def write(stop: Stop) -> None:
        while not stop.is_set():
            last = journal.last_sequence
            journal.append([(last + 1, filled(last + 1))])
            begun.set()

    writer = working(write)
    assert begun.wait(PATIENCE)
    for number in range(5):
        target = tmp_path / f"copy-{number}.sqlite"
        back_up(path, target)
        assert verify(target).last_good >= 31
    assert writer.stop(PATIENCE)
    journal.close()
    assert verify(path).sound


def test_a_backup_replaces_nothing_and_a_damaged_journal_has_none(
    path: Path, tmp_path: Path
) -> None:
    target = tmp_path / "copy.sqlite"
    target.write_text("precious")
    with pytest.raises(CommandError, match="replaces nothing"):
        back_up(path, target)
    assert target.read_text() == "precious"
    damage(path)
    with pytest.raises(StorageError, match="not sound"):
        back_up(path, tmp_path / "other.sqlite")
    assert not list(tmp_path.glob("other*"))


def test_a_backup_of_a_journal_that_lost_its_end_is_refused(path: Path, tmp_path: Path) -> None:
    journal = opened(path)
    journal._connection.execute("DELETE FROM facts WHERE sequence > 20")
    journal.close()
    with pytest.raises(StorageError, match="facts 21 to 30 were committed but are gone"):
        back_up(path, tmp_path / "copies" / "copy.sqlite")
    assert list((tmp_path / "copies").iterdir()) == []


def test_what_a_kill_left_of_a_backup_goes_and_nothing_else(path: Path) -> None:
    folder = path.parent / BACKUPS
    folder.mkdir()
    for name in ("journal-2025-11-19.sqlite.part", "journal-2025-11-19.sqlite.part-journal"):
        (folder / name).write_text("half")
    kept = ("journal-2025-11-1x.sqlite", "journal-of-my-own.sqlite.part")
    for name in kept:
        (folder / name).write_text("mine")
    made = DailyBackups(path, StorageSettings(), ManualClock(NOW), print).consider(Stop())
    assert made is not None
    assert {file.name for file in folder.iterdir()} == {made.name, *kept}
    assert backups_of(path) == [made]


def test_a_backup_is_made_once_a_day_and_the_oldest_go(path: Path) -> None:
    clock, said = ManualClock(NOW), list[str]()
    backups = DailyBackups(path, StorageSettings(backups_kept=3), clock, said.append)
    stop = Stop()
    for _ in range(6):
        made = backups.consider(stop)
        assert made is not None and verify(made).sound
        assert backups.consider(stop) is None
        clock.advance(24 * HOUR)
    names = [file.name for file in backups_of(path)]
    assert names == [f"journal-2025-11-{day}.sqlite" for day in (23, 24, 25)]
    assert {file.name for file in (path.parent / BACKUPS).iterdir()} == set(names)
    assert said == []


def test_a_backup_can_be_put_in_the_place_of_a_broken_journal(path: Path) -> None:
    backups = DailyBackups(path, StorageSettings(), ManualClock(NOW), print)
    copy = backups.consider(Stop())
    assert copy is not None
    damage(path)
    quarantine(path, NOW)
    copy.rename(path)
    journal = opened(path)
    assert journal.last_sequence == 30
    journal.close()


def test_a_backup_that_cannot_be_made_is_said(path: Path) -> None:
    said, told = list[str](), threading.Event()

    def say(words: str) -> None:
        said.append(words)
        told.set()

    damage(path)
    backups = DailyBackups(path, StorageSettings(), ManualClock(NOW), say)
    with pytest.raises(StorageError, match="not sound"):
        backups.consider(Stop())
    assert list((path.parent / BACKUPS).iterdir()) == []


def test_a_reserve_takes_real_room_and_can_be_given_up_once(tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path / "journal.db", 1 << 20)
    assert not reserve.held
    assert reserve.make() and reserve.held
    assert reserve.path.stat().st_blocks * 512 >= 1 << 20
    assert reserve.release()
    assert not reserve.release()
    assert not reserve.held


def test_no_reserve_is_always_there(tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path / "journal.db", 0)
    assert reserve.make() and reserve.held
    assert not reserve.path.exists()


def test_a_reserve_that_the_disk_cannot_hold_is_not_begun(tmp_path: Path) -> None:
    reserve = DiskReserve(tmp_path / "journal.db", 1 << 60)
    assert not reserve.make()
    assert not reserve.path.exists()


def test_a_reader_knows_nothing_of_images(path: Path) -> None:
    assert [sequence for sequence, _ in JournalReader(path).read(28)] == [29, 30]

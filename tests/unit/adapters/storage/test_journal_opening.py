"""What opening a journal does to its files, and what it says when it cannot."""

import fcntl
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.threads.waiting import PATIENCE, working
from tests.unit.adapters.storage.facts import filled
from trading_agent.adapters.storage.files import WriterLock, make_private_directory
from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.adapters.storage.journal_quarantine import quarantine
from trading_agent.domain.errors import ConfigError, StorageError
from trading_agent.domain.units import Nanos
from trading_agent.runtime.worker import Stop

IDENTITY = JournalIdentity("embedded", "synthetic")
FACTS = 80
NAME = "journal.sqlite"


def opened(path: Path, identity: JournalIdentity = IDENTITY) -> Journal:
    return Journal.open(path, identity, Nanos(1))


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """The files as a kill leaves them: sixty facts in the journal, twenty more in its log."""
    path = tmp_path / "lives" / NAME
    journal = opened(path)
    journal.append([(number, filled(number)) for number in range(1, 61)])
    journal.close()
    journal = opened(path)
    journal.append([(number, filled(number)) for number in range(61, FACTS + 1)])
    left = tmp_path / "left"
    left.mkdir(mode=0o700)
    for suffix in ("", "-wal", ".head"):
        shutil.copy(path.with_name(NAME + suffix), left / (NAME + suffix))
    journal.close()
    return left / NAME


def evidence(path: Path) -> dict[str, bytes]:
    """All that belongs to the journal but the lock, and the index SQLite makes of the log."""
    passing = (f"{NAME}.lock", f"{NAME}-shm")
    files = (file for file in path.parent.iterdir() if file.name not in passing)
    return {file.name: file.read_bytes() for file in files}


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_what_a_kill_left_behind_is_opened_whole(killed: Path) -> None:
    journal = opened(killed)
    assert journal.last_sequence == FACTS
    assert [sequence for sequence, _ in journal.read()] == list(range(1, FACTS + 1))
    journal.close()


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_damaged_journal_is_not_touched_by_being_opened(killed: Path, suffix: str) -> None:
    damaged = killed.with_name(NAME + suffix)
    # In the log: a frame of the first page that was written. In the journal: among the facts.
    place = 2_000 if suffix else damaged.read_bytes().index(b'"fill":3,')
    flip(damaged, place)
    before = evidence(killed)
    for _ in range(2):
        with pytest.raises(StorageError, match="is damaged"):
            opened(killed)
        assert evidence(killed) == before
    done = quarantine(killed, Nanos(0))
    assert {name: (done.folder / name).read_bytes() for name in before} == before


def test_a_journal_of_another_market_is_not_touched(killed: Path) -> None:
    before = evidence(killed)
    with pytest.raises(ConfigError, match="belongs to 'embedded'"):
        opened(killed, JournalIdentity("mexc", "public streams"))
    assert evidence(killed) == before


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_a_log_without_its_journal_never_gets_into_a_new_one(killed: Path, suffix: str) -> None:
    killed.with_name(f"{NAME}.head").unlink()
    log = killed.with_name(NAME + suffix)
    killed.with_name(f"{NAME}-wal").rename(log)
    killed.unlink()
    before = evidence(killed)
    for _ in range(2):
        with pytest.raises(StorageError, match=f"it is gone, but .*{NAME}{suffix}"):
            opened(killed)
        assert evidence(killed) == before
    done = quarantine(killed, Nanos(0))
    assert done.moved == (log.name,)
    opened(killed).close()


def test_a_write_that_was_cut_short_before_there_was_a_log_is_undone(tmp_path: Path) -> None:
    """As a copy put back is left by a kill while it is made ready."""
    path = tmp_path / "copy" / NAME
    opened(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("CREATE TABLE half_done (a)")
    connection.executemany("INSERT INTO half_done VALUES (?)", [("x" * 4_000,)] * 200)
    left = tmp_path / "left"
    left.mkdir()
    for name in (NAME, f"{NAME}-journal"):
        shutil.copy(path.with_name(name), left / name)
    connection.close()
    assert (left / f"{NAME}-journal").stat().st_size > 0
    journal = opened(left / NAME)
    assert journal.last_sequence == 0
    journal.close()


@pytest.mark.parametrize("broken", ["text", "folder"])
def test_a_head_that_cannot_be_read_condemns_no_facts(killed: Path, broken: str) -> None:
    head = killed.with_name(f"{NAME}.head")
    head.unlink()
    if broken == "folder":
        head.mkdir()
    else:
        head.write_text("garbage")
    with pytest.raises(StorageError) as caught:
        opened(killed)
    said = str(caught.value)
    assert f"{head} cannot be read" in said
    assert f"Facts up to {FACTS} are sound" in said
    assert f"move {head} away" in said
    head.rename(killed.with_name("away"))
    journal = opened(killed)
    assert journal.last_sequence == FACTS
    journal.close()


def test_what_the_system_refuses_is_said_in_our_words(tmp_path: Path) -> None:
    target = tmp_path / "data"
    target.mkdir()
    (target / f"{NAME}.head").symlink_to(f"{NAME}.head")
    with pytest.raises(StorageError, match=NAME):
        opened(target / NAME)
    WriterLock(target / f"{NAME}.lock").acquire()


def test_who_only_looks_at_the_lock_keeps_no_engine_from_starting(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.lock"
    path.touch()
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)

    def look(stop: Stop) -> None:
        stop.wait(0.05)
        os.close(descriptor)
        stop.wait(PATIENCE)

    worker = working(look)
    lock = WriterLock(path)
    lock.acquire()
    assert path.read_text().strip() == str(os.getpid())
    lock.release()
    assert worker.stop(PATIENCE)


def test_every_folder_that_is_made_is_the_owners_alone(tmp_path: Path) -> None:
    make_private_directory(tmp_path / "one" / "two" / "three")
    for folder in ("one", "one/two", "one/two/three"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700

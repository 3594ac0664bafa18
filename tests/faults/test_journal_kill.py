"""A writer killed at random moments and at every write: what was committed is there, once, in
order, and nothing else is."""

import logging
import os
import random
import signal
from pathlib import Path

import pytest

from tests.journal_children import Child, check, opened, write_commits

_log = logging.getLogger(__name__)

COMMITS_AT_BOUNDARIES = 12


def kill_at_random(path: Path, times: int, dice: random.Random) -> int:
    """Returns how many facts are there in the end."""
    there = 0
    for _ in range(times):
        child = Child(lambda tell: write_commits(opened(path), 1_000_000, tell))
        assert child.heard() == there
        acknowledged = there
        for _ in range(dice.randrange(12)):
            acknowledged = child.heard() or acknowledged
        for _ in range(dice.randrange(4_000)):
            pass  # somewhere within a commit
        acknowledged = max(acknowledged, child.kill())
        there = check(path, at_least=acknowledged, after=there)
    assert check(path, at_least=there) == there
    return there


def test_a_killed_writer_loses_and_doubles_nothing(tmp_path: Path) -> None:
    assert kill_at_random(tmp_path / "journal.db", 40, random.Random(11)) > 40


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_writer_killed_six_hundred_times_loses_and_doubles_nothing(tmp_path: Path) -> None:
    facts = kill_at_random(tmp_path / "journal.db", 600, random.Random(12))
    _log.info("facts there in the end: %s", facts)
    assert facts > 600


def kill_at_boundary(folder: Path, boundary: int, *, within: bool) -> bool:
    """Kill the writer at that write or sync, or halfway through it. False: it ended before."""
    recording_disk = pytest.importorskip("tests.recording_disk", reason="apsw is not installed")
    path = folder / "journal.db"

    def work(tell: object) -> None:
        left = boundary

        def watch(event: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                if within and isinstance(event, recording_disk.Write):
                    file = os.open(folder / event.name, os.O_RDWR | os.O_CREAT, 0o600)
                    os.pwrite(file, event.data[: len(event.data) // 2], event.offset)
                os.kill(os.getpid(), signal.SIGKILL)

        disk = recording_disk.RecordingDisk(watch)
        journal = opened(path, disk.connect)
        journal._connection.execute("PRAGMA wal_autocheckpoint = 8")
        write_commits(journal, COMMITS_AT_BOUNDARIES, tell)
        journal.close()
        tell(1_000_000)

    acknowledged = Child(work).rest()
    ended = acknowledged == 1_000_000
    there = check(path, at_least=0 if ended else acknowledged)
    assert opened_twice_is_the_same(path, there)
    return not ended


def opened_twice_is_the_same(path: Path, there: int) -> bool:
    """And a writer goes on from there."""
    journal = opened(path)
    write_commits(journal, 1, lambda _number: None)
    journal.close()
    return check(path, at_least=there + 1) > there


@pytest.mark.slow
@pytest.mark.parametrize("within", [False, True], ids=["before a write", "within a write"])
def test_a_writer_killed_at_every_write_and_sync_loses_and_doubles_nothing(
    tmp_path: Path, within: bool
) -> None:
    boundary = 0
    killed = True
    while killed:
        boundary += 1
        folder = tmp_path / str(boundary)
        folder.mkdir()
        killed = kill_at_boundary(folder, boundary, within=within)
    _log.info("kills: %s", boundary - 1)
    assert boundary > 60

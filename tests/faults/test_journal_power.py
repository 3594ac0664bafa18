"""A loss of power at any moment: no acknowledged commit is lost, nothing is half there."""

import logging
import random
import shutil
from pathlib import Path

import pytest

from tests.journal_children import check, opened, write_commits

_log = logging.getLogger(__name__)

recording_disk = pytest.importorskip("tests.recording_disk", reason="apsw is not installed")


def recorded(folder: Path, commits: int, pragma: str = "") -> list[object]:
    """Every write and sync of a journal's life, with what was acknowledged in between."""
    path = folder / "journal.db"
    disk = recording_disk.RecordingDisk()
    journal = opened(path, disk.connect)
    journal._connection.execute("PRAGMA wal_autocheckpoint = 12")
    if pragma:
        journal._connection.execute(pragma)

    def tell(sequence: int) -> None:
        head = path.with_name("journal.db.head").read_bytes()
        disk.events.append(recording_disk.Acknowledged(sequence, head))

    write_commits(journal, commits, tell)
    journal.close()
    return list(disk.events)


def lose_power(folder: Path, events: list[object], torn: int) -> tuple[int, int]:
    """At every moment, in every way; returns how many images there were, and how many lost
    something acknowledged."""
    dice = random.Random(17)
    images = lost = 0
    for moment in range(len(events) + 1):
        loss = recording_disk.LossOfPower(events, moment)
        ways = [loss.write_all, loss.write_synced]
        ways += [lambda at: loss.write_torn(at, dice)] * torn  # noqa: B023 - used at once
        for write in ways:
            image = folder / "image"
            write(image)
            images += 1
            try:
                check(image / "journal.db", at_least=loss.acknowledged)
            except Exception:  # noqa: BLE001 - whatever is wrong with it, it is lost
                lost += 1
            shutil.rmtree(image)
    return images, lost


@pytest.mark.slow
def test_a_loss_of_power_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    images, lost = lose_power(tmp_path, recorded(tmp_path / "live", 16), torn=2)
    assert images > 250
    assert lost == 0


def test_without_syncs_a_loss_of_power_would_be_noticed_here(tmp_path: Path) -> None:
    """The proof can fail: the same with `synchronous=NORMAL` loses commits."""
    events = recorded(tmp_path / "live", 12, "PRAGMA synchronous = NORMAL")
    assert lose_power(tmp_path, events, torn=0)[1] > 0


@pytest.mark.long
@pytest.mark.timeout(900)
def test_thousands_of_losses_of_power_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    images, lost = lose_power(tmp_path, recorded(tmp_path / "live", 120), torn=6)
    _log.info("images of the disk: %s", images)
    assert images > 4_000
    assert lost == 0

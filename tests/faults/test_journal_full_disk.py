"""A disk that is full, a lock somebody else holds, a sync that fails: entries stop with an alarm
within two seconds, what is said is kept, and all goes on when it can."""

import ctypes
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journal_children import IDENTITY, Child, check
from tests.threads.waiting import PATIENCE, working
from tests.unit.adapters.storage.facts import filled
from trading_agent.adapters.storage.journal import Journal
from trading_agent.adapters.storage.journal_reserve import DiskReserve
from trading_agent.domain.commands import Origin, PauseEntries, StartTrading
from trading_agent.domain.errors import StorageError
from trading_agent.domain.units import Nanos
from trading_agent.engine.storage_pause import by_storage
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.crew import Crew, StorageAlarm
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.ports import NotCommitted
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.subscription import Subscription, SubscriptionRule
from trading_agent.runtime.worker import Worker

ALARM_SECONDS = 2.0
DISK = 6 << 20
RESERVE = 1 << 20
FEW = RuntimeSettings(commit_facts=50)


class Engine:
    """Outbox, journal and alarm as a run has them, without a core."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.inbox, self.crew = Inbox(SystemClock()), Crew()
        self.said: list[str] = []
        alarm = StorageAlarm(self.inbox, self.crew, self.said.append)
        self.outbox = Outbox(journal, SystemClock(), FEW, alarm, on_strain=alarm.strain)
        self.heard: Subscription = self.outbox.subscribe(SubscriptionRule(name="test"))
        self.fill = journal.last_sequence
        self.worker: Worker = working(self.outbox.run, name="journal", interrupt=self.interrupt)

    def interrupt(self) -> None:
        self.outbox.interrupt()

    def publish(self, count: int = 1) -> None:
        for _ in range(count):
            self.fill += 1
            self.outbox.publish((filled(self.fill),))

    def command(self, kind: type[object]) -> object:
        """The next one of this kind that the core is given; others are passed over."""
        deadline = Nanos(SystemClock().now() + int(PATIENCE * 1e9))
        while SystemClock().now() < deadline:
            body = self.inbox.take(deadline).stamped.body
            if isinstance(body, kind):
                return body
        raise AssertionError(f"no {kind.__name__} came")

    def wait_until(self, condition: Callable[[], bool]) -> None:
        ends, pause = time.monotonic() + PATIENCE, threading.Event()
        while not condition():
            assert time.monotonic() < ends
            pause.wait(0.01)

    def end(self) -> None:
        assert self.worker.stop(PATIENCE)
        self.journal.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of six megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    library = ctypes.CDLL(None, use_errno=True)
    options = f"size={DISK}".encode()
    if library.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, options) != 0:
        pytest.skip("only root can make a disk")
    yield folder
    assert library.umount2(os.fsencode(folder), 2) == 0


def fill_up(folder: Path, name: str = "filler") -> Path:
    """Take every byte that is left."""
    filler = folder / name
    with filler.open("wb", buffering=0) as file:
        size = 1 << 16
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    return filler


def is_storage_pause(command: object) -> bool:
    return (
        isinstance(command, PauseEntries)
        and command.origin is Origin.SYSTEM
        and by_storage(command.why)
    )


def test_a_full_disk_pauses_entries_keeps_what_is_said_and_resumes(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    engine = Engine(Journal.open(path, IDENTITY, Nanos(1), reserve=RESERVE))
    engine.publish(100)
    engine.wait_until(lambda: engine.outbox.committed == 100)
    filler = fill_up(small_disk)
    began = time.monotonic()
    while path.with_name("journal.db.reserve").exists():
        engine.publish(50)
        engine.wait_until(lambda: engine.outbox.committed == engine.outbox.published)
    assert is_storage_pause(engine.command(PauseEntries))
    assert time.monotonic() - began < ALARM_SECONDS
    assert "entries pause" in engine.said[0]
    # The reserve is given up: exits are still written.
    engine.publish(20)
    engine.wait_until(lambda: engine.outbox.committed == engine.outbox.published)
    # Even that is gone: what is said waits.
    last_filler = fill_up(small_disk, "last filler")
    engine.publish(4_000)
    for _ in range(2):
        assert is_storage_pause(engine.command(PauseEntries))
    stopped_at = engine.outbox.committed
    assert stopped_at < engine.outbox.published
    assert engine.outbox.failure is None
    filler.unlink()
    last_filler.unlink()
    resume = engine.command(StartTrading)
    assert resume == StartTrading(origin=Origin.SYSTEM)
    assert DiskReserve(path, RESERVE).held
    engine.wait_until(lambda: engine.outbox.committed == engine.outbox.published)
    assert engine.outbox.committed > stopped_at
    assert len(engine.heard.drain()) + engine.heard.dropped == engine.outbox.published
    assert engine.crew.wait(0.0) is None
    engine.end()
    assert check(path, at_least=engine.fill) == engine.fill


def test_what_a_full_disk_refused_is_certainly_not_there(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    journal = Journal.open(path, IDENTITY, Nanos(1))
    journal.append([(1, filled(1))])
    filler = fill_up(small_disk)
    last = 1
    refused = None
    while refused is None:
        try:
            journal.append([(last + 1, filled(last + 1))])
            last += 1
        except NotCommitted as error:
            refused = error
    assert "nothing of it is on disk" in str(refused)
    assert not journal.make_room()
    copy = [fact for _, fact in journal.read()]
    assert len(copy) == journal.last_sequence == last
    filler.unlink()
    journal.append([(last + 1, filled(last + 1))])
    journal.close()
    assert check(path, at_least=last + 1) == last + 1


def test_a_start_on_a_full_disk_pauses_entries(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    journal = Journal.open(path, IDENTITY, Nanos(1))
    journal.append([(1, filled(1))])
    journal.close()
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(DISK - (1 << 20)))
    engine = Engine(Journal.open(path, IDENTITY, Nanos(1), reserve=RESERVE))
    assert is_storage_pause(engine.command(PauseEntries))
    ballast.unlink()
    assert isinstance(engine.command(StartTrading), StartTrading)
    engine.end()


def test_a_journal_can_be_opened_on_a_disk_without_a_byte_left(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    journal = Journal.open(path, IDENTITY, Nanos(1), reserve=RESERVE)
    journal.append([(1, filled(1))])
    journal.close()
    filler = fill_up(small_disk)
    engine = Engine(Journal.open(path, IDENTITY, Nanos(1), reserve=RESERVE))
    assert is_storage_pause(engine.command(PauseEntries))
    engine.publish(10)
    engine.wait_until(lambda: engine.outbox.committed == 11)
    filler.unlink()
    assert isinstance(engine.command(StartTrading), StartTrading)
    engine.end()
    assert check(path, at_least=11) == 11


def test_a_locked_journal_pauses_entries_in_time_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    engine = Engine(Journal.open(path, IDENTITY, Nanos(1)))
    engine.publish()
    engine.wait_until(lambda: engine.outbox.committed == 1)

    def hold(tell: Callable[[int], None]) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        tell(1)
        signal.pause()

    holder = Child(hold)
    assert holder.heard() == 1
    began = time.monotonic()
    engine.publish(3)
    assert is_storage_pause(engine.command(PauseEntries))
    assert time.monotonic() - began < ALARM_SECONDS
    assert engine.outbox.committed == 1
    engine.publish(2)
    holder.kill()
    assert isinstance(engine.command(StartTrading), StartTrading)
    assert engine.outbox.committed == 6
    assert engine.said[0].startswith("entries pause")
    assert engine.said[1:] == ["the journal can be written again"]
    engine.end()
    assert check(path, at_least=6) == 6


def test_a_commit_whose_sync_fails_is_unknown_and_ends_in_a_restart(tmp_path: Path) -> None:
    recording_disk = pytest.importorskip("tests.recording_disk", reason="apsw is not installed")
    path = tmp_path / "journal.db"
    broken = threading.Event()

    def watch(event: object) -> None:
        if broken.is_set() and isinstance(event, recording_disk.Sync):
            raise OSError(5, "Input/output error")

    disk = recording_disk.RecordingDisk(watch)
    engine = Engine(Journal.open(path, IDENTITY, Nanos(1), connect=disk.connect))
    engine.publish(5)
    engine.wait_until(lambda: engine.outbox.committed == 5)
    broken.set()
    began = time.monotonic()
    engine.publish(2)
    assert is_storage_pause(engine.command(PauseEntries))
    assert time.monotonic() - began < ALARM_SECONDS
    end = engine.crew.wait(PATIENCE)
    assert end is not None and end.code is ExitCode.RESTART and "unknown" in end.why
    assert len(engine.heard.drain()) == 5
    with pytest.raises(StorageError, match="only a restart can tell"):
        engine.journal.append([(6, filled(6))])
    assert engine.worker.join(PATIENCE)
    broken.clear()
    engine.journal.close()
    assert check(path, at_least=5) in (5, 6, 7)


def test_a_write_that_fails_within_the_commit_is_unknown_too(tmp_path: Path) -> None:
    recording_disk = pytest.importorskip("tests.recording_disk", reason="apsw is not installed")
    path = tmp_path / "journal.db"
    broken = threading.Event()

    def watch(event: object) -> None:
        if broken.is_set() and isinstance(event, recording_disk.Write):
            raise OSError(5, "Input/output error")

    disk = recording_disk.RecordingDisk(watch)
    journal = Journal.open(path, IDENTITY, Nanos(1), connect=disk.connect)
    journal.append([(1, filled(1))])
    broken.set()
    with pytest.raises(StorageError, match="unknown") as caught:
        journal.append([(2, filled(2))])
    assert not isinstance(caught.value, NotCommitted)
    broken.clear()
    journal.close()
    assert check(path, at_least=1) in (1, 2)


def test_a_stop_on_a_disk_that_stays_full_ends_in_time(small_disk: Path) -> None:
    path = small_disk / "journal.db"
    engine = Engine(Journal.open(path, IDENTITY, Nanos(1)))
    engine.publish()
    engine.wait_until(lambda: engine.outbox.committed == 1)
    filler = fill_up(small_disk)
    engine.publish(4_000)
    assert is_storage_pause(engine.command(PauseEntries))
    began = time.monotonic()
    assert engine.worker.stop(PATIENCE)
    assert time.monotonic() - began < RuntimeSettings().stop_seconds
    end = engine.crew.wait(0.0)
    assert end is not None and end.code is ExitCode.RESTART
    committed = engine.outbox.committed
    filler.unlink()
    engine.journal.close()
    assert check(path, at_least=committed) == committed

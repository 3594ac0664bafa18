"""Copies of a journal made by SQLite's backup interface, while a run may be writing it.

A copy is one committed state, checked before it takes its name; a daily one is made at the
side of a run, and the oldest are thrown away.
"""

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from trading_agent.adapters.storage.files import (
    make_private_directory,
    make_private_file,
    sync_directory,
)
from trading_agent.adapters.storage.journal_format import connect_to_read
from trading_agent.adapters.storage.journal_head import JournalHead
from trading_agent.adapters.storage.journal_verification import verify
from trading_agent.adapters.storage.settings import StorageSettings
from trading_agent.domain.errors import CommandError, StorageError
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.worker import Stop

_log = logging.getLogger(__name__)

BACKUPS: Final = "backups"
_DAY: Final = "[0-9]" * 4 + "-" + "[0-9]" * 2 + "-" + "[0-9]" * 2
_HALF: Final = ".part"
_LOOK_SECONDS: Final = 60.0
_BREATH_SECONDS: Final = 0.02
"""A pause after every portion that is checked, so that the market's threads go first."""
_AGAIN_SECONDS: Final = 3_600.0


def backups_of(journal: Path) -> list[Path]:
    """The daily ones, oldest first."""
    return sorted((journal.parent / BACKUPS).glob(f"{journal.stem}-{_DAY}.sqlite"))


def back_up(journal: Path, target: Path, breathe: Callable[[], None] = lambda: None) -> None:
    """Copy and check; `target` is there, whole and on disk, or it is not there at all.

    CommandError: `target` exists. StorageError: it cannot be written, or the journal is
    damaged or has lost its end.
    """
    if target.exists():
        raise CommandError(f"{target} is there already; a backup replaces nothing")
    if not journal.is_file():
        raise StorageError(f"there is no journal at {journal}")
    make_private_directory(target.parent)
    part = target.with_name(f"{target.name}{_HALF}")
    # Asked before the copy is made: a run that is writing only ever moves it ahead.
    witness = JournalHead(journal).read()
    try:
        _copy(journal, part)
        verdict = verify(part, breathe, witness)
        if not verdict.sound:
            raise StorageError(f"a copy of {journal} is not sound: {verdict.findings[0]}")
        _put_in_place(part, target)
    finally:
        part.unlink(missing_ok=True)


def _copy(journal: Path, part: Path) -> None:
    part.unlink(missing_ok=True)
    make_private_file(part)
    try:
        with closing(connect_to_read(journal)) as source, closing(sqlite3.connect(part)) as copy:
            # In one step: a step is one reading transaction, and nothing begins anew.
            source.backup(copy)
            # Without a log of its own: one file is the whole backup.
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise StorageError(f"{journal} cannot be copied to {part.parent}: {error}") from error


def _put_in_place(part: Path, target: Path) -> None:
    try:
        descriptor = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.rename(target)
        sync_directory(target.parent)
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror}") from error


class DailyBackups:
    """`run` is the body of a worker: one backup for every UTC day of the run, of which the newest
    `backups_kept` stay; 0: none is made. A failure is said and tried again in an hour."""

    def __init__(
        self, journal: Path, settings: StorageSettings, clock: Clock, say: Callable[[str], None]
    ) -> None:
        self._journal = journal
        self._folder = journal.parent / BACKUPS
        self._kept = settings.backups_kept
        self._clock = clock
        self._say = say

    def run(self, stop: Stop) -> None:
        """Begins a minute after the start: what opens the desk goes first."""
        pause = _LOOK_SECONDS
        while not stop.wait(pause):
            if self._kept == 0:
                continue
            pause = _LOOK_SECONDS
            try:
                self.consider(stop)
            except StorageError as error:
                self._say(f"no backup was made: {error}")
                pause = _AGAIN_SECONDS

    def consider(self, stop: Stop) -> Path | None:
        """Make today's if it is missing; returns it then. Raises StorageError."""
        target = self._folder / f"{self._journal.stem}-{_day(self._clock.now())}.sqlite"
        try:
            if target.exists():
                return None
            self._forget_halves()
            self._check_room()
            back_up(self._journal, target, lambda: _breathe(stop))
            _log.info("backup %s", target)
            for old in backups_of(self._journal)[: -self._kept]:
                old.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{self._folder}: {error}") from error
        return target

    def _forget_halves(self) -> None:
        """What a kill left of an earlier day's: as large as the journal, and good for nothing."""
        for half in self._folder.glob(f"{self._journal.stem}-{_DAY}.sqlite{_HALF}*"):
            half.unlink(missing_ok=True)

    def _check_room(self) -> None:
        """A backup must not be what fills the disk: twice its size has to be free."""
        size = self._journal.stat().st_size
        disk = os.statvfs(self._journal.parent)
        if disk.f_bavail * disk.f_frsize < 2 * size:
            raise StorageError(f"less than twice the size of {self._journal} is free")


def _breathe(stop: Stop) -> None:
    if stop.wait(_BREATH_SECONDS):
        raise StorageError("the run ended before the copy was checked")


def _day(at: Nanos) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).date().isoformat()

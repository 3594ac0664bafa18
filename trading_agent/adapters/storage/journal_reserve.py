"""Room on the disk that is given up when the disk is full, so that exits can still be written."""

import errno
import logging
import os
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

_WITHOUT_ROOM: Final = frozenset((errno.ENOSPC, errno.EDQUOT))
_OPENING_BYTES: Final = 1 << 20
"""What SQLite's log and its index need at most to be begun."""


class DiskReserve:
    """A preallocated file beside the journal. `size` in bytes; 0: none is wanted."""

    def __init__(self, journal: Path, size: int) -> None:
        self.path = journal.with_name(journal.name + ".reserve")
        self._size = size

    @property
    def held(self) -> bool:
        try:
            return self.path.stat().st_size >= self._size
        except FileNotFoundError:
            return self._size == 0
        except OSError:
            return False

    def make(self) -> bool:
        """True: it is there. Nothing is taken while that would leave less than a quarter more
        free: the reserve must not be what fills the disk."""
        if self.held:
            return True
        try:
            disk = os.statvfs(self.path.parent)
            if disk.f_bavail * disk.f_frsize < self._size + self._size // 4:
                return False
            self._allocate()
        except OSError as error:
            self.release()
            if error.errno not in _WITHOUT_ROOM:
                _log.warning("%s cannot be made: %s", self.path, error.strerror)
            return False
        return True

    def release(self) -> bool:
        """True: there was something to give up."""
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            _log.warning("%s cannot be given up: %s", self.path, error.strerror)
            return False
        return True

    def lend(self) -> None:
        """Give it up when the disk has no room to open a journal at all."""
        disk = os.statvfs(self.path.parent)
        if disk.f_bavail * disk.f_frsize < _OPENING_BYTES and self.release():
            _log.warning("%s was given up: the disk is full", self.path)

    def _allocate(self) -> None:
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size)
        finally:
            os.close(descriptor)

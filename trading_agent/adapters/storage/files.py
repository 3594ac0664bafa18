"""Files that only their owner may read, and the lock that keeps a second engine out."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import ConfigError, StorageError

_GLANCE_SECONDS: Final = 0.2
"""Others take the lock for a moment, to see whether an engine holds it."""
_PAUSE_SECONDS: Final = 0.01


def make_private_directory(path: Path) -> None:
    """Creates it and every folder above it that is missing, with mode 0700 and to last.

    Raises StorageError."""
    missing, there = [], path
    try:
        while not there.is_dir():
            missing.append(there)
            there = there.parent
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
            sync_directory(each.parent)
    except OSError as error:
        raise StorageError(f"cannot make the directory {path}: {error.strerror}") from error


def sync_directory(path: Path) -> None:
    """What was made, renamed or removed in it survives a loss of power. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_file(path: Path) -> None:
    """An empty file with mode 0600, or the mode set right on what is there."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error


class WriterLock:
    """Held by the one engine that writes a journal; the system lets go of it at its death."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def acquire(self) -> None:
        """Raises ConfigError when another engine holds it."""
        make_private_file(self._path)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        if not _locked(descriptor):
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise ConfigError(
                f"another engine (process {holder}) is using {self._path.parent}: "
                "stop it, or give this one another --data-dir"
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _locked(descriptor: int) -> bool:
    ends = time.monotonic() + _GLANCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= ends:
                return False
            time.sleep(_PAUSE_SECONDS)
        else:
            return True

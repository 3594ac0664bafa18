"""Small files that are on disk, whole, once they are written; readers never see half of one."""

import os
from pathlib import Path


def write_lasting(path: Path, text: str, mode: int) -> None:
    """Takes the place of what was there; survives a loss of power from here on. OSError when
    it cannot be written."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        os.fchmod(descriptor, mode)
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    new.replace(path)
    make_lasting(path.parent)


def make_lasting(directory: Path) -> None:
    """What was made, replaced or removed in it stays so."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The bytes of a recording, unpacked: gzip and xz are told by their first bytes."""

import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import ConfigError, FeedError

_GZIP: Final = b"\x1f\x8b"
_XZ: Final = b"\xfd7zXZ\x00"
_CHUNK: Final = 1 << 18


def begins_with(path: Path, magic: bytes) -> bool:
    """Whether these are a file's first bytes, as it lies there. Raises ConfigError when it cannot
    be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError as fault:
        raise _unreadable(path, fault) from fault


def chunks(path: Path) -> Iterator[bytes]:
    """The unpacked bytes piece by piece. Raises FeedError where packing is damaged, ConfigError
    when the file cannot be read."""
    with _opened(path) as file:
        while True:
            try:
                chunk = file.read(_CHUNK)
            except (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError) as fault:
                raise FeedError(f"{path}: damaged compression: {fault}") from fault
            if not chunk:
                return
            yield chunk


def lines(path: Path) -> Iterator[bytes]:
    """Without their ends; the last one too when nothing ends it. Raises as `chunks`."""
    rest = b""
    for chunk in chunks(path):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    yield rest


@contextmanager
def _opened(path: Path) -> Iterator[BufferedIOBase]:
    try:
        with path.open("rb") as raw:
            head = raw.read(len(_XZ))
            raw.seek(0)
            if head.startswith(_GZIP):
                with gzip.open(raw) as unpacked:
                    yield unpacked
            elif head == _XZ:
                with lzma.open(raw) as unpacked:
                    yield unpacked
            else:
                yield raw
    except OSError as fault:
        raise _unreadable(path, fault) from fault


def _unreadable(path: Path, fault: OSError) -> ConfigError:
    return ConfigError(f"{path} cannot be read: {fault.strerror}")

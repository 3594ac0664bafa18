"""Zstandard through the system's own library, which package managers of Linux bring along."""

import ctypes
from contextlib import suppress
from functools import cache
from typing import Final

from trading_agent.domain.errors import ConfigError, FeedError

_NAMES: Final = ("libzstd.so.1", "libzstd.1.dylib", "libzstd.dll")


def unpack(packed: bytes, size: int) -> bytes:
    """`size`: unpacked. Raises FeedError for what is damaged, ConfigError without the library."""
    library = _library()
    unpacked = ctypes.create_string_buffer(size)
    got = library.ZSTD_decompress(unpacked, size, packed, len(packed))
    if got != size:
        raise FeedError("damaged compression: not what zstd packs")
    return unpacked.raw


@cache
def _library() -> ctypes.CDLL:
    for name in _NAMES:
        with suppress(OSError):
            library = ctypes.CDLL(name)
            library.ZSTD_decompress.restype = ctypes.c_size_t
            library.ZSTD_decompress.argtypes = (
                *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t),
            )
            return library
    raise ConfigError(
        "packed with zstd, and this system has no library for it: install libzstd (libzstd1)"
    )

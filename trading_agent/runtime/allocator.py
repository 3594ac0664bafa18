"""Where the C library takes memory from."""

import ctypes
import sys
from contextlib import suppress
from typing import Final

_ARENA_MAX: Final = -8
"""M_ARENA_MAX of malloc.h, in the GNU C library."""


def share_arena() -> None:
    """All threads take memory from one place: each of a dozen would keep some to itself, and they
    allocate under the interpreter's lock anyway. Before threads are made; elsewhere than with the
    GNU C library nothing happens."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)

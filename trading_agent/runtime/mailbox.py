"""A queue of many givers and one taker, who wakes sooner than from a lock.

Whoever releases a lock that a sleeper waits for keeps the interpreter meanwhile: the sleeper
wakes, finds it taken and sleeps a second time. A byte through a pipe is written without it, so
the taker's first wake-up is also its last. The pipe is only used while the taker sleeps.
"""

import os
import select
import weakref
from collections import deque
from contextlib import suppress
from queue import Empty
from typing import Final, Generic, TypeVar

_RING: Final = b"\0"
_MOST_RINGS: Final = 4_096

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Any thread puts, one thread gets; first in, first out, without a bound."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._asleep = False
        self._rung = False
        self._ear = -1
        self._bell = -1

    def __len__(self) -> int:
        """Approximate while others put in."""
        return len(self._items)

    def put(self, item: Item) -> None:
        # In this order: the taker says that it sleeps before it looks a last time.
        self._items.append(item)
        if self._asleep:
            with suppress(BlockingIOError):  # full of rings nobody has answered: that is enough
                os.write(self._bell, _RING)

    def get(self, timeout: float | None) -> Item:
        """The oldest item. Empty after so many seconds without one, or earlier by a false
        alarm; None waits as long as it takes."""
        while True:
            try:
                return self._items.popleft()
            except IndexError:
                self._sleep(timeout)
            if timeout is not None and not self._items:
                raise Empty

    def get_nowait(self) -> Item:
        """Raises Empty when there is none."""
        try:
            return self._items.popleft()
        except IndexError:
            raise Empty from None

    def _sleep(self, timeout: float | None) -> None:
        if self._ear < 0:
            self._open()
        if self._rung:
            # Not when it woke us: the system call would let the giver have the interpreter
            # back, before what it gave was looked at.
            os.read(self._ear, _MOST_RINGS)
            self._rung = False
        self._asleep = True
        try:
            if not self._items:
                self._rung = bool(select.select([self._ear], [], [], timeout)[0])
        finally:
            self._asleep = False

    def _open(self) -> None:
        self._ear, self._bell = os.pipe()
        os.set_blocking(self._bell, False)
        weakref.finalize(self, _close, self._ear, self._bell)


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)

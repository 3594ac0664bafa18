"""The only clock: universal time that never falls, and a counter for lengths of time."""

import time
from collections.abc import Callable
from typing import Protocol

from trading_agent.domain.units import Nanos


class Clock(Protocol):
    def now(self) -> Nanos:
        """Nanoseconds UTC; never smaller than an answer given before."""
        ...

    def monotonic(self) -> int:
        """Nanoseconds since an unnamed moment, for differences only."""
        ...


class SystemClock:
    """Wall time read once, at construction, and carried on by the performance counter.

    A step of the machine's clock afterwards, forward or back, changes nothing here. The
    counter stands still while the machine sleeps; a run is not meant to survive that.
    """

    def __init__(
        self,
        wall: Callable[[], int] = time.time_ns,
        counter: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        before = counter()
        now = wall()
        after = counter()
        self._counter = counter
        self._offset = now - (before + after) // 2

    def now(self) -> Nanos:
        return Nanos(self._counter() + self._offset)

    def monotonic(self) -> int:
        return self._counter()

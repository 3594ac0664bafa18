"""What is usual of a number: its ranks among what was seen lately, in little memory."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from typing import Final

from trading_agent.domain.units import MINUTE, SECOND, Nanos

_EVERY: Final = 10 * SECOND
"""Numbers of one second differ little from those of the next."""


class Usual:
    """Keeps a number every ten seconds over a window; ranks a new one among them."""

    def __init__(self, learn_minutes: int, window_minutes: int) -> None:
        self._learn = max(1, learn_minutes * MINUTE // _EVERY)
        self._most = window_minutes * MINUTE // _EVERY
        self._kept: deque[float] = deque()
        self._sorted: list[float] = []
        self._next_at = 0

    @property
    def known(self) -> bool:
        return len(self._kept) >= self._learn

    def rank(self, number: float) -> float | None:
        """Percent of what was seen that is below it, ties counted half; None while learning."""
        if not self.known:
            return None
        low, high = bisect_left(self._sorted, number), bisect_right(self._sorted, number)
        return 50.0 * (low + high) / len(self._sorted)

    def see(self, at: Nanos, number: float) -> None:
        if at < self._next_at:
            return
        self._next_at = at + _EVERY
        self._kept.append(number)
        insort(self._sorted, number)
        if len(self._kept) > self._most:
            oldest = self._kept.popleft()
            del self._sorted[bisect_left(self._sorted, oldest)]

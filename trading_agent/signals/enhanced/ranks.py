"""Ranks within a rolling window, exact at every step."""

from bisect import bisect_left, bisect_right, insort
from collections import deque

from trading_agent.domain.errors import InvariantError


class SortedWindow:
    """The last `length` values, in the order of arrival and in the order of size. Adding costs a
    binary search and one move in memory, a rank a binary search."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._arrived: deque[float] = deque()
        self._sorted: list[float] = []

    def __len__(self) -> int:
        return len(self._arrived)

    def add(self, value: float) -> None:
        """InvariantError when the value has no place in an order."""
        if value != value:
            raise InvariantError("NaN has no place in a sorted window")
        if len(self._arrived) == self._length:
            oldest = self._arrived.popleft()
            del self._sorted[bisect_left(self._sorted, oldest)]
        self._arrived.append(value)
        insort(self._sorted, value)

    def rank(self, value: float) -> float:
        """Share of the window below a value, its equals counted half; NaN when empty."""
        count = len(self._sorted)
        if count == 0:
            return float("nan")
        below, not_above = bisect_left(self._sorted, value), bisect_right(self._sorted, value)
        return (below + not_above) / (2.0 * count)

"""Median and median absolute deviation over a rolling window, exact at every step."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from typing import Final

from trading_agent.domain.errors import InvariantError

DEVIATIONS_A_SPREAD: Final = 1.4826
"""Standard deviations of a normal distribution in one median absolute deviation
(1 / 0.6745; Rousseeuw and Croux, Alternatives to the Median Absolute Deviation, 1993)."""


class SortedWindow:
    """The last `length` values, in the order of arrival and in the order of size. Adding costs a
    binary search and one move in memory; both medians after it a binary search."""

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

    def clear(self) -> None:
        self._arrived.clear()
        self._sorted.clear()

    def median(self) -> float:
        """NaN when empty."""
        count = len(self._sorted)
        if count == 0:
            return float("nan")
        upper = self._sorted[count // 2]
        return upper if count % 2 else (self._sorted[count // 2 - 1] + upper) / 2.0

    def deviation(self) -> float:
        """Median absolute deviation from the median, unscaled; NaN when empty."""
        count = len(self._sorted)
        if count == 0:
            return float("nan")
        median = self.median()
        upper = self._nth_deviation(count // 2 + 1, median)
        if count % 2:
            return upper
        return (self._nth_deviation(count // 2, median) + upper) / 2.0

    def rank(self, value: float) -> float:
        """Share of the window below a value, its equals counted half; NaN when empty."""
        count = len(self._sorted)
        if count == 0:
            return float("nan")
        below, not_above = bisect_left(self._sorted, value), bisect_right(self._sorted, value)
        return (below + not_above) / (2.0 * count)

    def robust_z(self, value: float, least_scale: float) -> float:
        """How many deviations a value lies from the median; `least_scale`, above 0, is the least
        that one deviation is taken for. NaN when empty."""
        scale = max(DEVIATIONS_A_SPREAD * self.deviation(), least_scale)
        return (value - self.median()) / scale

    def _nth_deviation(self, nth: int, median: float) -> float:
        """The nth smallest distance from the median, from 1. The nearest values stand together:
        what is searched is where their run begins."""
        values = self._sorted
        low, high = 0, len(values) - nth
        while low < high:
            middle = (low + high) // 2
            if median - values[middle] > values[middle + nth] - median:
                low = middle + 1
            else:
                high = middle
        return max(abs(values[low] - median), abs(values[low + nth - 1] - median))

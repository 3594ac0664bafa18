"""The recent prints of one pair."""

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Final

from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.embedded_exchange.source import Printed

_KEPT: Final = 10_000


class Tape:
    """The last ten thousand prints."""

    def __init__(self) -> None:
        self._prints: deque[Printed] = deque(maxlen=_KEPT)

    def add(self, trade: Printed) -> None:
        self._prints.append(trade)

    @property
    def last(self) -> Printed | None:
        return self._prints[-1] if self._prints else None

    def newest(self, count: int) -> Sequence[Printed]:
        """Newest first."""
        return tuple(islice(reversed(self._prints), count))

    def between(self, first: Nanos, last: Nanos, count: int) -> Sequence[Printed]:
        """The newest `count` of those printed from `first` to `last`, both included; oldest
        first."""
        found = (trade for trade in reversed(self._prints) if first <= trade.at <= last)
        return tuple(islice(found, count))[::-1]

    def turnover(self, now: Nanos, minutes: int) -> tuple[int, int]:
        """Sum of price times size and sum of size over the last minutes; ticks × lots, lots."""
        since = now - minutes * MINUTE
        value = volume = 0
        for trade in reversed(self._prints):
            if trade.at < since:
                break
            value += trade.price * trade.size
            volume += trade.size
        return value, volume

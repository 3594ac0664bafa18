"""Large levels near the touch that come and go without trading."""

from collections import deque
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import BASIS_POINTS, MILLISECOND, MINUTE, Nanos, Ticks
from trading_agent.signals.enhanced.liquidity import BookSides, Integers, mid_price
from trading_agent.signals.enhanced.settings import AnomalyParameters

_GONE_SHARE: Final = 0.5
"""A level that lost more than half of what it showed is gone."""


class Flicker(Struct, frozen=True):
    """A level that appeared with `lots` and vanished at `at`, `lived` nanoseconds later."""

    at: Nanos
    side: Side
    price: Ticks
    lots: int
    lived: int


class _Level(Struct):
    since: Nanos
    lots: int
    printed: bool = False


class _Sight(Struct):
    """What a look saw of a side: sizes by price, out to `farthest` from the mid price."""

    side: Side
    mid: float
    farthest: float
    sizes: dict[int, int]

    def holds(self, price: int) -> bool:
        """Whether a level at this price would have been seen."""
        return 0.0 < (self.mid - price) * self.side <= self.farthest


class FlickerWatch:
    """One symbol. Looks at the book when the caller looks: what comes and goes between two looks
    is not seen. Levels that were there at the first look have no age and never flicker."""

    def __init__(self, parameters: AnomalyParameters) -> None:
        self._parameters = parameters
        self._levels: dict[tuple[Side, int], _Level] = {}
        self._sights: dict[Side, _Sight] = {}
        self._flickers: deque[Nanos] = deque()

    def printed(self, price: Ticks) -> None:
        """Something traded at a price: who shows size there means it."""
        for side in Side:
            level = self._levels.get((side, price))
            if level is not None:
                level.printed = True

    def looked(self, at: Nanos, book: BookSides) -> tuple[Flicker, ...]:
        """Levels that with this look prove to have flickered."""
        mid = mid_price(book)
        if mid is None:
            self.forget()
            return ()
        found = self._side(at, Side.BUY, (book.bid_ticks, book.bid_lots), mid)
        found += self._side(at, Side.SELL, (book.ask_ticks, book.ask_lots), mid)
        self._flickers.extend(it.at for it in found)
        return tuple(found)

    def a_minute(self, at: Nanos) -> int:
        """Flickers within the last minute."""
        while self._flickers and self._flickers[0] <= at - MINUTE:
            self._flickers.popleft()
        return len(self._flickers)

    def forget(self) -> None:
        """After the book was lost: what is gone then did not vanish."""
        self._levels.clear()
        self._sights.clear()

    def _side(
        self, at: Nanos, side: Side, levels: tuple[Integers, Integers], mid: float
    ) -> list[Flicker]:
        ticks, lots = levels
        reach = mid * self._parameters.flicker_band_bps / BASIS_POINTS
        near = int(np.searchsorted(np.abs(ticks - mid), reach, side="right"))
        sizes = dict(zip(ticks[:near].tolist(), lots[:near].tolist(), strict=True))
        # A level out of the band, or beyond the book as given, has left our sight, not the book.
        sight = _Sight(side, mid, min(reach, abs(float(ticks[-1]) - mid)), sizes)
        gone = self._vanished(at, sight)
        self._remember(at, sight, max(float(np.median(lots)) * self._parameters.flicker_factor, 1))
        self._sights[side] = sight
        return gone

    def _vanished(self, at: Nanos, sight: _Sight) -> list[Flicker]:
        longest = self._parameters.flicker_ms * MILLISECOND
        found = []
        for key, level in list(self._levels.items()):
            side, price = key
            if side is not sight.side or sight.sizes.get(price, 0) >= _GONE_SHARE * level.lots:
                continue
            del self._levels[key]
            lived = at - level.since
            if sight.holds(price) and not level.printed and lived <= longest:
                found.append(Flicker(at, side, Ticks(price), level.lots, lived))
        return found

    def _remember(self, at: Nanos, sight: _Sight, large: float) -> None:
        before = self._sights.get(sight.side)
        if before is None:
            return
        for price, lots in sight.sizes.items():
            if lots >= large and before.sizes.get(price, 0) < large and before.holds(price):
                self._levels.setdefault((sight.side, price), _Level(at, lots))

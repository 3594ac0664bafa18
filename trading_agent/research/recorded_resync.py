"""A crossed or locked book is lost to a desk until it is shown the whole of it again. A live desk
asks for that; a recording has nobody to ask, so the next sound book is told whole in its place."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from trading_agent.adapters.mexc.book_sync import BookSnapshot, BookSync
from trading_agent.domain.market_rows import RowFlag, RowKind, Rows
from trading_agent.domain.units import Lots, Ticks
from trading_agent.embedded_exchange.price_levels import PriceLevels

_LEVELS: Final = (RowKind.BID, RowKind.ASK)
_EVERY_LEVEL: Final = 1 << 30


def shown_anew(depth: Rows) -> Rows:
    """The messages of one symbol's book; the first sound one after each stretch of unsound ones is
    a snapshot, the others are as they were."""
    columns = (depth[name].tolist() for name in ("kind", "price", "size"))
    levels = list(zip(*columns, strict=True))
    book = _Book()
    parts: list[Rows] = []
    first, kept = 0, 0
    for end in (np.flatnonzero(depth["flags"] & RowFlag.LAST) + 1).tolist():
        was_crossed = book.crossed
        book.take(levels[first:end])
        if was_crossed and not book.crossed and levels[first][0] in _LEVELS:
            parts += [depth[kept:first], book.snapshot(depth[end - 1])]
            kept = end
        first = end
    return np.concatenate([*parts, depth[kept:]])


class _Book:
    """As told so far; `crossed`: that it is, or was when both sides were last there."""

    def __init__(self) -> None:
        self._levels = PriceLevels(0, (), ())
        self.crossed = False

    def take(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """One message."""
        for kind, price, size in rows:
            if kind == RowKind.BID:
                self._levels.bids.change(((Ticks(price), Lots(size)),))
            elif kind == RowKind.ASK:
                self._levels.asks.change(((Ticks(price), Lots(size)),))
            else:  # begun anew, or lost for another reason
                self._levels, self.crossed = PriceLevels(0, (), ()), False
        bid, ask = self._levels.bids.best(), self._levels.asks.best()
        if bid is not None and ask is not None:
            self.crossed = bid[0] >= ask[0]

    def snapshot(self, last: np.void) -> Rows:
        """`last`: of the message in whose place it stands."""
        bids, asks = (side.top(_EVERY_LEVEL) for side in (self._levels.bids, self._levels.asks))
        rows = BookSync(0).snapshot(BookSnapshot(0, int(last["sequence"]), bids, asks))
        rows["at"], rows["venue_at"] = last["at"], last["venue_at"]
        return rows

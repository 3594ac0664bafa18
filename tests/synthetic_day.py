"""A day of the embedded exchange's own market, as a client decodes its frames, without waiting for
it: the market is a function of seed and time, and time is given."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.units import HOUR, MILLISECOND, Nanos
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.embedded_exchange.source import BookImage, DepthChanged, MarketEvent, Printed
from trading_agent.embedded_exchange.synthetic import SyntheticMarket

_FRAME: Final = 100 * MILLISECOND
_LEVELS: Final = 500

_Row = tuple[int, int, int, int, int, int, int]
"""at, venue_at, sequence, kind, flags, price, size."""


class SyntheticDay:
    """`instruments`: the pairs, in the order in which rows count them."""

    def __init__(self, settings: EmbeddedSettings, first: Nanos) -> None:
        self._market = SyntheticMarket(settings, first)
        self._first = first
        self.instruments: Sequence[Instrument] = self._market.instruments()
        self._places = {each.symbol: place for place, each in enumerate(self.instruments)}

    def hours(self, count: int) -> Iterator[Rows]:
        """One after another; the first begins with snapshots."""
        at = self._first
        for number in range(count):
            rows: list[tuple[int, _Row]] = []
            if number == 0:
                at = Nanos(at + _FRAME)
                self._market.advance(at)
                for symbol, place in self._places.items():
                    image = self._market.image(symbol, _LEVELS)
                    assert image is not None
                    rows += [(place, row) for row in _snapshot(image, at)]
            while at < self._first + (number + 1) * HOUR:
                at = Nanos(at + _FRAME)
                rows += self._frame(self._market.advance(at), at)
            yield _packed(rows)

    def _frame(self, events: Sequence[MarketEvent], at: Nanos) -> Iterator[tuple[int, _Row]]:
        """Of every pair that had any: what its book has become, then its prints."""
        for symbol, place in self._places.items():
            sizes: dict[tuple[int, int], int] = {}
            version = 0
            prints: list[_Row] = []
            for event in events:
                if event.symbol != symbol:
                    continue
                if isinstance(event, DepthChanged):
                    version = event.last_version
                    for kind, levels in ((RowKind.BID, event.bids), (RowKind.ASK, event.asks)):
                        sizes |= {(int(kind), price): size for price, size in levels}
                elif isinstance(event, Printed):
                    kind = RowKind.BUY if event.taker_bought else RowKind.SELL
                    prints.append((at, event.at, 0, int(kind), 0, event.price, event.size))
            book = [
                (at, at, version, kind, 0, price, size) for (kind, price), size in sizes.items()
            ]
            for rows in (book, prints):
                yield from ((place, row) for row in _ended(rows))


def _snapshot(image: BookImage, at: Nanos) -> list[_Row]:
    flag = int(RowFlag.SNAPSHOT)
    rows: list[_Row] = [(at, at, image.version, int(RowKind.CLEAR), flag, 0, 0)]
    for kind, levels in ((RowKind.BID, image.bids), (RowKind.ASK, image.asks)):
        rows += [(at, at, image.version, int(kind), flag, price, size) for price, size in levels]
    return _ended(rows)


def _ended(rows: list[_Row]) -> list[_Row]:
    """A message: the last row says that it is."""
    if rows:
        at, venue_at, sequence, kind, flags, price, size = rows[-1]
        rows[-1] = at, venue_at, sequence, kind, flags | int(RowFlag.LAST), price, size
    return rows


def _packed(rows: list[tuple[int, _Row]]) -> Rows:
    packed = empty_rows(len(rows))
    packed["symbol"] = [place for place, _ in rows]
    columns = np.array([row for _, row in rows], np.int64).reshape(-1, 7).T
    for name, column in zip(
        ("at", "venue_at", "sequence", "kind", "flags", "price", "size"), columns, strict=True
    ):
        packed[name] = column
    return packed

"""A market made up from a seed: two pairs whose books drift, trade, break and come back."""

from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.builders import (
    START,
    a_depth_message,
    a_kline_message,
    a_loss_message,
    a_quote_message,
    a_snapshot_message,
    a_trades_message,
    an_instrument,
)
from tests.plain_book import PlainBook
from trading_agent.domain.market_rows import LossReason, Rows
from trading_agent.domain.order import Side
from trading_agent.domain.units import MILLISECOND, MINUTE

PAIRS: Final = (an_instrument("BTCUSDC"), an_instrument("ETHUSDC", taker_fee=None))
_PAUSES: Final = (0, 1, 7, 20, 50, 50, 120, 300)
_REACH: Final = 8


@dataclass(frozen=True)
class Trouble:
    """How often a message is something unpleasant, each a share of one."""

    lost: float = 0.004
    crossed: float = 0.004
    one_sided: float = 0.01
    pause: float = 0.01


CALM: Final = Trouble(0.0, 0.0, 0.0, 0.0)


@dataclass
class _Pair:
    book: PlainBook = field(default_factory=PlainBook)
    middle: int = 10_000
    pressure: int = 0
    version: int = 0
    known: bool = False


class RandomMarket:
    """A function of its seed. Draws come from `Random.random` alone, which Python promises to
    keep."""

    def __init__(self, seed: int, trouble: Trouble = Trouble(), pairs: int = 2) -> None:
        self._dice = Random(seed)
        self._trouble = trouble
        self._pairs = [_Pair() for _ in range(pairs)]
        self.at: int = START

    def messages(self, count: int) -> list[Rows]:
        return [self._message() for _ in range(count)]

    def _below(self, end: int) -> int:
        return int(self._dice.random() * end)

    def _chance(self, share: float) -> bool:
        return self._dice.random() < share

    def _message(self) -> Rows:
        self.at += _PAUSES[self._below(len(_PAUSES))] * MILLISECOND
        if self._chance(self._trouble.pause):
            self.at += self._below(4_000) * MILLISECOND
        symbol = self._below(len(self._pairs))
        pair = self._pairs[symbol]
        pair.version += 1
        rows = self._known(pair) if pair.known else self._unknown(pair)
        rows["at"] = self.at
        rows["symbol"] = symbol
        rows["sequence"] = pair.version
        pair.book.take(rows)
        return rows

    def _unknown(self, pair: _Pair) -> Rows:
        if self._chance(0.4):
            return self._trades(pair)
        pair.known = True
        pair.book = PlainBook()
        bids = [(pair.middle - 1 - step, 1 + self._below(60)) for step in range(_REACH)]
        asks = [(pair.middle + 1 + step, 1 + self._below(60)) for step in range(_REACH)]
        return a_snapshot_message(bids, asks, venue_at=self.at)

    def _known(self, pair: _Pair) -> Rows:
        if self._chance(self._trouble.lost):
            pair.known = False
            return a_loss_message(LossReason.GAP, venue_at=self.at)
        if self._chance(self._trouble.crossed):
            pair.known = False
            return a_depth_message(bids=[(pair.middle + 30, 5)], venue_at=self.at)
        kind = self._below(20)
        if kind < 6:
            return self._trades(pair)
        return self._told(pair, kind) if kind < 8 else self._depth(pair)

    def _told(self, pair: _Pair, kind: int) -> Rows:
        """What the exchange says of itself: its best prices, or its candle of the minute."""
        if kind == 6:
            bid, ask = (pair.book.bid, 1), (pair.book.ask, 1)
            return a_quote_message(bid, ask, venue_at=self.at)
        opened_at = self.at - self.at % MINUTE
        low, high = pair.middle - 9, pair.middle + 9
        return a_kline_message(3, pair.middle, high, low, pair.middle, 99, venue_at=opened_at)

    def _trades(self, pair: _Pair) -> Rows:
        prints = []
        for _ in range(1 + self._below(3)):
            side = Side.BUY if self._chance(0.5 + 0.1 * pair.pressure) else Side.SELL
            touch = pair.middle + side
            prints.append((side, touch + side * (self._below(6) // 4), 1 + self._below(40)))
        return a_trades_message(*prints, venue_at=self.at - self._below(1_500) * MILLISECOND)

    def _depth(self, pair: _Pair) -> Rows:
        if self._chance(0.1):
            pair.pressure = self._below(7) - 3
        if self._chance(0.3):
            pair.middle += self._below(5) - 2 + (pair.pressure > 1) - (pair.pressure < -1)
        bids = {price: 0 for price in pair.book.bids if not 0 < pair.middle - price <= _REACH}
        asks = {price: 0 for price in pair.book.asks if not 0 < price - pair.middle <= _REACH}
        for _ in range(1 + self._below(6)):
            step = 1 + self._below(_REACH)
            if self._chance(0.5):
                bids[pair.middle - step] = self._size(pair.pressure)
            else:
                asks[pair.middle + step] = self._size(-pair.pressure)
        if self._chance(self._trouble.one_sided):
            bids |= dict.fromkeys(pair.book.bids, 0)
        if self._trouble == CALM:
            bids[pair.middle - _REACH] = asks[pair.middle + _REACH] = 1 + self._below(9)
        return a_depth_message(list(bids.items()), list(asks.items()), venue_at=self.at)

    def _size(self, favour: int) -> int:
        if self._chance(0.2):
            return 0
        return 1 + self._below(60) + max(favour, 0) * self._below(90)

"""Orders that rest: a deep ladder, a crowd at the best prices, and quotes that follow value."""

from heapq import heapify, heappop, heappush
from math import exp
from random import Random
from typing import Final, NamedTuple

from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.fair_value import FairValue
from trading_agent.embedded_exchange.matching import HOUSE, OrderBook
from trading_agent.embedded_exchange.settings import PairPreset
from trading_agent.embedded_exchange.sizes import SizeTable

_LADDER_SPREAD: Final = 1.6
"""Standard deviation of the logarithm of the distances at which ladder orders are placed."""
_FARTHEST_BPS: Final = 1_500.0
_LADDER_SIZE_SPREAD: Final = 2.0
_BEST_SIZE_SPREAD: Final = 2.5
_ROUND_PRICE: Final = 100
_ROUND_SHARE: Final = 0.06
"""Share of ladder orders at prices that are multiples of so many ticks."""
_BEHIND_BEST: Final = 0.2
"""Share of joining orders that step back a tick or more."""
_LEAN_OF_JOINS: Final = 1.2
_INKLING: Final = 1.0
_LARGEST_INKLING: Final = 3.0
"""Tolerances of a coming shock that the well informed lean to at most."""
_FOLLOWERS: Final = 4.0
"""Makers who follow the first one to a new best price, on average."""
_NEAR: Final = 0.5
"""Tolerances within which value is near a best price."""
_MOVING_UP: Final = 0.8
_STAYING_BEHIND: Final = 0.3
"""How often a former best price is left behind, and the share of orders that stay there."""
_STAYING_WRONG: Final = 0.06
"""Share of orders on the wrong side of value whose owners sleep."""
_SHUFFLE_DEPTH: Final = 30
_OPENING_CROWD: Final = 12


class Quotes(NamedTuple):
    """Best prices, 0 where a side is empty, and how far value is off their middle.

    `lean` counts tolerances and is positive where value is above the middle.
    """

    bid: Ticks
    ask: Ticks
    lean: float
    inkling: float
    """What the well informed make of it: the lean with a part of what is coming."""


class Makers:
    """Places and withdraws the market's own resting orders; strangers' orders are left alone."""

    def __init__(
        self, book: OrderBook, preset: PairPreset, fair: FairValue, least: Lots, dice: Random
    ) -> None:
        self._book = book
        self._preset = preset
        self._fair = fair
        self._dice = dice
        lots = 10.0**preset.size_decimals
        self._best_sizes = SizeTable(preset.best_size * lots, _BEST_SIZE_SPREAD, least)
        self._ladder_sizes = SizeTable(preset.ladder_size * lots, _LADDER_SIZE_SPREAD, least)
        self._expiries: list[tuple[Nanos, int]] = []
        self.haste = 1.0
        """How much shorter than average orders live."""

    def due(self) -> Nanos | None:
        """When the next resting order loses patience."""
        expiries = self._expiries
        while expiries and expiries[0][1] not in self._book:
            heappop(expiries)
        return expiries[0][0] if expiries else None

    def expire(self) -> None:
        """Withdraws the order that is due."""
        self._book.cancel(heappop(self._expiries)[1])

    def quotes(self) -> Quotes:
        bid, ask = self._book.bids.best()[0], self._book.asks.best()[0]
        if not bid or not ask:
            return Quotes(bid, ask, 0.0, 0.0)
        fair = self._fair
        tolerance = self.tolerance()
        lean = (fair.ticks - (bid + ask) / 2.0) / tolerance
        coming = fair.coming_bps * fair.basis_point / tolerance
        coming = max(-_LARGEST_INKLING, min(_LARGEST_INKLING, coming))
        return Quotes(bid, ask, lean, lean + _INKLING * coming)

    def tolerance(self) -> float:
        """Ticks that value may be off the middle before quotes follow."""
        preset = self._preset
        return max(preset.tolerance_bps * self._fair.basis_point, 0.8 * preset.spread_ticks)

    def open_book(self, at: Nanos) -> None:
        """Fills an empty book with what would rest in it after trading for ever.

        Where orders come at rate r and stay for a mean life l, r × l of them stand; the
        life grows with distance, so standing orders are farther away than arriving ones, and
        who stands has stood for a while, so will stay longer than who arrives.
        """
        preset = self._preset
        stretch = exp(_LADDER_SPREAD**2 / 2.0)
        from_brief = preset.best_patience_seconds
        from_far = preset.ladder_patience_seconds * preset.ladder_bps * stretch
        count = round(preset.placements_per_second / 2.0 * (from_brief + from_far))
        far_share = from_far / (from_brief + from_far)
        half = preset.spread_ticks / 2.0
        for side in Side:
            for _ in range(_OPENING_CROWD):
                self._crowd(at, side, self._fair.ticks - side * half, self._best_sizes)
            for _ in range(count):
                biased = self._dice.random() < far_share
                bps = self._distance(_LADDER_SPREAD**2 if biased else 0.0)
                life = self._life(bps) / (1.0 - self._dice.random())
                price = self._fair.ticks - side * (1.0 + bps * self._fair.basis_point)
                self._rest(at, side, price, self._ladder_sizes, life)
        heapify(self._expiries)

    def place(self, at: Nanos, quotes: Quotes) -> None:
        """One order for the ladder."""
        side = Side.BUY if self._dice.random() < 0.5 else Side.SELL
        bps = self._distance(0.0)
        price = self._near(side, quotes) - side * (1.0 + bps * self._fair.basis_point)
        if self._dice.random() < _ROUND_SHARE:
            price = round(price / _ROUND_PRICE) * _ROUND_PRICE
        self._rest(at, side, price, self._ladder_sizes, self._life(bps))

    def join(self, at: Nanos, quotes: Quotes) -> None:
        """One order at or next to a best price, more often on the side value leans to."""
        buys = self._dice.random() < 1.0 / (1.0 + exp(-_LEAN_OF_JOINS * quotes.inkling))
        side = Side.BUY if buys else Side.SELL
        price = self._near(side, quotes)
        if self._dice.random() > _BEHIND_BEST:
            self._crowd(at, side, price, self._best_sizes)
        else:
            price -= side * (1.0 + int(self._dice.expovariate(1.0)))
            self._crowd(at, side, price, self._ladder_sizes)

    def close_spread(self, at: Nanos, quotes: Quotes) -> None:
        """A wide spread closes around the fair price: one maker steps to it or next to it."""
        side, price = self._step_in(quotes)
        for _ in range(1 + int(self._dice.expovariate(1.0) * _FOLLOWERS)):
            self._crowd(at, side, price, self._best_sizes)
        if self._dice.random() < _MOVING_UP:
            self._abandon(side, quotes)

    def _step_in(self, quotes: Quotes) -> tuple[Side, float]:
        """Next to the better placed of both best prices when value is near it, else to value."""
        wish, fair, tolerance = self._preset.spread_ticks, self._fair.ticks, self.tolerance()
        below, above = fair - quotes.bid, quotes.ask - fair
        if min(below, above) < _NEAR * tolerance:
            side = Side.BUY if above < below else Side.SELL
            return side, float((quotes.ask if side is Side.BUY else quotes.bid) - side * wish)
        side = Side.BUY if self._dice.random() < 0.5 else Side.SELL
        return side, fair - side * min(below, above, self._dice.expovariate(3.0) * tolerance)

    def _abandon(self, side: Side, quotes: Quotes) -> None:
        """Orders at the former best price are withdrawn: their owners quote closer now."""
        former = quotes.bid if side is Side.BUY else quotes.ask
        for order in self._book.side(side).at(former):
            if order.owner == HOUSE and self._dice.random() > _STAYING_BEHIND:
                self._book.cancel(order.order)

    def fade(self, quotes: Quotes) -> None:
        """Someone at the best price on the wrong side thinks better of it."""
        side = self._book.asks if quotes.lean > 0 else self._book.bids
        self._withdraw(0, side.sign)

    def retreat(self, quotes: Quotes, limit: Ticks) -> None:
        """Most orders on the wrong side of value, up to `limit`, are withdrawn at once."""
        side = self._book.asks if quotes.lean > 0 else self._book.bids
        for order in side.orders_to(limit):
            if order.owner == HOUSE and self._dice.random() > _STAYING_WRONG:
                self._book.cancel(order.order)

    def shuffle(self, at: Nanos, mean_orders: float) -> None:
        """Makers behind the best prices move their orders: a burst of cancels and placements."""
        for _ in range(int(self._dice.expovariate(1.0) * mean_orders)):
            depth = 1 + int(self._dice.random() * _SHUFFLE_DEPTH)
            self._withdraw(depth, 1 if self._dice.random() < 0.5 else -1)
            self.place(at, self.quotes())

    def _withdraw(self, depth: int, sign: int) -> None:
        """Cancels the youngest of our orders at a level, unless the level is a stranger's."""
        side = self._book.bids if sign > 0 else self._book.asks
        if depth >= len(side.ranks):
            return
        for order in side.youngest_first(depth):
            if order.owner == HOUSE:
                self._book.cancel(order.order)
                return

    def _near(self, side: Side, quotes: Quotes) -> float:
        """Own best price, or value where the side is empty, but never through the other side."""
        own, other = (quotes.bid, quotes.ask) if side is Side.BUY else (quotes.ask, quotes.bid)
        price = float(own) if own else self._fair.ticks
        if other and (other - price) * side <= 0:
            price = float(other - side)
        return price

    def _distance(self, shift: float) -> float:
        bps = _FARTHEST_BPS
        while bps >= _FARTHEST_BPS:
            bps = self._preset.ladder_bps * exp(self._dice.gauss(shift, _LADDER_SPREAD))
        return bps

    def _life(self, bps: float) -> float:
        preset = self._preset
        return preset.best_patience_seconds + preset.ladder_patience_seconds * bps

    def _crowd(self, at: Nanos, side: Side, price: float, sizes: SizeTable) -> None:
        """An order at or next to the best price."""
        self._rest(at, side, price, sizes, self._preset.best_patience_seconds)

    def _rest(self, at: Nanos, side: Side, price: float, sizes: SizeTable, life: float) -> None:
        """Mean life in seconds. The longer an order has stood, the longer it will stay."""
        whole = Ticks(max(1, int(price) if side is Side.BUY else -int(-price // 1)))
        receipt = self._book.submit(side, OrderKind.LIMIT_MAKER, whole, sizes.draw(self._dice))
        if receipt.resting:
            stays = life * ((1.0 - self._dice.random()) ** -0.5 - 1.0) / self.haste
            heappush(self._expiries, (Nanos(at + round(stays * SECOND) + 1), receipt.order))

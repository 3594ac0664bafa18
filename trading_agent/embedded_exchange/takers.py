"""Orders that take: the crowd, large orders worked in pieces, and snipers of stale quotes."""

from math import exp
from random import Random
from typing import Final

from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.units import Lots, Ticks
from trading_agent.embedded_exchange.fair_value import FairValue
from trading_agent.embedded_exchange.makers import Quotes
from trading_agent.embedded_exchange.matching import OrderBook, Receipt
from trading_agent.embedded_exchange.settings import PairPreset
from trading_agent.embedded_exchange.sizes import SizeTable

_HERDING: Final = 0.2
"""Share of takers who do what the last one did."""
_LEAN_OF_TAKERS: Final = 0.7
_CAMPAIGN_PULL: Final = 0.8
_CAMPAIGN_MEAN: Final = 40.0
"""Takers from the start to the end of a large order worked in pieces, on average."""
_REACH: Final = 0.6
"""How far a taker is ready to walk the book; tolerances, on average."""
_TEACHING_BPS: Final = 0.012


class Takers:
    """Sends market and limit orders that trade on arrival."""

    def __init__(
        self, book: OrderBook, preset: PairPreset, fair: FairValue, least: Lots, dice: Random
    ) -> None:
        self._book = book
        self._fair = fair
        self._dice = dice
        lots = 10.0**preset.size_decimals
        self._median = preset.taker_size * lots
        self._sizes = SizeTable(self._median, preset.taker_size_spread, least)
        self._last = Side.BUY
        self._campaign = Side.BUY
        self._campaign_left = 0

    def take(self, quotes: Quotes, tolerance: float) -> None:
        side = self._choose(quotes.inkling)
        best = quotes.ask if side is Side.BUY else quotes.bid
        if not best:
            return
        size = self._sizes.draw(self._dice)
        reach = self._dice.expovariate(1.0) * _REACH * tolerance
        limit = Ticks(max(1, best + side * int(reach)))
        self._learn(self._book.submit(side, OrderKind.IOC, limit, size), side)

    def snipe(self, quotes: Quotes, limit: Ticks) -> None:
        """Takes a part of what is still offered on the wrong side of value, up to `limit`."""
        side = Side.BUY if quotes.lean > 0 else Side.SELL
        against = self._book.side(side.opposite)
        offered = sum(order.left for order in against.orders_to(limit))
        size = Lots(max(1, round(offered * self._dice.random())))
        self._learn(self._book.submit(side, OrderKind.IOC, limit, size), side)

    def _choose(self, lean: float) -> Side:
        if self._campaign_left <= 0:
            # A Pareto length: most large orders are short, a few go on and on.
            length = 0.5 * _CAMPAIGN_MEAN * (1.0 - self._dice.random()) ** -0.6
            self._campaign_left = int(length)
            self._campaign = Side.BUY if self._dice.random() < 0.5 else Side.SELL
        self._campaign_left -= 1
        if self._dice.random() >= _HERDING:
            pull = _LEAN_OF_TAKERS * lean + _CAMPAIGN_PULL * self._campaign
            buys = self._dice.random() < 1.0 / (1.0 + exp(-pull))
            self._last = Side.BUY if buys else Side.SELL
        return self._last

    def _learn(self, receipt: Receipt, side: Side) -> None:
        taken = sum(match.size for match in receipt.matches)
        if taken:
            weight = min((taken / self._median) ** 0.25, 4.0)
            self._fair.push(side * _TEACHING_BPS * weight)
            self._last = side

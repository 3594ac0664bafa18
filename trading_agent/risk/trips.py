"""Round trips as the pessimistic model of the queue would have had them.

What takes is the same under every model. Of an order that rested, the facts tell at its end how
much the pessimistic model would have filled. What it would not have bought is left out; what it
would not have sold has earned nothing, though it loses what was really lost.
"""

from decimal import Decimal

from msgspec import Struct, field

from trading_agent.domain.money import ROUNDED
from trading_agent.domain.order import BUY, OrderId
from trading_agent.domain.order_facts import MAKER, OrderFilled, OrderShadowed
from trading_agent.domain.units import Lots

Result = tuple[Decimal, Decimal]
"""Profit, and what was spent; quote asset."""


class Trip(Struct):
    """Of one position: lots `bought` and `sold`, of which the pessimistic model lacks so many.
    `awaited`: lots made by orders whose end is not told yet, purchases and sales. `closed` once
    nothing is held."""

    bought: int = 0
    sold: int = 0
    unbought: int = 0
    unsold: int = 0
    awaited_purchases: dict[OrderId, int] = field(default_factory=dict)
    awaited_sales: dict[OrderId, int] = field(default_factory=dict)
    closed: Result | None = None
    strategy: str = ""

    def fill(self, fact: OrderFilled) -> None:
        if fact.side is BUY:
            self.bought += fact.size
            awaited = self.awaited_purchases
        else:
            self.sold += fact.size
            awaited = self.awaited_sales
        if fact.liquidity is MAKER:
            awaited[fact.order] = awaited.get(fact.order, 0) + fact.size

    def end(self, order: OrderId, lacking: int) -> int:
        """An order has ended `lacking` so many lots; returns those that are not of this trip."""
        purchase = min(self.awaited_purchases.pop(order, 0), lacking)
        sale = min(self.awaited_sales.pop(order, 0), lacking)
        self.unbought += purchase
        self.unsold += sale
        return lacking - purchase - sale

    @property
    def settled(self) -> bool:
        return self.closed is not None and not (self.awaited_purchases or self.awaited_sales)

    def result(self) -> Result | None:
        """None of a trip that would not have been, or is not settled."""
        held = self.bought - self.unbought
        if self.closed is None or held <= 0:
            return None
        profit, spent = self.closed
        earning = held if profit < 0 else min(self.sold - self.unsold, held)
        return self._share(profit, earning), self._share(spent, held)

    def _share(self, amount: Decimal, lots: int) -> Decimal:
        if lots == self.bought:
            return amount
        return ROUNDED.divide(ROUNDED.multiply(amount, lots), self.bought)


class Trips(Struct):
    """By symbol, oldest first: the last is of what is held."""

    by_symbol: dict[str, list[Trip]] = field(default_factory=dict)

    def fill(self, fact: OrderFilled) -> None:
        trips = self.by_symbol.setdefault(fact.symbol, [])
        if not trips or trips[-1].closed is not None:
            trips.append(Trip())
        trips[-1].fill(fact)

    def close(self, symbol: str, strategy: str, result: Result) -> None:
        trips = self.by_symbol.get(symbol)
        if trips and trips[-1].closed is None:
            trips[-1].closed, trips[-1].strategy = result, strategy

    def end(self, fact: OrderShadowed) -> None:
        """What the model lacks of an order it lacks of its last fills."""
        lacking = max(fact.filled - fact.pessimistic, Lots(0))
        for trip in reversed(self.by_symbol.get(fact.symbol, [])):
            lacking = trip.end(fact.order, lacking)

    def end_unseen(self, symbol: str, order: OrderId) -> None:
        """Nobody will tell what became of it: it counts as it was filled."""
        for trip in self.by_symbol.get(symbol, []):
            trip.end(order, 0)

    def settle(self, symbol: str) -> list[Trip]:
        """Those that are over, which are forgotten."""
        trips = self.by_symbol.get(symbol, [])
        over = [trip for trip in trips if trip.settled]
        if over:
            self.by_symbol[symbol] = [trip for trip in trips if not trip.settled]
        return over

"""The order table: every open order, and which moves are legal."""

from decimal import Decimal

from msgspec import Struct

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.order import (
    IN_FLIGHT,
    RESTING,
    WAITING,
    OrderId,
    OrderPurpose,
    OrderState,
)
from trading_agent.domain.order_facts import TAKER, OrderAccepted, OrderFilled, OrderSent
from trading_agent.domain.units import Lots, Ticks
from trading_agent.portfolio.ledger import ZERO


class WorkingOrder(Struct):
    """An order that has been sent and has not ended; only its table changes it. `leaves`: what
    may still fill, less what its alternatives have filled. `reserved` shrinks as it is used.
    `taken`: of what is filled, the part that took; values are ticks x lots."""

    sent: OrderSent
    state: OrderState
    filled: Lots
    leaves: Lots
    reserved: Decimal
    arrival_bid: Ticks = Ticks(0)
    arrival_ask: Ticks = Ticks(0)
    taken: Lots = Lots(0)
    taken_value: int = 0
    made_value: int = 0
    fees: Decimal = ZERO
    triggered: bool = False


class OrderTable:
    """Open orders by id, oldest first."""

    def __init__(self) -> None:
        self._open: dict[OrderId, WorkingOrder] = {}

    def __len__(self) -> int:
        return len(self._open)

    def all(self) -> tuple[WorkingOrder, ...]:
        return tuple(self._open.values())

    def get(self, order: OrderId) -> WorkingOrder:
        try:
            return self._open[order]
        except KeyError:
            raise InvariantError(f"order {order} is not open") from None

    def send(self, fact: OrderSent) -> None:
        if fact.order in self._open:
            raise InvariantError(f"order {fact.order} was sent twice")
        self._open[fact.order] = WorkingOrder(fact, IN_FLIGHT, Lots(0), fact.size, fact.reserved)

    def accept(self, fact: OrderAccepted) -> None:
        working = self.get(fact.order)
        if working.state is not IN_FLIGHT:
            raise InvariantError(f"order {fact.order} was accepted while {working.state.name}")
        waits = working.sent.trigger and not working.triggered
        working.state = WAITING if waits else RESTING
        working.arrival_bid, working.arrival_ask = fact.bid, fact.ask

    def trigger(self, order: OrderId) -> None:
        """Its price has come: it travels once more, and is accepted once more."""
        working = self.get(order)
        if working.state is not WAITING:
            raise InvariantError(f"order {order} was triggered while {working.state.name}")
        working.state = IN_FLIGHT
        working.triggered = True

    def fill(self, fact: OrderFilled, used: Decimal) -> WorkingOrder:
        """Returns the order as it is afterwards; a whole fill still has to be ended."""
        working = self.get(fact.order)
        size = fact.size
        if working.state is not RESTING or not 0 < size <= working.leaves:
            raise InvariantError(f"order {fact.order}: {size} lots cannot fill while {working}")
        working.filled = Lots(working.filled + size)
        working.leaves = Lots(working.leaves - size)
        holder = working
        if working.sent.group:
            group = self._group(working)
            holder = group[0]
            for other in group:
                if other is not working:
                    other.leaves = Lots(other.leaves - size)
        holder.reserved -= used
        working.fees += fact.fee
        if fact.liquidity is TAKER:
            working.taken = Lots(working.taken + size)
            working.taken_value += fact.price * size
        else:
            working.made_value += fact.price * size
        return working

    def reserve_of(self, order: OrderId) -> Decimal:
        """What backs the order: its own reserve, or its group's."""
        working = self.get(order)
        return (self._group(working)[0] if working.sent.group else working).reserved

    def end(self, order: OrderId) -> WorkingOrder:
        """It leaves the table; returns it as it was last. What it held for a group is handed on."""
        working = self._open.pop(order, None)
        if working is None:
            raise InvariantError(f"order {order} is not open")
        if working.sent.group and (heirs := self._group(working)):
            heirs[0].reserved += working.reserved
            working.reserved = ZERO
        return working

    def _group(self, member: WorkingOrder) -> list[WorkingOrder]:
        """Open orders of the member's group, oldest first."""
        group = member.sent.group
        return [working for working in self._open.values() if working.sent.group == group]

    def has_open(self, symbol: str, purpose: OrderPurpose) -> bool:
        for working in self._open.values():
            sent = working.sent
            if sent.purpose is purpose and sent.symbol == symbol:
                return True
        return False

"""The order table: every open order, and which moves are legal."""

from decimal import Decimal
from typing import Final

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

_NONE: Final = Lots(0)


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
    taken: Lots = _NONE
    taken_value: int = 0
    made_value: int = 0
    fees: Decimal = ZERO
    triggered: bool = False


class _OpenOrders(dict[OrderId, WorkingOrder]):
    """To ask for one that is not open is our fault."""

    def __missing__(self, order: OrderId) -> WorkingOrder:
        raise InvariantError(f"order {order} is not open")


class OrderTable:
    """Open orders by id, oldest first."""

    def __init__(self) -> None:
        self._open = _OpenOrders()

    def __len__(self) -> int:
        return len(self._open)

    def all(self) -> tuple[WorkingOrder, ...]:
        return tuple(self._open.values())

    def get(self, order: OrderId) -> WorkingOrder:
        return self._open[order]

    def is_open(self, order: OrderId) -> bool:
        return order in self._open

    def send(self, fact: OrderSent) -> None:
        if fact.order in self._open:
            raise InvariantError(f"order {fact.order} was sent twice")
        self._open[fact.order] = WorkingOrder(fact, IN_FLIGHT, _NONE, fact.size, fact.reserved)

    def accept(self, fact: OrderAccepted) -> None:
        working = self._open[fact.order]
        if working.state is not IN_FLIGHT:
            raise InvariantError(f"order {fact.order} was accepted while {working.state.name}")
        waits = working.sent.trigger and not working.triggered
        working.state = WAITING if waits else RESTING
        working.arrival_bid, working.arrival_ask = fact.bid, fact.ask

    def trigger(self, order: OrderId) -> None:
        """Its price has come: it travels once more, and is accepted once more."""
        working = self._open[order]
        if working.state is not WAITING:
            raise InvariantError(f"order {order} was triggered while {working.state.name}")
        working.state = IN_FLIGHT
        working.triggered = True

    def fill(self, fact: OrderFilled, used: Decimal) -> WorkingOrder:
        """Returns the order as it is afterwards; a whole fill still has to be ended."""
        working = self._open[fact.order]
        size = fact.size
        if working.state is not RESTING or not 0 < size <= working.leaves:
            raise InvariantError(f"order {fact.order}: {size} lots cannot fill while {working}")
        working.filled = Lots(working.filled + size)
        working.leaves = Lots(working.leaves - size)
        if working.sent.group:
            self._share(working, size, used)
        else:
            working.reserved -= used
        working.fees += fact.fee
        if fact.liquidity is TAKER:
            working.taken = Lots(working.taken + size)
            working.taken_value += fact.price * size
        else:
            working.made_value += fact.price * size
        return working

    def _share(self, filled: WorkingOrder, size: Lots, used: Decimal) -> None:
        """What one of a group fills, the others have less of; the oldest holds the reserve."""
        group = self._group(filled)
        group[0].reserved -= used
        for other in group:
            if other is not filled:
                other.leaves = Lots(other.leaves - size)

    def reserve_of(self, order: OrderId) -> Decimal:
        """What backs the order: its own reserve, or its group's."""
        working = self._open[order]
        return (self._group(working)[0] if working.sent.group else working).reserved

    def end(self, order: OrderId) -> WorkingOrder:
        """It leaves the table; returns it as it was last. What it held for a group is handed on."""
        working = self._open[order]
        del self._open[order]
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

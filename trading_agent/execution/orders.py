"""The order table: every open order, and which moves are legal."""

from decimal import Decimal

from msgspec import Struct

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.facts import OrderSent
from trading_agent.domain.order import IN_FLIGHT, RESTING, OrderId, OrderPurpose, OrderState
from trading_agent.domain.units import Lots
from trading_agent.portfolio.ledger import MONEY


class WorkingOrder(Struct):
    """An order that has been sent and has not ended; only its table changes it. `reserved`
    shrinks as it is used."""

    sent: OrderSent
    state: OrderState
    filled: Lots
    reserved: Decimal

    @property
    def leaves(self) -> Lots:
        return Lots(self.sent.size - self.filled)


class OrderTable:
    """Open orders by id, oldest first."""

    def __init__(self) -> None:
        self._open: dict[OrderId, WorkingOrder] = {}

    def __len__(self) -> int:
        return len(self._open)

    def all(self) -> tuple[WorkingOrder, ...]:
        return tuple(self._open.values())

    def get(self, order: OrderId) -> WorkingOrder:
        working = self._open.get(order)
        if working is None:
            raise InvariantError(f"order {order} is not open")
        return working

    def send(self, fact: OrderSent) -> None:
        if fact.order in self._open:
            raise InvariantError(f"order {fact.order} was sent twice")
        self._open[fact.order] = WorkingOrder(fact, IN_FLIGHT, Lots(0), fact.reserved)

    def accept(self, order: OrderId) -> None:
        working = self.get(order)
        if working.state is not IN_FLIGHT:
            raise InvariantError(f"order {order} was accepted while {working.state.name}")
        working.state = RESTING

    def fill(self, order: OrderId, size: Lots, used: Decimal) -> WorkingOrder:
        """Returns the order as it is afterwards; a whole fill still has to be ended."""
        working = self.get(order)
        if working.state is IN_FLIGHT or not 0 < size <= working.leaves:
            raise InvariantError(f"order {order}: {size} lots cannot fill while {working}")
        working.filled = Lots(working.filled + size)
        working.reserved = MONEY.subtract(working.reserved, used)
        return working

    def end(self, order: OrderId) -> WorkingOrder:
        """It leaves the table; returns it as it was last."""
        working = self._open.pop(order, None)
        if working is None:
            raise InvariantError(f"order {order} is not open")
        return working

    def has_open(self, symbol: str, purpose: OrderPurpose) -> bool:
        for working in self._open.values():
            sent = working.sent
            if sent.purpose is purpose and sent.symbol == symbol:
                return True
        return False

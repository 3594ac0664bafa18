"""Orders, as the desk asks for them and as the venue knows them."""

from enum import IntEnum
from typing import Final, NewType

from msgspec import Struct

from trading_agent.domain.units import Lots, Nanos, Ticks

OrderId = NewType("OrderId", int)


class Side(IntEnum):
    BUY = 1
    SELL = -1

    @property
    def opposite(self) -> "Side":
        return Side(-self)


class OrderKind(IntEnum):
    MARKET = 1
    """Takes what the visible book offers; the rest is cancelled."""
    LIMIT = 2
    """Takes up to its price; the rest rests."""
    IOC = 3
    """Takes up to its price; the rest is cancelled."""
    LIMIT_MAKER = 4
    """Rests, or is rejected on arrival if it would take."""


class OrderState(IntEnum):
    IN_FLIGHT = 1
    RESTING = 2
    CANCEL_IN_FLIGHT = 3
    FILLED = 4
    CANCELED = 5
    REJECTED = 6

    @property
    def open(self) -> bool:
        return self <= OrderState.CANCEL_IN_FLIGHT


class OrderPurpose(IntEnum):
    ENTRY = 1
    EXIT = 2


# Under names of their own, for what is asked at every decision: looking a member up in its
# class takes several times as long as comparing it.
BUY: Final = Side.BUY
SELL: Final = Side.SELL
ENTRY: Final = OrderPurpose.ENTRY
EXIT: Final = OrderPurpose.EXIT
IN_FLIGHT: Final = OrderState.IN_FLIGHT
RESTING: Final = OrderState.RESTING


class SubmitOrder(Struct, frozen=True, kw_only=True):
    """Request to the venue. `price` is the limit; for MARKET the protection price."""

    order: OrderId
    symbol: str
    side: Side
    kind: OrderKind
    price: Ticks
    size: Lots
    purpose: OrderPurpose
    decided_at: Nanos


class CancelOrder(Struct, frozen=True, kw_only=True):
    """Request to the venue; the order may still fill while this travels."""

    order: OrderId
    decided_at: Nanos


Request = SubmitOrder | CancelOrder

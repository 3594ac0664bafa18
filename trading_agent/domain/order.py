"""Orders, as the desk asks for them and as the venue knows them."""

from enum import IntEnum
from typing import Final, NewType

from msgspec import Struct

from trading_agent.domain.units import Nanos, Ticks

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
    FOK = 5
    """Takes all of it at once up to its price, or nothing."""
    STOP = 6
    """Waits for its trigger, then becomes MARKET."""
    STOP_LIMIT = 7
    """Waits for its trigger, then becomes LIMIT."""
    TAKE_PROFIT = 8
    """Waits for its trigger on the other side of the market, then becomes MARKET."""
    TAKE_PROFIT_LIMIT = 9
    """Waits for its trigger on the other side of the market, then becomes LIMIT."""
    TRAILING_STOP = 10
    """A STOP whose trigger follows the best price seen, and only ever in favour."""


class TriggerOn(IntEnum):
    """Which price a waiting order watches, from its acceptance on."""

    LAST = 1
    """The last trade."""
    TOUCH = 2
    """The price it could trade at: the best ask for a purchase, the best bid for a sale."""
    MID = 3


class OrderState(IntEnum):
    IN_FLIGHT = 1
    RESTING = 2
    WAITING = 4
    """At the venue, for its trigger."""
    FILLED = 5
    CANCELED = 6
    REJECTED = 7

    @property
    def open(self) -> bool:
        return self <= OrderState.WAITING


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
WAITING: Final = OrderState.WAITING


class SubmitOrder(Struct, frozen=True, kw_only=True):
    """Request to the venue: what has been approved, under a number.

    `trail`: how far behind the best price a trigger follows, ticks, 0 for one that stays.
    `group`: orders of one group (0: none) are alternatives; what one fills, the others have less
    of. `budget`: most the order may spend, in ticks x lots; 0 for an order whose size alone
    counts."""

    order: OrderId
    decided_at: Nanos
    trail: Ticks = Ticks(0)
    group: int = 0
    budget: int = 0


class CancelOrder(Struct, frozen=True, kw_only=True):
    """Request to the venue; the order may still fill while this travels."""

    order: OrderId
    decided_at: Nanos


Request = SubmitOrder | CancelOrder

MAY_REST: Final = frozenset(
    {
        OrderKind.LIMIT,
        OrderKind.LIMIT_MAKER,
        OrderKind.STOP_LIMIT,
        OrderKind.TAKE_PROFIT_LIMIT,
    }
)
"""Kinds of which a part can stand in the book."""

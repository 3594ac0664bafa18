"""What has happened to orders; see `facts`."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct

from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, Side, TriggerOn
from trading_agent.domain.units import Lots, Nanos, Ticks


class Liquidity(StrEnum):
    TAKER = "taker"
    MAKER = "maker"


TAKER: Final = Liquidity.TAKER
MAKER: Final = Liquidity.MAKER


class EndReason(StrEnum):
    """Why an order ended without being filled whole, or was rejected."""

    REMAINDER = "remainder"
    """An immediate order took all it could."""
    BOOK_NOT_READY = "book_not_ready"
    BOOK_STALE = "book_stale"
    """The last message of the book was too old when it arrived."""
    WOULD_TAKE = "would_take"
    BY_REQUEST = "by_request"
    RESTART = "restart"
    NOT_FILLABLE_WHOLE = "not_fillable_whole"
    """A fill-or-kill order found less than it asked for."""
    ALTERNATIVE_FILLED = "alternative_filled"
    """The other leg of the pair was filled and left nothing for this one."""
    OWN_ORDER = "own_order"
    """It would have traded with an order of ours."""
    FEE_ROSE = "fee_rose"
    """What was held back for it does not pay the rest at the new fee."""


class OrderSent(Struct, frozen=True):
    """Approved and on its way; `arrives_at` is when the venue will see it.

    `reserved` is what the ledger holds back of `reserved_asset` until the order ends. `bid` and
    `ask`: the best when it was decided, 0 where there was none. `trigger`, `trail`, `group` and
    `budget` as in `domain.order.SubmitOrder`. `expected`: what it would have cost beyond the best
    price to take at once what the book held for it then, ticks x lots; 0 for what only rests or
    waits.
    """

    at: Nanos
    order: OrderId
    symbol: str
    strategy: str
    side: Side
    kind: OrderKind
    purpose: OrderPurpose
    price: Ticks
    size: Lots
    arrives_at: Nanos
    reserved_asset: str
    reserved: Decimal
    take_profit_bps: float
    stop_bps: float
    hold_for: Nanos
    bid: Ticks = Ticks(0)
    ask: Ticks = Ticks(0)
    trigger: Ticks = Ticks(0)
    trigger_on: TriggerOn = TriggerOn.LAST
    trail: Ticks = Ticks(0)
    group: int = 0
    budget: int = 0
    expected: int = 0


class OrderAccepted(Struct, frozen=True, kw_only=True):
    """It has arrived; `bid` and `ask` as they were then, 0 where there was none. `arrival` is 2
    for what a waiting order became when it was triggered."""

    at: Nanos
    order: OrderId
    bid: Ticks = Ticks(0)
    ask: Ticks = Ticks(0)
    arrival: int = 1


class OrderTriggered(Struct, frozen=True, kw_only=True):
    """A waiting order's `price` has come; it travels once more, as what it becomes."""

    at: Nanos
    order: OrderId
    price: Ticks


class OrderFilled(Struct, frozen=True, kw_only=True):
    """One execution. `fill` counts up over the life of a journal and never repeats."""

    at: Nanos
    fill: int
    order: OrderId
    symbol: str
    side: Side
    price: Ticks
    size: Lots
    liquidity: Liquidity
    fee: Decimal
    fee_asset: str


class OrderCanceled(Struct, frozen=True, kw_only=True):
    at: Nanos
    order: OrderId
    unfilled: Lots
    reason: EndReason
    bid: Ticks = Ticks(0)
    ask: Ticks = Ticks(0)


class OrderRejected(Struct, frozen=True, kw_only=True):
    at: Nanos
    order: OrderId
    reason: EndReason
    bid: Ticks = Ticks(0)
    ask: Ticks = Ticks(0)


class OrderShadowed(Struct, frozen=True, kw_only=True):
    """What an order that rested filled, and would have filled under each model of the queue. Of a
    pair each leg is counted as if only real fills of the other left it less: under a kinder model
    the two may add up to more than the pair."""

    at: Nanos
    order: OrderId
    symbol: str
    filled: Lots
    pessimistic: Lots
    central: Lots
    optimistic: Lots


class ShortfallMeasured(Struct, frozen=True, kw_only=True):
    """What an ended order cost against the mid at its decision; positive is a cost. The four
    parts and the `notional` are whole half ticks x lots, of which `Instrument.half_notional`
    makes money: with the fees they add up without a rounding. `expected_impact`: what the
    `impact` was expected to be when it was sent, in the same unit; no part of the sum."""

    at: Nanos
    order: OrderId
    symbol: str
    side: Side
    size: Lots
    filled: Lots
    notional: int
    spread: int
    impact: int
    drift: int
    opportunity: int
    fees: Decimal
    expected_impact: int = 0


class FillMarked(Struct, frozen=True, kw_only=True):
    """How far the mid had moved against a fill (positive: in its favour) after so long, in basis
    points of its price; None where there was no book."""

    at: Nanos
    fill: int
    symbol: str
    liquidity: Liquidity
    after_1s: float | None
    after_5s: float | None
    after_30s: float | None

"""From a wish to a permission: `Proposal` to `Approved` or `Refused`."""

from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Final

from msgspec import Struct

from trading_agent.domain.order import EXIT, SELL, OrderKind, OrderPurpose, Side, TriggerOn
from trading_agent.domain.units import BASIS_POINT, Lots, Nanos, Ticks

_NOTHING: Final = Decimal(0)
_FOR_EVER: Final = Nanos(0)
_MARKET: Final = OrderKind.MARKET

EXITS: Final = "exits"
"""Who leaves a position, whoever asked for it."""
BY_HAND: Final = "by_hand"
"""Who enters when a person does."""


class RefusalReason(StrEnum):
    """Stable codes: people and programs count by them."""

    DESK_PAUSED = "desk_paused"
    DESK_KILLED = "desk_killed"
    SYMBOL_NOT_TRADABLE = "symbol_not_tradable"
    BOOK_NOT_READY = "book_not_ready"
    BOOK_STALE = "book_stale"
    BOOK_CROSSED = "book_crossed"
    SPREAD_TOO_WIDE = "spread_too_wide"
    BAD_NUMBER = "bad_number"
    MAX_OPEN_POSITIONS = "max_open_positions"
    POSITION_OPEN = "position_open"
    ORDER_OPEN = "order_open"
    NOTHING_TO_SELL = "nothing_to_sell"
    BELOW_MINIMUM = "below_minimum"
    ABOVE_MAXIMUM = "above_maximum"
    MAX_ORDER_NOTIONAL = "max_order_notional"
    NOT_ENOUGH_CASH = "not_enough_cash"
    TOO_MANY_OPEN_ORDERS = "too_many_open_orders"
    BREAKER_TRIPPED = "breaker_tripped"
    SESSION_ENDING = "session_ending"
    DUPLICATE_ORDER = "duplicate_order"
    PRICE_BAND = "price_band"
    SIZED_TO_NOTHING = "sized_to_nothing"
    """A cap on sizes leaves nothing, or cannot tell."""
    MAX_DEPTH_SHARE = "max_depth_share"
    MAX_VOLUME_SHARE = "max_volume_share"
    EQUITY_UNKNOWN = "equity_unknown"
    """Something held has no price: no limit of value can be judged."""
    MAX_POSITION = "max_position"
    MAX_EXPOSURE = "max_exposure"
    MAX_CLUSTER_EXPOSURE = "max_cluster_exposure"
    MAX_TAIL_LOSS = "max_tail_loss"
    """Everything held could lose too much in one of its worst hours."""
    ORDER_RATE = "order_rate"
    KIND_NOT_ALLOWED = "kind_not_allowed"
    """The exchange takes no orders of this kind in this pair."""
    OUTSIDE_PRICE_BAND = "outside_price_band"
    """The exchange's own band around the last trade."""
    ANOMALOUS_MARKET = "anomalous_market"
    EVIDENCE_AGAINST = "evidence_against"
    """All evidence together does not speak for it."""
    SYMBOL_LOCKED = "symbol_locked"
    """By a person, or by an overlay."""
    ENTRIES_HALTED = "entries_halted"
    """By an overlay."""
    RULE_FAILED = "rule_failed"
    """A rule could not be judged."""


class Proposal(Struct, frozen=True, kw_only=True):
    """What a strategy wants. Offsets in basis points of the entry price."""

    strategy: str
    symbol: str
    side: Side
    kind: OrderKind
    price: Ticks
    size: Lots
    purpose: OrderPurpose
    take_profit_bps: float
    stop_bps: float
    hold_for: Nanos
    reason: str
    trigger: Ticks = Ticks(0)
    trigger_on: TriggerOn = TriggerOn.LAST
    trail_bps: float = 0.0
    quote_size: Decimal | None = None
    """Spend so much of the quote asset at most, whatever `size` says it can buy."""
    alternative: "Proposal | None" = None
    """The other leg of a one-cancels-the-other pair; sent together or not at all."""
    inventory_limit: Lots = Lots(0)
    """Most that may be held with it, of a purchase that may add to what is held; 0 for one that
    only opens."""


class Quotes(Struct, frozen=True):
    """All that a strategy wants to stand in a pair, a purchase and a sale that only rest. What
    stands at the same price for the same size, and nothing of it filled, stays where it is;
    whatever else stands is called back, and replaced when it has ended."""

    bid: Proposal | None = None
    ask: Proposal | None = None


@cache
def fraction(bps: float) -> Decimal:
    """So many basis points as a fraction: exactly the decimal number that was configured."""
    return Decimal(repr(bps)) * BASIS_POINT


@cache
def ratio(bps: float) -> tuple[int, int]:
    """The same as a quotient of two whole numbers."""
    return fraction(bps).as_integer_ratio()


def ticks_of(price: Ticks, bps: float) -> int:
    """So many basis points of a price, rounded down to whole ticks."""
    share, whole = ratio(bps)
    return price * share // whole


def exit_price(bid: Ticks, reach_bps: float) -> Ticks:
    """The lowest price at which an exit sells."""
    return Ticks(max(bid - ticks_of(bid, reach_bps), 1))


def sell_all(symbol: str, size: Lots, bid: Ticks, reach_bps: float, reason: str) -> Proposal:
    """Leave a position at once, taking bids down to `reach_bps` below the best."""
    return Proposal(
        strategy=EXITS,
        symbol=symbol,
        side=SELL,
        kind=_MARKET,
        price=exit_price(bid, reach_bps),
        size=size,
        purpose=EXIT,
        take_profit_bps=0.0,
        stop_bps=0.0,
        hold_for=_FOR_EVER,
        reason=reason,
    )


class Approved(Struct, frozen=True):
    """The key to the venue: only risk makes one, and nothing is sent without one. `size` is at
    most what was proposed; `bound_by`: the cap that made it smaller, empty when none did.
    `reserve`: what a purchase may lock of the quote asset."""

    proposal: Proposal
    size: Lots
    bound_by: str = ""
    reserve: Decimal = _NOTHING


class Refused(Struct, frozen=True):
    proposal: Proposal
    reason: RefusalReason
    detail: str = ""

"""One small function a rule. Each looks at what is asked and at the desk, and names its no."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from trading_agent.domain.decision import Proposal, RefusalReason
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import EXIT, SELL
from trading_agent.domain.units import MILLISECOND, Lots, Nanos
from trading_agent.risk.settings import RiskLimits


class DeskView(Struct, frozen=True):
    """What the rules may know. `worst_fee` is a fraction; `reserve` what the order would lock
    of the quote asset; `max_open_positions` the session's own limit. `open_positions` and
    `pending_entries` are counted for purchases only."""

    at: Nanos
    instrument: Instrument
    paused: str
    killed: str
    book_ready: bool
    book_crossed: bool
    book_at: Nanos
    spread_bps: float
    spread_limit_bps: float
    position: Lots
    open_positions: int
    pending_entries: int
    max_open_positions: int
    symbol_has_entry: bool
    symbol_has_exit: bool
    open_orders: int
    free_quote: Decimal
    reserve: Decimal


Refusal = tuple[RefusalReason, str]
Check = Callable[[Proposal, DeskView, RiskLimits], Refusal | None]


def desk_is_alive(_proposal: Proposal, desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    return (RefusalReason.DESK_KILLED, desk.killed) if desk.killed else None


def entries_are_allowed(_: Proposal, desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    return (RefusalReason.DESK_PAUSED, desk.paused) if desk.paused else None


def numbers_are_sound(proposal: Proposal, _desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    if proposal.price > 0 and proposal.size > 0:
        return None
    return RefusalReason.BAD_NUMBER, f"price {proposal.price} ticks, size {proposal.size} lots"


def symbol_is_tradable(_: Proposal, desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    if desk.instrument.tradable:
        return None
    return RefusalReason.SYMBOL_NOT_TRADABLE, "the exchange does not let the API trade it"


def book_is_ready(_: Proposal, desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    if not desk.book_ready:
        return RefusalReason.BOOK_NOT_READY, "the book is being rebuilt"
    return (RefusalReason.BOOK_CROSSED, "bid at or above ask") if desk.book_crossed else None


def book_is_fresh(_: Proposal, desk: DeskView, limits: RiskLimits) -> Refusal | None:
    age = (desk.at - desk.book_at) // MILLISECOND
    if age <= limits.max_book_age_ms:
        return None
    return RefusalReason.BOOK_STALE, f"last message {age} ms ago, at most {limits.max_book_age_ms}"


def spread_is_narrow(_: Proposal, desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    # Asked this way round, a spread that is not a number is refused.
    if desk.spread_bps <= desk.spread_limit_bps:
        return None
    return (
        RefusalReason.SPREAD_TOO_WIDE,
        f"{desk.spread_bps:.2f} bps, at most {desk.spread_limit_bps:g}",
    )


def symbol_is_free(_: Proposal, desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    if desk.position > 0:
        return RefusalReason.POSITION_OPEN, "a position is open"
    return (RefusalReason.ORDER_OPEN, "an entry is under way") if desk.symbol_has_entry else None


def positions_are_few(_: Proposal, desk: DeskView, limits: RiskLimits) -> Refusal | None:
    most = min(desk.max_open_positions, limits.max_open_positions)
    held = desk.open_positions + desk.pending_entries
    if held < most:
        return None
    return RefusalReason.MAX_OPEN_POSITIONS, f"{held} open or under way, at most {most}"


def orders_are_few(_: Proposal, desk: DeskView, limits: RiskLimits) -> Refusal | None:
    if desk.open_orders < limits.max_open_orders:
        return None
    return RefusalReason.TOO_MANY_OPEN_ORDERS, f"{desk.open_orders} open"


def size_is_allowed(proposal: Proposal, desk: DeskView, limits: RiskLimits) -> Refusal | None:
    instrument = desk.instrument
    value = instrument.notional(proposal.price, proposal.size)
    if value > limits.max_order_notional:
        return RefusalReason.MAX_ORDER_NOTIONAL, f"{value} above {limits.max_order_notional}"
    if value > instrument.max_notional:
        return RefusalReason.ABOVE_MAXIMUM, f"{value} above {instrument.max_notional}"
    return _below_minimum(proposal.size, value, instrument)


def size_is_enough(proposal: Proposal, desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    instrument = desk.instrument
    value = instrument.notional(proposal.price, proposal.size)
    return _below_minimum(proposal.size, value, instrument)


def _below_minimum(lots: Lots, value: Decimal, instrument: Instrument) -> Refusal | None:
    if lots >= instrument.min_size and value >= instrument.min_notional:
        return None
    size, least = instrument.size(lots), instrument.size(instrument.min_size)
    return (
        RefusalReason.BELOW_MINIMUM,
        f"{size} worth {value}; least {least} and {instrument.min_notional}",
    )


def cash_is_there(_: Proposal, desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    if desk.reserve <= desk.free_quote:
        return None
    return RefusalReason.NOT_ENOUGH_CASH, f"needs {desk.reserve}, free {desk.free_quote}"


def something_is_held(proposal: Proposal, desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    """Spot: nothing is sold short."""
    if 0 < proposal.size <= desk.position:
        return None
    return RefusalReason.NOTHING_TO_SELL, f"{desk.position} lots held"


def no_exit_under_way(_: Proposal, desk: DeskView, _limits: RiskLimits) -> Refusal | None:
    return (RefusalReason.ORDER_OPEN, "an exit is under way") if desk.symbol_has_exit else None


ENTRY_CHECKS: Final[tuple[Check, ...]] = (
    desk_is_alive,
    entries_are_allowed,
    symbol_is_tradable,
    book_is_ready,
    book_is_fresh,
    numbers_are_sound,
    spread_is_narrow,
    symbol_is_free,
    positions_are_few,
    orders_are_few,
    size_is_allowed,
    cash_is_there,
)
EXIT_CHECKS: Final[tuple[Check, ...]] = (
    desk_is_alive,
    book_is_ready,
    numbers_are_sound,
    something_is_held,
    no_exit_under_way,
    size_is_enough,
)


def checks_for(proposal: Proposal) -> tuple[Check, ...]:
    """Anything that buys is judged as an entry, whatever it calls itself."""
    reduces = proposal.purpose is EXIT and proposal.side is SELL
    return EXIT_CHECKS if reduces else ENTRY_CHECKS

"""One small function a rule. Each looks at what is asked and at the desk, and names its no.

Every comparison is asked in the way in which something that is not a number is refused.
"""

from decimal import Decimal
from math import fsum
from typing import Final

from trading_agent.domain.decision import Proposal, RefusalReason, ticks_of
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import BUY, OrderKind
from trading_agent.domain.units import BASIS_POINTS, DAY, MILLISECOND, Lots
from trading_agent.risk.case import Case, EntryCase, EntryRule, ExitRule, Refusal

_FARTHEST: Final = 1e6
"""Basis points: a hundred times the price."""
_MOST: Final = 1 << 53
"""Ticks or lots: `_FARTHEST` beyond it is a number that the compiled loop can still hold."""
_LONGEST: Final = 3_650 * DAY
_NOTHING: Final = Decimal(0)
_WAITING: Final = frozenset(
    (
        OrderKind.STOP,
        OrderKind.STOP_LIMIT,
        OrderKind.TAKE_PROFIT,
        OrderKind.TAKE_PROFIT_LIMIT,
        OrderKind.TRAILING_STOP,
    )
)


def desk_is_alive(case: Case) -> Refusal | None:
    killed = case.pair.killed
    return (RefusalReason.DESK_KILLED, killed) if killed else None


def entries_are_allowed(case: EntryCase) -> Refusal | None:
    paused = case.desk.paused
    return (RefusalReason.DESK_PAUSED, paused) if paused else None


def breakers_are_whole(case: EntryCase) -> Refusal | None:
    barred = case.desk.barred
    return (RefusalReason.BREAKER_TRIPPED, barred) if barred else None


def entries_are_not_halted(case: EntryCase) -> Refusal | None:
    halted = case.desk.halted
    return (RefusalReason.ENTRIES_HALTED, halted) if halted else None


def symbol_is_open(case: EntryCase) -> Refusal | None:
    locked = case.desk.locked
    return (RefusalReason.SYMBOL_LOCKED, locked) if locked else None


def session_goes_on(case: EntryCase) -> Refusal | None:
    if case.desk.session_ending:
        return RefusalReason.SESSION_ENDING, "positions are closed before the session ends"
    return None


def book_is_ready(case: Case) -> Refusal | None:
    if not case.pair.book_ready:
        return RefusalReason.BOOK_NOT_READY, "the book is being rebuilt"
    return (RefusalReason.BOOK_CROSSED, "bid at or above ask") if case.pair.book_crossed else None


def book_is_fresh(case: EntryCase) -> Refusal | None:
    age = (case.desk.at - case.desk.book_at) // MILLISECOND
    most = case.limits.max_book_age_ms
    if age <= most:
        return None
    return RefusalReason.BOOK_STALE, f"last message {age} ms ago, at most {most}"


def symbol_is_tradable(case: Case) -> Refusal | None:
    if case.pair.instrument.lets(case.proposal.side):
        return None
    return RefusalReason.SYMBOL_NOT_TRADABLE, "the exchange does not let the API trade it"


def numbers_are_sound(case: Case) -> Refusal | None:
    proposal = case.proposal
    spend = proposal.quote_size
    if not (0 < proposal.price <= _MOST and 0 < proposal.size <= _MOST):
        return (
            RefusalReason.BAD_NUMBER,
            f"price {proposal.price} ticks, size {proposal.size} lots",
        )
    if not (
        0.0 <= proposal.take_profit_bps <= _FARTHEST
        and 0.0 <= proposal.stop_bps <= _FARTHEST
        and 0 <= proposal.hold_for <= _LONGEST
    ):
        return RefusalReason.BAD_NUMBER, "protection is no distance"
    if proposal.trigger or proposal.trail_bps or proposal.kind in _WAITING:
        fault = _trigger_fault(proposal)
        if fault:
            return RefusalReason.BAD_NUMBER, f"{proposal.kind.name}: {fault}"
    if spend is not None and not (spend.is_finite() and spend > 0):
        return RefusalReason.BAD_NUMBER, f"cannot spend {spend}"
    return None


def _trigger_fault(proposal: Proposal) -> str:
    """What waits has a trigger, and what follows a distance of at least a tick to follow by;
    what does neither has none."""
    trigger, trail = proposal.trigger, proposal.trail_bps
    if proposal.kind not in _WAITING:
        return f"does not wait, and has trigger {trigger} and trail {trail:g} bps"
    if not 0 < trigger <= _MOST:
        return f"waits for {trigger} ticks"
    if proposal.kind is not OrderKind.TRAILING_STOP:
        return f"does not follow, and has a trail of {trail:g} bps" if trail else ""
    if 0.0 < trail <= _FARTHEST and ticks_of(trigger, trail) > 0:
        return ""
    return f"follows {trail:g} bps behind {trigger} ticks, which is less than one"


def order_is_new(case: EntryCase) -> Refusal | None:
    """The same wish twice within the window is one wish told twice. Asked after the cut: what
    was sent is remembered at the size it was cut to."""
    entries = case.desk.sight.recent_entries()
    if not entries:
        return None
    window = case.limits.duplicate_window_ms * MILLISECOND
    asked, since = case.proposal, case.desk.at - window
    for sent in reversed(entries):
        if window == 0 or sent.at <= since:
            return None
        if (sent.symbol, sent.side, sent.kind, sent.price, sent.size) == (
            asked.symbol,
            asked.side,
            asked.kind,
            asked.price,
            case.size,
        ):
            return (
                RefusalReason.DUPLICATE_ORDER,
                f"equals order {sent.order}, sent {(case.desk.at - sent.at) // MILLISECOND} ms ago",
            )
    return None


def price_is_near(case: EntryCase) -> Refusal | None:
    band = case.limits.price_band_bps
    if not band:
        return None
    reach, price, desk = band / BASIS_POINTS, case.proposal.price, case.desk
    bid, ask, last = desk.bid, desk.ask, desk.last_trade
    doubled_mid = bid + ask
    if not (0 < bid < ask and abs(2 * price - doubled_mid) <= reach * doubled_mid):
        return RefusalReason.PRICE_BAND, f"more than {band:g} bps from the mid price"
    if last and not abs(price - last) <= reach * last:
        return RefusalReason.PRICE_BAND, f"more than {band:g} bps from the last trade"
    return None


def spread_is_narrow(case: EntryCase) -> Refusal | None:
    spread, most = case.desk.spread_bps, case.desk.spread_limit_bps
    if spread <= most:
        return None
    return RefusalReason.SPREAD_TOO_WIDE, f"{spread:.2f} bps, at most {most:g}"


def order_is_small(case: EntryCase) -> Refusal | None:
    instrument, value = case.desk.instrument, case.value
    most = case.limits.max_order_notional
    if not value <= most:
        return RefusalReason.MAX_ORDER_NOTIONAL, f"{value} above {most}"
    if not value <= instrument.max_notional:
        return RefusalReason.ABOVE_MAXIMUM, f"{value} above {instrument.max_notional}"
    return None


def size_is_enough(case: Case) -> Refusal | None:
    return _below_minimum(case.size, case.worth(), case.pair.instrument)


def size_can_be_sold(case: Case) -> Refusal | None:
    worth, most = case.worth(), case.pair.instrument.max_notional
    if not worth <= most:
        return RefusalReason.ABOVE_MAXIMUM, f"{worth} above {most}"
    return _below_minimum(case.size, worth, case.pair.instrument)


def depth_is_there(case: EntryCase) -> Refusal | None:
    """What only rests takes nothing."""
    percent = case.limits.max_depth_percent
    if not percent or not case.takes():
        return None
    least = case.size * 100.0 / percent
    depth = case.desk.sight.depth(case.proposal.side, case.proposal.price, least)
    if depth >= least:
        return None
    size = case.desk.instrument.size
    return (
        RefusalReason.MAX_DEPTH_SHARE,
        f"{size(case.size)} is more than {percent:g} percent of the {size(Lots(int(depth)))} "
        "displayed",
    )


def volume_is_there(case: EntryCase) -> Refusal | None:
    percent = case.limits.max_minute_volume_percent
    if not percent:
        return None
    volume = case.desk.sight.minute_volume()
    if case.size * 100.0 <= volume * percent:
        return None
    size = case.desk.instrument.size
    return (
        RefusalReason.MAX_VOLUME_SHARE,
        f"{size(case.size)} is more than {percent:g} percent of the {size(Lots(volume))} traded "
        "in a minute",
    )


def cash_is_there(case: EntryCase) -> Refusal | None:
    needed, free = case.reserve, case.desk.free_quote
    for promise in case.promises:
        free -= promise.reserve
    if needed <= free:
        return None
    return RefusalReason.NOT_ENOUGH_CASH, f"needs {needed}, free {free}"


def symbol_is_free(case: EntryCase) -> Refusal | None:
    held, most = case.desk.held, case.proposal.inventory_limit
    if case.desk.position > 0 and not most:
        return RefusalReason.POSITION_OPEN, "a position is open"
    if most and not held + case.size <= most:
        return RefusalReason.MAX_POSITION, f"{held} lots held and {case.size} more, at most {most}"
    if case.desk.symbol_has_entry or (case.promises and _is_promised(case)):
        return RefusalReason.ORDER_OPEN, "an entry is under way"
    return None


def _is_promised(case: EntryCase) -> bool:
    symbol = case.proposal.symbol
    return any(promise.proposal.symbol == symbol for promise in case.promises)


def positions_are_few(case: EntryCase) -> Refusal | None:
    """What adds to a position opens none."""
    desk = case.desk
    most = min(desk.max_open_positions, case.limits.max_open_positions)
    held = desk.open_positions + desk.pending_entries + len(case.promises)
    if held < most or (desk.position > 0 and case.proposal.inventory_limit):
        return None
    return RefusalReason.MAX_OPEN_POSITIONS, f"{held} open or under way, at most {most}"


def holdings_have_prices(case: EntryCase) -> Refusal | None:
    unknown = case.exposure.unknown
    if not unknown:
        return None
    return RefusalReason.EQUITY_UNKNOWN, f"{', '.join(unknown)} has no price"


def position_is_small(case: EntryCase) -> Refusal | None:
    held, most = case.exposure.of_symbol, case.limits.max_position_notional
    if held + case.value <= most:
        return None
    return RefusalReason.MAX_POSITION, _too_much(held, case.value, most)


def exposure_is_small(case: EntryCase) -> Refusal | None:
    held, most = case.exposure.total, case.limits.max_exposure
    if held + case.value <= most:
        return None
    return RefusalReason.MAX_EXPOSURE, _too_much(held, case.value, most)


def cluster_is_small(case: EntryCase) -> Refusal | None:
    held, most = case.exposure.of_cluster, case.limits.max_cluster_exposure
    if held + case.value <= most:
        return None
    return RefusalReason.MAX_CLUSTER_EXPOSURE, _too_much(held, case.value, most)


def tail_is_bearable(case: EntryCase) -> Refusal | None:
    """As if the worst hours of all pairs came together, as they do in a crash."""
    most, sight = case.limits.max_tail_loss_percent, case.desk.sight
    # Nothing loses more than it is worth, and the desk is worth at least its free cash.
    if not most or 100 * (case.exposure.total + case.value) <= most * case.desk.free_quote:
        return None
    equity = sight.equity()
    if equity is None:
        return RefusalReason.EQUITY_UNKNOWN, "what the desk is worth is not known"
    parts = [(case.proposal.symbol, case.value)]
    parts += [(held.instrument.symbol, held.value or _NOTHING) for held in sight.holdings()]
    parts += [(promise.instrument.symbol, promise.value) for promise in case.promises]
    unknown = float(case.limits.unknown_tail_loss_percent) / 100.0
    loss = fsum(
        float(value) * (share if (share := sight.tail_loss(symbol)) == share else unknown)
        for symbol, value in parts
    )
    if loss * 100.0 <= float(most) * float(equity):
        return None
    percent = 100.0 * loss / float(equity)
    return (
        RefusalReason.MAX_TAIL_LOSS,
        f"a bad hour would cost {percent:.1f} percent of the desk, at most {most}",
    )


def orders_are_few(case: EntryCase) -> Refusal | None:
    under_way = case.desk.open_orders + case.promised
    if under_way < case.limits.max_open_orders:
        return None
    return RefusalReason.TOO_MANY_OPEN_ORDERS, f"{under_way} open"


def orders_are_slow(case: EntryCase) -> Refusal | None:
    at = case.desk.at
    waits = max(case.by_symbol.waits(case.proposal.symbol, at), case.by_desk.waits("", at))
    if waits == 0:
        return None
    return RefusalReason.ORDER_RATE, f"room for the next in {waits / MILLISECOND:.0f} ms"


def something_is_held(case: Case) -> Refusal | None:
    """Spot: nothing is sold short."""
    if 0 < case.size <= case.pair.position:
        return None
    return RefusalReason.NOTHING_TO_SELL, f"{case.pair.position} lots held"


def no_exit_under_way(case: Case) -> Refusal | None:
    if case.pair.symbol_has_exit:
        return RefusalReason.ORDER_OPEN, "an exit is under way"
    return None


def nothing_is_sold_to_enter(case: EntryCase) -> Refusal | None:
    if case.proposal.side is BUY:
        return None
    return RefusalReason.NOTHING_TO_SELL, "spot sells only to leave"


def _too_much(held: Decimal, asked: Decimal, most: Decimal) -> str:
    return f"{held} held or on order and {asked} more, at most {most}"


def _below_minimum(lots: Lots, value: Decimal, instrument: Instrument) -> Refusal | None:
    if lots >= instrument.min_size and value >= instrument.min_notional:
        return None
    size, least = instrument.size(lots), instrument.size(instrument.min_size)
    return (
        RefusalReason.BELOW_MINIMUM,
        f"{size} worth {value}; least {least} and {instrument.min_notional}",
    )


ENTRY_RULES: Final[tuple[EntryRule, ...]] = (
    nothing_is_sold_to_enter,
    desk_is_alive,
    entries_are_allowed,
    breakers_are_whole,
    entries_are_not_halted,
    symbol_is_open,
    session_goes_on,
    book_is_ready,
    book_is_fresh,
    symbol_is_tradable,
    numbers_are_sound,
    price_is_near,
    spread_is_narrow,
)
"""Asked before the size is settled."""
SIZE_RULES: Final[tuple[EntryRule, ...]] = (
    order_is_new,
    order_is_small,
    size_is_enough,
    depth_is_there,
    volume_is_there,
    cash_is_there,
    symbol_is_free,
    positions_are_few,
    holdings_have_prices,
    position_is_small,
    exposure_is_small,
    cluster_is_small,
    tail_is_bearable,
    orders_are_few,
    orders_are_slow,
)
"""Asked of the size that is left."""
EXIT_RULES: Final[tuple[ExitRule, ...]] = (
    desk_is_alive,
    book_is_ready,
    symbol_is_tradable,
    numbers_are_sound,
    something_is_held,
    no_exit_under_way,
    size_can_be_sold,
)

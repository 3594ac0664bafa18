"""How strategies enter and leave: price, size, and the barriers around a position."""

from decimal import Decimal
from functools import lru_cache
from typing import Final

from msgspec import Struct

from trading_agent.domain.decision import Proposal, sell_all, ticks_of
from trading_agent.domain.order import BUY, ENTRY, OrderKind
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.strategy import StrategyView

LONGEST_HOLD: Final = 604_800
"""Seconds."""
FARTHEST: Final = 10_000.0
"""Basis points."""

_KINDS: Final = {kind.name: kind for kind in OrderKind}
"""Asking the class for a member by name takes eight times as long."""


class Barriers(Struct, frozen=True):
    """Where a position ends by itself: offsets in basis points of the entry price, 0 for none."""

    take_profit_bps: float
    stop_bps: float
    hold_for: Nanos


def barrier_parameters(
    take_profit_bps: float, stop_bps: float, hold_seconds: int
) -> tuple[Parameter, ...]:
    """The three barriers as parameters with these defaults, 0 for none."""
    return (
        Parameter("take_profit_bps", take_profit_bps, 0.0, FARTHEST, whole=False),
        Parameter("stop_bps", stop_bps, 0.0, FARTHEST, whole=False),
        Parameter("hold_seconds", hold_seconds, 0, LONGEST_HOLD),
    )


def read_barriers(values: Values) -> Barriers:
    return Barriers(
        take_profit_bps=values["take_profit_bps"],
        stop_bps=values["stop_bps"],
        hold_for=Nanos(values["hold_seconds"] * SECOND),
    )


def session_barriers(view: StrategyView) -> Barriers:
    """Those that the session sets."""
    execution = view.execution
    return Barriers(
        take_profit_bps=execution.take_profit_bps,
        stop_bps=execution.stop_bps,
        hold_for=Nanos(execution.hold_seconds * SECOND),
    )


def two_sided(view: StrategyView) -> bool:
    """Whether there is a price to buy at and one to sell at."""
    return 0 < view.bid < view.ask


def enter(view: StrategyView, strategy: str, barriers: Barriers, reason: str) -> Proposal:
    """A purchase as the session's execution parameters send entries."""
    price = entry_price(view)
    return Proposal(
        strategy=strategy,
        symbol=view.instrument.symbol,
        side=BUY,
        kind=_KINDS[view.execution.order_kind],
        price=price,
        size=entry_size(view, price),
        purpose=ENTRY,
        take_profit_bps=barriers.take_profit_bps,
        stop_bps=barriers.stop_bps,
        hold_for=barriers.hold_for,
        reason=reason,
    )


def leave(view: StrategyView, reason: str) -> Proposal:
    """All that is held, at once."""
    return sell_all(
        view.instrument.symbol,
        view.position,
        view.bid,
        view.execution.slippage_limit_bps,
        reason,
    )


def entry_price(view: StrategyView) -> Ticks:
    """The ask plus the slippage limit for orders that may take; the bid for one that may not."""
    if view.execution.order_kind == "LIMIT_MAKER":
        return view.bid
    return Ticks(view.ask + ticks_of(view.ask, view.execution.slippage_limit_bps))


def entry_size(view: StrategyView, price: Ticks) -> Lots:
    """The strategy's share of the session's order value, cut in a straight line as the spread
    nears its limit: nothing from there on, nor where the spread is not known."""
    return _lots(view, price, _spread_share(view))


def quote_size(view: StrategyView, price: Ticks, orders: float = 1.0) -> Lots:
    """So many times the strategy's share of the session's order value, whatever the spread: what
    rests does not pay it."""
    return _lots(view, price, orders)


def _lots(view: StrategyView, price: Ticks, share: float) -> Lots:
    notional = view.execution.order_notional * view.execution.size_factor
    return view.instrument.lots_for(_exact(notional * share * view.allocation), price)


def _spread_share(view: StrategyView) -> float:
    full = view.signal_parameters.spread_full_size_bps
    most = view.signal_parameters.spread_limit_bps
    if view.spread_bps <= full:
        return 1.0
    return (most - view.spread_bps) / (most - full) if view.spread_bps < most else 0.0


@lru_cache(64)
def _exact(number: float) -> Decimal:
    """As it was configured."""
    return Decimal(repr(number))

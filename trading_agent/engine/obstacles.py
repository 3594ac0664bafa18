"""Why a symbol is not traded now: everything between it and an entry, in order, in words."""

from decimal import Decimal
from typing import Final

from trading_agent.domain.decision import Proposal, RefusalReason, Refused, ticks_of
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import BUY, ENTRY, OrderKind
from trading_agent.domain.units import MILLISECOND, Nanos, Ticks
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.sight import best_ask
from trading_agent.engine.views import desk_view

_NOMINAL: Final = "nominal"
_SAID_BEFORE: Final = frozenset(
    (
        RefusalReason.DESK_KILLED,
        RefusalReason.DESK_PAUSED,
        RefusalReason.BREAKER_TRIPPED,
        RefusalReason.BOOK_NOT_READY,
        RefusalReason.BOOK_STALE,
        RefusalReason.SPREAD_TOO_WIDE,
        RefusalReason.DUPLICATE_ORDER,
    )
)
"""Of what the gate says, what the desk, the feed and the signal say themselves; and what the
next signal will not be."""
_PLAIN: Final = frozenset(
    (
        RefusalReason.SESSION_ENDING,
        RefusalReason.SYMBOL_NOT_TRADABLE,
        RefusalReason.BOOK_CROSSED,
        RefusalReason.POSITION_OPEN,
        RefusalReason.ORDER_OPEN,
        RefusalReason.EQUITY_UNKNOWN,
    )
)
"""Whose words need no name before them."""


def obstacles_of(state: DeskState, symbol: str, at: Nanos) -> tuple[str, ...]:
    """Desk and breakers, feed, session and risk rules for an entry as the session would make
    it, then the signal. Empty: a signal now would be traded."""
    market = state.markets[state.index[symbol]]
    words = _of_desk(state)
    book = market["book"]
    if not book["ready"]:
        reason = LossReason(int(book["loss_reason"])).name.lower().replace("_", " ")
        return (*words, f"book not ready ({reason})")
    age = (at - int(book["at"])) // MILLISECOND
    if age > state.settings.limits.max_book_age_ms:
        words += (f"book is {age} ms old",)
    words += _of_risk(state, symbol)
    return words + state.signals.obstacles(at, market["features"], market["flash"])


def _of_desk(state: DeskState) -> tuple[str, ...]:
    account = state.account
    stopped = account.killed or account.paused
    return (*((stopped,) if stopped else ()), *account.risk.breakers.words())


def _of_risk(state: DeskState, symbol: str) -> tuple[str, ...]:
    """What the gate would say to a plain entry; soft breakers change its size, as they would."""
    entry = _nominal_entry(state, symbol)
    found = state.gate.objections(entry, desk_view(state, symbol))
    return tuple(_in_words(each) for each in found if each.reason not in _SAID_BEFORE)


def _in_words(refused: Refused) -> str:
    if refused.reason in _PLAIN:
        return refused.detail
    return f"{refused.reason.value.replace('_', ' ')}: {refused.detail}"


def _nominal_entry(state: DeskState, symbol: str) -> Proposal:
    execution = state.session().execution
    ask = best_ask(state, symbol)
    price = Ticks(ask + ticks_of(ask, execution.slippage_limit_bps))
    value = Decimal(repr(execution.order_notional * execution.size_factor))
    return Proposal(
        strategy=_NOMINAL,
        symbol=symbol,
        side=BUY,
        kind=OrderKind[execution.order_kind],
        price=price,
        size=state.instrument(symbol).lots_for(value, price),
        purpose=ENTRY,
        take_profit_bps=execution.take_profit_bps,
        stop_bps=execution.stop_bps,
        hold_for=Nanos(0),
        reason=_NOMINAL,
    )

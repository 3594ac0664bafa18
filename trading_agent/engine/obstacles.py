"""Why a symbol is not traded now: everything between it and an entry, in order, in words."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from trading_agent.domain.decision import Proposal, RefusalReason, Refused
from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import BUY
from trading_agent.domain.units import MILLISECOND, SECOND, Lots, Nanos
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.evidence_flow import objection_to, opinion_of
from trading_agent.engine.sight import best_ask, best_bid, last_trade
from trading_agent.engine.views import desk_view, strategy_view
from trading_agent.execution.filters import allowed_kind, placing_refusal
from trading_agent.market.candles import TIMEFRAME_NAMES
from trading_agent.strategies.answers import ask

_SAID_BEFORE: Final = frozenset(
    (
        RefusalReason.DESK_KILLED,
        RefusalReason.DESK_PAUSED,
        RefusalReason.BREAKER_TRIPPED,
        RefusalReason.ENTRIES_HALTED,
        RefusalReason.SYMBOL_LOCKED,
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


def obstacles_of(state: DeskState, symbol: str, at: Nanos, said: int) -> tuple[str, ...]:
    """Desk and breakers, feed, session and risk rules for an entry as the session would make
    it, then the signal. Empty: a full signal now would be traded. `said`: facts there have been."""
    market = state.markets[state.index[symbol]]
    words = _of_desk(state, symbol)
    book = market["book"]
    if not book["ready"]:
        reason = LossReason(int(book["loss_reason"])).name.lower().replace("_", " ")
        return (*words, f"book not ready ({reason})")
    age = (at - int(book["at"])) // MILLISECOND
    if age > state.settings.limits.max_book_age_ms:
        words += (f"book is {age} ms old",)
    words += _judged(state, symbol, (at // SECOND, said)) + _of_strategies(state, symbol)
    if not state.table.at_signal[state.index[symbol]]:
        return words
    return words + state.signals.obstacles(at, market["features"], market["flash"])


def _of_desk(state: DeskState, symbol: str) -> tuple[str, ...]:
    account, tuning = state.account, state.tuning
    stopped = account.killed or account.paused
    halted, closed = tuning.halted, tuning.closed.get(symbol, "")
    return (
        *((stopped,) if stopped else ()),
        *account.risk.breakers.words(),
        *((f"no entries: {halted}",) if halted else ()),
        *((f"no entries of {symbol}: {closed}",) if closed else ()),
    )


def _judged(state: DeskState, symbol: str, asked: tuple[int, int]) -> tuple[str, ...]:
    """All rules are asked anew when something has happened, and once a second: that costs as
    much as all else that people are shown of a pair."""
    drawn = state.drawn.get(symbol)
    if drawn is None or drawn[0] != asked:
        drawn = state.drawn[symbol] = asked, _of_risk(state, symbol)
    return drawn[1]


def _of_risk(state: DeskState, symbol: str) -> tuple[str, ...]:
    """What gate and exchange would say to what the strategies would propose; soft breakers change
    its size, as they would."""
    words: dict[str, None] = {}
    desk = desk_view(state, symbol)
    for entry in _entries(state, symbol):
        for word in _of_evidence(state, entry):
            words[word] = None
        for each in state.gate.objections(entry, desk):
            if each.reason not in _SAID_BEFORE:
                words[_in_words(each)] = None
        for word in _of_exchange(state, entry):
            words[word] = None
    return tuple(words)


def _of_strategies(state: DeskState, symbol: str) -> tuple[str, ...]:
    """Who is not asked any more; and when somebody is, where no signal asks anybody."""
    table, index = state.table, state.index[symbol]
    seats = [seat for seat in table.seats if seat.trades(symbol)]
    words = tuple(
        f"{seat.strategy.name} is not asked any more: {table.failed[seat.strategy.name]}"
        for seat in seats
        if seat.strategy.name in table.failed
    ) + tuple(
        f"{seat.strategy.name} is switched off"
        for seat in seats
        if seat.strategy.name in state.tuning.off
    )
    if table.at_signal[index]:
        return words
    if not seats:
        return (*words, "no strategy trades it")
    closes = ", ".join(TIMEFRAME_NAMES[place] for place in sorted(table.at_close[index]))
    return (*words, f"strategies are asked at the close of {closes}")


def _of_evidence(state: DeskState, entry: Proposal) -> tuple[str, ...]:
    """As if a full signal asked for it."""
    if not state.settings.enhanced.enabled:
        return ()
    opinion = opinion_of(state, entry, _nominal_signal(state, entry.symbol))
    objection = objection_to(entry, opinion)
    return () if objection is None else (_in_words(objection),)


def _of_exchange(state: DeskState, entry: Proposal) -> tuple[str, ...]:
    """The filters that are asked after the gate."""
    instrument = state.instrument(entry.symbol)
    kind = allowed_kind(instrument, entry.kind) or entry.kind
    last = last_trade(state, entry.symbol)
    reason = placing_refusal(instrument, entry.side, kind, entry.price, last)
    if reason is None or reason is RefusalReason.SYMBOL_NOT_TRADABLE:
        # The gate has said so.
        return ()
    return (f"{reason.value.replace('_', ' ')}: {kind.name}, a filter of the exchange",)


def _in_words(refused: Refused) -> str:
    if refused.reason in _PLAIN:
        return refused.detail
    return f"{refused.reason.value.replace('_', ' ')}: {refused.detail}"


def _entries(state: DeskState, symbol: str) -> Iterator[Proposal]:
    """What the strategies would propose to a buy signal now, if nothing were held. A spread that
    leaves nothing of an entry is said by the signal; the rest is asked as of a narrow one."""
    index, signal = state.index[symbol], _nominal_signal(state, symbol)
    for seat in state.table.at_signal[index]:
        if seat.strategy.name in state.table.failed or seat.strategy.name in state.tuning.off:
            continue
        view = replace(strategy_view(state, index, (signal, ""), seat.allocation), position=Lots(0))
        if not view.spread_bps < view.signal_parameters.spread_limit_bps:
            view = replace(view, spread_bps=0.0)
        # What is wrong with it is told when it is asked in earnest.
        proposal, _ = ask(seat, view)
        if proposal is not None:
            yield proposal


def _nominal_signal(state: DeskState, symbol: str) -> SignalRaised:
    return SignalRaised(
        at=state.now,
        symbol=symbol,
        session=state.session().name,
        direction=BUY,
        strength=1.0,
        reasons=(),
        sequence=0,
        bid=best_bid(state, symbol),
        ask=best_ask(state, symbol),
        imbalance=0.0,
        momentum_bps=0.0,
        volatility_bps=0.0,
    )

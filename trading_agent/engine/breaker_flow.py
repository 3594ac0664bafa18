"""Breakers at work: what has been counted and lost is judged, and what trips takes power away."""

from trading_agent.domain.facts import (
    BreakerLevel,
    BreakerRearmed,
    BreakerTripped,
    DeskKilled,
    ExitReason,
)
from trading_agent.domain.order import ENTRY
from trading_agent.domain.units import Nanos
from trading_agent.engine import risk_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.equity import (
    begin_watching,
    lower_floor,
    watch_minute,
)
from trading_agent.engine.routing import call_back
from trading_agent.engine.sight import known_equity
from trading_agent.risk.breakers import Trip


def begin(state: DeskState) -> None:
    """At the opening, when the past is folded. The first mark ever is made at once: losses are
    counted from it."""
    breakers = state.account.risk.breakers
    state.gate.recall(state.account.risk.entries)
    equity = known_equity(state)
    if breakers.last_mark is None and equity is not None and equity.is_finite():
        state.emit(breakers.mark(state.now, equity))
    begin_watching(state)
    if equity is not None:
        _trip(state, breakers.judge_equity(state.gate.breakers, equity))


def on_clock(state: DeskState, at: Nanos) -> None:
    """The compiled loop asks for a look: a minute is full, or the desk is worth too little."""
    equity = known_equity(state)
    breakers = state.account.risk.breakers
    if at >= state.columns.watch.mark_due.item():
        bases = breakers.day_base, breakers.peak
        if equity is not None and equity.is_finite():
            state.emit(breakers.mark(at, equity))
        if (breakers.day_base, breakers.peak) != bases:
            lower_floor(state)
        watch_minute(state, at)
    if equity is not None and not float(equity) > state.columns.watch.floor.item():
        _trip(state, breakers.judge_equity(state.gate.breakers, equity))


def on_counted(state: DeskState) -> None:
    """Something happened that a breaker counts."""
    breakers = state.account.risk.breakers
    state.gate.judged = breakers.counted
    _trip(state, breakers.judge(state.gate.breakers, state.now))


def kill(state: DeskState, why: str, *, flatten: bool, reason: ExitReason) -> None:
    """Nothing is sent after it. `flatten`: what is held is sold before, with orders that act
    when they arrive."""
    if flatten:
        for position in state.account.positions.all():
            risk_flow.leave_now(state, position.symbol, reason)
    state.emit(DeskKilled(at=state.now, why=why))
    call_back(state, None, ENTRY if flatten else None)
    for symbol in state.symbols:
        risk_flow.disarm(state, symbol)


def rearm(state: DeskState, breaker: str) -> None:
    """A person has seen it. Losses count from now: the desk is marked first, where it can be."""
    equity = known_equity(state)
    if equity is not None and equity.is_finite():
        state.emit(state.account.risk.breakers.mark(state.now, equity))
    state.emit(BreakerRearmed(at=state.now, breaker=breaker))
    lower_floor(state)


def _trip(state: DeskState, trips: list[Trip]) -> None:
    for trip in trips:
        state.emit(
            BreakerTripped(at=state.now, breaker=trip.breaker, level=trip.level, why=trip.why)
        )
        if state.account.killed:
            continue
        if trip.level is BreakerLevel.KILL:
            flatten = state.settings.limits.breakers.flatten_on_kill
            why = f"breaker {trip.breaker}: {trip.why}"
            kill(state, why, flatten=flatten, reason=ExitReason.BREAKER)
        elif trip.level is BreakerLevel.HARD:
            call_back(state, None, ENTRY)
    if trips:
        lower_floor(state)

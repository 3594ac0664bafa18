"""Breakers at work: what has been counted and lost is judged, and what trips takes power away."""

from decimal import Decimal

from trading_agent.domain.commands import Origin
from trading_agent.domain.facts import (
    BreakerLevel,
    BreakerRearmed,
    BreakerTripped,
    DeskKilled,
    DeskRearmed,
    ExitReason,
)
from trading_agent.domain.order import ENTRY
from trading_agent.domain.units import Nanos
from trading_agent.engine import overlay_flow, risk_flow
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
        _judge(state, equity)


def on_clock(state: DeskState, at: Nanos) -> None:
    """The compiled loop asks for a look: a minute is full, or the desk is worth too little."""
    equity = known_equity(state)
    breakers = state.account.risk.breakers
    if at >= state.columns.watch.mark_due[0]:
        bases = breakers.day_base, breakers.peak
        if equity is not None and equity.is_finite():
            state.emit(breakers.mark(at, equity))
            overlay_flow.on_marked(state, equity)
        if (breakers.day_base, breakers.peak) != bases:
            lower_floor(state)
        watch_minute(state, at)
    if equity is not None and not float(equity) > state.columns.watch.floor[0]:
        _judge(state, equity)


def on_counted(state: DeskState) -> None:
    """Something happened that a breaker counts."""
    breakers = state.account.risk.breakers
    gate = state.gate
    gate.judged = breakers.counted
    trips = breakers.judge(gate.breakers, state.now)
    if trips:
        _trip(state, trips)


def kill(state: DeskState, why: str, *, flatten: bool, reason: ExitReason) -> None:
    """Nothing is sent after it; with `flatten`, nothing but what leaves positions."""
    risk_flow.tell_stops(state)
    state.emit(DeskKilled(at=state.now, why=why, flatten=flatten))
    call_back(state, None, ENTRY if flatten else None)
    if flatten:
        risk_flow.leave_all(state, reason)
        return
    for symbol in state.symbols:
        risk_flow.disarm(state, symbol)


def rearm(state: DeskState, breaker: str) -> None:
    """A person has seen it. Losses count from now: the desk is marked first, where it can be."""
    _mark(state, known_equity(state))
    state.emit(BreakerRearmed(at=state.now, breaker=breaker))
    lower_floor(state)


def rearm_all(state: DeskState, why: str) -> None:
    """At the opening: a person lifts what has tripped, each by its name, and a kill. Losses count
    from the last mark where what is held has no price yet."""
    tripped = tuple(state.account.risk.breakers.tripped)
    if tripped:
        _mark(state, known_equity(state))
    for breaker in tripped:
        state.emit(BreakerRearmed(at=state.now, breaker=breaker, why=why))
    if state.account.killed:
        state.emit(DeskRearmed(at=state.now, why=why))


def _judge(state: DeskState, equity: Decimal) -> None:
    """What trips is marked: from there losses count for who re-arms it."""
    trips = state.account.risk.breakers.judge_equity(state.gate.breakers, equity)
    if trips:
        _mark(state, equity)
        _trip(state, trips)


def _mark(state: DeskState, equity: Decimal | None) -> None:
    breakers = state.account.risk.breakers
    if equity is not None and equity.is_finite() and equity != breakers.last_mark:
        state.emit(breakers.mark(state.now, equity))


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
    overlay_flow.end_loosening(state, Origin.SYSTEM, "a breaker has tripped")
    lower_floor(state)

"""Strategies are asked, and what they propose goes through risk to the venue."""

from collections.abc import Sequence

from trading_agent.domain.decision import Proposal
from trading_agent.domain.facts import ExitReason, SignalRaised, StrategyFailed
from trading_agent.domain.message import KnownCandle
from trading_agent.domain.money import ROUNDED
from trading_agent.domain.order import MAY_REST
from trading_agent.domain.units import BASIS_POINTS
from trading_agent.engine import evidence_flow, risk_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.routing import send
from trading_agent.engine.views import strategy_view
from trading_agent.market.candles import MENDED, TIMEFRAME_NAMES
from trading_agent.risk.gate import reduces
from trading_agent.strategies.answers import ask
from trading_agent.strategies.committee import (
    Committee,
    PerformanceWeights,
    SessionWeights,
    StaticWeights,
    Weights,
)
from trading_agent.strategies.roster import Seat


def on_signal(state: DeskState, index: int, signal: SignalRaised) -> None:
    """A flash signal that somebody can act on."""
    seats = state.table.at_signal[index]
    if seats:
        _ask(state, index, seats, (signal, ""))


def on_known(
    state: DeskState, index: int, timeframe: str, candles: tuple[KnownCandle, ...]
) -> None:
    """The past is worked through before the present has to be."""
    if state.table.timeframes[index].learn(timeframe, candles):
        state.charts[index].read_anew(timeframe, state.now)
    _move_on(state, index)


def on_closed(state: DeskState, index: int, closed: int) -> None:
    """`closed`: a bit for each timeframe, and from `MENDED` on for each that was mended. What a
    longer candle says is asked first."""
    for place, name in enumerate(TIMEFRAME_NAMES):
        if closed >> MENDED + place & 1:
            state.table.timeframes[index].mended(name)
            state.charts[index].read_anew(name, state.now)
    _move_on(state, index)
    evidence_flow.on_closed(state, index, closed)
    at_close = state.table.at_close[index]
    if not at_close or not state.columns.book_ready[index]:
        return
    for timeframe in sorted(at_close, reverse=True):
        if closed >> timeframe & 1:
            _ask(state, index, at_close[timeframe], (None, TIMEFRAME_NAMES[timeframe]))


def _move_on(state: DeskState, index: int) -> None:
    state.table.timeframes[index].move_on()
    for fact in state.charts[index].take_in(state.now):
        state.emit(fact)


def _ask(
    state: DeskState,
    index: int,
    seats: Sequence[Seat],
    occasion: tuple[SignalRaised | None, str],
) -> None:
    """One strategy speaks for itself; where several are asked the committee decides."""
    failed, off = state.table.failed, state.tuning.off
    asked = [
        (seat.strategy.name, _answer(state, index, seat, occasion))
        for seat in seats
        if seat.strategy.name not in failed and seat.strategy.name not in off
    ]
    if len(asked) == 1:
        proposal = asked[0][1]
    else:
        committee = _committee(state)
        proposal = committee.decide(committee.ballot(asked, state.session().name))
    if proposal is not None:
        _act(state, proposal, occasion[0])


def _answer(
    state: DeskState, index: int, seat: Seat, occasion: tuple[SignalRaised | None, str]
) -> Proposal | None:
    """A strategy that breaks, or answers what nobody can use, is silent from then on: the rest of
    the desk goes on, and what it holds stays protected."""
    view = strategy_view(state, index, occasion, seat.allocation)
    name, symbol = seat.strategy.name, state.symbols[index]
    proposal, why = ask(seat, view)
    if why:
        state.table.failed[name] = why
        state.emit(StrategyFailed(at=state.now, symbol=symbol, strategy=name, why=why))
    return proposal


def _committee(state: DeskState) -> Committee:
    """By the weights of now: those by performance move with every closed position."""
    settings, seats = state.settings.strategies, state.table.seats
    weights: Weights = StaticWeights({seat.strategy.name: seat.weight for seat in seats})
    if settings.weights == "session":
        weights = SessionWeights(settings.session_weights, weights)
    elif settings.weights == "performance":
        weights = PerformanceWeights(_results(state))
    return Committee(weights, settings.quorum)


def _results(state: DeskState) -> dict[str, list[float]]:
    """Of positions that are closed, basis points of what was spent, as the pessimistic model of
    the queue would have filled them, whichever is configured."""
    found: dict[str, list[float]] = {}
    for name in state.table.names:
        closed = state.account.risk.by_strategy.get(name, [])
        found[name] = [
            float(ROUNDED.divide(profit, spent)) * BASIS_POINTS
            for profit, spent in closed
            if spent > 0
        ]
    return found


def _act(state: DeskState, proposal: Proposal, signal: SignalRaised | None) -> None:
    if not reduces(proposal):
        if weighed := evidence_flow.weigh(state, proposal, signal):
            send(state, weighed)
    elif proposal.kind in MAY_REST:
        risk_flow.offer(state, proposal)
    else:
        risk_flow.leave_by(state, proposal, ExitReason.SIGNAL)

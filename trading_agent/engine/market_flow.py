"""Market rows in; whatever the compiled loop has to say is decided upon, in order."""

from typing import Any, Final

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.facts import BookLost, BookReady, ExitReason
from trading_agent.domain.market_rows import LossReason, Rows, empty_rows
from trading_agent.domain.order import OrderPurpose
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.domain.units import Nanos
from trading_agent.engine import order_flow, risk_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.routing import send
from trading_agent.engine.views import strategy_view
from trading_agent.risk.exits import EXIT_REASONS

_NO_ROWS: Final = empty_rows(0)


def on_rows(state: DeskState, rows: Rows, at: Nanos) -> None:
    """`at`: the time of the first row; later rows carry their own."""
    compiled = state.compiled
    venue = state.desk["venue"]
    count = len(rows)
    position = 0
    while True:
        position = state.advance(rows, position, at, compiled.markets, compiled.desk)
        said = int(venue["outcome_count"])
        if said:
            outcomes = venue["outcomes"][:said].tolist()
            venue["outcome_count"] = 0
            _take_in(state, outcomes)
        elif position >= count:
            return


def on_woke(state: DeskState, at: Nanos) -> None:
    """Time has passed without a row: what is due happens."""
    on_rows(state, _NO_ROWS, at)


def _take_in(state: DeskState, outcomes: list[tuple[Any, ...]]) -> None:
    for at, order, price, size, kind, index, detail, _ in outcomes:
        match kind:
            case OutcomeKind.ACCEPTED:
                state.emit(state.venue.accepted(order, at))
            case OutcomeKind.FILLED:
                order_flow.on_filled(state, order, (at, price, size, detail))
            case OutcomeKind.CANCELED:
                order_flow.on_ended(state, state.venue.canceled(order, at, size, detail))
            case OutcomeKind.REJECTED:
                order_flow.on_ended(state, state.venue.rejected(order, at, detail))
            case _:
                _take_in_market(state, kind, at, index, detail)
    if state.to_protect:
        risk_flow.protect(state)


def _take_in_market(state: DeskState, kind: int, at: int, index: int, detail: int) -> None:
    symbol = state.symbols[index]
    match kind:
        case OutcomeKind.SIGNAL:
            _on_signal(state, symbol, index, Nanos(at))
        case OutcomeKind.EXIT_DUE:
            risk_flow.leave(state, symbol, EXIT_REASONS[detail])
        case OutcomeKind.BOOK_READY:
            state.emit(BookReady(at=Nanos(at), symbol=symbol))
            risk_flow.rearm(state, symbol)
        case OutcomeKind.BOOK_LOST:
            state.emit(BookLost(at=Nanos(at), symbol=symbol, reason=LossReason(detail)))
        case _:
            raise InvariantError(f"the compiled loop said {kind}, which means nothing")


def _on_signal(state: DeskState, symbol: str, index: int, at: Nanos) -> None:
    signal = state.signals.raised(symbol, at, state.markets[index]["flash"])
    state.emit(signal)
    view = strategy_view(state, symbol, signal)
    for strategy in state.strategies:
        proposal = strategy.propose(view)
        if proposal is None:
            continue
        if proposal.purpose is OrderPurpose.EXIT:
            risk_flow.leave_by(state, proposal, ExitReason.SIGNAL)
        else:
            send(state, proposal)

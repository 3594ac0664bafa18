"""Market rows in; whatever the compiled loop has to say is decided upon, in order."""

from collections.abc import Callable, Iterable
from typing import Final

from trading_agent.domain.facts import BookLost, BookReady
from trading_agent.domain.market_rows import LossReason, Rows, empty_rows
from trading_agent.domain.order_facts import (
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderTriggered,
)
from trading_agent.domain.outcome import Outcome, OutcomeKind
from trading_agent.domain.units import Lots, Nanos
from trading_agent.engine import breaker_flow, order_flow, quote_flow, risk_flow, strategy_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.state import OUTCOME_SIZE, read_outcomes
from trading_agent.execution.venue import END_REASONS
from trading_agent.risk.exits import EXIT_REASONS

_NO_ROWS: Final = empty_rows(0)
_KIND: Final = 4


def on_rows(state: DeskState, rows: Rows, at: Nanos) -> None:
    """`at`: the time of the first row; later rows carry their own."""
    advance, columns = state.advance, state.columns
    markets, desk = state.compiled.markets, state.compiled.desk
    reached, saying, told = columns.now, columns.outcome_count, columns.outcomes
    count = len(rows)
    position = 0
    while True:
        position = advance(rows, position, at, markets, desk)
        state.now = reached[0]
        said = saying[0]
        if said:
            _take_in(state, read_outcomes(told[: said * OUTCOME_SIZE]))
        elif position >= count:
            return


def on_woke(state: DeskState, at: Nanos) -> None:
    """Time has passed without a row: what is due happens."""
    on_rows(state, _NO_ROWS, at)


def _take_in(state: DeskState, outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        _HEEDS[outcome[_KIND]](state, outcome)
    if state.to_protect:
        risk_flow.protect(state)
    if state.to_quote:
        quote_flow.quote(state)
    if state.account.risk.breakers.counted != state.gate.judged:
        breaker_flow.on_counted(state)
    if state.ended:
        state.ended.clear()


def _on_accepted(state: DeskState, outcome: Outcome) -> None:
    at, order, _, _, _, _, arrival, _, bid, ask = outcome
    state.emit(OrderAccepted(at=at, order=order, bid=bid, ask=ask, arrival=arrival))


def _on_canceled(state: DeskState, outcome: Outcome) -> None:
    at, order, _, unfilled, _, _, reason, _, bid, ask = outcome
    fact = OrderCanceled(
        at=at, order=order, unfilled=unfilled, reason=END_REASONS[reason], bid=bid, ask=ask
    )
    order_flow.on_ended(state, fact)


def _on_rejected(state: DeskState, outcome: Outcome) -> None:
    at, order, _, _, _, _, reason, _, bid, ask = outcome
    fact = OrderRejected(at=at, order=order, reason=END_REASONS[reason], bid=bid, ask=ask)
    order_flow.on_ended(state, fact)


def _on_triggered(state: DeskState, outcome: Outcome) -> None:
    at, order, price, _, _, _, _, _, _, _ = outcome
    state.emit(OrderTriggered(at=at, order=order, price=price))


def _on_shadowed(state: DeskState, outcome: Outcome) -> None:
    at, order, pessimistic, central, _, _, optimistic, _, _, _ = outcome
    order_flow.on_shadowed(state, order, at, (Lots(pessimistic), central, Lots(optimistic)))


def _on_exit_due(state: DeskState, outcome: Outcome) -> None:
    _, _, bid, _, _, index, reason, _, _, _ = outcome
    risk_flow.on_exit_due(state, state.symbols[index], bid, EXIT_REASONS[reason])


def _on_exit_moved(state: DeskState, outcome: Outcome) -> None:
    _, _, _, _, _, index, _, _, _, _ = outcome
    risk_flow.tell_stop(state, state.symbols[index])


def _on_clock(state: DeskState, outcome: Outcome) -> None:
    breaker_flow.on_clock(state, outcome[0])
    order_flow.tell_marks(state)


def _on_book_ready(state: DeskState, outcome: Outcome) -> None:
    at, _, _, _, _, index, _, _, _, _ = outcome
    symbol = state.symbols[index]
    state.emit(BookReady(at=at, symbol=symbol))
    risk_flow.rearm(state, symbol)


def _on_book_lost(state: DeskState, outcome: Outcome) -> None:
    at, _, _, _, _, index, reason, _, _, _ = outcome
    symbol = state.symbols[index]
    state.emit(BookLost(at=at, symbol=symbol, reason=LossReason(reason)))
    quote_flow.withdraw(state, symbol)


def _on_signal(state: DeskState, outcome: Outcome) -> None:
    at, number, _, heard, _, index, _, _, _, _ = outcome
    symbol = state.symbols[index]
    signal = state.signals.raised(symbol, at, state.columns.signal(number))
    state.emit(signal)
    if heard:
        strategy_flow.on_signal(state, index, signal)


def _on_candles(state: DeskState, outcome: Outcome) -> None:
    _, _, _, _, _, index, closed, _, _, _ = outcome
    strategy_flow.on_closed(state, index, closed)


def _on_quotes_due(state: DeskState, outcome: Outcome) -> None:
    """Looked at when all that was said with it has been heard, and what was bought is
    protected."""
    _, _, _, _, _, index, _, _, _, _ = outcome
    state.to_quote.append(index)


_BY_KIND: Final[dict[OutcomeKind, Callable[[DeskState, Outcome], None]]] = {
    OutcomeKind.ACCEPTED: _on_accepted,
    OutcomeKind.FILLED: order_flow.on_filled,
    OutcomeKind.CANCELED: _on_canceled,
    OutcomeKind.REJECTED: _on_rejected,
    OutcomeKind.TRIGGERED: _on_triggered,
    OutcomeKind.SHADOWED: _on_shadowed,
    OutcomeKind.SIGNAL: _on_signal,
    OutcomeKind.EXIT_DUE: _on_exit_due,
    OutcomeKind.EXIT_MOVED: _on_exit_moved,
    OutcomeKind.CLOCK: _on_clock,
    OutcomeKind.CANDLES: _on_candles,
    OutcomeKind.QUOTES_DUE: _on_quotes_due,
    OutcomeKind.BOOK_READY: _on_book_ready,
    OutcomeKind.BOOK_LOST: _on_book_lost,
}
_HEEDS: Final = {int(kind): heed for kind, heed in _BY_KIND.items()}
"""By the number that an outcome carries: a plain one is found without a comparison."""

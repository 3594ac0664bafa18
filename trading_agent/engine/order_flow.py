"""What becomes of orders: fills move the position, ends give protection back."""

from trading_agent.domain.facts import (
    OrderCanceled,
    OrderRejected,
    PositionClosed,
    PositionOpened,
)
from trading_agent.domain.order import BUY, EXIT, OrderId
from trading_agent.engine import risk_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.execution.paper import Execution
from trading_agent.portfolio.positions import profit_of


def on_filled(state: DeskState, order: OrderId, outcome: Execution) -> None:
    account = state.account
    sent = account.orders.get(order).sent
    instrument = account.instruments[sent.symbol]
    held = account.positions.get(sent.symbol)
    flat_before = held is None or held.size == 0
    fact = state.venue.filled(sent, instrument, outcome, account.last_fill + 1)
    state.emit(fact)
    position = account.positions.get(sent.symbol)
    if position is None:
        return
    if sent.side is BUY:
        if flat_before:
            state.emit(
                PositionOpened(
                    at=fact.at,
                    symbol=sent.symbol,
                    size=fact.size,
                    price=instrument.price(fact.price),
                )
            )
        state.to_protect[sent.symbol] = sent
    elif position.size == 0:
        risk_flow.disarm(state, sent.symbol)
        state.emit(PositionClosed(at=fact.at, symbol=sent.symbol, profit=profit_of(position)))
    else:
        # An entry filled while the exit travelled: what is left is protected again.
        risk_flow.rearm(state, sent.symbol)


def on_ended(state: DeskState, fact: OrderCanceled | OrderRejected) -> None:
    """An order ended unfilled or part filled: what an exit should have sold is protected again."""
    sent = state.account.orders.get(fact.order).sent
    state.emit(fact)
    if sent.purpose is EXIT:
        risk_flow.rearm(state, sent.symbol, at_once=False)

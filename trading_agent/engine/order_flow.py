"""What becomes of orders: fills move the position, ends give protection back."""

from trading_agent.domain.facts import (
    OrderCanceled,
    OrderRejected,
    PositionClosed,
    PositionOpened,
)
from trading_agent.domain.order import OrderId, OrderPurpose, Side
from trading_agent.engine import risk_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.portfolio.positions import profit_of


def on_filled(state: DeskState, order: int, outcome: tuple[int, ...]) -> None:
    """`outcome`: (at, price, size, maker) as the matching reported it."""
    account = state.account
    sent = account.orders.get(OrderId(order)).sent
    instrument = state.instrument(sent.symbol)
    flat_before = account.positions.size(sent.symbol) == 0
    fact = state.venue.filled(sent, instrument, outcome, account.last_fill + 1)
    state.emit(fact)
    position = account.positions.get(sent.symbol)
    if position is None:
        return
    if sent.side is Side.BUY:
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
    """An order ended unfilled or part filled: what it protected is protected again."""
    sent = state.account.orders.get(fact.order).sent
    state.emit(fact)
    if sent.purpose is OrderPurpose.EXIT:
        risk_flow.rearm(state, sent.symbol)

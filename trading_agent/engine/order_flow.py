"""What becomes of orders: fills move the position, ends give protection back."""

from trading_agent.domain.facts import PositionClosed, PositionOpened
from trading_agent.domain.order import BUY, EXIT, MAY_REST, OrderId
from trading_agent.domain.order_facts import FillMarked, OrderCanceled, OrderRejected, OrderShadowed
from trading_agent.domain.units import Lots, Nanos
from trading_agent.engine import risk_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.execution.orders import WorkingOrder
from trading_agent.execution.paper import LIQUIDITY, Execution
from trading_agent.execution.shortfall import NOWHERE, Top, shortfall_of
from trading_agent.portfolio.positions import profit_of


def on_filled(state: DeskState, order: OrderId, outcome: Execution) -> None:
    account = state.account
    working = account.orders.get(order)
    sent = working.sent
    instrument = account.instruments[sent.symbol]
    held = account.positions.get(sent.symbol)
    flat_before = held is None or held.size == 0
    fact = state.venue.filled(sent, instrument, outcome, account.last_fill + 1)
    state.emit(fact)
    if working.leaves == 0:
        _measure(state, working, fact.at, NOWHERE)
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
        state.emit(
            PositionClosed(
                at=fact.at,
                symbol=sent.symbol,
                profit=profit_of(position),
                strategy=position.strategy,
            )
        )
    else:
        # An entry filled while the exit travelled: what is left is protected again.
        risk_flow.rearm(state, sent.symbol)


def on_ended(state: DeskState, fact: OrderCanceled | OrderRejected) -> None:
    """An order ended unfilled or part filled: what an exit should have sold is protected again."""
    working = state.account.orders.get(fact.order)
    sent = working.sent
    state.emit(fact)
    _measure(state, working, fact.at, Top(fact.bid, fact.ask))
    if sent.purpose is EXIT:
        risk_flow.rearm(state, sent.symbol, at_once=False)


def on_shadowed(state: DeskState, order: OrderId, at: Nanos, lots: tuple[Lots, ...]) -> None:
    """What the venue says of an order's shadows follows the order's end."""
    working = state.ended.pop(order)
    pessimistic, central, optimistic = lots
    state.emit(
        OrderShadowed(
            at=at,
            order=order,
            symbol=working.sent.symbol,
            filled=working.filled,
            pessimistic=pessimistic,
            central=central,
            optimistic=optimistic,
        )
    )


def tell_marks(state: DeskState) -> None:
    """Of every fill that half a minute has passed since."""
    now, symbols, emit = state.now, state.symbols, state.emit
    for fill, _, index, _, _, maker, after_1s, after_5s, after_30s in state.venue.marked():
        emit(
            FillMarked(
                at=now,
                fill=fill,
                symbol=symbols[index],
                liquidity=LIQUIDITY[maker],
                # What is not a number equals nothing.
                after_1s=after_1s if after_1s == after_1s else None,
                after_5s=after_5s if after_5s == after_5s else None,
                after_30s=after_30s if after_30s == after_30s else None,
            )
        )


def _measure(state: DeskState, working: WorkingOrder, at: Nanos, end: Top) -> None:
    sent = working.sent
    fact = shortfall_of(working, at, end)
    if fact is not None:
        state.emit(fact)
    if sent.kind in MAY_REST:
        state.ended[sent.order] = working

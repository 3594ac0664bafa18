"""What becomes of orders: fills move the position, ends give protection back."""

from trading_agent.domain.facts import (
    FillMarked,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderShadowed,
    PositionClosed,
    PositionOpened,
)
from trading_agent.domain.order import BUY, EXIT, MAY_REST, OrderId
from trading_agent.domain.units import BASIS_POINTS, Lots, Nanos
from trading_agent.engine import risk_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.execution.mark_outs import MARKS
from trading_agent.execution.orders import WorkingOrder
from trading_agent.execution.paper import Execution
from trading_agent.execution.shortfall import Top, shortfall_of
from trading_agent.portfolio.positions import profit_of


def on_accepted(state: DeskState, order: OrderId, at: Nanos, top: Top) -> None:
    arrival = 2 if state.account.orders.get(order).triggered else 1
    state.emit(OrderAccepted(at=at, order=order, bid=top.bid, ask=top.ask, arrival=arrival))


def on_filled(state: DeskState, order: OrderId, outcome: Execution, top: Top) -> None:
    account = state.account
    working = account.orders.get(order)
    sent = working.sent
    instrument = account.instruments[sent.symbol]
    held = account.positions.get(sent.symbol)
    flat_before = held is None or held.size == 0
    fact = state.venue.filled(sent, instrument, outcome, account.last_fill + 1)
    state.emit(fact)
    state.unmarked[fact.fill] = fact
    if len(state.unmarked) > MARKS:
        del state.unmarked[next(iter(state.unmarked))]  # more than the venue marks
    if working.leaves == 0:
        _measure(state, working, fact.at, top)
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


def on_marked(state: DeskState, fill: int, at: Nanos, doubled_mids: tuple[int, ...]) -> None:
    """Half a minute has passed since a fill; the sums are bid + ask in ticks, 0 for no book."""
    fact = state.unmarked.pop(fill, None)
    if fact is None:
        return  # it was one of more than could be remembered
    after_1s, after_5s, after_30s = (
        fact.side * (doubled / (2 * fact.price) - 1.0) * BASIS_POINTS if doubled else None
        for doubled in doubled_mids
    )
    state.emit(
        FillMarked(
            at=at,
            fill=fill,
            symbol=fact.symbol,
            liquidity=fact.liquidity,
            after_1s=after_1s,
            after_5s=after_5s,
            after_30s=after_30s,
        )
    )


def _measure(state: DeskState, working: WorkingOrder, at: Nanos, end: Top) -> None:
    sent = working.sent
    fact = shortfall_of(working, state.account.instruments[sent.symbol], at, end)
    if fact is not None:
        state.emit(fact)
    if sent.kind in MAY_REST:
        state.ended[sent.order] = working

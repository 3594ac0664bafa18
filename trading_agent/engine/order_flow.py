"""What becomes of orders: fills move the position, ends give protection back."""

from trading_agent.domain.facts import PositionClosed, PositionOpened
from trading_agent.domain.order import BUY, EXIT, MAY_REST, OrderId
from trading_agent.domain.order_facts import FillMarked, OrderCanceled, OrderRejected, OrderShadowed
from trading_agent.domain.outcome import Outcome
from trading_agent.domain.units import Lots, Nanos
from trading_agent.engine import quote_flow, risk_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.equity import watch_fill
from trading_agent.execution.orders import WorkingOrder
from trading_agent.execution.paper import LIQUIDITY
from trading_agent.execution.shortfall import NOWHERE, Top, shortfall_of
from trading_agent.portfolio.positions import profit_of


def on_filled(state: DeskState, outcome: Outcome) -> None:
    at, order, price, size, _, index, liquidity, _, _, _ = outcome
    account = state.account
    working = account.orders.get(order)
    sent = working.sent
    symbol, buys = sent.symbol, sent.side is BUY
    instrument = account.instruments[symbol]
    opens = buys and account.positions.size(symbol) == 0
    execution = at, price, size, liquidity
    state.emit(state.venue.filled(sent, instrument, execution, account.last_fill + 1))
    if working.leaves == 0:
        _measure(state, working, at, NOWHERE)
    if opens:
        opened_at = instrument.price(price)
        state.emit(PositionOpened(at=at, symbol=symbol, size=size, price=opened_at))
    if buys:
        state.to_protect[symbol] = sent
    else:
        _on_sold(state, symbol, at)
    if state.quotes:
        quote_flow.on_filled(state, order, index)
    watch_fill(state, index)


def _on_sold(state: DeskState, symbol: str, at: Nanos) -> None:
    position = state.account.positions.get(symbol)
    if position is not None and position.size == 0:
        risk_flow.disarm(state, symbol)
        profit, strategy = profit_of(position), position.strategy
        state.emit(PositionClosed(at=at, symbol=symbol, profit=profit, strategy=strategy))
    else:
        # An entry filled while the exit travelled: what is left is protected again.
        risk_flow.rearm(state, symbol)


def on_ended(state: DeskState, fact: OrderCanceled | OrderRejected) -> None:
    """An order ended unfilled or part filled: what an exit should have sold is protected again."""
    working = state.account.orders.get(fact.order)
    sent = working.sent
    state.emit(fact)
    _measure(state, working, fact.at, Top(fact.bid, fact.ask))
    if sent.purpose is EXIT:
        risk_flow.rearm(state, sent.symbol, at_once=False)
    if state.quotes:
        quote_flow.on_ended(state, fact.order, state.index[sent.symbol])


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

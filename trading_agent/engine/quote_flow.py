"""Quotes of strategies: what they want to stand, and what has to be done so that it does.

A quote is replaced by calling it back, and asking anew when it has ended: two of one side never
stand together, and nothing is promised twice. While an exit of the position is under way, the
desk is killed or the position is another strategy's, nothing is quoted.
"""

from typing import Final

from trading_agent.domain.decision import Approved, Proposal, Quotes
from trading_agent.domain.facts import StrategyFailed
from trading_agent.domain.order import BUY, SELL, OrderId, Side
from trading_agent.domain.units import BASIS_POINTS, SECOND, Nanos
from trading_agent.engine import evidence_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.quote_table import StandingQuote
from trading_agent.engine.routing import call_back_order, send
from trading_agent.engine.views import sellable, strategy_view
from trading_agent.strategies.answers import ask_for_quotes
from trading_agent.strategies.roster import Seat

_NOTHING: Final = Quotes()
_NO_OCCASION: Final = (None, "")
_AT_ONCE: Final = Nanos(0)


def quote(state: DeskState) -> None:
    """In every pair whose quotes are due."""
    for index in state.to_quote:
        for seat in state.table.quoting[index]:
            wanted = _wanted(state, index, seat)
            _settle(state, seat.strategy.name, state.symbols[index], BUY, wanted.bid)
            _settle(state, seat.strategy.name, state.symbols[index], SELL, wanted.ask)
        _watch(state, index)
    state.to_quote.clear()


def withdraw(state: DeskState, symbol: str) -> None:
    """What stands in a book that is lost stands in the dark."""
    for order, standing in state.quotes.items():
        if standing.wished.symbol == symbol:
            _call_back(state, order, standing)


def on_filled(state: DeskState, order: OrderId, index: int) -> None:
    """More is held, or less: both sides are looked at again."""
    if order in state.quotes:
        state.columns.quotes_due[index] = _AT_ONCE
        if not state.account.orders.is_open(order):
            del state.quotes[order]


def on_ended(state: DeskState, order: OrderId, index: int) -> None:
    """There is room for what replaces it: with the next message, after the exits."""
    if state.quotes.pop(order, None) is not None:
        state.columns.quotes_due[index] = _AT_ONCE


def _wanted(state: DeskState, index: int, seat: Seat) -> Quotes:
    name, symbol, table = seat.strategy.name, state.symbols[index], state.table
    silent = name in table.failed or name in state.tuning.off or state.account.killed
    if silent or not _may_quote(state, index, name):
        return _NOTHING
    answer, why = ask_for_quotes(seat, strategy_view(state, index, _NO_OCCASION, seat.allocation))
    if why:
        table.failed[name] = why
        state.emit(StrategyFailed(at=state.now, symbol=symbol, strategy=name, why=why))
    return answer


def _may_quote(state: DeskState, index: int, strategy: str) -> bool:
    """A position that nothing watches is being left."""
    columns, symbol = state.columns, state.symbols[index]
    if not columns.book_ready[index] or columns.book_crossed[index]:
        return False
    position = state.account.positions.get(symbol)
    if position is None or sellable(state, symbol) == 0:
        return True
    return position.strategy == strategy and columns.armed[index] == 1


def _settle(
    state: DeskState, strategy: str, symbol: str, side: Side, wish: Proposal | None
) -> None:
    for order, standing in state.quotes.items():
        wished = standing.wished
        if (wished.strategy, wished.symbol, wished.side) == (strategy, symbol, side):
            if wish is None or not _is_as_wished(state, order, wished, wish):
                _call_back(state, order, standing)
            return
    if wish is not None and not _must_wait(state, wish):
        _send(state, wish)


def _must_wait(state: DeskState, wish: Proposal) -> bool:
    """Until the other side's old quote is out of its way, or so long after a no as a refresh
    takes: whoever says no says it to every message."""
    if state.now < state.quotes_refused.get((wish.strategy, wish.symbol, wish.side), _AT_ONCE):
        return True
    for standing in state.quotes.values():
        wished = standing.wished
        meets = wished.symbol == wish.symbol and wished.side is not wish.side
        if meets and wish.price * wish.side >= wished.price * wish.side:
            return True
    return False


def _is_as_wished(state: DeskState, order: OrderId, standing: Proposal, wish: Proposal) -> bool:
    unchanged = standing.price == wish.price and standing.size == wish.size
    return unchanged and state.account.orders.get(order).filled == 0


def _call_back(state: DeskState, order: OrderId, standing: StandingQuote) -> None:
    if not standing.called_back:
        standing.called_back = call_back_order(state, order)


def _send(state: DeskState, wish: Proposal) -> None:
    proposal: Proposal | None = wish
    if wish.side is BUY:
        if evidence_flow.entries_stand_still(state, wish.symbol):
            return
        proposal = evidence_flow.weigh(state, wish, None)
    if proposal is not None and isinstance(send(state, proposal), Approved):
        state.quotes[OrderId(state.account.last_order)] = StandingQuote(wish)
    else:
        refresh = state.table.refreshes[state.index[wish.symbol]]
        asked_again = Nanos(state.now + int(refresh.seconds * SECOND))
        state.quotes_refused[wish.strategy, wish.symbol, wish.side] = asked_again


def _watch(state: DeskState, index: int) -> None:
    columns, refresh = state.columns, state.table.refreshes[index]
    middle = columns.bid[index] + columns.ask[index]
    columns.quotes_due[index] = state.now + int(refresh.seconds * SECOND)
    columns.quoted_middle[index] = middle
    columns.quotes_reach[index] = int(middle * refresh.move_bps / BASIS_POINTS)

"""Protection of positions: arming exits, and leaving when one triggers."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from trading_agent.domain.decision import Approved, Proposal, fraction, sell_all
from trading_agent.domain.facts import ExitReason, ExitsArmed, ExitTriggered, OrderSent
from trading_agent.domain.order import ENTRY, EXIT
from trading_agent.domain.units import Nanos, Ticks
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.routing import call_back, send


def protect(state: DeskState) -> None:
    """Arm exits for every position that entries have just changed."""
    for entry in state.to_protect.values():
        arm(state, entry)
    state.to_protect.clear()


def arm(state: DeskState, entry: OrderSent) -> None:
    """Around the average price of what was bought since the last sale."""
    position = state.account.positions.get(entry.symbol)
    if position is None or position.entry_size == 0:
        return
    instrument = state.account.instruments[entry.symbol]
    average = position.entry_value / instrument.size(position.entry_size) / instrument.tick
    state.emit(
        ExitsArmed(
            at=state.now,
            symbol=entry.symbol,
            take_profit=_above(average, entry.take_profit_bps),
            stop=_below(average, entry.stop_bps),
            deadline=Nanos(position.entered_at + entry.hold_for if entry.hold_for else 0),
        )
    )
    rearm(state, entry.symbol)


def rearm(state: DeskState, symbol: str, *, at_once: bool = True) -> None:
    """Let the compiled loop watch the exits the account holds, unless one is under way.

    A deadline that has passed is due now. When not `at_once` it waits for the pair's next
    message, as target and stop do: the same book has nothing more to give.
    """
    exits = state.account.exits.get(symbol)
    if exits is None or state.account.killed:
        return
    if state.account.orders.has_open(symbol, EXIT):
        return
    columns, index = state.columns, state.index[symbol]
    columns.armed[index] = 1
    columns.take_profit[index] = exits.take_profit
    columns.stop[index] = exits.stop
    columns.deadline[index] = exits.deadline
    if exits.deadline and (at_once or exits.deadline > state.now):
        columns.next_deadline[0] = min(columns.next_deadline.item(), exits.deadline)


def disarm(state: DeskState, symbol: str) -> None:
    state.columns.armed[state.index[symbol]] = 0


def leave(state: DeskState, symbol: str, bid: Ticks, reason: ExitReason) -> None:
    """Sell what is held, at once, down to the slippage limit below the bid."""
    size = state.account.positions.size(symbol)
    if size == 0:
        return
    reach = state.session().execution.slippage_limit_bps
    leave_by(state, sell_all(symbol, size, bid, reach, reason), reason)


def leave_by(state: DeskState, proposal: Proposal, reason: ExitReason) -> None:
    """Leave by this proposal, unless an exit is under way. Entries still open are called back:
    they would buy again what is being sold. What watches the position goes on when the gate
    says no."""
    symbol = proposal.symbol
    if state.account.orders.has_open(symbol, EXIT):
        return
    call_back(state, symbol, ENTRY)
    state.emit(ExitTriggered(at=state.now, symbol=symbol, reason=reason))
    if isinstance(send(state, proposal), Approved):
        disarm(state, symbol)


def _above(average: Decimal, bps: float) -> Ticks:
    if bps == 0:
        return Ticks(0)
    price = average * (1 + fraction(bps))
    return Ticks(int(price.to_integral_value(rounding=ROUND_CEILING)))


def _below(average: Decimal, bps: float) -> Ticks:
    if bps == 0:
        return Ticks(0)
    price = average * (1 - fraction(bps))
    return Ticks(max(int(price.to_integral_value(rounding=ROUND_FLOOR)), 1))

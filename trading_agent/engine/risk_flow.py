"""Protection of positions: arming exits, and leaving when one triggers."""

from typing import Final

from msgspec.structs import replace

from trading_agent.domain.decision import (
    Approved,
    Proposal,
    RefusalReason,
    ratio,
    sell_all,
    ticks_of,
)
from trading_agent.domain.facts import ExitReason, ExitsArmed, ExitTriggered
from trading_agent.domain.order import ENTRY, EXIT, MAY_REST
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.routing import call_back, send
from trading_agent.engine.sight import best_bid
from trading_agent.engine.views import least_bid, sellable, session_deadline
from trading_agent.risk.exits import EXIT_REASONS, stop_reason_of

_INDEX: Final = {reason: index for index, reason in enumerate(EXIT_REASONS)}
_TIME: Final = _INDEX[ExitReason.TIME]
_NO_PRICE: Final = Ticks(0)
_NO_EXITS: Final = ExitsArmed(
    at=Nanos(0), symbol="", take_profit=Ticks(0), stop=Ticks(0), deadline=Nanos(0)
)


def protect(state: DeskState) -> None:
    """Arm exits for every position that entries have just changed."""
    for entry in state.to_protect.values():
        arm(state, entry)
    state.to_protect.clear()


def arm(state: DeskState, entry: OrderSent) -> None:
    """Around the average price of what was bought since the last sale. A stop that has followed
    does not fall because more was bought. Where everything is left, this is too."""
    symbol, account, now = entry.symbol, state.account, state.now
    position = account.positions.get(symbol)
    if position is None or position.entry_size == 0:
        return
    value, size = position.entry_value, position.entry_size
    deadline = position.entered_at + entry.hold_for if entry.hold_for else 0
    stop, take_profit = (
        _below(value, size, entry.stop_bps),
        _above(value, size, entry.take_profit_bps),
    )
    execution = state.session().execution
    trail = break_even = price = _NO_PRICE
    if execution.trail_bps or execution.break_even_bps:
        price = Ticks(value // size)
        trail = Ticks(ticks_of(price, execution.trail_bps))
        break_even = _above(value, size, execution.break_even_bps)
    told = account.exits.get(symbol)
    if told is not None and told.at >= position.entered_at:
        stop = _followed(state, told, stop)
    if execution.close_before_end_seconds:
        deadline = _sooner(deadline, session_deadline(state, now))
    if account.leaving:
        deadline = now
    state.emit(
        ExitsArmed(
            at=now,
            symbol=symbol,
            take_profit=take_profit,
            stop=stop,
            deadline=Nanos(deadline),
            trail=trail,
            break_even=break_even,
            entry=price,
        )
    )
    state.columns.exit_moved[state.index[symbol]] = 0
    rearm(state, symbol)


def rearm(state: DeskState, symbol: str, *, at_once: bool = True) -> None:
    """Let the compiled loop watch the exits the account holds, unless one is under way.

    A deadline that has passed is due now. When not `at_once` it waits for the pair's next
    message, as target and stop do: the same book has nothing more to give.
    """
    account = state.account
    if symbol not in account.exits or (account.killed and not account.leaving):
        return
    if is_leaving(state, symbol):
        return
    columns, index = state.columns, state.index[symbol]
    if columns.exit_moved[index]:
        tell_stop(state, symbol)
    exits = account.exits[symbol]
    deadline = exits.deadline
    columns.arm(
        index,
        1,
        exits.take_profit,
        exits.stop,
        deadline,
        exits.trail,
        exits.break_even,
        exits.entry,
        stop_reason_of(exits),
        _deadline_reason(state, deadline),
        0,
        exits.at,
    )
    if 0 < deadline < columns.next_deadline[0] and (at_once or deadline > state.now):
        columns.next_deadline[0] = deadline


def is_leaving(state: DeskState, symbol: str) -> bool:
    """Whether an exit is under way, or a sale that rests is making way for one. Beside one that
    rests and need not, the position is watched."""
    unwatched = not state.columns.armed[state.index[symbol]]
    return unwatched and state.account.orders.has_open(symbol, EXIT)


def disarm(state: DeskState, symbol: str) -> None:
    state.columns.armed[state.index[symbol]] = 0


def tell_stop(state: DeskState, symbol: str) -> None:
    """A stop that has followed the bid is told, so that it is not forgotten. The loop asks for
    it at most once a second: so much of the way is lost when the process dies."""
    columns, index = state.columns, state.index[symbol]
    exits = state.account.exits.get(symbol)
    if exits is None or symbol in state.to_protect:
        # More was bought just now: it is armed next, and keeps what followed the same position.
        return
    columns.exit_moved[index] = 0
    state.emit(
        replace(
            exits,
            at=state.now,
            stop=columns.stop[index],
            break_even=columns.break_even[index],
        )
    )


def tell_stops(state: DeskState) -> None:
    """Before nobody follows them any more."""
    for symbol in state.symbols:
        if state.columns.exit_moved[state.index[symbol]]:
            tell_stop(state, symbol)


def on_exit_due(state: DeskState, symbol: str, bid: Ticks, reason: ExitReason) -> None:
    """The compiled loop, which has let go of it, saw an exit trigger."""
    if symbol in state.to_protect and _is_of_an_earlier_entry(state, symbol):
        return
    if symbol in state.too_small and _waits_for_worth(state, symbol, bid, reason):
        return
    leave(state, symbol, bid, reason)


def leave(state: DeskState, symbol: str, bid: Ticks, reason: ExitReason) -> None:
    """Sell what is held, at once, down to the slippage limit below the bid."""
    size = state.account.positions.size(symbol)
    if size > 0:
        reach = state.session().execution.slippage_limit_bps
        leave_by(state, sell_all(symbol, size, bid, reach, reason), reason)


def leave_soon(state: DeskState, symbol: str, reason: ExitReason) -> None:
    """Now, and with every message of a usable book until nothing is left: a time exit that is
    due outlives what sells only a part of it, and a restart."""
    if sellable(state, symbol) > 0:
        exits = state.account.exits.get(symbol, _NO_EXITS)
        state.emit(replace(exits, at=state.now, symbol=symbol, deadline=state.now))
    leave(state, symbol, best_bid(state, symbol), reason)
    if state.account.positions.size(symbol) > 0 and not is_leaving(state, symbol):
        rearm(state, symbol, at_once=False)


def leave_all(state: DeskState, reason: ExitReason) -> None:
    for position in state.account.positions.all():
        leave_soon(state, position.symbol, reason)


def leave_by(state: DeskState, proposal: Proposal, reason: ExitReason) -> None:
    """Leave by this proposal, unless an exit is under way. Entries still open are called back:
    they would buy again what is being sold. When the answer is no it is tried again: a second
    later, or once what is held is worth enough to be sold."""
    symbol = proposal.symbol
    call_back(state, symbol, ENTRY)
    if state.account.orders.has_open(symbol, EXIT):
        # What rests makes way; its end lets this be asked again.
        call_back(state, symbol, EXIT, kinds=MAY_REST)
        disarm(state, symbol)
        return
    if state.columns.exit_moved[state.index[symbol]]:
        tell_stop(state, symbol)
    state.emit(ExitTriggered(at=state.now, symbol=symbol, reason=reason))
    answer = send(state, proposal)
    if isinstance(answer, Approved):
        disarm(state, symbol)
        if state.too_small:
            state.too_small.pop(symbol, None)
    elif answer.reason is RefusalReason.BELOW_MINIMUM:
        state.too_small[symbol] = proposal.size
        _wait_for_worth(state, symbol)
    elif symbol in state.account.exits and (state.account.leaving or not state.account.killed):
        _wait_a_second(state, symbol, reason)


def offer(state: DeskState, proposal: Proposal) -> None:
    """Sell what is held to whoever comes for it. What protects the position stays on watch: the
    offer makes way for it."""
    if not state.account.orders.has_open(proposal.symbol, EXIT):
        call_back(state, proposal.symbol, ENTRY)
        send(state, proposal)


def _wait_a_second(state: DeskState, symbol: str, reason: ExitReason) -> None:
    """Whoever says no says it to every message: nothing else is watched until then."""
    columns, due = state.columns, state.now + SECOND
    at = state.account.exits[symbol].at
    columns.arm(state.index[symbol], 1, 0, 0, due, 0, 0, 0, 0, _INDEX[reason], 0, at)
    columns.next_deadline[0] = min(columns.next_deadline[0], due)


def _wait_for_worth(state: DeskState, symbol: str) -> None:
    """Nothing of it can be sold, and nothing need be watched, before the bid has come so far."""
    least = least_bid(state, symbol)
    if least and symbol in state.account.exits:
        at = state.account.exits[symbol].at
        state.columns.arm(state.index[symbol], 1, least, 0, 0, 0, 0, 0, 0, 0, 0, at)


def _waits_for_worth(state: DeskState, symbol: str, bid: Ticks, reason: ExitReason) -> bool:
    """Whether this is what has been told to be too small. Once it is worth enough what protects
    it is watched again."""
    if state.too_small[symbol] != state.account.positions.size(symbol):
        del state.too_small[symbol]
        return False
    if not 0 < least_bid(state, symbol) <= bid:
        _wait_for_worth(state, symbol)
        return True
    if reason is ExitReason.TAKE_PROFIT and not 0 < state.account.exits[symbol].take_profit <= bid:
        rearm(state, symbol)
        return True
    return False


def _is_of_an_earlier_entry(state: DeskState, symbol: str) -> bool:
    """What triggered was meant for what was held before; the new exits come next."""
    exits, position = state.account.exits.get(symbol), state.account.positions.get(symbol)
    return exits is not None and position is not None and exits.at < position.entered_at


def _followed(state: DeskState, told: ExitsArmed, stop: Ticks) -> Ticks:
    """The highest of this stop, the one last told and the one the loop watches, where it follows
    the same position."""
    if not (told.trail or told.entry):
        return stop
    return max(stop, told.stop, state.columns.stop[state.index[told.symbol]])


def _sooner(deadline: int, other: int) -> int:
    """0 is none."""
    return min(deadline, other) if deadline and other else deadline or other


def _deadline_reason(state: DeskState, deadline: Nanos) -> int:
    if deadline == 0:
        return _TIME
    if state.account.leaving and deadline <= state.now:
        return _INDEX[ExitReason.COMMAND]
    if not state.sessions.any_closes:
        return _TIME
    lead = state.sessions.session_at(deadline).execution.close_before_end_seconds
    if lead and session_deadline(state, deadline) == deadline:
        return _INDEX[ExitReason.SESSION_END]
    return _TIME


def _above(value: int, size: Lots, bps: float) -> Ticks:
    """So much above the average price of so many lots worth `value` (ticks x lots), rounded up;
    0 for no distance."""
    if bps == 0:
        return _NO_PRICE
    share, whole = ratio(bps)
    return Ticks(-(-value * (whole + share) // (size * whole)))


def _below(value: int, size: Lots, bps: float) -> Ticks:
    """The same below it, rounded down."""
    if bps == 0:
        return _NO_PRICE
    share, whole = ratio(bps)
    return Ticks(max(value * (whole - share) // (size * whole), 1))

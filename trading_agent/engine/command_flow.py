"""Commands of people, programs and the overseer."""

from typing import assert_never

from trading_agent.domain.commands import (
    CloseAll,
    ClosePosition,
    Command,
    Kill,
    Origin,
    PauseEntries,
    Rearm,
    StartTrading,
)
from trading_agent.domain.facts import (
    BreakerRearmed,
    CommandRefused,
    DeskKilled,
    EntriesPaused,
    EntriesResumed,
    ExitReason,
)
from trading_agent.domain.order import OrderPurpose
from trading_agent.engine import risk_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.routing import call_back
from trading_agent.engine.views import best_bid


def on_command(state: DeskState, command: Command) -> None:
    """A killed desk answers every further command with a refusal."""
    if state.account.killed:
        _refuse(state, command, "the desk is killed; start it again to trade")
        return
    match command:
        case StartTrading():
            _start(state, command)
        case PauseEntries(why=why):
            state.emit(EntriesPaused(at=state.now, why=why))
        case ClosePosition():
            _close_position(state, command)
        case CloseAll():
            _close_all(state)
        case Kill(why=why):
            _kill(state, why)
        case Rearm():
            _rearm(state, command)
        case _:
            assert_never(command)


def _start(state: DeskState, command: StartTrading) -> None:
    if command.origin is Origin.OVERSEER:
        _refuse(state, command, "only a person may resume trading")
    else:
        state.emit(EntriesResumed(at=state.now))


def _close_position(state: DeskState, command: ClosePosition) -> None:
    if state.account.positions.size(command.symbol) == 0:
        _refuse(state, command, f"nothing is held in {command.symbol}")
    elif state.account.orders.has_open(command.symbol, OrderPurpose.EXIT):
        _refuse(state, command, f"{command.symbol} is being sold already")
    else:
        _leave(state, command.symbol)


def _close_all(state: DeskState) -> None:
    state.emit(EntriesPaused(at=state.now, why="everything was closed by command"))
    call_back(state, None, OrderPurpose.ENTRY)
    for position in state.account.positions.all():
        _leave(state, position.symbol)


def _leave(state: DeskState, symbol: str) -> None:
    risk_flow.leave(state, symbol, best_bid(state, symbol), ExitReason.COMMAND)


def _kill(state: DeskState, why: str) -> None:
    state.emit(DeskKilled(at=state.now, why=why))
    call_back(state, None, None)
    for symbol in state.symbols:
        risk_flow.disarm(state, symbol)


def _rearm(state: DeskState, command: Rearm) -> None:
    if command.origin is Origin.OVERSEER:
        _refuse(state, command, "only a person may re-arm a breaker")
    else:
        state.emit(BreakerRearmed(at=state.now, breaker=command.breaker))


def _refuse(state: DeskState, command: Command, why: str) -> None:
    state.emit(CommandRefused(at=state.now, command=type(command).__name__, why=why))

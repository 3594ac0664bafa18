"""Commands of people, programs and the overseer."""

from typing import Final, assert_never

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
from trading_agent.domain.facts import CommandRefused, EntriesPaused, EntriesResumed, ExitReason
from trading_agent.domain.order import OrderPurpose
from trading_agent.engine import breaker_flow, risk_flow
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.routing import call_back
from trading_agent.engine.storage_pause import by_storage, is_idle

_PERSONS: Final = (Origin.PERSON, Origin.CLI)


def on_command(state: DeskState, command: Command) -> None:
    """A killed desk answers every further command with a refusal, but for what is idle, and for
    the wish to sell what it holds."""
    account = state.account
    if is_idle(command, account.paused or account.killed):
        return
    if account.killed and not _is_to_flatten(state, command):
        _refuse(state, command, "the desk is killed until a person re-arms it")
    else:
        _obey(state, command)


def _obey(state: DeskState, command: Command) -> None:
    match command:
        case StartTrading():
            _start(state, command)
        case PauseEntries(why=why):
            _pause(state, command, why)
        case ClosePosition():
            _close_position(state, command)
        case CloseAll():
            _close_all(state)
        case Kill(why=why, flatten=flatten):
            breaker_flow.kill(state, why, flatten=flatten, reason=ExitReason.COMMAND)
        case Rearm():
            _rearm(state, command)
        case _:
            assert_never(command)


def _is_to_flatten(state: DeskState, command: Command) -> bool:
    return isinstance(command, Kill) and command.flatten and not state.account.leaving


def _pause(state: DeskState, command: PauseEntries, why: str) -> None:
    """Entries under way stop too; exits never do."""
    if by_storage(why) and command.origin is not Origin.SYSTEM:
        # The end of the journal's trouble must not lift it.
        why = f"{command.origin.value}: {why}"
    state.emit(EntriesPaused(at=state.now, why=why))
    call_back(state, None, OrderPurpose.ENTRY)


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
        risk_flow.leave_soon(state, command.symbol, ExitReason.COMMAND)


def _close_all(state: DeskState) -> None:
    """Entries stop, entries under way are called back, and everything is left: what cannot be
    sold now, as soon as it can, and what those entries still buy too."""
    why = "everything was closed by command"
    state.emit(EntriesPaused(at=state.now, why=why, leaving=True))
    call_back(state, None, OrderPurpose.ENTRY)
    risk_flow.leave_all(state, ExitReason.COMMAND)


def _rearm(state: DeskState, command: Rearm) -> None:
    if command.origin not in _PERSONS:
        _refuse(state, command, "only a person may re-arm a breaker")
    elif command.breaker and command.breaker not in state.account.risk.breakers.tripped:
        _refuse(state, command, f"{command.breaker} is not tripped")
    else:
        breaker_flow.rearm(state, command.breaker)


def _refuse(state: DeskState, command: Command, why: str) -> None:
    state.emit(CommandRefused(at=state.now, command=type(command).__name__, why=why))

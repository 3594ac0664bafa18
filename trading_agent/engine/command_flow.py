"""Commands of people, programs and the overseer: who may, and who sees to it."""

from typing import Final, assert_never

from trading_agent.domain.commands import (
    PERSONS,
    ApplyOverlay,
    CancelEntries,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Command,
    EnterPosition,
    Kill,
    LockSymbol,
    Origin,
    PauseEntries,
    Rearm,
    RevertLoosening,
    RevertOverlay,
    SetParameter,
    StartTrading,
    SwitchStrategy,
    UndoParameter,
    UnlockSymbol,
)
from trading_agent.domain.facts import EntriesPaused, EntriesResumed, ExitReason
from trading_agent.domain.order import OrderPurpose
from trading_agent.engine import (
    breaker_flow,
    hand_flow,
    lock_flow,
    overlay_flow,
    parameter_flow,
    risk_flow,
)
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.refusing import refuse_command
from trading_agent.engine.routing import call_back
from trading_agent.engine.storage_pause import by_storage, is_idle

_PERSONS_ALONE: Final[dict[type[Command], str]] = {
    Rearm: "re-arm a breaker",
    EnterPosition: "enter by hand",
    UnlockSymbol: "unlock a pair",
    SwitchStrategy: "switch a strategy",
    SetParameter: "set a parameter",
    UndoParameter: "undo what was set",
}
_NEVER_THE_OVERSEERS: Final[dict[type[Command], str]] = {
    StartTrading: "resume trading",
    ClosePosition: "close a position",
    CloseAll: "close everything",
    Kill: "kill the desk",
    CancelOrder: "call an order back",
    CancelEntries: "call orders back",
    LockSymbol: "lock a pair",
}
"""It pauses, and changes what overlays can; it never trades."""
_OF_A_KILLED_DESK: Final = (ApplyOverlay, RevertOverlay, RevertLoosening)
"""Commands that are answered, and sent nothing for."""


def on_command(state: DeskState, command: Command) -> None:
    """A killed desk answers every further command with a refusal, but for what is idle, for the
    wish to sell what it holds, and for the end of overlays."""
    account = state.account
    if is_idle(command, account.paused or account.killed):
        return
    if account.killed and not _heard_when_killed(state, command):
        refuse_command(state, command, "the desk is killed until a person re-arms it")
    elif words := _not_allowed(command):
        refuse_command(state, command, words)
    else:
        _obey(state, command)


def _heard_when_killed(state: DeskState, command: Command) -> bool:
    if isinstance(command, Kill):
        return command.flatten and not state.account.leaving
    return isinstance(command, _OF_A_KILLED_DESK)


def _not_allowed(command: Command) -> str:
    """Why the origin may not; empty when it may."""
    origin, kind = command.origin, type(command)
    if origin in PERSONS:
        return ""
    words = _PERSONS_ALONE.get(kind, "")
    if not words and origin is Origin.OVERSEER:
        words = _NEVER_THE_OVERSEERS.get(kind, "")
    if words:
        return f"only a person may {words}"
    if kind is ApplyOverlay and origin is not Origin.OVERSEER:
        return "an overlay is the overseer's or a person's"
    return ""


def _obey(state: DeskState, command: Command) -> None:
    match command:
        case EnterPosition() | CancelOrder() | CancelEntries() | ClosePosition():
            _trade(state, command)
        case LockSymbol() | UnlockSymbol() | SwitchStrategy() | SetParameter() | UndoParameter():
            _change(state, command)
        case ApplyOverlay() | RevertOverlay() | RevertLoosening():
            _overlay(state, command)
        case _:
            _permit(state, command)


def _permit(
    state: DeskState, command: StartTrading | PauseEntries | CloseAll | Kill | Rearm
) -> None:
    match command:
        case StartTrading():
            state.emit(EntriesResumed(at=state.now))
        case PauseEntries(why=why):
            _pause(state, command, why)
        case CloseAll():
            _close_all(state)
        case Kill(why=why, flatten=flatten):
            breaker_flow.kill(state, why, flatten=flatten, reason=ExitReason.COMMAND)
        case Rearm():
            _rearm(state, command)
        case _:
            assert_never(command)


def _trade(
    state: DeskState, command: EnterPosition | CancelOrder | CancelEntries | ClosePosition
) -> None:
    match command:
        case EnterPosition():
            hand_flow.enter_position(state, command)
        case CancelOrder():
            hand_flow.cancel_order(state, command)
        case CancelEntries():
            hand_flow.cancel_entries(state, command)
        case ClosePosition():
            _close_position(state, command)
        case _:
            assert_never(command)


def _change(
    state: DeskState,
    command: LockSymbol | UnlockSymbol | SwitchStrategy | SetParameter | UndoParameter,
) -> None:
    match command:
        case LockSymbol():
            lock_flow.lock(state, command)
        case UnlockSymbol():
            lock_flow.unlock(state, command)
        case SwitchStrategy():
            lock_flow.switch(state, command)
        case SetParameter():
            parameter_flow.set_parameter(state, command)
        case UndoParameter():
            parameter_flow.undo(state, command)
        case _:
            assert_never(command)


def _overlay(state: DeskState, command: ApplyOverlay | RevertOverlay | RevertLoosening) -> None:
    match command:
        case ApplyOverlay():
            overlay_flow.apply(state, command)
        case RevertOverlay():
            overlay_flow.revert(state, command)
        case RevertLoosening():
            overlay_flow.revert_loosening(state, command)
        case _:
            assert_never(command)


def _pause(state: DeskState, command: PauseEntries, why: str) -> None:
    """Entries under way stop too; exits never do."""
    if by_storage(why) and command.origin is not Origin.SYSTEM:
        # The end of the journal's trouble must not lift it.
        why = f"{command.origin.value}: {why}"
    state.emit(EntriesPaused(at=state.now, why=why))
    call_back(state, None, OrderPurpose.ENTRY)


def _close_position(state: DeskState, command: ClosePosition) -> None:
    symbol = command.symbol
    if state.account.positions.size(symbol) == 0:
        refuse_command(state, command, f"nothing is held in {symbol}", symbol)
    elif risk_flow.is_leaving(state, symbol):
        refuse_command(state, command, f"{symbol} is being sold already", symbol)
    else:
        risk_flow.leave_soon(state, symbol, ExitReason.COMMAND)


def _close_all(state: DeskState) -> None:
    """Entries stop, entries under way are called back, and everything is left: what cannot be
    sold now, as soon as it can, and what those entries still buy too."""
    why = "everything was closed by command"
    state.emit(EntriesPaused(at=state.now, why=why, leaving=True))
    call_back(state, None, OrderPurpose.ENTRY)
    risk_flow.leave_all(state, ExitReason.COMMAND)


def _rearm(state: DeskState, command: Rearm) -> None:
    if command.breaker and command.breaker not in state.account.risk.breakers.tripped:
        refuse_command(state, command, f"{command.breaker} is not tripped", command.breaker)
    else:
        breaker_flow.rearm(state, command.breaker)

"""People set parameters while the desk runs, within a closed table, and take them back."""

from decimal import Decimal

from trading_agent.domain.command_facts import ParameterSet, ParameterUndone
from trading_agent.domain.commands import Origin, SetParameter, UndoParameter
from trading_agent.domain.decimal_text import plain_text
from trading_agent.engine.change_flow import change
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.overlay_flow import end_loosening
from trading_agent.engine.parameters import parameter_of, read_value
from trading_agent.engine.refusing import refuse_command

_OTHERS = "what people have set is another now"


def set_parameter(state: DeskState, command: SetParameter) -> None:
    key = command.key
    value = readable(state, key, command.value)
    if not isinstance(value, str):
        value = plain_text(value)
        before = state.account.changes.parameters.get(key, "")
        if value == before:
            refuse_command(state, command, f"{key} is {before} already", key)
            return
        _set(state, command, before, value)
    elif value == "":
        _set_back(state, command)
    else:
        refuse_command(state, command, value, key)


def undo(state: DeskState, command: UndoParameter) -> None:
    """The last change that has not been taken back. What cannot be read any more stays."""
    changes = state.account.changes
    if not changes.undoable:
        refuse_command(state, command, "nothing was set that could be taken back")
        return
    last = changes.undoable[-1]
    value = readable(state, last.key, last.before)
    if isinstance(value, str) and value:
        refuse_command(state, command, value, last.key)
        return
    change(
        state,
        ParameterUndone(
            at=state.now,
            origin=command.origin,
            key=last.key,
            before=changes.parameters.get(last.key, ""),
            value=last.before,
        ),
    )
    end_loosening(state, Origin.SYSTEM, _OTHERS)


def reopen(state: DeskState) -> None:
    """At a start the settings may be others: what they do not allow is as configured."""
    for key, value in tuple(state.account.changes.parameters.items()):
        read = readable(state, key, value)
        if isinstance(read, str):
            state.emit(
                ParameterSet(
                    at=state.now,
                    origin=Origin.SYSTEM,
                    key=key,
                    before=value,
                    value="",
                    why=f"the settings do not allow it now: {read}",
                )
            )


def readable(state: DeskState, key: str, value: str) -> Decimal | str:
    """The number; empty for as configured; or why it cannot be set."""
    parameter = parameter_of(key, state.baseline.sessions)
    if parameter is None:
        return f"{key[:40]!r} is no parameter that can be set"
    return read_value(parameter.row, value, state.baseline.limits) if value else ""


def _set_back(state: DeskState, command: SetParameter) -> None:
    before = state.account.changes.parameters.get(command.key, "")
    if before:
        _set(state, command, before, "")
    else:
        refuse_command(state, command, f"{command.key} is as configured already", command.key)


def _set(state: DeskState, command: SetParameter, before: str, value: str) -> None:
    change(
        state,
        ParameterSet(
            at=state.now, origin=command.origin, key=command.key, before=before, value=value
        ),
    )
    end_loosening(state, Origin.SYSTEM, _OTHERS)

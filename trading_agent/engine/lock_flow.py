"""Pairs that are locked, strategies that are switched off: no entries of them, exits go on."""

from typing import Final

from trading_agent.domain.command_facts import StrategySwitched, SymbolLocked, SymbolUnlocked
from trading_agent.domain.commands import (
    LONGEST_WHY,
    LockSymbol,
    Origin,
    SwitchStrategy,
    UnlockSymbol,
)
from trading_agent.domain.order import ENTRY
from trading_agent.domain.units import DAY, Nanos
from trading_agent.engine.change_flow import change
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.overlay_flow import end_loosening
from trading_agent.engine.refusing import refuse_command
from trading_agent.engine.routing import call_back, call_back_entries_of

_LONGEST: Final = 3_650 * DAY


def lock(state: DeskState, command: LockSymbol) -> None:
    symbol, until, now = command.symbol, command.until, state.now
    if symbol not in state.index:
        refuse_command(state, command, f"{symbol} is not a pair of this run", symbol)
    elif until and not now < until <= now + _LONGEST:
        refuse_command(state, command, "it would be over already, or in ten years", symbol)
    elif len(command.why) > LONGEST_WHY:
        refuse_command(state, command, f"a reason has at most {LONGEST_WHY} letters", symbol)
    else:
        change(
            state,
            SymbolLocked(
                at=now, origin=command.origin, symbol=symbol, until=until, why=command.why
            ),
        )
        call_back(state, symbol, ENTRY)


def unlock(state: DeskState, command: UnlockSymbol) -> None:
    symbol = command.symbol
    if symbol in state.account.changes.locks:
        change(state, SymbolUnlocked(at=state.now, origin=command.origin, symbol=symbol))
    else:
        refuse_command(state, command, f"{symbol} is not locked", symbol)


def expire(state: DeskState, at: Nanos) -> None:
    """Locks whose time is over; the desk is retuned by whoever asks."""
    for each in tuple(state.account.changes.locks.values()):
        if 0 < each.until <= at:
            why = "its time is over"
            state.emit(SymbolUnlocked(at=at, origin=Origin.SYSTEM, symbol=each.symbol, why=why))


def switch(state: DeskState, command: SwitchStrategy) -> None:
    name, on = command.strategy, command.on
    failed = state.table.failed.get(name, "")
    if name not in state.table.names:
        known = ", ".join(state.table.names)
        refuse_command(state, command, f"{name} is not a strategy of this run: {known}", name)
    elif on == (name not in state.account.changes.off):
        refuse_command(state, command, f"{name} is {'on' if on else 'off'} already", name)
    elif on and failed:
        words = f"{name} failed in this run and is asked again after a restart: {failed}"
        refuse_command(state, command, words, name)
    else:
        _switch(state, command)


def _switch(state: DeskState, command: SwitchStrategy) -> None:
    name, on, origin = command.strategy, command.on, command.origin
    change(state, StrategySwitched(at=state.now, origin=origin, strategy=name, on=on))
    end_loosening(state, Origin.SYSTEM, f"{name} was switched {'on' if on else 'off'}")
    if not on:
        call_back_entries_of(state, name)

"""A command that is not obeyed is answered."""

from typing import Final

from trading_agent.domain.commands import Command
from trading_agent.domain.facts import CommandRefused
from trading_agent.engine.desk_state import DeskState

_LONGEST: Final = 64
_LONGEST_WORDS: Final = 300


def refuse_command(state: DeskState, command: Command, why: str, about: str = "") -> None:
    """`about`: what it named; what people send may be long."""
    state.emit(
        CommandRefused(
            at=state.now,
            command=type(command).__name__,
            why=why[:_LONGEST_WORDS],
            about=about[:_LONGEST],
            origin=command.origin,
        )
    )

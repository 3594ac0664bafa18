"""Every command, once: who it is for, what it is also called, what answers it."""

from difflib import get_close_matches
from functools import partial
from typing import Final

from trading_agent.interfaces.telegram import (
    answers_desk,
    answers_market,
    answers_results,
    answers_rules,
    answers_run,
    answers_talk,
    answers_trading,
)
from trading_agent.interfaces.telegram.answer import CommandRow, Group
from trading_agent.interfaces.telegram.people import Role

_TOLD: Final = (
    *answers_desk.ROWS,
    *answers_market.ROWS,
    *answers_results.ROWS,
    *answers_trading.ROWS,
    *answers_rules.ROWS,
    *answers_run.ROWS,
    *answers_talk.ROWS,
)
_HELP: Final = CommandRow(
    name="help",
    aliases=("h",),
    group=Group.TALK,
    usage="[COMMAND]",
    does="what can be asked",
    answer=partial(answers_talk.help_of, _TOLD),
)
COMMANDS: Final = (*_TOLD, _HELP)

_BY_NAME: Final = {name: row for row in COMMANDS for name in (row.name, *row.aliases)}


def find_command(name: str) -> CommandRow | None:
    """By its name or an alias, without the slash."""
    return _BY_NAME.get(name.lower())


def near_to(name: str, role: Role) -> str:
    """The command of this role that was probably meant, empty when none was."""
    mine = [each for each, row in _BY_NAME.items() if row.role <= role]
    found = get_close_matches(name.lower()[:32], mine, 1, 0.6)
    return found[0] if found else ""


def menu_of(role: Role) -> tuple[tuple[str, str], ...]:
    """Names and words for the menu that opens with a slash."""
    return tuple((row.name, row.does) for row in COMMANDS if row.role <= role)

"""The overseer on the board, in two lines: what it does, and what it was worth."""

from trading_agent.cli.board_layout import FAINT, Line, fitted, said
from trading_agent.cli.board_words import WARNING, one_line
from trading_agent.interfaces.oversight.parts import OversightState

_QUIET = ("off", "starting")


def overseer_lines(state: OversightState | None, width: int) -> list[Line]:
    """Nothing where there is none."""
    if state is None or state.mode == "off":
        return []
    first: Line = (("Overseer ", FAINT), (state.mode, "bold"))
    if state.who:
        first += ((f" ({state.who})", FAINT),)
    if state.waiting:
        first += ((f"  {state.waiting} wait for your answer", WARNING),)
    if state.alarms:
        first += ((f"  alarms {', '.join(state.alarms)}", WARNING),)
    if state.last:
        first += ((f"  {one_line(state.last)}", ""),)
    lines = [fitted(first, width)]
    if state.worth and state.mode not in _QUIET:
        spent = f"; {state.spent}" if state.who else ""
        lines.append(fitted(said(f"It {_began(state.worth)}{spent}", FAINT), width))
    return lines


def _began(worth: str) -> str:
    return worth if worth.startswith(("helped", "did")) else f"may help or not: {worth}"

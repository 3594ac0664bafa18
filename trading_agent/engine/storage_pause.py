"""A pause that the journal's trouble brought goes with it; a person's pause stays."""

from typing import Final

from trading_agent.domain.commands import Command, Origin, PauseEntries, StartTrading

STORAGE_PAUSE: Final = "storage: "
"""Begins the reason of every pause that the journal's trouble brings."""


def by_storage(paused: str) -> bool:
    """Whether entries are paused because of the journal; `paused` is the reason, or empty."""
    return paused.startswith(STORAGE_PAUSE)


def is_idle(command: Command, paused: str) -> bool:
    """What the journal's alarm asks and nothing needs: a pause of a desk that is `paused` (why, or
    empty) or killed, which would hide why it is, and an end to what somebody else wanted."""
    match command:
        case PauseEntries(origin=Origin.SYSTEM, why=why):
            return by_storage(why) and bool(paused)
        case StartTrading(origin=Origin.SYSTEM):
            return not by_storage(paused)
        case _:
            return False

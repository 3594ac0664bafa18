"""What can be asked of the desk, and by whom."""

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    PERSON = "person"
    OVERSEER = "overseer"
    CLI = "cli"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTrading:
    """Entries allowed again."""

    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseEntries:
    """No new entries; exits and cancels go on."""

    origin: Origin
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePosition:
    origin: Origin
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAll:
    """Close every position and pause."""

    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """Cancel everything and send nothing more, until a person restarts the desk."""

    origin: Origin
    why: str = ""


Command = StartTrading | PauseEntries | ClosePosition | CloseAll | Kill

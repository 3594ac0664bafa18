"""What can be asked of the desk, and by whom."""

from enum import StrEnum

from msgspec import Struct


class Origin(StrEnum):
    PERSON = "person"
    OVERSEER = "overseer"
    CLI = "cli"
    SYSTEM = "system"


class StartTrading(Struct, frozen=True, kw_only=True):
    """Entries allowed again."""

    origin: Origin


class PauseEntries(Struct, frozen=True, kw_only=True):
    """No new entries; exits and cancels go on."""

    origin: Origin
    why: str = ""


class ClosePosition(Struct, frozen=True, kw_only=True):
    origin: Origin
    symbol: str


class CloseAll(Struct, frozen=True, kw_only=True):
    """Pause, and close every position: what cannot be sold now, as soon as it can."""

    origin: Origin


class Kill(Struct, frozen=True, kw_only=True):
    """Cancel everything and send nothing more, until a person re-arms the desk. `flatten`: but
    sell everything held, for as long as it takes; a killed desk is told so once."""

    origin: Origin
    why: str = ""
    flatten: bool = False


class Rearm(Struct, frozen=True, kw_only=True):
    """Lift a tripped breaker; empty `breaker`: all of them. A person's alone."""

    origin: Origin
    breaker: str = ""


Command = StartTrading | PauseEntries | ClosePosition | CloseAll | Kill | Rearm

"""What can be asked of the desk, and by whom."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct

from trading_agent.domain.overlays import Overlay
from trading_agent.domain.units import Nanos


class Origin(StrEnum):
    PERSON = "person"
    OVERSEER = "overseer"
    CLI = "cli"
    SYSTEM = "system"


PERSONS: Final = (Origin.PERSON, Origin.CLI)
LONGEST_WHY: Final = 240
"""Letters of a reason that is given with a command."""


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


class EnterPosition(Struct, frozen=True, kw_only=True):
    """Buy now, with the session's kind of order and its exits, through every rule of risk. A
    person's alone. `notional`: in the quote asset, at most; None: the session's size. The answer
    is `OrderSent`, `ProposalRefused` or `CommandRefused`."""

    origin: Origin
    symbol: str
    notional: Decimal | None = None


class CancelOrder(Struct, frozen=True, kw_only=True):
    """Call one order back, by its number; it may still fill on the way."""

    origin: Origin
    order: int


class CancelEntries(Struct, frozen=True, kw_only=True):
    """Call back every entry under way; empty `symbol`: of all pairs."""

    origin: Origin
    symbol: str = ""


class LockSymbol(Struct, frozen=True, kw_only=True):
    """No entries of this pair, and those under way are called back; exits go on. `until`:
    nanoseconds UTC, 0 for until it is unlocked. A lock of a locked pair replaces it."""

    origin: Origin
    symbol: str
    until: Nanos = Nanos(0)
    why: str = ""


class UnlockSymbol(Struct, frozen=True, kw_only=True):
    """A person's alone."""

    origin: Origin
    symbol: str


class SwitchStrategy(Struct, frozen=True, kw_only=True):
    """A strategy that is off is not asked, and its entries under way are called back; what it
    bought stays protected. Only those that the run was started with. A person's alone."""

    origin: Origin
    strategy: str
    on: bool


class SetParameter(Struct, frozen=True, kw_only=True):
    """`key`, bounds and units as in `DeskSnapshot.parameters`; a session's key without its session
    is meant for all of them. `value`: a plain decimal number, empty: as configured. A person's
    alone; it stays, over restarts too, until it is set anew or undone."""

    origin: Origin
    key: str
    value: str


class UndoParameter(Struct, frozen=True, kw_only=True):
    """Take back the last change of a parameter that has not been taken back. A person's alone."""

    origin: Origin


class ApplyOverlay(Struct, frozen=True, kw_only=True):
    """The overseer's, or a person's who consents to what it proposes. The answer is
    `OverlayApplied`, of what restores `OverlayReverted` for each that ended, or
    `OverlayRefused`."""

    origin: Origin
    overlay: Overlay


class RevertOverlay(Struct, frozen=True, kw_only=True):
    """End an overlay before its time; empty `overlay`: all that the origin may end. A person may
    end any; others what the overseer applied by itself, and whatever loosens. The answer is
    `OverlayReverted` or `OverlayRefused`."""

    origin: Origin
    overlay: str = ""
    why: str = ""


class RevertLoosening(Struct, frozen=True, kw_only=True):
    """The overseer does not answer: whatever loosens ends, what tightens goes on. Nothing to end
    is no error."""

    origin: Origin
    why: str = ""


Command = (
    StartTrading
    | PauseEntries
    | ClosePosition
    | CloseAll
    | Kill
    | Rearm
    | EnterPosition
    | CancelOrder
    | CancelEntries
    | LockSymbol
    | UnlockSymbol
    | SwitchStrategy
    | SetParameter
    | UndoParameter
    | ApplyOverlay
    | RevertOverlay
    | RevertLoosening
)

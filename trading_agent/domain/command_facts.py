"""What people and the overseer have changed while the desk ran."""

from decimal import Decimal

from msgspec import Struct

from trading_agent.domain.commands import Origin
from trading_agent.domain.overlays import Overlay, OverlayRefusal
from trading_agent.domain.units import Nanos


class SymbolLocked(Struct, frozen=True, kw_only=True):
    """No entries of it until `until` (0: until somebody unlocks it)."""

    at: Nanos
    origin: Origin
    symbol: str
    until: Nanos
    why: str


class SymbolUnlocked(Struct, frozen=True, kw_only=True):
    """`why`: empty when somebody asked for it."""

    at: Nanos
    origin: Origin
    symbol: str
    why: str = ""


class StrategySwitched(Struct, frozen=True, kw_only=True):
    at: Nanos
    origin: Origin
    strategy: str
    on: bool


class ParameterSet(Struct, frozen=True, kw_only=True):
    """Plain decimal numbers; empty: as configured. `why`: empty when somebody asked for it."""

    at: Nanos
    origin: Origin
    key: str
    before: str
    value: str
    why: str = ""


class ParameterUndone(Struct, frozen=True, kw_only=True):
    """The last change of `key` is taken back: it is `value` again, empty for as configured."""

    at: Nanos
    origin: Origin
    key: str
    before: str
    value: str


class OverlayApplied(Struct, frozen=True, kw_only=True):
    """It holds from `at` until `until`, or until it is reverted. `origin`: who applied it; a
    person's is a consent. `equity`: what the desk was worth then, None where nobody knows."""

    at: Nanos
    origin: Origin
    overlay: Overlay
    until: Nanos
    loosens: bool
    equity: Decimal | None


class OverlayRefused(Struct, frozen=True, kw_only=True):
    """Neither applied nor ended. `overlay`: its name."""

    at: Nanos
    origin: Origin
    overlay: str
    reason: OverlayRefusal
    detail: str


class OverlayExpired(Struct, frozen=True, kw_only=True):
    """Its time is over."""

    at: Nanos
    overlay: str


class OverlayReverted(Struct, frozen=True, kw_only=True):
    """Ended before its time."""

    at: Nanos
    origin: Origin
    overlay: str
    why: str

"""What has been changed at the desk while it runs, for whoever looks."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from trading_agent.domain.commands import Origin
from trading_agent.domain.overlays import OverlayKind, Preset
from trading_agent.domain.units import Nanos


class Tighter(StrEnum):
    """Which way a parameter makes the desk more careful."""

    LESS = "less"
    MORE = "more"
    NEITHER = "neither"


class ParameterView(Struct, frozen=True, kw_only=True):
    """A parameter that a person may set, by `key`: a name, or session and name, `US.stop_bps`.
    `value`: what people made it, overlays not counted; `configured`: what it is when nobody sets
    it. `changed`: somebody has set it. `least` to `most` may be set. `session`: empty for the
    desk's. `what`: in words."""

    key: str
    session: str
    value: Decimal
    configured: Decimal
    changed: bool
    unit: str
    least: Decimal
    most: Decimal
    whole: bool
    tighter: Tighter
    what: str


class OverlayView(Struct, frozen=True, kw_only=True):
    """An active overlay; `remaining`: nanoseconds until it ends by itself."""

    overlay: str
    kind: OverlayKind
    scope: str
    value: Decimal | None
    preset: Preset | None
    loosens: bool
    origin: Origin
    applied_at: Nanos
    until: Nanos
    remaining: Nanos
    why: str


class LockView(Struct, frozen=True, kw_only=True):
    """`until` and `remaining`: nanoseconds, 0 for until somebody unlocks it."""

    symbol: str
    until: Nanos
    remaining: Nanos
    origin: Origin
    why: str


class StrategyStateView(Struct, frozen=True, kw_only=True):
    """`failed`: why it is not asked any more in this run, empty when it is. `symbols`: empty for
    all."""

    strategy: str
    on: bool
    failed: str
    symbols: tuple[str, ...]


class ChangesView(Struct, frozen=True, kw_only=True):
    """`baseline`: name of the configured settings with what people have set; an overlay states
    the one it was made for. `halted`: why an overlay allows no entries, or empty.
    `risk_multiplier` of the whole desk, by which entries are multiplied now; `risk_multipliers`
    of symbols that have another; `entry_thresholds`: by which the imbalance is multiplied now, by
    session."""

    baseline: str = ""
    parameters: tuple[ParameterView, ...] = ()
    undoable: str = ""
    """Key of the parameter that an undo would take back; empty when there is none."""
    overlays: tuple[OverlayView, ...] = ()
    locks: tuple[LockView, ...] = ()
    strategies: tuple[StrategyStateView, ...] = ()
    halted: str = ""
    risk_multiplier: Decimal = Decimal(1)
    risk_multipliers: dict[str, Decimal] = {}
    entry_thresholds: dict[str, Decimal] = {}

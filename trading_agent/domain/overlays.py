"""Overlays: bounded changes of how the desk trades that end by themselves.

An overlay lies on an immutable baseline, the configured settings and what people have set. It can
say no more than its kinds can: kill switch, breakers, loss and exposure limits, fees, symbols and
the overseer's own budget have no word here, so nobody can name them.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from trading_agent.domain.units import Nanos


class OverlayKind(StrEnum):
    RISK_MULTIPLIER = "risk_multiplier"
    """`value` multiplies the size of entries; below 1 tightens. `scope`: a symbol, or empty for
    all."""
    ENTRY_THRESHOLD = "entry_threshold"
    """`value` multiplies the book imbalance at which signals fire; above 1 tightens. `scope`: a
    session, or empty for all."""
    PAUSE_SYMBOL = "pause_symbol"
    """No entries of the symbol in `scope`; tightens."""
    HALT_ENTRIES = "halt_entries"
    """No entries at all; tightens."""
    PRESET = "preset"
    """The two multipliers of a `Preset`, at once."""
    RESTORE = "restore"
    """Ends the overlays of `scope` (empty: all) that whoever asks may end; it is none itself, and
    needs no time to live."""


class Preset(StrEnum):
    DEFENSIVE = "defensive"
    """Entries of a quarter of their size, at one and a half times the imbalance."""
    CONSERVATIVE = "conservative"
    """Entries of half their size, at one and a quarter times the imbalance."""
    AGGRESSIVE = "aggressive"
    """Entries a tenth larger, at nine tenths of the imbalance; loosens."""


class Overlay(Struct, frozen=True, kw_only=True):
    """What is proposed. The core refuses, and never trims, what is out of bounds."""

    overlay: str
    """Its name: 1 to 64 letters, digits and `._:-`; none is ever used twice."""
    kind: OverlayKind
    scope: str = ""
    """A symbol or a session where its kind says so; 1 to 32 characters."""
    value: Decimal | None = None
    """Factor of the two multipliers, None for other kinds. At most four digits behind the point,
    within `overlays.least_risk_multiplier` to `overlays.most_risk_multiplier`, or
    `overlays.least_entry_threshold` to `overlays.most_entry_threshold`, of the settings."""
    preset: Preset | None = None
    """Of PRESET, None for other kinds."""
    ttl_seconds: int = 0
    """How long it holds from its application: at least `overlays.least_ttl_seconds`, at most what
    the settings allow what tightens, what loosens, a pause or a halt."""
    baseline: str
    """`DeskSnapshot.baseline` that it was made for; another one means it comes too late."""
    snapshot_at: Nanos
    """`DeskSnapshot.at` that it was made from; older than `overlays.most_snapshot_age_seconds`
    means it comes too late."""
    why: str = ""
    """For people; at most 240 characters."""


class OverlayRefusal(StrEnum):
    """Stable codes: why an overlay was not applied, or not ended."""

    MALFORMED = "malformed"
    """Its name, scope, value or words are none."""
    OUT_OF_BOUNDS = "out_of_bounds"
    UNKNOWN_SCOPE = "unknown_scope"
    STALE_BASELINE = "stale_baseline"
    STALE_SNAPSHOT = "stale_snapshot"
    KNOWN = "known"
    """There is, or was, one of this name."""
    TOO_MANY = "too_many"
    """Overlays at once, of one symbol, or changes a day."""
    NEEDS_CONSENT = "needs_consent"
    """It loosens, or halts for longer than the overseer may: a person has to apply it."""
    NOT_ACTIVE = "not_active"
    """There is nothing to end."""
    NOT_YOURS = "not_yours"
    """Only a person may end it."""
    DESK_KILLED = "desk_killed"

"""What the overseer is told: typed leaves with ids that an answer can cite, and no free text.

A number that is not known is None, never zero, with how old the last one is where it is known.
"""

import re
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Final

import msgspec

from llm_overseer.errors import UnusableBrief

MINUTE: Final = 60 * 10**9
"""Nanoseconds."""
DAY: Final = 24 * 60 * MINUTE

_ID: Final = re.compile(r"[a-z][A-Za-z0-9_.]{0,63}", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z0-9_.:/+-]{1,48}", re.ASCII)
_SYMBOL: Final = re.compile(r"[A-Z0-9]{3,24}", re.ASCII)
_LONGEST_SERIES: Final = 12


class Unit(StrEnum):
    """How a number is shown."""

    PRICE = "price"
    """Five significant digits."""
    PERCENT = "percent"
    """Two decimals."""
    RATIO = "ratio"
    """Three decimals."""
    COUNT = "count"
    """Whole."""
    MINUTES = "minutes"
    """Whole."""


class Rank(IntEnum):
    """Order in the prompt. What stands last is left out first; up to LIMITS never."""

    CLOCK = 2
    LIMITS = 3
    MARKET = 4
    PERFORMANCE = 5
    OVERLAYS = 6
    DECISIONS = 7
    SENTIMENT = 8
    LESSONS = 9


class Light(StrEnum):
    """State of a detector."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    UNKNOWN = "unknown"


class Severity(IntEnum):
    ROUTINE = 0
    ELEVATED = 1
    CRITICAL = 2


class TriggerKind(StrEnum):
    HEARTBEAT = "heartbeat"
    REVIEW = "review"
    REGIME = "regime"
    STRESS = "stress"
    """Volatility or spread far up, depth far down."""
    LOSSES = "losses"
    """A losing streak, a hit rate below chance, slippage above its model."""
    OVERLAY = "overlay"
    DRAWDOWN_HALF = "drawdown_half"
    DRAWDOWN_SOFT = "drawdown_soft"
    BLACK_SWAN = "black_swan"
    QUESTION = "question"


class Mode(StrEnum):
    OFF = "off"
    RULES = "rules"
    SHADOW = "shadow"
    ADVISE = "advise"
    APPROVE = "approve"
    AUTO_TIGHTEN = "auto_tighten"
    AUTO = "auto"


class Slice(StrEnum):
    """Whose money a call spends."""

    ROUTINE = "routine"
    USER = "user"
    CRITICAL = "critical"


class Direction(StrEnum):
    TIGHTEN = "tighten"
    RESTORE = "restore"
    LOOSEN = "loosen"


class Topic(StrEnum):
    """All that reaches a decision prompt of a person's question."""

    STATUS = "status"
    RISK = "risk"
    PERFORMANCE = "performance"
    REGIME = "regime"
    OVERLAYS = "overlays"
    COSTS = "costs"
    OTHER = "other"


def _need(pattern: re.Pattern[str], text: str, what: str) -> None:
    if pattern.fullmatch(text) is None:
        raise UnusableBrief(f"{what} is not a plain word: {text[:64]!r}")


def _need_finite(number: Decimal, what: str) -> None:
    if not number.is_finite():
        raise UnusableBrief(f"{what} is not finite: say None when it is not known")


class Figure(msgspec.Struct, frozen=True):
    """A number, or None; `stale_s`: age of what is known, seconds."""

    id: str
    unit: Unit
    value: Decimal | None
    stale_s: int | None = None

    def __post_init__(self) -> None:
        _need(_ID, self.id, "an id")
        if self.value is not None:
            _need_finite(self.value, self.id)


class Word(msgspec.Struct, frozen=True):
    """A word of a closed list: a regime, a session, yes or no. Never a sentence."""

    id: str
    value: str | None
    stale_s: int | None = None

    def __post_init__(self) -> None:
        _need(_ID, self.id, "an id")
        if self.value is not None:
            _need(_WORD, self.value, self.id)


class Series(msgspec.Struct, frozen=True):
    """Up to twelve numbers, oldest first."""

    id: str
    unit: Unit
    values: tuple[Decimal, ...]

    def __post_init__(self) -> None:
        _need(_ID, self.id, "an id")
        if len(self.values) > _LONGEST_SERIES:
            raise UnusableBrief(f"{self.id} has more than {_LONGEST_SERIES} points")
        for value in self.values:
            _need_finite(value, self.id)


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Leaves that are shown, or left out, together.

    A market's section names its symbol; one with a position is kept longer than the others,
    and of those the ones with the smallest `volume_rank` (1 trades most).
    """

    rank: Rank
    name: str
    figures: tuple[Figure, ...] = ()
    words: tuple[Word, ...] = ()
    series: tuple[Series, ...] = ()
    symbol: str = ""
    held: bool = False
    volume_rank: int = 0

    def __post_init__(self) -> None:
        _need(_ID, self.name, "the name of a section")
        if self.symbol:
            _need(_SYMBOL, self.symbol, "a symbol")


class Detector(msgspec.Struct, frozen=True):
    """`scope`: a symbol, or "portfolio"."""

    id: str
    light: Light
    scope: str = "portfolio"

    def __post_init__(self) -> None:
        _need(_ID, self.id, "the id of a detector")
        _need(_WORD, self.scope, "the scope of a detector")


class Trigger(msgspec.Struct, frozen=True):
    kind: TriggerKind
    severity: Severity
    scope: str = "portfolio"

    def __post_init__(self) -> None:
        _need(_WORD, self.scope, "the scope of a trigger")


class ParameterState(msgspec.Struct, frozen=True, kw_only=True):
    """A value the overseer may ask to change, as it stands. `changed_at`: nanoseconds UTC, 0
    for never; `changes_today`: since midnight UTC."""

    name: str
    scope: str
    baseline: Decimal
    current: Decimal
    changed_at: int = 0
    changes_today: int = 0

    def __post_init__(self) -> None:
        _need(_ID, self.name, "the name of a parameter")
        _need(_WORD, self.scope, "the scope of a parameter")
        _need_finite(self.baseline, self.name)
        _need_finite(self.current, self.name)


class Presets(msgspec.Struct, frozen=True):
    """`offered`: most cautious first."""

    baseline: str
    current: str
    offered: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in (self.baseline, self.current, *self.offered):
            _need(_WORD, name, "a preset")
        if not {self.baseline, self.current} <= set(self.offered):
            raise UnusableBrief("the presets in force are not among those offered")


class ActiveOverlay(msgspec.Struct, frozen=True, kw_only=True):
    """One that is in force. `kind` is a Kind's word; moments in nanoseconds UTC."""

    id: str
    kind: str
    parameter: str
    scope: str
    direction: Direction
    since: int
    expires_at: int
    value: Decimal | None = None
    baseline: Decimal | None = None

    def __post_init__(self) -> None:
        for text in (self.id, self.kind, self.scope, self.parameter or "none"):
            _need(_WORD, text, "a part of an overlay")


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of the desk. `at`: nanoseconds UTC; `baseline_hash`: names the configuration
    the verdict is about; `symbols`: what may be named as a scope beside "portfolio"."""

    at: int
    trigger: Trigger
    mode: Mode
    baseline_hash: str
    symbols: tuple[str, ...]
    detectors: tuple[Detector, ...] = ()
    sections: tuple[Section, ...] = ()
    parameters: tuple[ParameterState, ...] = ()
    presets: Presets | None = None
    overlays: tuple[ActiveOverlay, ...] = ()
    changes_today: int = 0
    halted_minutes_today: int = 0
    trust_level: int = 0
    topic: Topic | None = None
    """Of a person's question."""

    def __post_init__(self) -> None:
        _need(_WORD, self.baseline_hash, "the baseline's hash")
        for symbol in self.symbols:
            _need(_SYMBOL, symbol, "a symbol")
        names = [leaf.id for part in self.sections for leaf in leaves(part)]
        names += [detector.id for detector in self.detectors]
        if len(set(names)) < len(names):
            raise UnusableBrief("two leaves have one id")

    def scopes(self) -> frozenset[str]:
        return frozenset(("portfolio", *self.symbols))

    def state_of(self, name: str, scope: str) -> ParameterState | None:
        found = [it for it in self.parameters if (it.name, it.scope) == (name, scope)]
        return found[0] if found else None

    def slice(self) -> Slice:
        if self.trigger.kind is TriggerKind.QUESTION:
            return Slice.USER
        return Slice.CRITICAL if self.trigger.severity is Severity.CRITICAL else Slice.ROUTINE

    def document(self) -> bytes:
        """Canonical bytes; `read_brief` reads them back."""
        return msgspec.json.encode(self, order="deterministic")


def leaves(section: Section) -> tuple[Figure | Word | Series, ...]:
    return (*section.figures, *section.words, *section.series)


def read_brief(document: bytes) -> Brief:
    return msgspec.json.decode(document, type=Brief)

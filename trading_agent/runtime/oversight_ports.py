"""What the overseer's door asks of those it may not import; the composition root injects it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Protocol

from msgspec import Struct

from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.domain.units import Nanos


class OverlayLimits(Struct, frozen=True, kw_only=True):
    """What the desk lets in at most; seconds and factors as in `engine.settings.OverlayBounds`."""

    least_risk: Decimal
    most_risk: Decimal
    least_threshold: Decimal
    most_threshold: Decimal
    loosens_percent: float
    """How far the overseer may loosen by itself."""
    least_ttl_seconds: int
    tighten_seconds: int
    loosen_seconds: int
    pause_seconds: int
    halt_seconds: int
    halted_seconds_a_day: int
    active: int
    active_a_symbol: int
    changes_a_day: int
    snapshot_seconds: int
    presets: tuple[str, ...]
    """Those within the bounds."""


class Provider(Struct, frozen=True, kw_only=True):
    """Where models are asked, with which key. `simulated`: by a machine without knowledge."""

    base_url: str
    key: str
    simulated: bool = False


class BesideCore(Protocol):
    """A deterministic desk that nobody trades on. One thread."""

    def step(self, stamped: Stamped) -> tuple[Fact, ...]: ...

    def copy(self) -> "BesideCore":
        """Another one that goes on from here. Raises ValueError when it cannot be copied."""
        ...

    @property
    def equity(self) -> Decimal: ...

    @property
    def fees(self) -> Decimal: ...


class BesideOpening(Protocol):
    def __call__(self) -> tuple[BesideCore, tuple[Fact, ...]]:
        """The desk as it was when the run began, and what it said first. May take seconds.
        Raises TradingError."""
        ...


class Outside(Struct, frozen=True, kw_only=True):
    """What the exchange says beside the traded books. `mids`: of stable pairs that are not traded;
    `volumes`: of a day, quote asset."""

    mids: Mapping[str, Decimal] = {}
    volumes: Mapping[str, Decimal] = {}


NOTHING_OUTSIDE: Final = Outside()


class ConsentView(Struct, frozen=True, kw_only=True):
    """A question to a person; `until`: nanoseconds UTC."""

    name: str
    words: str
    until: Nanos

"""Where the embedded exchange gets its market from: what every source must offer.

Times are market time in nanoseconds UTC, already mapped to the present; prices and sizes are
integers in the pair's own decimals. A source has no thread, no clock and no socket: the
server asks it to advance.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Lots, Nanos, Ticks

Level = tuple[Ticks, Lots]


class DepthChanged(Struct, frozen=True):
    """Absolute sizes at changed levels; zero removes. Versions count without holes."""

    symbol: str
    at: Nanos
    first_version: int
    last_version: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Printed(Struct, frozen=True):
    symbol: str
    at: Nanos
    price: Ticks
    size: Lots
    taker_bought: bool


class BestQuoted(Struct, frozen=True):
    """Best bid and ask as of book version `version`."""

    symbol: str
    at: Nanos
    version: int
    bid: Level
    ask: Level


MarketEvent = DepthChanged | Printed | BestQuoted


class BookImage(Struct, frozen=True):
    """Best first on both sides."""

    symbol: str
    version: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class MarketSource(Protocol):
    def instruments(self) -> Sequence[Instrument]:
        """The pairs traded here, in listing order."""
        ...

    def next_at(self) -> Nanos | None:
        """Market time of the next event; None when the market is over."""
        ...

    def advance(self, until: Nanos) -> Sequence[MarketEvent]:
        """Every event up to and including market time `until`, in order."""
        ...

    def image(self, symbol: str, levels: int) -> BookImage | None:
        """The book now; None while it is not known yet."""
        ...

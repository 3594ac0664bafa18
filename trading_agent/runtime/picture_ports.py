"""What a picture may show, and who knows it: between those who wish for pictures, those who
draw them and those who have the data."""

from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from trading_agent.domain.chart_facts import ChartPoint
from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos


class PictureKind(StrEnum):
    CHART = "chart"
    EQUITY = "equity"
    BOOK = "book"
    REPORT = "report"


class PictureWish(Struct, frozen=True, kw_only=True):
    """A chart needs `symbol` and may name a `timeframe`; a book needs `symbol`; equity and report
    go back `days`. `until`: the moment it should show, 0 for now."""

    kind: PictureKind
    symbol: str = ""
    timeframe: str = ""
    days: int = 1
    until: Nanos = Nanos(0)


class Candle(Struct, frozen=True, array_like=True):
    """`at`: its opening; prices in the quote asset, `volume` in the base asset."""

    at: Nanos
    open: float
    high: float
    low: float
    close: float
    volume: float


class FillMark(Struct, frozen=True, kw_only=True):
    """`entry`: it opened or added to a position."""

    at: Nanos
    side: Side
    price: float
    entry: bool


class SignalMark(Struct, frozen=True, kw_only=True):
    at: Nanos
    direction: Side
    strength: float


class PatternShape(Struct, frozen=True, kw_only=True):
    """As `domain.chart_facts.PatternSeen` tells it."""

    name: str
    direction: Side
    points: tuple[ChartPoint, ...]
    target: float | None
    invalidation: float


class PriceLevel(Struct, frozen=True, kw_only=True):
    """A horizontal line with its name: entry, stop, target."""

    name: str
    price: float


class ChartData(Struct, frozen=True, kw_only=True):
    """Candles oldest first."""

    symbol: str
    timeframe: str
    price_decimals: int
    candles: tuple[Candle, ...]
    fills: tuple[FillMark, ...] = ()
    signals: tuple[SignalMark, ...] = ()
    patterns: tuple[PatternShape, ...] = ()
    levels: tuple[PriceLevel, ...] = ()
    simulated: bool = False


class EquityPoint(Struct, frozen=True, array_like=True):
    at: Nanos
    equity: float


class EquityData(Struct, frozen=True, kw_only=True):
    """Points oldest first, in `quote`; `base`: what the account began with."""

    quote: str
    base: float
    points: tuple[EquityPoint, ...]
    simulated: bool = False


class BookLevel(Struct, frozen=True, array_like=True):
    """`size` in the base asset."""

    price: float
    size: float


class BookData(Struct, frozen=True, kw_only=True):
    """Levels best first."""

    symbol: str
    at: Nanos
    price_decimals: int
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]
    simulated: bool = False


class SymbolProfit(Struct, frozen=True, kw_only=True):
    symbol: str
    profit: float
    closed: int
    won: int


class ReportData(Struct, frozen=True, kw_only=True):
    """A stretch of days: its equity, what each pair and each way out earned. Money in `quote`."""

    title: str
    equity: EquityData
    profit: Decimal
    fees: Decimal
    closed: int
    won: int
    by_symbol: tuple[SymbolProfit, ...] = ()
    by_exit: tuple[tuple[str, float], ...] = ()
    """Reason and profit."""


PictureData = ChartData | EquityData | BookData | ReportData


class PictureSource(Protocol):
    """Called by whoever draws, never by the core's thread; may take seconds. Raises CommandError
    with words for a person when there is nothing to show."""

    def gather(self, wish: PictureWish) -> PictureData: ...


class PicturePort(Protocol):
    def draw(self, wish: PictureWish) -> bytes:
        """A PNG. CommandError: words for a person."""
        ...

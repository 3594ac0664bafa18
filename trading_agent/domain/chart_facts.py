"""What the charts said: patterns that were confirmed, and the kind of market there is."""

from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos


class ChartPoint(Struct, frozen=True):
    """`at`: opening of its candle; `price` in the quote currency. `what`: words for people."""

    at: Nanos
    price: float
    what: str


class PatternSeen(Struct, frozen=True, kw_only=True):
    """A chart pattern or a candlestick that a candle's close has just confirmed. `direction`:
    what it points to; `target` and `invalidation` are prices, a candlestick has no target;
    `quality` 0 to 1; `experience`: what followed such patterns where it was measured, in words.
    """

    at: Nanos
    symbol: str
    timeframe: str
    kind: str
    name: str
    direction: Side
    target: float | None
    invalidation: float
    quality: float
    points: tuple[ChartPoint, ...]
    experience: str


class RegimeChanged(Struct, frozen=True, kw_only=True):
    """The kind of market a pair is in, told from the candles of one timeframe."""

    at: Nanos
    symbol: str
    timeframe: str
    regime: str
    before: str

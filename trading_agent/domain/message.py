"""Everything the core is ever told, and the stamp it arrives with."""

from msgspec import Struct

from trading_agent.domain.commands import Command
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.units import Lots, Nanos, Ticks


class MarketRows(Struct, frozen=True):
    """Whole messages of the market. The inbox stamps `at` into every row."""

    rows: Rows


class InstrumentUpdated(Struct, frozen=True):
    """The exchange states the rules or fees of a pair."""

    instrument: Instrument


class RoundTripMeasured(Struct, frozen=True):
    """How long a request to the exchange and its answer took together."""

    nanos: Nanos


class KnownCandle(Struct, frozen=True, array_like=True):
    """A finished candle as the exchange states it."""

    open_at: Nanos
    open: Ticks
    high: Ticks
    low: Ticks
    close: Ticks
    volume: Lots


class CandlesKnown(Struct, frozen=True):
    """What happened before the engine looked: finished candles of one timeframe, oldest first."""

    symbol: str
    timeframe: str
    candles: tuple[KnownCandle, ...]


class Woke(Struct, frozen=True):
    """A deadline the core asked for has passed. Time is data."""


class Closing(Struct, frozen=True):
    """The run ends; the core says its closing facts."""


Input = MarketRows | InstrumentUpdated | RoundTripMeasured | CandlesKnown | Command | Woke | Closing


class Stamped(Struct, frozen=True):
    """`sequence` counts inputs from 1; `at` never falls."""

    sequence: int
    at: Nanos
    body: Input

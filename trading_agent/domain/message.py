"""Everything the core is ever told, and the stamp it arrives with."""

from dataclasses import dataclass

from trading_agent.domain.commands import Command
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.units import Nanos


@dataclass(frozen=True, slots=True)
class MarketRows:
    """Whole messages of the market. The inbox stamps `at` into every row."""

    rows: Rows


@dataclass(frozen=True, slots=True)
class InstrumentUpdated:
    """The exchange states the rules or fees of a pair."""

    instrument: Instrument


@dataclass(frozen=True, slots=True)
class Woke:
    """A deadline the core asked for has passed. Time is data."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The run ends; the core says its closing facts."""


Input = MarketRows | InstrumentUpdated | Command | Woke | Closing


@dataclass(frozen=True, slots=True)
class Stamped:
    """`sequence` counts inputs from 1; `at` never falls."""

    sequence: int
    at: Nanos
    body: Input

"""What has happened. Never refused, never changed; the journal is a list of these.

Prices are ticks, sizes lots, times nanoseconds UTC; `Decimal` amounts are money in the
asset named beside them. Symbols are the exchange's names, so that a journal can be read
without the run that wrote it.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from trading_agent.domain.chart_facts import PatternSeen, RegimeChanged
from trading_agent.domain.command_facts import (
    OverlayApplied,
    OverlayExpired,
    OverlayRefused,
    OverlayReverted,
    ParameterSet,
    ParameterUndone,
    StrategySwitched,
    SymbolLocked,
    SymbolUnlocked,
)
from trading_agent.domain.commands import Origin
from trading_agent.domain.decision import RefusalReason
from trading_agent.domain.evidence_facts import AnomalySeen, EntryWeighed, LeadChanged
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import OrderPurpose, Side
from trading_agent.domain.order_facts import (
    FillMarked,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
    OrderShadowed,
    OrderTriggered,
    ShortfallMeasured,
)
from trading_agent.domain.units import Lots, Nanos, Ticks


class ExitReason(StrEnum):
    TAKE_PROFIT = "take_profit"
    STOP = "stop"
    TIME = "time"
    SIGNAL = "signal"
    COMMAND = "command"
    TRAILING = "trailing"
    BREAK_EVEN = "break_even"
    SESSION_END = "session_end"
    BREAKER = "breaker"


class BreakerLevel(StrEnum):
    """How much of the desk a breaker takes away; each includes the one before."""

    SOFT = "soft"
    """Entries are made smaller."""
    HARD = "hard"
    """Exits only."""
    KILL = "kill"
    """Everything is cancelled and nothing is sent."""


class DeskOpened(Struct, frozen=True, kw_only=True):
    """A run begins, new or after a restart."""

    at: Nanos
    venue: str
    source: str
    simulated: bool
    seed: int
    settings_digest: str
    version: str


class CashDeposited(Struct, frozen=True, kw_only=True):
    at: Nanos
    asset: str
    amount: Decimal


class InstrumentListed(Struct, frozen=True, kw_only=True):
    """The rules of a pair as known from now on, fees included."""

    at: Nanos
    instrument: Instrument


class PositionsRemarked(Struct, frozen=True, kw_only=True):
    """The simulated market began anew: open positions are valued at its new prices."""

    at: Nanos
    symbols: tuple[str, ...]


class BookReady(Struct, frozen=True, kw_only=True):
    at: Nanos
    symbol: str


class BookLost(Struct, frozen=True, kw_only=True):
    at: Nanos
    symbol: str
    reason: LossReason


class SignalRaised(Struct, frozen=True, kw_only=True):
    """`strength` 0 to 1; `sequence` is the book version it saw; `features` in bps or ratios."""

    at: Nanos
    symbol: str
    session: str
    direction: Side
    strength: float
    reasons: tuple[str, ...]
    sequence: int
    bid: Ticks
    ask: Ticks
    imbalance: float
    momentum_bps: float
    volatility_bps: float


class ProposalRefused(Struct, frozen=True, kw_only=True):
    at: Nanos
    symbol: str
    strategy: str
    side: Side
    purpose: OrderPurpose
    reason: RefusalReason
    detail: str


class EquityMarked(Struct, frozen=True, kw_only=True):
    """Once a UTC minute, and where losses trip a breaker or a person lifts one: what the desk is
    worth with open positions at their marks and fees paid. `day_start`: the first of the UTC day;
    `high_water`: the most ever."""

    at: Nanos
    equity: Decimal
    day_start: Decimal
    high_water: Decimal


class BreakerTripped(Struct, frozen=True, kw_only=True):
    """Latched until a person re-arms it."""

    at: Nanos
    breaker: str
    level: BreakerLevel
    why: str


class BreakerRearmed(Struct, frozen=True, kw_only=True):
    """Empty `breaker`: all of them."""

    at: Nanos
    breaker: str
    why: str = ""


class DeskRearmed(Struct, frozen=True, kw_only=True):
    """A person has lifted a kill, and the trips that killed."""

    at: Nanos
    why: str


class PositionOpened(Struct, frozen=True, kw_only=True):
    at: Nanos
    symbol: str
    size: Lots
    price: Decimal


class ExitsArmed(Struct, frozen=True, kw_only=True):
    """Trigger prices of the whole position; zero: none of that kind."""

    at: Nanos
    symbol: str
    take_profit: Ticks
    stop: Ticks
    deadline: Nanos
    trail: Ticks = Ticks(0)
    """How far below the best bid seen the stop follows."""
    break_even: Ticks = Ticks(0)
    """A bid at or above it lifts the stop to `entry`."""
    entry: Ticks = Ticks(0)


class ExitTriggered(Struct, frozen=True, kw_only=True):
    at: Nanos
    symbol: str
    reason: ExitReason


class PositionClosed(Struct, frozen=True, kw_only=True):
    """`profit` after fees, in the quote asset, over the whole life of the position. `strategy`:
    whose entry opened it."""

    at: Nanos
    symbol: str
    profit: Decimal
    strategy: str = ""


class EntriesPaused(Struct, frozen=True, kw_only=True):
    """`leaving`: everything held is left, and what is still bought too, until entries resume."""

    at: Nanos
    why: str
    leaving: bool = False


class EntriesResumed(Struct, frozen=True, kw_only=True):
    at: Nanos


class DeskKilled(Struct, frozen=True, kw_only=True):
    """Nothing is sent any more; with `flatten` nothing but what leaves positions."""

    at: Nanos
    why: str
    flatten: bool = False


class StrategyFailed(Struct, frozen=True, kw_only=True):
    """It broke while it was asked, or answered what nobody can use. It is not asked again in this
    run; what it bought stays protected."""

    at: Nanos
    symbol: str
    strategy: str
    why: str


class CommandRefused(Struct, frozen=True, kw_only=True):
    """`about`: the symbol, order, strategy or key it named. `origin`: None in older journals."""

    at: Nanos
    command: str
    why: str
    about: str = ""
    origin: Origin | None = None


class DeskClosed(Struct, frozen=True, kw_only=True):
    """A run ended in order. `state_digest` covers every byte of the compiled state."""

    at: Nanos
    frames: int
    rows: int
    state_digest: str


VenueFact = OrderAccepted | OrderFilled | OrderCanceled | OrderRejected

Fact = (
    DeskOpened
    | CashDeposited
    | InstrumentListed
    | PositionsRemarked
    | BookReady
    | BookLost
    | SignalRaised
    | ProposalRefused
    | OrderSent
    | OrderAccepted
    | OrderFilled
    | OrderCanceled
    | OrderRejected
    | OrderTriggered
    | OrderShadowed
    | ShortfallMeasured
    | FillMarked
    | EquityMarked
    | BreakerTripped
    | BreakerRearmed
    | DeskRearmed
    | PositionOpened
    | ExitsArmed
    | ExitTriggered
    | PositionClosed
    | EntriesPaused
    | EntriesResumed
    | DeskKilled
    | CommandRefused
    | StrategyFailed
    | PatternSeen
    | RegimeChanged
    | EntryWeighed
    | AnomalySeen
    | LeadChanged
    | SymbolLocked
    | SymbolUnlocked
    | StrategySwitched
    | ParameterSet
    | ParameterUndone
    | OverlayApplied
    | OverlayRefused
    | OverlayExpired
    | OverlayReverted
    | DeskClosed
)

"""What has happened. Never refused, never changed; the journal is a list of these.

Prices are ticks, sizes lots, times nanoseconds UTC; `Decimal` amounts are money in the
asset named beside them. Symbols are the exchange's names, so that a journal can be read
without the run that wrote it.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trading_agent.domain.decision import RefusalReason
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, Side
from trading_agent.domain.units import Lots, Nanos, Ticks


class Liquidity(StrEnum):
    TAKER = "taker"
    MAKER = "maker"


class EndReason(StrEnum):
    """Why an order ended without being filled whole, or was rejected."""

    REMAINDER = "remainder"
    """An immediate order took all it could."""
    BOOK_NOT_READY = "book_not_ready"
    WOULD_TAKE = "would_take"
    BY_REQUEST = "by_request"
    RESTART = "restart"


class ExitReason(StrEnum):
    TAKE_PROFIT = "take_profit"
    STOP = "stop"
    TIME = "time"
    SIGNAL = "signal"
    COMMAND = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskOpened:
    """A run begins, new or after a restart."""

    at: Nanos
    venue: str
    source: str
    simulated: bool
    seed: int
    settings_digest: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CashDeposited:
    at: Nanos
    asset: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentListed:
    """The rules of a pair as known from now on, fees included."""

    at: Nanos
    instrument: Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsRemarked:
    """The simulated market began anew: open positions are valued at its new prices."""

    at: Nanos
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookReady:
    at: Nanos
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLost:
    at: Nanos
    symbol: str
    reason: LossReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRaised:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRefused:
    at: Nanos
    symbol: str
    strategy: str
    side: Side
    purpose: OrderPurpose
    reason: RefusalReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSent:
    """Approved and on its way; `arrives_at` is when the venue will see it.

    `reserved` is what the ledger holds back of `reserved_asset` until the order ends.
    """

    at: Nanos
    order: OrderId
    symbol: str
    strategy: str
    side: Side
    kind: OrderKind
    purpose: OrderPurpose
    price: Ticks
    size: Lots
    arrives_at: Nanos
    reserved_asset: str
    reserved: Decimal
    take_profit_bps: float
    stop_bps: float
    hold_for: Nanos


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted:
    at: Nanos
    order: OrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled:
    """One execution. `fill` counts up over the life of a journal and never repeats."""

    at: Nanos
    fill: int
    order: OrderId
    symbol: str
    side: Side
    price: Ticks
    size: Lots
    liquidity: Liquidity
    fee: Decimal
    fee_asset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCanceled:
    at: Nanos
    order: OrderId
    unfilled: Lots
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRejected:
    at: Nanos
    order: OrderId
    reason: EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionOpened:
    at: Nanos
    symbol: str
    size: Lots
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitsArmed:
    """Trigger prices of the whole position; zero: none of that kind."""

    at: Nanos
    symbol: str
    take_profit: Ticks
    stop: Ticks
    deadline: Nanos


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitTriggered:
    at: Nanos
    symbol: str
    reason: ExitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionClosed:
    """`profit` after fees, in the quote asset, over the whole life of the position."""

    at: Nanos
    symbol: str
    profit: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesPaused:
    at: Nanos
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesResumed:
    at: Nanos


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskKilled:
    at: Nanos
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRefused:
    at: Nanos
    command: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskClosed:
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
    | PositionOpened
    | ExitsArmed
    | ExitTriggered
    | PositionClosed
    | EntriesPaused
    | EntriesResumed
    | DeskKilled
    | CommandRefused
    | DeskClosed
)

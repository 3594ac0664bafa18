"""What has happened. Never refused, never changed; the journal is a list of these.

Prices are ticks, sizes lots, times nanoseconds UTC; `Decimal` amounts are money in the
asset named beside them. Symbols are the exchange's names, so that a journal can be read
without the run that wrote it.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

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


class OrderSent(Struct, frozen=True, kw_only=True):
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


class OrderAccepted(Struct, frozen=True, kw_only=True):
    at: Nanos
    order: OrderId


class OrderFilled(Struct, frozen=True, kw_only=True):
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


class OrderCanceled(Struct, frozen=True, kw_only=True):
    at: Nanos
    order: OrderId
    unfilled: Lots
    reason: EndReason


class OrderRejected(Struct, frozen=True, kw_only=True):
    at: Nanos
    order: OrderId
    reason: EndReason


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


class ExitTriggered(Struct, frozen=True, kw_only=True):
    at: Nanos
    symbol: str
    reason: ExitReason


class PositionClosed(Struct, frozen=True, kw_only=True):
    """`profit` after fees, in the quote asset, over the whole life of the position."""

    at: Nanos
    symbol: str
    profit: Decimal


class EntriesPaused(Struct, frozen=True, kw_only=True):
    at: Nanos
    why: str


class EntriesResumed(Struct, frozen=True, kw_only=True):
    at: Nanos


class DeskKilled(Struct, frozen=True, kw_only=True):
    at: Nanos
    why: str


class CommandRefused(Struct, frozen=True, kw_only=True):
    at: Nanos
    command: str
    why: str


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

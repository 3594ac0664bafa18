"""The desk at one moment, for whoever looks. Money is `Decimal`, prices are in the quote asset."""

from decimal import Decimal

from msgspec import Struct

from trading_agent.domain.order import OrderKind, OrderPurpose, OrderState, Side
from trading_agent.domain.units import Nanos


class TimeframeView(Struct, frozen=True, kw_only=True):
    """Finished candles of one timeframe: how many there have been, how far the newest moved, the
    gap between a fast and a slow average in average ranges (`trend`), and the average range.
    None while it is not known."""

    timeframe: str
    candles: int = 0
    change_bps: float | None = None
    trend: float | None = None
    rsi: float | None = None
    range_bps: float | None = None


class PatternView(Struct, frozen=True, kw_only=True):
    """A chart pattern as `domain.chart_facts.PatternSeen` tells it."""

    timeframe: str
    name: str
    direction: Side
    confirmed_at: Nanos
    target: float
    invalidation: float
    quality: float


class SymbolView(Struct, frozen=True, kw_only=True):
    """`obstacles`: what stands between this symbol and a trade, in words; empty when nothing.

    `book_age` in nanoseconds since the last book message; `last_signal` 0 when none.
    """

    symbol: str
    session: str
    book_ready: bool
    bid: Decimal | None
    ask: Decimal | None
    spread_bps: float
    imbalance: float
    microprice: Decimal | None
    momentum_bps: float
    volatility_bps: float
    trade_flow: float
    last_signal: Side | None
    last_signal_at: Nanos
    last_signal_strength: float
    signals: dict[str, int]
    book_at: Nanos
    gaps: int
    top_checked: int
    top_equal: int
    obstacles: tuple[str, ...]
    timeframes: tuple[TimeframeView, ...] = ()
    regime: str = ""
    patterns: tuple[PatternView, ...] = ()


class PositionView(Struct, frozen=True, kw_only=True):
    symbol: str
    size: Decimal
    average_price: Decimal
    mark_price: Decimal | None
    unrealised_profit: Decimal
    take_profit: Decimal | None
    stop: Decimal | None
    deadline: Nanos


class OrderView(Struct, frozen=True, kw_only=True):
    order: int
    symbol: str
    side: Side
    kind: OrderKind
    purpose: OrderPurpose
    state: OrderState
    price: Decimal
    size: Decimal
    filled: Decimal


class BalanceView(Struct, frozen=True, kw_only=True):
    asset: str
    free: Decimal
    locked: Decimal


class FillTriple(Struct, frozen=True, kw_only=True):
    """Base amounts that orders filled, or would have, under each model of the queue."""

    pessimistic: Decimal
    central: Decimal
    optimistic: Decimal


class ShortfallView(Struct, frozen=True, kw_only=True):
    """Sums over the orders that have ended; quote amounts, positive is a cost. `notional`: what
    was traded. The five parts add up to `total`."""

    orders: int
    notional: Decimal
    spread: Decimal
    impact: Decimal
    drift: Decimal
    opportunity: Decimal
    fees: Decimal
    total: Decimal


class MarkOutView(Struct, frozen=True, kw_only=True):
    """Mean move of the mid in favour of fills of one liquidity, basis points; None before the
    first that could be measured."""

    fills: int
    after_1s: float | None
    after_5s: float | None
    after_30s: float | None


class DeskSnapshot(Struct, frozen=True, kw_only=True):
    """`equity` and profits in `quote`; `fact_sequence` is the last fact this view includes.
    `trading`: whether entries are allowed; `why_not_trading`: a kill, a pause, a breaker."""

    at: Nanos
    fact_sequence: int
    venue: str
    source: str
    simulated: bool
    trading: bool
    why_not_trading: str
    frames: int
    rows: int
    orders: int
    fills: int
    fees: Decimal
    quote: str
    equity: Decimal
    realised_profit: Decimal
    unrealised_profit: Decimal
    symbols: tuple[SymbolView, ...]
    positions: tuple[PositionView, ...]
    open_orders: tuple[OrderView, ...]
    balances: tuple[BalanceView, ...]
    refusals: dict[str, int]
    fill_triple: dict[str, FillTriple]
    shortfall: ShortfallView
    mark_outs: dict[str, MarkOutView]
    breakers: tuple[str, ...] = ()
    """Tripped and not re-armed, in words."""

"""The desk at one moment, for whoever looks. Money is `Decimal`, prices are in the quote asset."""

from decimal import Decimal

from msgspec import Struct

from trading_agent.domain.change_views import ChangesView
from trading_agent.domain.order import OrderKind, OrderPurpose, OrderState, Side
from trading_agent.domain.units import Nanos


class TimeframeView(Struct, frozen=True, kw_only=True):
    """Finished candles of one timeframe: how many there have been, how far the newest moved, the
    gap between a fast and a slow average in average ranges (`trend`), and the average range.
    None while it is not known. `whole` is false while trades of the newest candle were missed."""

    timeframe: str
    candles: int = 0
    change_bps: float | None = None
    trend: float | None = None
    rsi: float | None = None
    range_bps: float | None = None
    whole: bool = True


class PatternView(Struct, frozen=True, kw_only=True):
    """A chart pattern as `domain.chart_facts.PatternSeen` tells it."""

    timeframe: str
    name: str
    direction: Side
    confirmed_at: Nanos
    target: float
    invalidation: float
    quality: float


class DepthView(Struct, frozen=True, kw_only=True):
    """Value within `band_bps` of the mid price, in the quote asset."""

    band_bps: float
    bids: float
    asks: float


class LiquidityView(Struct, frozen=True, kw_only=True):
    """`depths`: by rising band. `buy_bps`
    and `sell_bps`: what an order of the session's value pays against the mid price, None when the
    book near the touch does not hold it. `bids_back_ms`, `asks_back_ms`: how long half of what a
    sweep took is away, the median of the last ones; None before the first."""

    depths: tuple[DepthView, ...]
    buy_bps: float | None
    sell_bps: float | None
    bids_back_ms: float | None
    asks_back_ms: float | None


class EvidenceView(Struct, frozen=True, kw_only=True):
    """What entries are weighed by, as of the last second. `agreement`, -1 to 1: what the trends of
    several timeframes come to, None while they have no opinion; `confirmed`: the quorum agrees.
    `anomalies`: what is out of the ordinary now, in words."""

    agreement: float | None = None
    confirmed: bool = False
    liquidity: LiquidityView | None = None
    anomalies: tuple[str, ...] = ()


class LeadView(Struct, frozen=True, kw_only=True):
    """Two pairs that move together by more than chance over the last minutes. `lag_seconds` 0:
    at the same time, and nobody leads. `seconds`: in which both moved; `bound`: the correlation
    that chance reaches. `transfer_bits`: what the direction of the leader's move tells of that of
    the follower's next; `heard`: more than chance, so that entries of the follower are weighed by
    it."""

    leader: str
    follower: str
    lag_seconds: int
    correlation: float
    bound: float
    seconds: int
    transfer_bits: float
    heard: bool


class CandlestickView(Struct, frozen=True, kw_only=True):
    """A candlestick of the last few candles of its timeframe; `confirmed_at`: end of the candle
    that completed it."""

    timeframe: str
    name: str
    direction: Side
    confirmed_at: Nanos
    invalidation: float


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
    candlesticks: tuple[CandlestickView, ...] = ()
    evidence: EvidenceView | None = None
    """None where entries are not weighed."""


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
    was traded. The five parts add up to `total`. `expected_impact`: what `impact` was expected to
    be when the orders were sent, by the book of that moment."""

    orders: int
    notional: Decimal
    spread: Decimal
    impact: Decimal
    drift: Decimal
    opportunity: Decimal
    fees: Decimal
    total: Decimal
    expected_impact: Decimal = Decimal(0)


class MarkOutView(Struct, frozen=True, kw_only=True):
    """Mean move of the mid in favour of fills of one liquidity, basis points; None before the
    first that could be measured."""

    fills: int
    after_1s: float | None
    after_5s: float | None
    after_30s: float | None


class DeskSnapshot(Struct, frozen=True, kw_only=True):
    """`equity` and profits in `quote`; `fact_sequence` is the last fact this view includes.
    `trading`: whether entries are allowed; `why_not_trading`: a kill, a pause, a breaker, an
    overlay."""

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
    leads: tuple[LeadView, ...] = ()
    breakers: tuple[str, ...] = ()
    """Tripped and not re-armed, in words."""
    changes: ChangesView = ChangesView()
    """What people and the overseer have changed while the desk runs."""

"""Snapshots and statuses of a run, for tests of what shows them."""

import dataclasses
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from tests.fakes import quiet_snapshot
from trading_agent.adapters.mexc.stream_counters import BookCounters, StreamCounters
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, OrderState, Side
from trading_agent.domain.snapshot import (
    BalanceView,
    DepthView,
    DeskSnapshot,
    EvidenceView,
    LeadView,
    LiquidityView,
    OrderView,
    PatternView,
    PositionView,
    SymbolView,
    TimeframeView,
)
from trading_agent.domain.units import HOUR, MILLISECOND, MINUTE, SECOND, Nanos
from trading_agent.market.candles import TIMEFRAME_NAMES
from trading_agent.run_terms import RunStatus
from trading_agent.runtime.latency import LatencyReport, LatencyView

NOW = Nanos(1_763_596_800 * SECOND + 13 * HOUR + 5 * MINUTE)
"""2025-11-20 13:05 UTC."""


def timeframe_view(timeframe: str, **changes: Any) -> TimeframeView:
    view = TimeframeView(
        timeframe=timeframe, candles=300, change_bps=1.2, trend=0.4, rsi=61.4, range_bps=8.0
    )
    return replace(view, **changes)


def pattern_view(name: str, direction: Side) -> PatternView:
    return PatternView(
        timeframe="15m",
        name=name,
        direction=direction,
        confirmed_at=Nanos(NOW - 40 * SECOND),
        target=61_500.0,
        invalidation=60_900.0,
        quality=0.8,
    )


def evidence_view(**changes: Any) -> EvidenceView:
    view = EvidenceView(
        agreement=0.42,
        confirmed=True,
        liquidity=LiquidityView(
            depths=(DepthView(band_bps=25.0, bids=1_234_567.0, asks=98_765.0),),
            buy_bps=0.12,
            sell_bps=None,
            bids_back_ms=350.0,
            asks_back_ms=2_400.0,
        ),
    )
    return replace(view, **changes)


def lead_view() -> LeadView:
    return LeadView(
        leader="BTCUSDC",
        follower="ETHUSDC",
        lag_seconds=2,
        correlation=0.31,
        bound=0.11,
        seconds=840,
        transfer_bits=0.021,
        heard=True,
    )


def symbol_view(symbol: str = "BTCUSDC", **changes: Any) -> SymbolView:
    view = SymbolView(
        symbol=symbol,
        session="EUROPE",
        book_ready=True,
        bid=Decimal("61234.50"),
        ask=Decimal("61234.51"),
        spread_bps=0.0016,
        imbalance=0.42,
        microprice=Decimal("61234.507"),
        momentum_bps=1.234,
        volatility_bps=3.21,
        trade_flow=0.15,
        last_signal=Side.BUY,
        last_signal_at=Nanos(NOW - 12 * SECOND),
        last_signal_strength=0.82,
        signals={"EUROPE": 3},
        book_at=Nanos(NOW - 34 * MILLISECOND),
        gaps=0,
        top_checked=100,
        top_equal=100,
        obstacles=("a position is open", "cooling down for 3.0 s"),
        timeframes=tuple(timeframe_view(name) for name in TIMEFRAME_NAMES),
        regime="trending_up",
        patterns=(
            pattern_view("double bottom, upward", Side.BUY),
            pattern_view("inverse head and shoulders, upward", Side.BUY),
        ),
        evidence=evidence_view(),
    )
    return replace(view, **changes)


def position_view(symbol: str = "BTCUSDC", **changes: Any) -> PositionView:
    view = PositionView(
        symbol=symbol,
        size=Decimal("0.004082"),
        average_price=Decimal("61230.1234567890123456789"),
        mark_price=Decimal("61234.50"),
        unrealised_profit=Decimal("0.017865"),
        take_profit=Decimal("61352.59"),
        stop=Decimal("61168.90"),
        deadline=Nanos(NOW + 65 * SECOND),
    )
    return replace(view, **changes)


def order_view(order: int = 12, **changes: Any) -> OrderView:
    view = OrderView(
        order=OrderId(order),
        symbol="ETHUSDC",
        side=Side.SELL,
        kind=OrderKind.LIMIT_MAKER,
        purpose=OrderPurpose.EXIT,
        state=OrderState.WAITING,
        price=Decimal("2612.34"),
        size=Decimal("0.0957"),
        filled=Decimal("0.01"),
    )
    return replace(view, **changes)


def busy_snapshot(**changes: Any) -> DeskSnapshot:
    """Two pairs, a position, an order, profits and refusals."""
    ether = symbol_view(
        "ETHUSDC",
        bid=Decimal("2612.33"),
        ask=Decimal("2612.40"),
        spread_bps=0.268,
        imbalance=-0.61,
        momentum_bps=-0.41,
        volatility_bps=5.12,
        last_signal=Side.SELL,
        last_signal_at=Nanos(NOW - 4 * MINUTE),
        last_signal_strength=0.35,
        book_at=Nanos(NOW - 1_800 * MILLISECOND),
        obstacles=(
            "imbalance has not calmed since the last signal",
            "momentum -0.41 bps does not confirm",
            "trade flow +0.02 does not confirm",
        ),
    )
    snapshot = replace(
        quiet_snapshot(at=NOW, fact_sequence=77),
        trading=True,
        frames=123_456,
        rows=4_567_890,
        orders=12,
        fills=9,
        fees=Decimal("0.125"),
        equity=Decimal("10001.27865"),
        realised_profit=Decimal("1.2608"),
        unrealised_profit=Decimal("-0.017865"),
        symbols=(symbol_view(), ether),
        positions=(position_view(),),
        open_orders=(order_view(),),
        balances=(
            BalanceView(asset="BTC", free=Decimal("0.004082"), locked=Decimal(0)),
            BalanceView(asset="ETH", free=Decimal("0.0000"), locked=Decimal("0.0957")),
            BalanceView(asset="USDC", free=Decimal("9501.2987"), locked=Decimal(250)),
        ),
        refusals={"position_open": 14, "book_stale": 2},
        leads=(lead_view(),),
    )
    return replace(snapshot, **changes)


def feed_counters(**changes: Any) -> StreamCounters:
    books = BookCounters(books=2, ready=2, gaps=1, resyncs=3, duplicates=0, stale=4)
    counters = StreamCounters(
        connections=1,
        streams=8,
        granted=8,
        books=books,
        frames=123_456,
        rows=4_567_890,
        losses={"gap": 1},
        overflows=0,
        silent_books=0,
        connected=1,
        failed_connections=0,
        disconnected=0,
        rotations=0,
        refused_subscriptions=0,
        invalid={},
        snapshots=3,
        failed_snapshots=0,
        throttled_snapshots=0,
        compiled_decodes=123_456,
        library_decodes=0,
        server_offset_ns=0,
        weight_used=0.1,
    )
    return dataclasses.replace(counters, **changes)


def run_status(snapshot: DeskSnapshot | None, *notes: str) -> RunStatus:
    return RunStatus(
        snapshot=snapshot,
        latency=LatencyReport(
            decision=LatencyView(count=9, p50=3.42, p99=9.87, largest=55.0),
            socket=LatencyView(count=9, p50=38.4, p99=312.6, largest=2_000.0),
            decided=LatencyView(count=3, p50=61.0, p99=420.0, largest=900.0),
        ),
        feed=feed_counters(),
        notes=notes,
        digest="0" * 64,
        market_is_over=False,
    )

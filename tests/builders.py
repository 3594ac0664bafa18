"""Small whole things for tests of the core: instruments, messages, settings, cores.

Prices are ticks, sizes lots, times nanoseconds UTC. With the instrument as it is built here a
tick is 0.01, a lot 0.01 and a price of 10,000 ticks one hundred: a lot is worth one USDC.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from trading_agent.domain.decision import Proposal
from trading_agent.domain.facts import Fact
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import LossReason, RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.engine.opening import Opening
from trading_agent.engine.settings import OverlayBounds
from trading_agent.execution.settings import PaperSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.settings import ExecutionParameters, SessionPlan, SignalParameters
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.own_parts import OwnParts
from trading_agent.strategies.settings import StrategySettings
from trading_agent.strategies.strategy import Strategy

START: Final = Nanos(1_717_588_800_000_000_000)
"""Wednesday 2024-06-05, 12:00 UTC."""

Level = tuple[int, int]
"""Price and size."""


def an_instrument(symbol: str = "BTCUSDC", **changes: Any) -> Instrument:
    plain: dict[str, Any] = {
        "symbol": symbol,
        "base": symbol[:-4],
        "quote": symbol[-4:],
        "price_decimals": 2,
        "size_decimals": 2,
        "min_size": Lots(1),
        "min_notional": Decimal(1),
        "max_notional": Decimal(4_000_000),
        "maker_fee": Decimal(0),
        "taker_fee": Decimal("0.0005"),
        "tradable": True,
    }
    return Instrument(**(plain | changes))


def a_message(
    entries: Iterable[tuple[RowKind, int, int]],
    *,
    at: int = START,
    symbol: int = 0,
    version: int = 0,
    venue_at: int | None = None,
) -> Rows:
    """One exchange message; `entries`: kind, price, size of its rows. The last is marked."""
    listed = list(entries)
    rows = empty_rows(len(listed))
    for row, (kind, price, size) in zip(rows, listed, strict=True):
        row["kind"], row["price"], row["size"] = kind, price, size
    rows["at"] = at
    rows["venue_at"] = at if venue_at is None else venue_at
    rows["sequence"] = version
    rows["symbol"] = symbol
    rows["flags"][-1:] = RowFlag.LAST
    return rows


def a_depth_message(bids: Sequence[Level] = (), asks: Sequence[Level] = (), **about: Any) -> Rows:
    return a_message(_levels(bids, asks), **about)


def a_snapshot_message(
    bids: Sequence[Level] = ((10_000, 50), (9_999, 50)),
    asks: Sequence[Level] = ((10_001, 50), (10_002, 50)),
    **about: Any,
) -> Rows:
    rows = a_message([(RowKind.CLEAR, 0, 0), *_levels(bids, asks)], **about)
    rows["flags"][1:] |= RowFlag.SNAPSHOT
    return rows


def a_trades_message(*prints: tuple[Side, int, int], **about: Any) -> Rows:
    """`prints`: who took, price, size."""
    kinds = {Side.BUY: RowKind.BUY, Side.SELL: RowKind.SELL}
    return a_message([(kinds[side], price, size) for side, price, size in prints], **about)


def a_loss_message(reason: LossReason = LossReason.GAP, **about: Any) -> Rows:
    return a_message([(RowKind.LOST, 0, reason)], **about)


def a_quote_message(bid: Level, ask: Level, **about: Any) -> Rows:
    return a_message([(RowKind.BEST_BID, *bid), (RowKind.BEST_ASK, *ask)], **about)


def a_kline_message(
    timeframe: int, opening: int, high: int, low: int, close: int, volume: int, **about: Any
) -> Rows:
    """`timeframe`: index into TIMEFRAMES; `venue_at`: the candle's opening time."""
    rows = a_message(
        [
            (RowKind.KLINE_OPEN, opening, 0),
            (RowKind.KLINE_HIGH, high, 0),
            (RowKind.KLINE_LOW, low, 0),
            (RowKind.KLINE_CLOSE, close, 0),
            (RowKind.KLINE_VOLUME, 0, volume),
        ],
        **about,
    )
    rows["flags"] |= timeframe << 8
    return rows


def _levels(bids: Sequence[Level], asks: Sequence[Level]) -> list[tuple[RowKind, int, int]]:
    return [
        *((RowKind.BID, price, size) for price, size in bids),
        *((RowKind.ASK, price, size) for price, size in asks),
    ]


def joined(messages: Sequence[Rows]) -> Rows:
    return np.concatenate(messages) if messages else empty_rows(0)


def a_plan(*, signal: dict[str, Any] | None = None, **execution: Any) -> SessionPlan:
    """One session all week whose signals need no more than a book out of balance."""
    eager: dict[str, Any] = {
        "imbalance_threshold": 0.2,
        "evaluation_interval_ms": 0,
        "spread_full_size_bps": 60.0,
        "momentum_window_ms": 100,
        "momentum_threshold_bps": 0.0,
        "trade_flow_threshold": 0.0,
        "volatility_min_bps": 0.0,
        "volatility_max_bps": 10_000.0,
        "cooldown_ms": 1_000,
    }
    return SessionPlan(
        signal=SignalParameters(**(eager | (signal or {}))),
        execution=ExecutionParameters(**execution),
        sessions={},
    )


NO_TIMEFRAMES = TimeframeSettings(timeframes=(), patterns=(), candlesticks=(), regime=None)


def engine_settings(
    *,
    plan: SessionPlan | None = None,
    limits: RiskLimits | None = None,
    paper: PaperSettings | None = None,
    portfolio: PortfolioSettings | None = None,
    strategies: StrategySettings | None = None,
    timeframes: TimeframeSettings | None = None,
    enhanced: EnhancedSettings | None = None,
    overlays: OverlayBounds | None = None,
) -> EngineSettings:
    """Latency without jitter unless a test brings its own."""
    return EngineSettings(
        plan=plan or a_plan(),
        limits=limits or RiskLimits(),
        paper=paper or PaperSettings(latency_ms=10.0, latency_jitter_ms=0.0),
        portfolio=portfolio or PortfolioSettings(),
        strategies=strategies or StrategySettings(),
        timeframes=timeframes or NO_TIMEFRAMES,
        patterns=PatternSettings(),
        enhanced=enhanced or EnhancedSettings(enabled=False),
        overlays=overlays or OverlayBounds(),
    )


def an_opening(
    *instruments: Instrument,
    at: int = START,
    history: Sequence[Fact] = (),
    seed: int = 7,
    simulated: bool = True,
) -> Opening:
    return Opening(
        at=Nanos(at),
        venue="embedded",
        source="synthetic",
        simulated=simulated,
        seed=seed,
        settings_digest="settings",
        version="0",
        instruments=instruments or (an_instrument(),),
        history=tuple(history),
    )


def a_core(
    settings: EngineSettings | None = None,
    opening: Opening | None = None,
    *,
    batch: bool = False,
    own: Mapping[str, type[Strategy]] = MappingProxyType({}),
) -> Core:
    """Not opened yet. `own`: a person's strategies by name."""
    return assemble(
        settings or engine_settings(), opening or an_opening(), batch=batch, own=OwnParts(own)
    )


def a_proposal(**changes: Any) -> Proposal:
    """An entry of 100 lots at 10,006 ticks."""
    plain: dict[str, Any] = {
        "strategy": "flash",
        "symbol": "BTCUSDC",
        "side": Side.BUY,
        "kind": OrderKind.IOC,
        "price": Ticks(10_006),
        "size": Lots(100),
        "purpose": OrderPurpose.ENTRY,
        "take_profit_bps": 20.0,
        "stop_bps": 10.0,
        "hold_for": Nanos(0),
        "reason": "test",
    }
    return Proposal(**(plain | changes))

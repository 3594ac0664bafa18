"""How fast the whole engine goes through rows: book, features, signals, risk, orders, ledger.

The work is that of the peers' scripts: a decision on every depth message, about one order a
hundred messages, 10 ms of latency each way, a taker fee of 5 bp. Facts are kept in memory.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Final

from trading_agent.domain.facts import Fact
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.order_facts import OrderFilled, OrderSent
from trading_agent.domain.units import Lots, Nanos
from trading_agent.engine.assembly import assemble
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.engine.opening import Opening
from trading_agent.execution.settings import PaperSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.risk.settings import BreakerLimits, RiskLimits
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.settings import ExecutionParameters, SessionPlan, SignalParameters
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.settings import StrategySettings

RUNS: Final = 7


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of the desk is on beside the bare loop. `weighed`: entries are, and the loop
    watches for what that needs."""

    timeframes: TimeframeSettings
    weighed: bool


PLAIN: Final = Extent(
    TimeframeSettings(timeframes=(), patterns=(), candlesticks=(), regime=None), weighed=False
)
CHARTED: Final = Extent(TimeframeSettings(), weighed=False)
EVERYTHING: Final = Extent(TimeframeSettings(), weighed=True)


@dataclass(frozen=True, slots=True)
class EngineSpeed:
    """Medians over the runs. `rows_per_cpu_s`: by the seconds the processor gave us, where
    others use the machine too."""

    rows: int
    orders: int
    fills: int
    rows_per_s: float
    rows_per_cpu_s: float


@dataclass(frozen=True, slots=True)
class _Run:
    wall: float
    cpu: float
    orders: int
    fills: int


def bench_instrument(price_decimals: int = 2, size_decimals: int = 6) -> Instrument:
    return Instrument(
        symbol="BTCUSDC",
        base="BTC",
        quote="USDC",
        price_decimals=price_decimals,
        size_decimals=size_decimals,
        min_size=Lots(1),
        min_notional=Decimal(1),
        max_notional=Decimal(4_000_000),
        maker_fee=Decimal(0),
        taker_fee=Decimal("0.0005"),
        tradable=True,
    )


def bench_plan(cooldown_ms: int = 11_500) -> SessionPlan:
    """Signals so easy that the cool-down alone decides how often there is an order."""
    return SessionPlan(
        signal=SignalParameters(
            imbalance_threshold=0.1,
            momentum_threshold_bps=0.02,
            trade_flow_threshold=0.0,
            volatility_min_bps=0.0,
            evaluation_interval_ms=0,
            cooldown_ms=cooldown_ms,
        ),
        execution=ExecutionParameters(hold_seconds=8, take_profit_bps=0.05, stop_bps=0.05),
        sessions={},
    )


def bench_core(
    plan: SessionPlan,
    instrument: Instrument,
    at: Nanos,
    *,
    batch: bool,
    extent: Extent = PLAIN,
    others: tuple[Instrument, ...] = (),
) -> Core:
    """A core with orders that travel 10 ms each way, not opened yet."""
    settings = EngineSettings(
        plan,
        # The rows pay no strategy: a desk that loses on every trade would soon be cut down.
        RiskLimits(breakers=BreakerLimits(losing_streak_soft=0)),
        PaperSettings(latency_ms=10.0, latency_jitter_ms=0.0),
        PortfolioSettings(starting_balances={instrument.quote: Decimal(100_000)}),
        StrategySettings(),
        extent.timeframes,
        PatternSettings(),
        EnhancedSettings(enabled=extent.weighed),
    )
    opening = Opening(
        at=at,
        venue="bench",
        source="bench",
        simulated=True,
        seed=1,
        settings_digest="",
        version="",
        instruments=(instrument, *others),
        history=(),
    )
    return assemble(settings, opening, batch=batch)


def measure_engine(
    rows: Rows,
    instrument: Instrument,
    runs: int = RUNS,
    extent: Extent = PLAIN,
) -> EngineSpeed:
    """The median of `runs` runs over the same rows, after one that does not count."""
    _run(rows, instrument, extent)
    taken = [_run(rows, instrument, extent) for _ in range(runs)]
    return EngineSpeed(
        rows=len(rows),
        orders=taken[0].orders,
        fills=taken[0].fills,
        rows_per_s=len(rows) / median(run.wall for run in taken),
        rows_per_cpu_s=len(rows) / median(run.cpu for run in taken),
    )


def _run(rows: Rows, instrument: Instrument, extent: Extent) -> _Run:
    at = Nanos(int(rows["at"][0]))
    core = bench_core(bench_plan(), instrument, at, batch=True, extent=extent)
    core.open()
    with without_collections():
        wall, cpu = time.perf_counter(), time.process_time()
        facts = core.step(Stamped(1, at, MarketRows(rows)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return _Run(wall, cpu, _count(facts, OrderSent), _count(facts, OrderFilled))


@contextmanager
def without_collections() -> Iterator[None]:
    """Garbage is collected before, and not meanwhile."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _count(facts: tuple[Fact, ...], kind: type[Fact]) -> int:
    return sum(isinstance(fact, kind) for fact in facts)

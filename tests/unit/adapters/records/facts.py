"""A trading history with one of everything that is recorded."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from tests.trade_facts import accepted, at, history, sent
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
from trading_agent.domain.facts import (
    BookLost,
    BreakerLevel,
    BreakerRearmed,
    BreakerTripped,
    CommandRefused,
    DeskClosed,
    DeskKilled,
    DeskRearmed,
    EntriesPaused,
    EntriesResumed,
    EquityMarked,
    Fact,
    PositionsRemarked,
    ProposalRefused,
    SignalRaised,
)
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import (
    EndReason,
    FillMarked,
    Liquidity,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderShadowed,
    OrderTriggered,
    ShortfallMeasured,
)
from trading_agent.domain.overlays import Overlay, OverlayKind, OverlayRefusal
from trading_agent.domain.units import Lots, Ticks


def marked(seconds: int, equity: str, high_water: str = "10000") -> EquityMarked:
    return EquityMarked(
        at=at(seconds),
        equity=Decimal(equity),
        day_start=Decimal(10_000),
        high_water=Decimal(high_water),
    )


def signal() -> SignalRaised:
    return SignalRaised(
        at=at(9),
        symbol="BTCUSDC",
        session="EUROPE",
        direction=Side.BUY,
        strength=0.1 + 0.2,
        reasons=("imbalance", "momentum"),
        sequence=77,
        bid=Ticks(5_999_900),
        ask=Ticks(6_000_000),
        imbalance=-1 / 3,
        momentum_bps=1e-9,
        volatility_bps=12.5,
    )


def refusal() -> ProposalRefused:
    return ProposalRefused(
        at=at(9),
        symbol="BTCUSDC",
        strategy="flash",
        side=Side.BUY,
        purpose=OrderPurpose.ENTRY,
        reason=RefusalReason.SPREAD_TOO_WIDE,
        detail="the spread is 61 bps; 60 are allowed",
    )


def shortfall(order: int) -> ShortfallMeasured:
    return ShortfallMeasured(
        at=at(order * 10 + 2),
        order=OrderId(order),
        symbol="BTCUSDC",
        side=Side.BUY,
        size=Lots(40),
        filled=Lots(30),
        notional=11_999_960,
        spread=2_001,
        impact=-400,
        drift=1,
        opportunity=0,
        fees=Decimal("0.0299999"),
    )


def waiting(order: int) -> tuple[Fact, ...]:
    """A stop order that waits, is triggered, and goes with the other leg of its pair."""
    stop = replace(
        sent(order, Side.SELL, 5_990_000, 200, "0.0002"),
        kind=OrderKind.TRAILING_STOP,
        trigger=Ticks(5_994_000),
        trail=Ticks(6_000),
        group=7,
        bid=Ticks(5_999_900),
    )
    again = at(order * 10 + 4)
    return (
        stop,
        replace(accepted(order), bid=Ticks(5_999_800), ask=Ticks(6_000_100)),
        OrderTriggered(at=at(order * 10 + 3), order=OrderId(order), price=Ticks(5_994_000)),
        OrderAccepted(at=again, order=OrderId(order), bid=Ticks(5_993_900)),
        OrderCanceled(
            at=again,
            order=OrderId(order),
            unfilled=Lots(200),
            reason=EndReason.ALTERNATIVE_FILLED,
        ),
        OrderShadowed(
            at=again,
            order=OrderId(order),
            symbol="BTCUSDC",
            filled=Lots(0),
            pessimistic=Lots(0),
            central=Lots(120),
            optimistic=Lots(200),
        ),
    )


def incidents() -> tuple[Fact, ...]:
    return (
        BookLost(at=at(60), symbol="BTCUSDC", reason=LossReason.GAP),
        EntriesPaused(at=at(61), why="lunch"),
        EntriesResumed(at=at(62)),
        CommandRefused(at=at(63), command="ClosePosition", why="nothing is open"),
        BreakerTripped(at=at(64), breaker="daily_loss", level=BreakerLevel.HARD, why="-3.1 %"),
        BreakerRearmed(at=at(65), breaker="daily_loss"),
        DeskKilled(at=at(66), why="a person"),
        DeskRearmed(at=at(67), why="a person"),
        PositionsRemarked(at=at(68), symbols=("BTCUSDC", "ETHUSDC")),
        *changes(),
    )


def changes() -> tuple[Fact, ...]:
    """What people and the overseer ask for, one of each kind."""
    person, overseer = Origin.PERSON, Origin.OVERSEER
    half = Overlay(
        overlay="o1",
        kind=OverlayKind.RISK_MULTIPLIER,
        scope="BTCUSDC",
        value=Decimal("0.5"),
        ttl_seconds=600,
        baseline="b",
        snapshot_at=at(68),
        why="thin",
    )
    return (
        SymbolLocked(at=at(69), origin=person, symbol="BTCUSDC", until=at(79), why="news"),
        SymbolUnlocked(at=at(70), origin=person, symbol="BTCUSDC"),
        StrategySwitched(at=at(70), origin=person, strategy="flash", on=False),
        ParameterSet(at=at(70), origin=person, key="stop_bps", before="", value="30"),
        ParameterUndone(at=at(70), origin=person, key="stop_bps", before="30", value=""),
        OverlayApplied(
            at=at(70), origin=overseer, overlay=half, until=at(670), loosens=False, equity=None
        ),
        OverlayRefused(
            at=at(70),
            origin=overseer,
            overlay="o2",
            reason=OverlayRefusal.STALE_BASELINE,
            detail="too late",
        ),
        OverlayReverted(at=at(70), origin=overseer, overlay="o1", why="calm"),
        OverlayExpired(at=at(70), overlay="o3"),
    )


def told() -> tuple[Fact, ...]:
    """Opens twice, trades, is rejected once, waits once, is marked thrice, and closes."""
    return (
        *history()[:3],
        signal(),
        refusal(),
        *history()[3:8],
        shortfall(1),
        marked(15, "9999.90", "9999.95"),
        *history()[8:14],
        marked(35, "10000.0401501", "10000.05"),
        FillMarked(
            at=at(42),
            fill=1,
            symbol="BTCUSDC",
            liquidity=Liquidity.TAKER,
            after_1s=0.5,
            after_5s=None,
            after_30s=-2.25,
        ),
        *history()[14:],
        sent(4, Side.BUY, 6_000_000, 300, "18.01"),
        OrderRejected(
            at=at(41), order=OrderId(4), reason=EndReason.NOT_FILLABLE_WHOLE, ask=Ticks(6_000_200)
        ),
        *waiting(5),
        *incidents(),
        marked(70, "10000.03", "10000.05"),
        DeskClosed(at=at(71), frames=10, rows=20, state_digest="s"),
    )


def numbered(facts: Sequence[Fact]) -> list[tuple[int, Fact]]:
    return list(enumerate(facts, 1))

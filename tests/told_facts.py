"""Facts worth telling, one after another, with a number each: a small desk's life in words."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from tests.trade_facts import BTCUSDC, at, opened
from trading_agent.domain.facts import (
    BookLost,
    BookReady,
    DeskClosed,
    EquityMarked,
    ExitReason,
    ExitsArmed,
    ExitTriggered,
    Fact,
    InstrumentListed,
    PositionClosed,
    PositionOpened,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import (
    EndReason,
    Liquidity,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderSent,
    OrderShadowed,
    ShortfallMeasured,
)
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.notifications.memory import Memory
from trading_agent.notifications.narrator import Narrator, ReportTime
from trading_agent.notifications.notice import Notice, Topic
from trading_agent.notifications.pace import Pace

ALL_TOPICS = frozenset(Topic)


class Listener:
    """A narrator that is fed by hand; `told` is everything it said."""

    def __init__(self, *, report: ReportTime | None = None, memory: Memory | None = None) -> None:
        self.narrator = Narrator(memory or Memory(), Pace(), report, ALL_TOPICS)
        self.told: list[Notice] = []
        self.sequence = 0

    def hear(self, *facts: Fact) -> "Listener":
        for fact in facts:
            self.sequence += 1
            self.told.extend(self.narrator.hear(self.sequence, fact))
        return self

    def wait(self, seconds: float) -> list[Notice]:
        """So long after the last fact; returns what is told for it."""
        now = self.narrator.memory.heard_at + int(seconds * 1e9)
        told = self.narrator.pass_time(now)
        self.told.extend(told)
        return told

    def last(self) -> str:
        return self.told[-1].plain


def started(*instruments: Instrument) -> Listener:
    """A run that has been told of."""
    listener = Listener()
    listener.hear(opened())
    listener.hear(*(listed(each) for each in instruments or (BTCUSDC,)))
    listener.wait(5)
    listener.told.clear()
    return listener


def listed(instrument: Instrument, seconds: float = 0) -> InstrumentListed:
    return InstrumentListed(at=moment(seconds), instrument=instrument)


def moment(seconds: float) -> Nanos:
    return Nanos(at(0) + round(seconds * 1e9))


def a_sent(order: int = 1, seconds: float = 10, **changes: Any) -> OrderSent:
    """Buys 0.0125 BTC at 64,000.00 at most."""
    plain = OrderSent(
        at=moment(seconds),
        order=OrderId(order),
        symbol="BTCUSDC",
        strategy="flash",
        side=Side.BUY,
        kind=OrderKind.IOC,
        purpose=OrderPurpose.ENTRY,
        price=Ticks(6_400_000),
        size=Lots(12_500),
        arrives_at=moment(seconds + 0.1),
        reserved_asset="USDC",
        reserved=Decimal(801),
        take_profit_bps=20.0,
        stop_bps=10.0,
        hold_for=Nanos(120_000_000_000),
    )
    return replace(plain, **changes)


def an_exit(order: int = 2, seconds: float = 60, **changes: Any) -> OrderSent:
    selling: dict[str, Any] = {
        "side": Side.SELL,
        "purpose": OrderPurpose.EXIT,
        "strategy": "exits",
        "kind": OrderKind.MARKET,
    }
    return a_sent(order, seconds, **(selling | changes))


def a_fill(fill: int, order: OrderSent, seconds: float, **changes: Any) -> OrderFilled:
    plain = OrderFilled(
        at=moment(seconds),
        fill=fill,
        order=order.order,
        symbol=order.symbol,
        side=order.side,
        price=order.price,
        size=order.size,
        liquidity=Liquidity.TAKER,
        fee=Decimal("0.4"),
        fee_asset="USDC",
    )
    return replace(plain, **changes)


def a_cost(order: OrderSent, seconds: float, **changes: Any) -> ShortfallMeasured:
    """Half ticks x lots: 160,000,000,000 are 800 USDC."""
    plain = ShortfallMeasured(
        at=moment(seconds),
        order=order.order,
        symbol=order.symbol,
        side=order.side,
        size=order.size,
        filled=order.size,
        notional=160_000_000_000,
        spread=14_400_000,
        impact=6_400_000,
        drift=-3_200_000,
        opportunity=0,
        fees=Decimal("0.4"),
    )
    return replace(plain, **changes)


def bought(seconds: float = 10) -> tuple[Fact, ...]:
    """An entry that is filled at once, in two pieces, and protected."""
    sent = a_sent(seconds=seconds)
    half = Lots(6_250)
    later = seconds + 0.1
    return (
        sent,
        OrderAccepted(at=moment(later), order=sent.order),
        a_fill(1, sent, later, size=half, fee=Decimal("0.2")),
        PositionOpened(at=moment(later), symbol="BTCUSDC", size=half, price=Decimal(64_000)),
        a_fill(2, sent, later, size=half, fee=Decimal("0.2")),
        a_cost(sent, later),
        armed(later),
    )


def armed(seconds: float, stop: int = 6_393_600, target: int = 6_412_800) -> ExitsArmed:
    return ExitsArmed(
        at=moment(seconds),
        symbol="BTCUSDC",
        take_profit=Ticks(target),
        stop=Ticks(stop),
        deadline=moment(seconds + 120),
    )


def sold(
    seconds: float = 60, profit: str = "1.23", reason: ExitReason = ExitReason.TAKE_PROFIT
) -> tuple[Fact, ...]:
    """The same position is left whole."""
    sent = an_exit(seconds=seconds)
    later = seconds + 0.1
    return (
        ExitTriggered(at=moment(seconds), symbol="BTCUSDC", reason=reason),
        sent,
        OrderAccepted(at=moment(later), order=sent.order),
        a_fill(3, sent, later, price=Ticks(6_413_040)),
        a_cost(sent, later),
        PositionClosed(
            at=moment(later), symbol="BTCUSDC", profit=Decimal(profit), strategy="flash"
        ),
    )


def a_shadow(order: int, seconds: float, *lots: int) -> OrderShadowed:
    pessimistic, central, optimistic = (Lots(each) for each in lots)
    return OrderShadowed(
        at=moment(seconds),
        order=OrderId(order),
        symbol="BTCUSDC",
        filled=central,
        pessimistic=pessimistic,
        central=central,
        optimistic=optimistic,
    )


def a_cancel(order: int, seconds: float, reason: EndReason) -> OrderCanceled:
    return OrderCanceled(at=moment(seconds), order=OrderId(order), unfilled=Lots(1), reason=reason)


def lost(symbol: str, seconds: float, reason: LossReason = LossReason.DISCONNECTED) -> BookLost:
    return BookLost(at=moment(seconds), symbol=symbol, reason=reason)


def ready(symbol: str, seconds: float) -> BookReady:
    return BookReady(at=moment(seconds), symbol=symbol)


def marked(seconds: float, equity: str) -> EquityMarked:
    return EquityMarked(
        at=moment(seconds),
        equity=Decimal(equity),
        day_start=Decimal(10_000),
        high_water=Decimal(10_000),
    )


def ended(seconds: float) -> DeskClosed:
    return DeskClosed(at=moment(seconds), frames=1_234, rows=5_678, state_digest="d")

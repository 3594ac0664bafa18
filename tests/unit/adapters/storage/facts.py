"""Facts for tests of what is kept on disk."""

from decimal import Decimal

from trading_agent.domain.facts import BookLost, Fact, InstrumentListed, SignalRaised
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
)
from trading_agent.domain.units import Lots, Nanos, Ticks

BTCUSDC = Instrument(
    symbol="BTCUSDC",
    base="BTC",
    quote="USDC",
    price_decimals=2,
    size_decimals=6,
    min_size=Lots(1),
    min_notional=Decimal("1.00"),
    max_notional=Decimal(4_000_000),
    maker_fee=Decimal(0),
    taker_fee=None,
    tradable=True,
)


def filled(fill: int, *, order: int = 1, at: int = 1_000) -> OrderFilled:
    return OrderFilled(
        at=Nanos(at),
        fill=fill,
        order=OrderId(order),
        symbol="BTCUSDC",
        side=Side.BUY,
        price=Ticks(6_123_456),
        size=Lots(1_000),
        liquidity=Liquidity.TAKER,
        fee=Decimal("0.00030617"),
        fee_asset="USDC",
    )


def sent(order: int) -> OrderSent:
    return OrderSent(
        at=Nanos(900),
        order=OrderId(order),
        symbol="BTCUSDC",
        strategy="flash",
        side=Side.BUY,
        kind=OrderKind.IOC,
        purpose=OrderPurpose.ENTRY,
        price=Ticks(6_123_456),
        size=Lots(1_000),
        arrives_at=Nanos(950),
        reserved_asset="USDC",
        reserved=Decimal("61.23"),
        take_profit_bps=8.0,
        stop_bps=5.5,
        hold_for=Nanos(60_000_000_000),
    )


def one_of_many_kinds() -> tuple[Fact, ...]:
    return (
        InstrumentListed(at=Nanos(1), instrument=BTCUSDC),
        BookLost(at=Nanos(2), symbol="BTCUSDC", reason=LossReason.GAP),
        SignalRaised(
            at=Nanos(3),
            symbol="BTCUSDC",
            session="eu·us|overlap",
            direction=Side.SELL,
            strength=0.1 + 0.2,
            reasons=("imbalance", "flow"),
            sequence=77,
            bid=Ticks(1),
            ask=Ticks(2),
            imbalance=-1 / 3,
            momentum_bps=1e-9,
            volatility_bps=12.5,
        ),
        sent(1),
        OrderAccepted(at=Nanos(950), order=OrderId(1)),
        filled(1),
        OrderCanceled(
            at=Nanos(1_001), order=OrderId(1), unfilled=Lots(3), reason=EndReason.REMAINDER
        ),
    )

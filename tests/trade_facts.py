"""Facts of a small, sound trading history, and journals that hold them."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.domain.facts import (
    CashDeposited,
    DeskOpened,
    ExitReason,
    ExitsArmed,
    ExitTriggered,
    Fact,
    InstrumentListed,
    PositionClosed,
    PositionOpened,
)
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import Liquidity, OrderAccepted, OrderFilled, OrderSent
from trading_agent.domain.units import HOUR, SECOND, Lots, Nanos, Ticks

BEGAN = Nanos(1_763_596_800 * SECOND + 13 * HOUR)
"""2025-11-20 13:00 UTC."""

BTCUSDC = Instrument(
    symbol="BTCUSDC",
    base="BTC",
    quote="USDC",
    price_decimals=2,
    size_decimals=6,
    min_size=Lots(1),
    min_notional=Decimal(1),
    max_notional=Decimal(4_000_000),
    maker_fee=Decimal(0),
    taker_fee=Decimal("0.0005"),
    tradable=True,
)


def at(seconds: int) -> Nanos:
    return Nanos(BEGAN + seconds * SECOND)


def opened(seconds: int = 0) -> DeskOpened:
    return DeskOpened(
        at=at(seconds),
        venue="embedded",
        source="synthetic",
        simulated=True,
        seed=7,
        settings_digest="d",
        version="0.1.0",
    )


def sent(order: int, side: Side, price: int, size: int, reserved: str) -> OrderSent:
    """Price in ticks, size in lots."""
    buys = side is Side.BUY
    return OrderSent(
        at=at(order * 10),
        order=OrderId(order),
        symbol="BTCUSDC",
        strategy="flash",
        side=side,
        kind=OrderKind.IOC,
        purpose=OrderPurpose.ENTRY if buys else OrderPurpose.EXIT,
        price=Ticks(price),
        size=Lots(size),
        arrives_at=at(order * 10 + 1),
        reserved_asset="USDC" if buys else "BTC",
        reserved=Decimal(reserved),
        take_profit_bps=20.0,
        stop_bps=10.0,
        hold_for=Nanos(120 * SECOND),
    )


def accepted(order: int) -> OrderAccepted:
    return OrderAccepted(at=at(order * 10 + 1), order=OrderId(order))


def filled(fill: int, order: int, side: Side, price: int, size: int, fee: str) -> OrderFilled:
    """Price in ticks, size in lots, fee in USDC."""
    return OrderFilled(
        at=at(order * 10 + 2),
        fill=fill,
        order=OrderId(order),
        symbol="BTCUSDC",
        side=side,
        price=Ticks(price),
        size=Lots(size),
        liquidity=Liquidity.TAKER,
        fee=Decimal(fee),
        fee_asset="USDC",
    )


def history() -> tuple[Fact, ...]:
    """Bought in two fills and sold with a profit, then a second entry that is filled in part
    while its order is still open."""
    return (
        opened(),
        CashDeposited(at=at(0), asset="USDC", amount=Decimal(10_000)),
        InstrumentListed(at=at(0), instrument=BTCUSDC),
        sent(1, Side.BUY, 6_000_000, 1_000, "60.05"),
        accepted(1),
        filled(1, 1, Side.BUY, 6_000_000, 600, "0.018"),
        PositionOpened(at=at(12), symbol="BTCUSDC", size=Lots(600), price=Decimal("60000.00")),
        filled(2, 1, Side.BUY, 5_999_950, 400, "0.0119999"),
        armed(12),
        ExitTriggered(at=at(20), symbol="BTCUSDC", reason=ExitReason.TAKE_PROFIT),
        sent(2, Side.SELL, 6_009_000, 1_000, "0.001"),
        accepted(2),
        filled(3, 2, Side.SELL, 6_010_000, 1_000, "0.03005"),
        PositionClosed(at=at(22), symbol="BTCUSDC", profit=Decimal("0.0401501")),
        opened(25),
        sent(3, Side.BUY, 6_000_000, 500, "30.02"),
        accepted(3),
        filled(4, 3, Side.BUY, 6_000_000, 200, "0.006"),
        PositionOpened(at=at(32), symbol="BTCUSDC", size=Lots(200), price=Decimal("60000.00")),
        armed(32),
    )


def armed(seconds: int) -> ExitsArmed:
    return ExitsArmed(
        at=at(seconds),
        symbol="BTCUSDC",
        take_profit=Ticks(6_015_000),
        stop=Ticks(5_994_000),
        deadline=at(seconds + 120),
    )


def changed(facts: Sequence[Fact], kind: type[Fact], number: int, **changes: Any) -> list[Fact]:
    """The facts with the `number`th (from 0) of a kind altered."""
    places = [index for index, fact in enumerate(facts) if isinstance(fact, kind)]
    altered = list(facts)
    altered[places[number]] = replace(altered[places[number]], **changes)
    return altered


def write_journal(
    path: Path, facts: Sequence[Fact], venue: str = "embedded", source: str = "synthetic"
) -> Path:
    journal = Journal.open(path, JournalIdentity(venue, source), BEGAN)
    try:
        journal.append(list(enumerate(facts, 1)))
    finally:
        journal.close()
    return path

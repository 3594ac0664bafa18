"""Something to draw of every kind, always the same."""

import math
import random
from decimal import Decimal

from trading_agent.domain.chart_facts import ChartPoint
from trading_agent.domain.order import Side
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.runtime.picture_ports import (
    BookData,
    BookLevel,
    Candle,
    ChartData,
    EquityData,
    EquityPoint,
    FillMark,
    PatternShape,
    PriceLevel,
    ReportData,
    SignalMark,
    SymbolProfit,
)

FIRST = 1_763_640_000_000_000_000
"""2025-11-20 12:00 UTC."""


def candles(count: int = 60, price: float = 64_000.0) -> tuple[Candle, ...]:
    dice = random.Random(3)
    made = []
    for number in range(count):
        path = [price]
        for _ in range(6):
            path.append(path[-1] * (1 + dice.gauss(0, 0.0003)))
        price = path[-1]
        at = Nanos(FIRST + number * MINUTE)
        made.append(Candle(at, path[0], max(path), min(path), price, abs(dice.gauss(2, 1))))
    return tuple(made)


def a_chart() -> ChartData:
    shown = candles()
    fills = (
        FillMark(at=shown[20].at, side=Side.BUY, price=shown[20].low, entry=True),
        FillMark(at=shown[40].at, side=Side.SELL, price=shown[40].high, entry=False),
        FillMark(at=Nanos(FIRST - MINUTE), side=Side.BUY, price=1.0, entry=True),
    )
    pattern = PatternShape(
        name="double top",
        direction=Side.SELL,
        points=tuple(ChartPoint(shown[at].at, shown[at].high, "peak") for at in (10, 20, 30)),
        target=min(candle.low for candle in shown),
        invalidation=max(candle.high for candle in shown),
    )
    return ChartData(
        symbol="BTCUSDC",
        timeframe="1m",
        price_decimals=2,
        candles=shown,
        fills=fills,
        signals=(SignalMark(at=shown[5].at, direction=Side.BUY, strength=0.7),),
        patterns=(pattern,),
        levels=(PriceLevel(name="stop", price=shown[-1].close * 0.999),),
        simulated=True,
    )


def a_flat_chart() -> ChartData:
    """Nothing moves and nobody trades."""
    still = tuple(Candle(Nanos(FIRST + n * MINUTE), 1.0, 1.0, 1.0, 1.0, 0.0) for n in range(20))
    return ChartData(symbol="USDEUSDC", timeframe="1m", price_decimals=4, candles=still)


def an_equity() -> EquityData:
    points = tuple(
        EquityPoint(Nanos(FIRST + n * MINUTE), 10_000 + 20 * math.sin(n / 20)) for n in range(200)
    )
    return EquityData(quote="USDC", base=10_000.0, points=points, simulated=True)


def a_book() -> BookData:
    return BookData(
        symbol="BTCUSDC",
        at=Nanos(FIRST),
        price_decimals=2,
        bids=tuple(BookLevel(64_000.0 - n, 0.1 + n / 10) for n in range(1, 30)),
        asks=tuple(BookLevel(64_000.0 + n, 0.2 + n / 10) for n in range(1, 30)),
    )


def a_report() -> ReportData:
    return ReportData(
        title="Daily report",
        equity=an_equity(),
        profit=Decimal("-12.34"),
        fees=Decimal("8.12"),
        closed=42,
        won=23,
        by_symbol=(
            SymbolProfit(symbol="BTCUSDC", profit=-18.2, closed=20, won=9),
            SymbolProfit(symbol="ETHUSDC", profit=3.1, closed=12, won=8),
        ),
        by_exit=(("take_profit", 31.2), ("stop", -28.4)),
    )

"""What pictures show comes from where it is known."""

from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.fakes import quiet_snapshot
from tests.run_statuses import position_view
from trading_agent.adapters.mexc.answers import PastCandle
from trading_agent.adapters.mexc.book_sync import BookSnapshot
from trading_agent.adapters.mexc.settings import KlineTimeframe
from trading_agent.domain.chart_facts import ChartPoint, PatternSeen
from trading_agent.domain.errors import CommandError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import Side
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import DAY, MINUTE, Lots, Nanos, Ticks
from trading_agent.doors.picture_source import PictureLibrary, PictureSources
from trading_agent.research.bench_engine import bench_instrument
from trading_agent.runtime.door_ports import (
    ClosedTrade,
    EquityLevels,
    GroupProfit,
    PeriodProfit,
    PeriodUnit,
    ProfitSummary,
)
from trading_agent.runtime.picture_ports import (
    BookData,
    ChartData,
    EquityData,
    FillMark,
    PictureKind,
    PictureWish,
    PriceLevel,
    ReportData,
    SignalMark,
)
from trading_agent.runtime.subscription import Published, Subscription, SubscriptionRule

NOW = Nanos(1_763_596_800_000_000_000)
FIVE = 5 * MINUTE


@dataclass
class FakeExchange:
    """Candles of one price, and what was asked for."""

    asked: list[tuple[str, str, int, int]] = field(default_factory=list)
    empty: bool = False

    def klines(
        self, symbol: str, timeframe: KlineTimeframe, start: Nanos, end: Nanos
    ) -> tuple[PastCandle, ...]:
        self.asked.append((symbol, timeframe, start, end))
        if self.empty:
            return ()
        one = Decimal(60_000)
        return tuple(
            PastCandle(Nanos(at), Nanos(at + FIVE), one, one + 5, one - 5, one + 1, one, one)
            for at in range(start, end, FIVE)
        )

    def depth(
        self,
        instrument: Instrument,
        symbol: int,
        levels: int | None = None,
    ) -> BookSnapshot:
        bids = ((Ticks(6_000_000), Lots(1_500_000)), (Ticks(5_999_900), Lots(2)))
        return BookSnapshot(symbol, 7, bids, ((Ticks(6_000_100), Lots(3)),))


@dataclass
class FakeRecords:
    """One trade that won and one that lost."""

    spans: list[tuple[int, int]] = field(default_factory=list)

    def fills(self, symbol: str, since: Nanos, until: Nanos) -> tuple[FillMark, ...]:
        self.spans.append((since, until))
        assert symbol == "BTCUSDC"
        return (FillMark(at=since, side=Side.BUY, price=60_000.0, entry=True),)

    def signals(self, symbol: str, since: Nanos, until: Nanos) -> tuple[SignalMark, ...]:
        assert symbol == "BTCUSDC" and since < until
        return (SignalMark(at=since, direction=Side.SELL, strength=0.5),)

    def equity_since(self, since: Nanos) -> tuple[tuple[Nanos, Decimal], ...]:
        return ((since, Decimal(9_990)), (Nanos(since + MINUTE), Decimal("10000.5")))

    def trades(self, count: int) -> tuple[ClosedTrade, ...]:
        return (_trade(2, "1.5", "take_profit", NOW), _trade(1, "-0.5", "stop", NOW - 3 * DAY))[
            :count
        ]

    def profit(self, since: Nanos) -> ProfitSummary:
        empty = dict.fromkeys(ProfitSummary.__struct_fields__)
        return ProfitSummary(
            **{
                **empty,
                "trades": 2,
                "wins": 1,
                "losses": 1,
                "profit": Decimal(1),
                "fees": Decimal("0.1"),
                "volume": Decimal(9),
                "gained": Decimal("1.5"),
                "lost": Decimal("-0.5"),
            }
        )

    def periods(self, unit: PeriodUnit, count: int, now: Nanos) -> tuple[PeriodProfit, ...]:
        return ()

    def by_symbol(self) -> tuple[GroupProfit, ...]:
        return ()

    def by_strategy(self, symbol: str) -> tuple[GroupProfit, ...]:
        return ()

    def by_exit_reason(self, symbol: str) -> tuple[GroupProfit, ...]:
        return ()

    def equity_levels(self) -> EquityLevels | None:
        return None


def _trade(number: int, profit: str, reason: str, at: int) -> ClosedTrade:
    return ClosedTrade(
        number=number,
        symbol="BTCUSDC",
        strategy="flash",
        opened_at=Nanos(at - MINUTE),
        closed_at=Nanos(at),
        entry_value=Decimal(100),
        profit=Decimal(profit),
        exit_reason=reason,
    )


def desk() -> DeskSnapshot:
    return replace(quiet_snapshot(), at=NOW, equity=Decimal(10_001), positions=(position_view(),))


@dataclass
class Stand:
    exchange: FakeExchange
    records: FakeRecords
    patterns: Subscription
    library: PictureLibrary


def stand(*, recorded: bool = True) -> Stand:
    exchange, records = FakeExchange(), FakeRecords()
    patterns = Subscription(SubscriptionRule(name="charts"), 100)
    sources = PictureSources(
        exchange=exchange,
        instruments={"BTCUSDC": bench_instrument()},
        records=records if recorded else None,
        marks=records if recorded else None,
        snapshot=desk,
        now=lambda: NOW,
        patterns=patterns,
    )
    return Stand(exchange, records, patterns, PictureLibrary(sources))


def chart(it: Stand, **wish: object) -> ChartData:
    found = it.library.gather(
        PictureWish(**{"kind": PictureKind.CHART, "symbol": "BTCUSDC", **wish})
    )
    assert isinstance(found, ChartData)
    return found


def seen(timeframe: str, oldest: int) -> PatternSeen:
    return PatternSeen(
        at=NOW,
        symbol="BTCUSDC",
        timeframe=timeframe,
        kind="double_bottom",
        name="double bottom",
        direction=Side.BUY,
        target=61_000.0,
        invalidation=59_000.0,
        quality=0.7,
        points=(ChartPoint(Nanos(oldest), 59_900.0, "bottom"),),
        experience="",
    )


def test_a_chart_has_candles_marks_and_the_levels_of_what_is_held() -> None:
    it = stand()
    found = chart(it)
    assert (found.symbol, found.timeframe, found.price_decimals) == ("BTCUSDC", "5m", 2)
    assert len(found.candles) == 90
    assert found.candles[0].high == 60_005.0
    assert it.exchange.asked == [("BTCUSDC", "5m", NOW - 90 * FIVE, NOW)]
    assert it.records.spans == [(found.candles[0].at, NOW)]
    assert len(found.fills) == len(found.signals) == 1
    assert found.levels[1:] == (
        PriceLevel(name="target", price=61352.59),
        PriceLevel(name="stop", price=61168.90),
    )


def test_patterns_of_its_own_timeframe_that_lie_on_it_whole_are_drawn() -> None:
    it = stand()
    facts = (seen("5m", NOW - FIVE), seen("15m", NOW - FIVE), seen("5m", NOW - 900 * FIVE))
    it.patterns.offer([Published(number, fact) for number, fact in enumerate(facts, 1)])
    (shape,) = chart(it).patterns
    assert (shape.name, shape.target) == ("double bottom", 61_000.0)
    assert len(chart(it).patterns) == 1, "it is still there when it is asked again"


def test_a_chart_of_what_is_not_traded_or_drawn_says_what_is() -> None:
    it = stand()
    with pytest.raises(CommandError, match="there are BTCUSDC"):
        chart(it, symbol="DOGEUSDC")
    with pytest.raises(CommandError, match="no chart of 2m; there are 1m, 5m"):
        chart(it, timeframe="2m")
    it.exchange.empty = True
    with pytest.raises(CommandError, match="no 1h candles"):
        chart(it, timeframe="1h")


def test_a_book_is_in_prices_and_sizes_the_best_first() -> None:
    found = stand().library.gather(PictureWish(kind=PictureKind.BOOK, symbol="BTCUSDC"))
    assert isinstance(found, BookData)
    assert [level.price for level in found.bids] == [60_000.0, 59_999.0]
    assert found.bids[0].size == 1.5
    assert found.asks[0].price == 60_001.0


def test_equity_ends_with_what_the_desk_is_worth_now() -> None:
    found = stand().library.gather(PictureWish(kind=PictureKind.EQUITY))
    assert isinstance(found, EquityData)
    assert found.points[0].at == NOW - DAY
    assert found.points[-1].equity == 10_001.0
    assert found.base == 9_990.0


def test_a_report_counts_the_trades_of_its_days_alone() -> None:
    found = stand().library.gather(PictureWish(kind=PictureKind.REPORT, days=1))
    assert isinstance(found, ReportData)
    assert found.by_exit == (("take_profit", 1.5),)
    (pair,) = found.by_symbol
    assert (pair.symbol, pair.profit, pair.closed, pair.won) == ("BTCUSDC", 1.5, 1, 1)


def test_without_records_charts_have_no_marks_and_reports_say_why() -> None:
    it = stand(recorded=False)
    assert chart(it).fills == ()
    with pytest.raises(CommandError, match=r"records\.enabled"):
        it.library.gather(PictureWish(kind=PictureKind.REPORT))

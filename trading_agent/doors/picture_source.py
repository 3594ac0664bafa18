"""What pictures show, gathered where it is known: candles and books from the exchange, fills,
signals and equity from the records, levels from the desk, patterns from what it said.

`runtime.picture_ports.PictureSource`.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, Protocol, assert_never, get_args

from msgspec import Struct

from trading_agent.adapters.mexc.answers import PastCandle
from trading_agent.adapters.mexc.book_sync import BookSnapshot
from trading_agent.adapters.mexc.rest import LENGTHS
from trading_agent.adapters.mexc.settings import KlineTimeframe
from trading_agent.domain.chart_facts import PatternSeen
from trading_agent.domain.errors import CommandError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.snapshot import DeskSnapshot, PositionView
from trading_agent.domain.units import DAY, Nanos
from trading_agent.runtime.door_ports import ProfitSummary, RecordsPort
from trading_agent.runtime.picture_ports import (
    BookData,
    BookLevel,
    Candle,
    ChartData,
    EquityData,
    EquityPoint,
    FillMark,
    PatternShape,
    PictureData,
    PictureKind,
    PictureWish,
    PriceLevel,
    ReportData,
    SignalMark,
    SymbolProfit,
)
from trading_agent.runtime.subscription import Subscription

_CANDLES: Final = 90
_BOOK_LEVELS: Final = 100
_KEPT_PATTERNS: Final = 200
_SHOWN_PATTERNS: Final = 3
_USUAL: Final[KlineTimeframe] = "5m"
_TIMEFRAMES: Final[tuple[KlineTimeframe, ...]] = get_args(KlineTimeframe)


class ExchangePort(Protocol):
    """`adapters.mexc.rest.MexcClient`, as far as pictures need it."""

    def klines(
        self, symbol: str, timeframe: KlineTimeframe, start: Nanos, end: Nanos
    ) -> tuple[PastCandle, ...]: ...

    def depth(
        self, instrument: Instrument, symbol: int, levels: int | None = None
    ) -> BookSnapshot: ...


class HistoryPort(RecordsPort, Protocol):
    """`adapters.records.desk_records.DeskRecords`."""

    def equity_since(self, since: Nanos) -> tuple[tuple[Nanos, Decimal], ...]: ...


class MarksPort(Protocol):
    """`adapters.records.chart_marks.ChartMarks`."""

    def fills(self, symbol: str, since: Nanos, until: Nanos) -> tuple[FillMark, ...]: ...

    def signals(self, symbol: str, since: Nanos, until: Nanos) -> tuple[SignalMark, ...]: ...


class PictureSources(Struct, frozen=True, kw_only=True):
    """`patterns`: of `PatternSeen` alone, from the start of the run. `records` and `marks`: None
    where no records are kept."""

    exchange: ExchangePort
    instruments: Mapping[str, Instrument]
    records: HistoryPort | None
    marks: MarksPort | None
    snapshot: Callable[[], DeskSnapshot]
    now: Callable[[], Nanos]
    patterns: Subscription


class PictureLibrary:
    """Any thread may ask."""

    def __init__(self, sources: PictureSources) -> None:
        self._sources = sources
        self._guard = threading.Lock()  # guards _patterns
        self._patterns: deque[PatternSeen] = deque(maxlen=_KEPT_PATTERNS)

    def gather(self, wish: PictureWish) -> PictureData:
        """Raises CommandError for what there is not, VenueError and StorageError for what cannot
        be had."""
        now = wish.until or self._sources.now()
        match wish.kind:
            case PictureKind.CHART:
                return self._chart(wish, now)
            case PictureKind.BOOK:
                return self._book(wish.symbol)
            case PictureKind.EQUITY:
                return self._equity(Nanos(now - max(wish.days, 1) * DAY))
            case PictureKind.REPORT:
                return self._report(max(wish.days, 1), now)
            case _:
                assert_never(wish.kind)

    def _chart(self, wish: PictureWish, until: Nanos) -> ChartData:
        instrument, timeframe = self._instrument(wish.symbol), _timeframe(wish.timeframe)
        since = Nanos(until - _CANDLES * LENGTHS[timeframe])
        candles = self._sources.exchange.klines(instrument.symbol, timeframe, since, until)
        if not candles:
            raise CommandError(f"the exchange has no {timeframe} candles of {instrument.symbol}")
        marks, first = self._sources.marks, candles[0].opened_at
        return ChartData(
            symbol=instrument.symbol,
            timeframe=timeframe,
            price_decimals=instrument.price_decimals,
            candles=tuple(map(_candle, candles)),
            fills=() if marks is None else marks.fills(instrument.symbol, first, until),
            signals=() if marks is None else marks.signals(instrument.symbol, first, until),
            patterns=self._shapes(instrument.symbol, timeframe, first),
            levels=self._levels(instrument.symbol),
            simulated=self._sources.snapshot().simulated,
        )

    def _shapes(self, symbol: str, timeframe: str, since: Nanos) -> tuple[PatternShape, ...]:
        """The last ones that lie on the chart whole."""
        with self._guard:
            for item in self._sources.patterns.drain():
                if isinstance(item.fact, PatternSeen):
                    self._patterns.append(item.fact)
            known = tuple(self._patterns)
        shown = [
            PatternShape(
                name=seen.name,
                direction=seen.direction,
                points=seen.points,
                target=seen.target,
                invalidation=seen.invalidation,
            )
            for seen in known
            if (seen.symbol, seen.timeframe) == (symbol, timeframe)
            and all(point.at >= since for point in seen.points)
        ]
        return tuple(shown[-_SHOWN_PATTERNS:])

    def _levels(self, symbol: str) -> tuple[PriceLevel, ...]:
        for position in self._sources.snapshot().positions:
            if position.symbol == symbol:
                return _levels_of(position)
        return ()

    def _book(self, symbol: str) -> BookData:
        instrument = self._instrument(symbol)
        found = self._sources.exchange.depth(instrument, 0, _BOOK_LEVELS)
        tick, lot = float(instrument.tick), float(instrument.lot)
        return BookData(
            symbol=instrument.symbol,
            at=self._sources.now(),
            price_decimals=instrument.price_decimals,
            bids=tuple(BookLevel(price * tick, size * lot) for price, size in found.bids),
            asks=tuple(BookLevel(price * tick, size * lot) for price, size in found.asks),
            simulated=self._sources.snapshot().simulated,
        )

    def _equity(self, since: Nanos) -> EquityData:
        snapshot = self._sources.snapshot()
        points = [
            EquityPoint(at, float(equity)) for at, equity in self._records().equity_since(since)
        ]
        points.append(EquityPoint(snapshot.at, float(snapshot.equity)))
        return EquityData(
            quote=snapshot.quote,
            base=points[0].equity,
            points=tuple(points),
            simulated=snapshot.simulated,
        )

    def _report(self, days: int, now: Nanos) -> ReportData:
        since = Nanos(now - days * DAY)
        records = self._records()
        found: ProfitSummary = records.profit(since)
        trades = [each for each in records.trades(found.trades) if each.closed_at >= since]
        by_symbol: dict[str, list[Decimal]] = {}
        by_exit: dict[str, Decimal] = {}
        for trade in trades:
            by_symbol.setdefault(trade.symbol, []).append(trade.profit)
            reason = trade.exit_reason or "other"
            by_exit[reason] = by_exit.get(reason, Decimal(0)) + trade.profit
        return ReportData(
            title="the last day" if days == 1 else f"the last {days} days",
            equity=self._equity(since),
            profit=found.profit,
            fees=found.fees,
            closed=found.trades,
            won=found.wins,
            by_symbol=tuple(
                SymbolProfit(
                    symbol=symbol,
                    profit=float(sum(profits)),
                    closed=len(profits),
                    won=sum(profit > 0 for profit in profits),
                )
                for symbol, profits in sorted(by_symbol.items())
            ),
            by_exit=tuple((reason, float(profit)) for reason, profit in sorted(by_exit.items())),
        )

    def _records(self) -> HistoryPort:
        if self._sources.records is None:
            raise CommandError("no records are kept: records.enabled is off in the settings")
        return self._sources.records

    def _instrument(self, symbol: str) -> Instrument:
        known = self._sources.instruments
        if symbol not in known:
            raise CommandError(f"{symbol or 'that'} is not traded; there are {', '.join(known)}")
        return known[symbol]


def _timeframe(name: str) -> KlineTimeframe:
    if not name:
        return _USUAL
    if name not in _TIMEFRAMES:
        raise CommandError(f"no chart of {name}; there are {', '.join(_TIMEFRAMES)}")
    return name


def _candle(candle: PastCandle) -> Candle:
    return Candle(
        at=candle.opened_at,
        open=float(candle.open),
        high=float(candle.high),
        low=float(candle.low),
        close=float(candle.close),
        volume=float(candle.volume),
    )


def _levels_of(position: PositionView) -> tuple[PriceLevel, ...]:
    named = (
        ("entry", position.average_price),
        ("target", position.take_profit),
        ("stop", position.stop),
    )
    return tuple(
        PriceLevel(name=name, price=float(price)) for name, price in named if price is not None
    )

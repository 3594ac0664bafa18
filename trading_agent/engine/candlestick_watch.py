"""Candlesticks of one pair and timeframe, read as candles finish."""

from collections import deque
from collections.abc import Iterator
from typing import Final

import numpy as np

from trading_agent.domain.chart_facts import ChartPoint, PatternSeen
from trading_agent.domain.snapshot import CandlestickView
from trading_agent.domain.units import Nanos
from trading_agent.engine.timeframes import INDEX, SymbolTimeframes
from trading_agent.market.candles import TIMEFRAMES
from trading_agent.signals.indicators.bars import Bars
from trading_agent.signals.patterns.base_rates import words
from trading_agent.signals.patterns.candlesticks import TELLING, WINDOW, Candlestick, candlesticks

SHOWN: Final = 4
FRESH: Final = 5
"""Candles. What an older one said is neither told nor shown, so nobody reads it again in the
past of a market."""
NEWS_CANDLES: Final = 2
"""What was confirmed longer ago is history: it is shown, and not told."""


class CandlestickWatch:
    """Keeps no candles: what one of them completes is read from those before it, as far back as
    none is missing. `longest_gap`: missing candles that still count as none."""

    def __init__(
        self, symbol: str, timeframe: str, timeframes: SymbolTimeframes, longest_gap: int
    ) -> None:
        self._symbol = symbol
        self._timeframe = timeframe
        self._timeframes = timeframes
        self._length = TIMEFRAMES[INDEX[timeframe]]
        self._longest = (longest_gap + 1) * self._length
        self._known: deque[tuple[int, CandlestickView]] = deque(maxlen=SHOWN)

    def shown(self) -> Iterator[CandlestickView]:
        """Those of the last few candles, the newest first."""
        oldest = self._timeframes.count(self._timeframe) - FRESH
        return (view for number, view in reversed(self._known) if number > oldest)

    def take(self, number: int, now: Nanos) -> Iterator[PatternSeen]:
        """The candle of this number, counted from 1, and what it completed."""
        later = self._timeframes.count(self._timeframe) - number
        if later >= FRESH:
            return
        bars = self._unbroken(self._timeframes.last(self._timeframe, later + WINDOW), later)
        for named in candlesticks(bars, TELLING):
            if named.direction is None or named.invalidation is None:
                continue
            view = CandlestickView(
                timeframe=self._timeframe,
                name=named.name,
                direction=named.direction,
                confirmed_at=Nanos(named.at + self._length),
                invalidation=named.invalidation,
            )
            self._known.append((number, view))
            if named.at >= now - NEWS_CANDLES * self._length:
                yield self._seen(view, named, float(bars.close[-1]), now)

    def _unbroken(self, bars: Bars, later: int) -> Bars:
        end = len(bars.close) - later
        gaps = np.flatnonzero(np.diff(bars.open_at[:end]) > self._longest)
        first = int(gaps[-1]) + 1 if len(gaps) else 0
        return Bars._make(column[first:end] for column in bars)

    def _seen(
        self, view: CandlestickView, named: Candlestick, close: float, now: Nanos
    ) -> PatternSeen:
        return PatternSeen(
            at=now,
            symbol=self._symbol,
            timeframe=self._timeframe,
            kind=named.kind,
            name=view.name,
            direction=view.direction,
            target=None,
            invalidation=view.invalidation,
            quality=min(named.strength, 1.0),
            points=(ChartPoint(named.at, close, "close"),),
            experience=words(named.kind, self._timeframe),
        )

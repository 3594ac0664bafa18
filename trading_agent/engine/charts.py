"""Patterns and the kind of market, watched as candles finish."""

from collections import deque
from collections.abc import Iterator
from typing import Final, Literal

from trading_agent.domain.chart_facts import ChartPoint, PatternSeen, RegimeChanged
from trading_agent.domain.snapshot import CandlestickView
from trading_agent.domain.units import Nanos
from trading_agent.engine.candlestick_watch import NEWS_CANDLES, CandlestickWatch
from trading_agent.engine.timeframes import INDEX, LONGEST_HOLE, SymbolTimeframes
from trading_agent.market.candles import HISTORY, NOBODY, TIMEFRAMES
from trading_agent.signals.enhanced.regime import RegimeKind, RegimeWatch
from trading_agent.signals.enhanced.settings import RegimeName, RegimeParameters
from trading_agent.signals.indicators.bars import Bar, bar_at
from trading_agent.signals.patterns.base_rates import words
from trading_agent.signals.patterns.pattern import Pattern
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.watch import PatternWatch
from trading_agent.signals.timeframe_settings import TimeframeSettings

_SHOWN: Final = 4
_KEPT: Final = 12
"""Of a timeframe: more are not confirmed while one still counts."""

ChartFact = PatternSeen | RegimeChanged


class Charts:
    """Of one symbol; owned by the core. Moved on when the compiled loop says that candles have
    closed, and at no other time: what is told must not depend on who looks."""

    def __init__(
        self,
        symbol: str,
        timeframes: SymbolTimeframes,
        settings: TimeframeSettings,
        patterns: PatternSettings,
        regime: RegimeParameters,
    ) -> None:
        self._symbol = symbol
        self._timeframes = timeframes
        self._patterns = patterns
        self._regime_parameters = regime
        self._watches = {name: PatternWatch(name, patterns) for name in settings.patterns}
        self._regime_of = settings.regime
        self._regime = RegimeWatch(regime)
        self._regime_before = RegimeKind.UNKNOWN
        self._named = {name: self._candlestick_watch(name) for name in settings.candlesticks}
        names = {*settings.patterns, *self._named, *((settings.regime,) if settings.regime else ())}
        self._taken = dict.fromkeys(sorted(names, key=INDEX.__getitem__), 0)
        self._confirmed: dict[str, deque[Pattern]] = {
            name: deque(maxlen=_KEPT) for name in settings.patterns
        }
        # Asked for several times with every snapshot, and seldom other ones.
        self._in_order: tuple[Pattern, ...] | None = None
        self._shown: tuple[int, tuple[CandlestickView, ...]] = (-1, ())

    @property
    def heard(self) -> int:
        """The shortest timeframe that is watched."""
        return min((INDEX[name] for name in self._taken), default=NOBODY)

    @property
    def kind(self) -> RegimeKind | None:
        """Of market; None where it is not watched."""
        return self._regime.now.kind if self._regime_of else None

    @property
    def regime(self) -> RegimeName | Literal[""]:
        """The same in a word; empty where it is not watched."""
        return "" if self.kind is None else self.kind.value

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The last ones of each timeframe; the newest last."""
        if self._in_order is None:
            found = (pattern for kept in self._confirmed.values() for pattern in kept)
            self._in_order = tuple(sorted(found, key=lambda pattern: pattern.confirmed_at))
        return self._in_order

    @property
    def candlesticks(self) -> tuple[CandlestickView, ...]:
        """Of the last few candles of each timeframe; the newest first."""
        finished = self._timeframes.finished
        if self._shown[0] != finished:
            views = (view for watch in self._named.values() for view in watch.shown())
            newest = sorted(views, key=lambda view: -view.confirmed_at)
            self._shown = finished, tuple(newest[:_SHOWN])
        return self._shown[1]

    def take_in(self, now: Nanos) -> Iterator[ChartFact]:
        """Every candle that has finished since, and what it said."""
        for name in self._taken:
            yield from self._take_in(name, now)

    def read_anew(self, name: str, now: Nanos) -> None:
        """Candles that are remembered have changed. What is read in them now is shown, and none of
        it is news."""
        if name not in self._taken:
            return
        self._taken[name] = max(self._timeframes.count(name) - HISTORY, 0)
        if name in self._watches:
            self._watches[name] = PatternWatch(name, self._patterns)
            self._confirmed[name].clear()
            self._in_order = None
        if name in self._named:
            self._named[name] = self._candlestick_watch(name)
            self._shown = (-1, ())
        if name == self._regime_of:
            self._regime = RegimeWatch(self._regime_parameters)
        for _ in self._take_in(name, now):
            pass

    def _candlestick_watch(self, name: str) -> CandlestickWatch:
        longest_gap = self._patterns.longest_gap
        return CandlestickWatch(self._symbol, name, self._timeframes, longest_gap)

    def _take_in(self, name: str, now: Nanos) -> Iterator[ChartFact]:
        count = self._timeframes.count(name)
        if count == self._taken[name]:
            return
        bars = self._timeframes.last(name, min(count - self._taken[name], HISTORY))
        missing = self._timeframes.missing(name, len(bars.close)).tolist()
        self._taken[name] = count
        for place, before in enumerate(missing):
            if name == self._regime_of and before > LONGEST_HOLE:
                # Those before the hole are no neighbours of those behind it.
                self._regime = RegimeWatch(self._regime_parameters)
            yield from self._take(name, bar_at(bars, place), now)
            if name in self._named:
                self._shown = (-1, ())
                number = count - len(bars.close) + place + 1
                yield from self._named[name].take(number, now)

    def _take(self, name: str, bar: Bar, now: Nanos) -> Iterator[ChartFact]:
        recent = now - NEWS_CANDLES * TIMEFRAMES[INDEX[name]]
        if name in self._watches:
            for pattern in self._watches[name].update(bar):
                self._confirmed[name].append(pattern)
                self._in_order = None
                if pattern.confirmed_at >= recent:
                    yield self._seen(pattern, now)
        if name == self._regime_of:
            before = self._regime_before
            after = self._regime.update(bar).kind
            self._regime_before = after
            if after is not before and bar.open_at >= recent:
                yield RegimeChanged(
                    at=now,
                    symbol=self._symbol,
                    timeframe=name,
                    regime=after.value,
                    before=before.value,
                )

    def _seen(self, pattern: Pattern, now: Nanos) -> PatternSeen:
        return PatternSeen(
            at=now,
            symbol=self._symbol,
            timeframe=pattern.timeframe,
            kind=pattern.kind.value,
            name=pattern.name,
            direction=pattern.direction,
            target=pattern.target,
            invalidation=pattern.invalidation,
            quality=pattern.quality,
            points=tuple(ChartPoint(each.at, each.price, each.what) for each in pattern.points),
            experience=words(pattern.kind, pattern.timeframe),
        )

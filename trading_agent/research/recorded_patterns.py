"""What followed the chart patterns and candlesticks of a recording, on the candles that were made
of its prints."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.research.pattern_evaluation import (
    Events,
    EventsOf,
    PatternFigure,
    PatternTerms,
    SeenPatterns,
    candle_seconds,
    figures_of,
    judged,
)
from trading_agent.research.pattern_klines import Series
from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_information import coefficient
from trading_agent.research.signal_statistics import LEAST_BLOCKS, Estimate
from trading_agent.signals.patterns.pattern import PatternKind
from trading_agent.signals.patterns.settings import PatternSettings

TIMEFRAMES: Final = ("1s", "5s", "15s", "1m", "5m", "15m")
AFTER: Final = (1, 5, 10)
"""Candles."""
_PERCENT_BPS: Final = 100.0


class PatternMove(Struct, frozen=True, kw_only=True):
    """Basis points in the direction of `n` patterns of one kind, `after` candles. `hit`: of the
    `moves` that were not zero, the share that went its way. `ic`: the information coefficient of
    the directions over `candles`. `shifted_`: the same patterns at other times, and where 95 % of
    those lie. `chance`: how often such come as far from what is usual for them as the mean;
    `false_share`: see `false_discoveries`, over the medians and means of all patterns of the
    evaluation, candlesticks apart from the others."""

    symbol: str
    timeframe: str
    kind: str
    after: int
    n: int
    mean_bps: Estimate
    median_bps: Estimate
    hit: Estimate
    moves: int
    ic: Estimate | None
    candles: int
    shifted_mean_bps: Estimate
    shifted_hit: Estimate
    chance: float | None
    false_share: float | None


class PatternCount(Struct, frozen=True, kw_only=True):
    """How many patterns of each kind there were on so many candles. `too_few`: kinds of which
    fewer than eight were seen, so that nothing is said of what followed."""

    symbol: str
    timeframe: str
    candles: int
    patterns: dict[str, int]
    too_few: tuple[str, ...]


class _Seen(Struct, frozen=True):
    """`ic` is over `candles`."""

    symbol: str
    figure: PatternFigure
    ic: Estimate | None
    candles: int


class RecordedPatterns:
    """Of all recordings so far; judged together at the end."""

    def __init__(self, settings: PatternSettings, seed: int) -> None:
        self._settings = settings
        self._terms = PatternTerms(after=AFTER, by_days=False, seed=seed)
        self._shapes: list[_Seen] = []
        self._candlesticks: list[_Seen] = []
        self.counts: list[PatternCount] = []

    def look_at(self, symbol: str, candles: Sequence[Series]) -> SeenPatterns:
        """What was seen on them."""
        seen = SeenPatterns()
        told = {series.timeframe: series for series in candles if series.timeframe in TIMEFRAMES}
        for series in told.values():
            seen.look_at(series, self._settings)
            seen.name_candles(series)
        self.counts += _counts(symbol, seen)
        self._shapes += self._measured(symbol, seen.events, told)
        self._candlesticks += self._measured(symbol, seen.candlesticks, told)
        return seen

    def _measured(
        self, symbol: str, events: EventsOf, told: Mapping[str, Series]
    ) -> Iterator[_Seen]:
        """Of kinds that were seen often enough."""
        often = {
            key: those
            for key, those in events.items()
            if sum(len(each.places) for each in those) >= LEAST_BLOCKS
        }
        for figure in figures_of(often, self._terms):
            if figure.n >= LEAST_BLOCKS:
                (those,) = often[figure.timeframe, figure.kind]
                ic = _information(told[figure.timeframe], those, figure.after, self._terms.seed)
                yield _Seen(symbol, figure, ic, len(those.close) - figure.after)

    def moves(self) -> tuple[PatternMove, ...]:
        return _judged(self._shapes)

    def candlesticks(self) -> tuple[PatternMove, ...]:
        return _judged(self._candlesticks)


def _judged(seen: Sequence[_Seen]) -> tuple[PatternMove, ...]:
    told = judged([each.figure for each in seen])
    return tuple(_move(each, figure) for each, figure in zip(seen, told, strict=True))


def _information(series: Series, events: Events, after: int, seed: int) -> Estimate | None:
    """Over the closes that have so many after them."""
    bars = series.bars
    count = len(bars.close)
    said = np.bincount(events.places, events.signs, count).astype(np.float64)
    moved = np.zeros(count)
    moved[: count - after] = bars.close[after:] / bars.close[: count - after] - 1.0
    known = np.arange(count) < count - after
    horizon = after * candle_seconds([events])
    return coefficient(said, moved, known, TimeBlocks(bars.open_at, events.span, horizon, seed))


def _counts(symbol: str, seen: SeenPatterns) -> Iterator[PatternCount]:
    for timeframe, candles in seen.candles.items():
        kinds = {
            kind.value: seen.count(timeframe, kind)
            for kind in PatternKind
            if seen.count(timeframe, kind)
        }
        yield PatternCount(
            symbol=symbol,
            timeframe=timeframe,
            candles=candles,
            patterns=kinds,
            too_few=tuple(kind for kind, count in kinds.items() if count < LEAST_BLOCKS),
        )


def _move(seen: _Seen, figure: PatternFigure) -> PatternMove:
    """`figure`: of `seen`, judged."""
    return PatternMove(
        symbol=seen.symbol,
        timeframe=figure.timeframe,
        kind=figure.kind,
        after=figure.after,
        n=figure.n,
        mean_bps=_in_bps(figure.mean),
        median_bps=_in_bps(figure.median),
        hit=figure.hit,
        moves=figure.moves,
        ic=seen.ic,
        candles=seen.candles,
        shifted_mean_bps=_in_bps(figure.random_mean),
        shifted_hit=figure.random_hit,
        chance=figure.mean_chance,
        false_share=figure.mean_false_share,
    )


def _in_bps(percent: Estimate) -> Estimate:
    low, high = percent.low, percent.high
    return Estimate(
        value=percent.value * _PERCENT_BPS,
        low=None if low is None else low * _PERCENT_BPS,
        high=None if high is None else high * _PERCENT_BPS,
        chance=percent.chance,
    )


def kinds_of(moves: Sequence[PatternMove]) -> Iterator[tuple[PatternMove, ...]]:
    """One group a kind and timeframe, by how long after."""
    groups: dict[tuple[str, str, str], list[PatternMove]] = {}
    for each in moves:
        groups.setdefault((each.symbol, each.timeframe, each.kind), []).append(each)
    for group in groups.values():
        yield tuple(group)

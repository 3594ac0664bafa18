"""What followed the chart patterns of a recording, on the candles that were made of its prints."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.units import SECOND
from trading_agent.research.pattern_evaluation import (
    Events,
    EventsOf,
    PatternFigure,
    PatternTerms,
    SeenPatterns,
    figures_of,
    judged,
)
from trading_agent.research.pattern_klines import Series
from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_information import coefficient
from trading_agent.research.signal_statistics import LEAST_BLOCKS, Estimate
from trading_agent.signals.patterns.pattern import PatternKind
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.watch import timeframe_length

TIMEFRAMES: Final = ("1s", "5s", "15s", "1m", "5m", "15m")
AFTER: Final = (1, 5, 10)
"""Candles."""
_PERCENT_BPS: Final = 100.0


class PatternMove(Struct, frozen=True, kw_only=True):
    """Basis points in the direction of `n` patterns of one kind, `after` candles. `hit`: of the
    moves that were not zero, the share that went its way. `ic`: the information coefficient of
    the directions over all candles. `shifted_`: the same patterns at other
    times, and where 95 % of those lie. `chance`: how often such come as far from what is usual
    for them as the mean; `false_share`: see `false_discoveries`, over the medians and means of
    all patterns of the evaluation."""

    symbol: str
    timeframe: str
    kind: str
    after: int
    n: int
    mean_bps: Estimate
    median_bps: Estimate
    hit: Estimate
    ic: Estimate | None
    shifted_mean_bps: Estimate
    shifted_hit: Estimate
    chance: float
    false_share: float | None


class PatternCount(Struct, frozen=True, kw_only=True):
    """How many patterns of each kind there were on so many candles. `too_few`: kinds of which
    fewer than eight were seen, so that nothing is said of what followed."""

    symbol: str
    timeframe: str
    candles: int
    patterns: dict[str, int]
    too_few: tuple[str, ...]


class RecordedPatterns:
    """Of all recordings so far; judged together at the end."""

    def __init__(self, settings: PatternSettings, seed: int) -> None:
        self._settings = settings
        self._terms = PatternTerms(after=AFTER, by_days=False, seed=seed)
        self._figures: list[tuple[str, PatternFigure, Estimate | None]] = []
        self.counts: list[PatternCount] = []

    def look_at(self, symbol: str, candles: Sequence[Series]) -> EventsOf:
        """What was seen on them."""
        seen = SeenPatterns()
        told = {series.timeframe: series for series in candles if series.timeframe in TIMEFRAMES}
        for series in told.values():
            seen.look_at(series, self._settings)
        self.counts += _counts(symbol, seen)
        for figure in figures_of(seen.events, self._terms):
            if figure.n >= LEAST_BLOCKS:
                (events,) = seen.events[figure.timeframe, figure.kind]
                series = told[figure.timeframe]
                ic = _information(series, events, figure.after, self._terms.seed)
                self._figures.append((symbol, figure, ic))
        return seen.events

    def moves(self) -> tuple[PatternMove, ...]:
        told = judged([figure for _, figure, _ in self._figures])
        return tuple(
            _move(symbol, figure, ic)
            for (symbol, _, ic), figure in zip(self._figures, told, strict=True)
        )


def _information(series: Series, events: Events, after: int, seed: int) -> Estimate | None:
    """Over the closes that have so many after them."""
    bars = series.bars
    count = len(bars.close)
    said = np.bincount(events.places, events.signs, count).astype(np.float64)
    moved = np.zeros(count)
    moved[: count - after] = bars.close[after:] / bars.close[: count - after] - 1.0
    known = np.arange(count) < count - after
    span = int(bars.open_at[0]), int(bars.open_at[-1])
    horizon = after * timeframe_length(series.timeframe) / SECOND
    return coefficient(said, moved, known, TimeBlocks(bars.open_at, span, horizon, seed))


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


def _move(symbol: str, figure: PatternFigure, ic: Estimate | None) -> PatternMove:
    return PatternMove(
        symbol=symbol,
        timeframe=figure.timeframe,
        kind=figure.kind,
        after=figure.after,
        n=figure.n,
        mean_bps=_in_bps(figure.mean),
        median_bps=_in_bps(figure.median),
        hit=figure.hit,
        ic=ic,
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
    )


def kinds_of(moves: Sequence[PatternMove]) -> Iterator[tuple[PatternMove, ...]]:
    """One group a kind and timeframe, by how long after."""
    groups: dict[tuple[str, str, str], list[PatternMove]] = {}
    for each in moves:
        groups.setdefault((each.symbol, each.timeframe, each.kind), []).append(each)
    for group in groups.values():
        yield tuple(group)

"""Does it predict? Chart patterns and candlesticks against the candles after them, and against
random moments.

The random moments are the same patterns moved in time, all of a series by one distance: as many,
as clustered, in the same directions, and with nothing left of what the chart looked like.
Intervals come from resampled blocks of about two days of patterns, all series together, since
coins move together.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from math import ceil
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from trading_agent.domain.errors import ConfigError
from trading_agent.domain.units import DAY
from trading_agent.research.pattern_klines import Fold, Series, read_series
from trading_agent.research.signal_shifts import across, shift_means
from trading_agent.research.signal_statistics import (
    CONFIDENCE,
    LEAST_BLOCKS,
    RESAMPLES,
    Estimate,
    block_mean,
    false_discoveries,
)
from trading_agent.signals.patterns.candlesticks import POINTING, kind_of, marks
from trading_agent.signals.patterns.pattern import Pattern
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.watch import find_patterns, timeframe_length

HORIZONS: Final = (5, 10, 20)
"""Candles."""
SHIFTS: Final = 1_000
_DAYS_A_BLOCK: Final = 2
_HORIZONS_A_BLOCK: Final = 2
_MOST_AT_ONCE: Final = 4_000_000
"""Random moves looked at together: 32 MB, whatever the number of patterns."""

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.int64]]
Say = Callable[[str], None]


class PatternRequest(Struct, frozen=True, kw_only=True):
    """`candlesticks`: whether they are measured too; they are many, and take most of the time.
    `folds`: what longer candles are made of which."""

    data: tuple[Path, ...]
    settings: PatternSettings
    timeframe: str | None = None
    seed: int = 1
    candlesticks: bool = True
    folds: tuple[Fold, ...] = ()


class PatternTerms(Struct, frozen=True, kw_only=True):
    """`after`: candles. `by_days`: intervals come from blocks of about two days, as for years of
    candles; else from blocks twice as long as what is looked at, as for hours of them."""

    after: tuple[int, ...] = HORIZONS
    by_days: bool = True
    seed: int = 1


class PatternFigure(Struct, frozen=True, kw_only=True):
    """What followed one kind of pattern after `after` candles, percent of the price in the
    direction of the pattern. `hit`: share of moves that went its way, moves of zero left out.
    `random_`: the same of as many random moments, the mean over all shifts and where 95 % of them
    lie. `_chance`: how often
    that of random moments is as far from what is usual for them; `_false_share`: see
    `false_discoveries`, over all medians and means of those judged together."""

    kind: str
    timeframe: str
    after: int
    n: int
    median: Estimate
    mean: Estimate
    hit: Estimate
    random_median: Estimate
    random_mean: Estimate
    random_hit: Estimate
    median_chance: float
    mean_chance: float
    median_false_share: float | None = None
    mean_false_share: float | None = None


class PatternEvaluation(Struct, frozen=True, kw_only=True):
    """`candles` and `patterns` looked at, by timeframe. Chart patterns are judged together, and
    candlesticks apart from them."""

    candles: dict[str, int]
    patterns: dict[str, int]
    figures: tuple[PatternFigure, ...]
    candlesticks: tuple[PatternFigure, ...]


class Events(Struct, frozen=True):
    """Patterns of one kind in one series: the candle that confirmed each, and where it points."""

    places: Integers
    signs: Floats
    at: Integers
    close: Floats


EventsOf = dict[tuple[str, str], list[Events]]
"""By timeframe and kind."""


class _Random(Struct, frozen=True):
    """Of every shift: the median and the mean, and the share that went its way where any move
    was not zero."""

    medians: Floats
    means: Floats
    hits: Floats


class SeenPatterns:
    """What was seen so far, by timeframe and kind."""

    def __init__(self) -> None:
        self.candles: dict[str, int] = defaultdict(int)
        self.events: EventsOf = defaultdict(list)
        self.candlesticks: EventsOf = defaultdict(list)

    def look_at(self, series: Series, settings: PatternSettings) -> int:
        """How many patterns there are in it."""
        found = find_patterns(series.bars, series.timeframe, settings)
        self.candles[series.timeframe] += len(series.bars.close)
        for kind, those in _by_kind(found).items():
            self.events[series.timeframe, kind].append(_events(those, series))
        return len(found)

    def name_candles(self, series: Series) -> None:
        """Every candlestick in it that points somewhere."""
        for function in POINTING:
            values = marks(series.bars, function)
            (places,) = np.nonzero(values)
            if len(places):
                signs = np.sign(values[places]).astype(np.float64)
                at = series.bars.open_at[places]
                named = Events(places, signs, at, series.bars.close)
                self.candlesticks[series.timeframe, kind_of(function)].append(named)

    def count(self, timeframe: str, kind: str) -> int:
        return sum(len(each.places) for each in self.events.get((timeframe, kind), ()))

    def patterns(self) -> dict[str, int]:
        """By timeframe."""
        counts = dict.fromkeys(self.candles, 0)
        for timeframe, kind in self.events:
            counts[timeframe] += self.count(timeframe, kind)
        return counts


def evaluate_patterns(request: PatternRequest, say: Say) -> PatternEvaluation:
    """Raises CommandError, ConfigError or FeedError for data that cannot be used."""
    if request.timeframe is not None:
        timeframe_length(request.timeframe)
    seen = SeenPatterns()
    for series in read_series(request.data, request.timeframe, request.folds):
        count = seen.look_at(series, request.settings)
        if request.candlesticks:
            seen.name_candles(series)
        say(f"{series.name}: {len(series.bars.close):,} candles, {count:,} patterns")
    if not seen.events:
        raise ConfigError("no pattern was found: too few candles, or none of this timeframe")
    terms = PatternTerms(seed=request.seed)
    return PatternEvaluation(
        candles=dict(seen.candles),
        patterns=seen.patterns(),
        figures=judged(figures_of(seen.events, terms)),
        candlesticks=judged(figures_of(seen.candlesticks, terms)),
    )


def figures_of(events: EventsOf, terms: PatternTerms) -> list[PatternFigure]:
    """Not judged against one another yet."""
    return [
        figure
        for (timeframe, kind), those in sorted(events.items())
        for figure in _figures(timeframe, kind, those, terms)
    ]


def judged(figures: Sequence[PatternFigure]) -> tuple[PatternFigure, ...]:
    """With the share of false finds over all of them."""
    medians: list[float | None] = [figure.median_chance for figure in figures]
    means: list[float | None] = [figure.mean_chance for figure in figures]
    adjusted = false_discoveries(medians + means)
    return tuple(
        replace(figure, median_false_share=of_median, mean_false_share=of_mean)
        for figure, of_median, of_mean in zip(
            figures, adjusted[: len(figures)], adjusted[len(figures) :], strict=True
        )
    )


def _by_kind(found: Sequence[Pattern]) -> dict[str, list[Pattern]]:
    kinds: dict[str, list[Pattern]] = defaultdict(list)
    for pattern in found:
        kinds[pattern.kind.value].append(pattern)
    return kinds


def _events(found: Sequence[Pattern], series: Series) -> Events:
    at = np.array([pattern.points[-1].at for pattern in found], np.int64)
    return Events(
        np.searchsorted(series.bars.open_at, at),
        np.array([float(pattern.direction) for pattern in found]),
        at,
        series.bars.close,
    )


def _figures(
    timeframe: str, kind: str, events: Sequence[Events], terms: PatternTerms
) -> Iterator[PatternFigure]:
    seed = terms.seed
    for after in terms.after:
        moved, at = _moves(events, after)
        if len(moved) < 2:
            continue
        spans, unit = _DAYS_A_BLOCK, DAY
        if not terms.by_days:
            spans, unit = 1, _HORIZONS_A_BLOCK * after * timeframe_length(timeframe)
        block = ceil(spans * len(moved) / len(np.unique(at // unit)))
        random = _random_moves(events, after, seed)
        yield PatternFigure(
            kind=kind,
            timeframe=timeframe,
            after=after,
            n=len(moved),
            median=block_median(moved, block, seed),
            mean=block_mean(moved, block, seed),
            hit=_hits(moved, block, seed),
            random_median=across(random.medians),
            random_mean=across(random.means),
            random_hit=across(random.hits),
            median_chance=_chance(float(np.median(moved)), random.medians),
            mean_chance=_chance(float(moved.mean()), random.means),
        )


def _chance(value: float, random: Floats) -> float:
    usual = random.mean()
    further = np.count_nonzero(np.abs(random - usual) >= abs(value - usual))
    return float((1 + further) / (1 + len(random)))


def _moves(events: Sequence[Events], after: int) -> tuple[Floats, Integers]:
    """In the order of time, all series together."""
    moved, at = [], []
    for those in events:
        known = those.places + after < len(those.close)
        places = those.places[known]
        moved.append(
            100.0 * those.signs[known] * (those.close[places + after] / those.close[places] - 1.0)
        )
        at.append(those.at[known])
    times = np.concatenate(at)
    order = np.argsort(times, kind="stable")
    return np.concatenate(moved)[order], times[order]


def _random_moves(events: Sequence[Events], after: int, seed: int) -> _Random:
    """Every series is moved by the same share of its length."""
    noise = np.frombuffer(Random(seed).randbytes(8 * SHIFTS), np.uint64)
    shares = noise.astype(np.float64) / 2.0**64
    count = sum(len(those.places) for those in events)
    medians, means, hits = [], [], []
    for part in np.array_split(shares, min(ceil(SHIFTS * count / _MOST_AT_ONCE), SHIFTS)):
        moved = _moved_by(events, after, part)
        medians.append(np.median(moved, axis=1))
        means.append(moved.mean(axis=1))
        hits.append(shift_means(np.where(moved == 0, np.nan, moved > 0)))
    return _Random(np.concatenate(medians), np.concatenate(means), np.concatenate(hits))


def _moved_by(events: Sequence[Events], after: int, shares: Floats) -> Floats:
    """A row a shift."""
    moved = []
    for those in events:
        usable = len(those.close) - after
        if usable < 1:
            continue
        known = those.places < usable
        changes = 100.0 * (those.close[after:] / those.close[:usable] - 1.0)
        offsets = (shares * usable).astype(np.int64)
        places = (those.places[known][None, :] + offsets[:, None]) % usable
        moved.append(those.signs[known] * changes[places])
    return np.concatenate(moved, axis=1)


def _hits(moved: Floats, block: int, seed: int) -> Estimate:
    went = moved[moved != 0]
    if len(went) == 0:
        return Estimate(value=0.0, low=None, high=None)
    return block_mean((went > 0).astype(np.float64), block, seed)


def block_median(values: Floats, block: int, seed: int) -> Estimate:
    """A median and its interval; None for its ends where there are too few blocks."""
    parts = [values[start : start + block] for start in range(0, len(values), block)]
    value = float(np.median(values))
    if len(parts) < LEAST_BLOCKS:
        return Estimate(value=value, low=None, high=None)
    dice = Random(seed)
    drawn = [np.median(np.concatenate(dice.choices(parts, k=len(parts)))) for _ in range(RESAMPLES)]
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(drawn, (tail, 1.0 - tail))
    return Estimate(value=value, low=float(low), high=float(high))

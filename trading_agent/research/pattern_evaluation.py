"""Does it predict? Chart patterns and candlesticks against the candles after them, and against
random moments.

The random moments are the same patterns moved in time, all of a series by one distance: as many,
as clustered, in the same directions, and with nothing left of what the chart looked like. None is
moved by less than what it is looked at after and a block of time; series too short for that are
left out of it. Intervals come from resampled blocks of time, all series together, since coins move
together.
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
from trading_agent.domain.units import DAY, SECOND
from trading_agent.research.pattern_klines import Fold, Series, read_series
from trading_agent.research.signal_blocks import SPANS_A_BLOCK, TimeBlocks
from trading_agent.research.signal_shifts import across, chance_either_way, shift_means
from trading_agent.research.signal_statistics import Estimate, false_discoveries
from trading_agent.signals.patterns.candlesticks import POINTING, kind_of, marks
from trading_agent.signals.patterns.pattern import Pattern
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.watch import find_patterns, timeframe_length

HORIZONS: Final = (5, 10, 20)
"""Candles."""
SHIFTS: Final = 1_000
_DAYS_A_BLOCK: Final = 2
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
    """`after`: candles. `by_days`: intervals come from blocks of at least two days, as for years of
    candles; else from blocks twice as long as the candles that are looked at last."""

    after: tuple[int, ...] = HORIZONS
    by_days: bool = True
    seed: int = 1


class PatternFigure(Struct, frozen=True, kw_only=True):
    """What followed one kind of pattern after `after` candles, percent of the price in the
    direction of the pattern. `hit`: of the `moves` that were not zero, the share that went its way.
    `random_`: the same of as many random moments, the mean over all shifts and where 95 % of them
    lie. `_chance`: how often that of random moments is as far from what is usual for them, None
    where no series is long enough to tell; `_false_share`: see `false_discoveries`, over all
    medians and means of those judged together."""

    kind: str
    timeframe: str
    after: int
    n: int
    median: Estimate
    mean: Estimate
    hit: Estimate
    moves: int
    random_median: Estimate
    random_mean: Estimate
    random_hit: Estimate
    median_chance: float | None
    mean_chance: float | None
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
    """Patterns of one kind in one series: the candle that confirmed each, and where it points.
    `open_at`, `close`: of all candles of the series."""

    places: Integers
    signs: Floats
    open_at: Integers
    close: Floats

    @property
    def at(self) -> Integers:
        """When the candles opened that confirmed them."""
        return self.open_at[self.places]

    @property
    def span(self) -> tuple[int, int]:
        return int(self.open_at[0]), int(self.open_at[-1])


EventsOf = dict[tuple[str, str], list[Events]]
"""By timeframe and kind."""


class _Random(Struct, frozen=True):
    """Of every shift: the median and the mean, and the share that went its way where any move
    was not zero. `blocks`: of time, over which the shifts are spread."""

    medians: Floats
    means: Floats
    hits: Floats
    blocks: int


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
                named = Events(places, signs, series.bars.open_at, series.bars.close)
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
        series.bars.open_at,
        series.bars.close,
    )


def _figures(
    timeframe: str, kind: str, events: Sequence[Events], terms: PatternTerms
) -> Iterator[PatternFigure]:
    spans = [those.span for those in events]
    span = min(first for first, _ in spans), max(last for _, last in spans)
    least = _DAYS_A_BLOCK * DAY / SECOND / SPANS_A_BLOCK if terms.by_days else 0.0
    for after in terms.after:
        moved, at = _moves(events, after)
        if len(moved) < 2:
            continue
        blocks = TimeBlocks(at, span, max(after * candle_seconds(events), least), terms.seed)
        random = _random_moves(events, after, blocks.seconds, terms.seed)
        every, went = np.ones(len(moved), np.bool_), moved != 0
        median, mean = blocks.median(moved, every), blocks.mean(moved, every)
        yield PatternFigure(
            kind=kind,
            timeframe=timeframe,
            after=after,
            n=len(moved),
            median=median,
            mean=mean,
            hit=blocks.share(moved > 0, went),
            moves=int(went.sum()),
            random_median=across(random.medians),
            random_mean=across(random.means),
            random_hit=across(random.hits),
            median_chance=chance_either_way(median.value, random.medians, random.blocks),
            mean_chance=chance_either_way(mean.value, random.means, random.blocks),
        )


def candle_seconds(events: Sequence[Events]) -> float:
    """From one candle to the next, on average: where nothing is traded there is none, so that they
    last longer than their name says."""
    between = sum(len(those.close) - 1 for those in events)
    return sum(last - first for first, last in (e.span for e in events)) / SECOND / max(between, 1)


def _moves(events: Sequence[Events], after: int) -> tuple[Floats, Integers]:
    """All series together, and when."""
    moved, at = [], []
    for those in events:
        known = those.places + after < len(those.close)
        places = those.places[known]
        moved.append(
            100.0 * those.signs[known] * (those.close[places + after] / those.close[places] - 1.0)
        )
        at.append(those.open_at[places])
    return np.concatenate(moved), np.concatenate(at)


def _random_moves(events: Sequence[Events], after: int, block: float, seed: int) -> _Random:
    """Every series is moved by the same share of its length. `block`: seconds."""
    noise = np.frombuffer(Random(seed).randbytes(8 * SHIFTS), np.uint64)
    shares = noise.astype(np.float64) / 2.0**64
    long_enough = [(those, room) for those in events if (room := _room(those, after, block)).least]
    count = sum(len(those.places) for those, _ in long_enough)
    if not count:
        return _Random(np.empty(0), np.empty(0), np.empty(0), 0)
    medians, means, hits = [], [], []
    for part in np.array_split(shares, min(ceil(SHIFTS * count / _MOST_AT_ONCE), SHIFTS)):
        moved = np.concatenate(
            [_moved_by(those, after, room, part) for those, room in long_enough], axis=1
        )
        medians.append(np.median(moved, axis=1))
        means.append(moved.mean(axis=1))
        hits.append(shift_means(np.where(moved == 0, np.nan, moved > 0)))
    blocks = sum(len(those.places) * room.blocks for those, room in long_enough) // count
    return _Random(np.concatenate(medians), np.concatenate(means), np.concatenate(hits), blocks)


class _Room(Struct, frozen=True):
    """Candles that patterns can be moved by: at `least` so many, 0 where the series is too short,
    and `usable` of them less at most. `blocks`: of time, in between."""

    least: int
    usable: int
    blocks: int


def _room(those: Events, after: int, block: float) -> _Room:
    """`block`: seconds."""
    usable = len(those.close) - after
    candle = candle_seconds([those])
    each = ceil(block / candle) if candle else 1
    least = after + each
    between = usable - 2 * least
    if between < 1 or not (those.places < usable).any():
        return _Room(0, usable, 0)
    return _Room(least, usable, between // each)


def _moved_by(those: Events, after: int, room: _Room, shares: Floats) -> Floats:
    """A row a shift."""
    known = those.places < room.usable
    changes = 100.0 * (those.close[after:] / those.close[: room.usable] - 1.0)
    offsets = room.least + (shares * (room.usable - 2 * room.least)).astype(np.int64)
    places = (those.places[known][None, :] + offsets[:, None]) % room.usable
    moved: Floats = those.signs[known] * changes[places]
    return moved

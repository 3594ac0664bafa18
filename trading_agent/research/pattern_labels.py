"""How well the detector agrees with a person who looked at windows of a chart."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.errors import ConfigError
from trading_agent.research.pattern_klines import Series, read_labels, read_series
from trading_agent.signals.patterns.pattern import PatternKind
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.watch import find_patterns

WINDOW: Final = 30
"""Candles a person saw, from the labelled one on."""
TOLERANCE: Final = 5
"""Candles by which a bottom may lie outside of its window."""


class LabelScore(Struct, frozen=True, kw_only=True):
    """Windows counted. `precision`: of the windows in which the detector saw the shape, the share
    in which the person did; `recall`: the other way round; None where nothing was to share.
    `usual`: share of windows with the shape, the precision of guessing."""

    windows: int
    hits: int
    false_alarms: int
    missed: int
    rightly_silent: int
    precision: float | None
    recall: float | None
    usual: float


def score_double_bottoms(
    data: tuple[Path, ...], labels: Path, settings: PatternSettings
) -> LabelScore:
    """Raises CommandError, ConfigError or FeedError for data that cannot be used."""
    series = list(read_series(data))
    if len(series) != 1:
        raise ConfigError(f"labels are of one series of candles, {len(series)} were given")
    return score(series[0], read_labels(labels), settings)


def score(series: Series, labels: Mapping[int, bool], settings: PatternSettings) -> LabelScore:
    """A window is found when both bottoms lie in it, a few candles more or less; when the
    neckline broke does not matter."""
    spans = _spans(series, settings)
    seen: dict[bool, list[bool]] = {True: [], False: []}
    for at, label in labels.items():
        start = int(np.searchsorted(series.bars.open_at, at))
        if start >= len(series.bars.close) or series.bars.open_at[start] != at:
            raise ConfigError("a label stands on no candle of the series")
        first, last = start - TOLERANCE, start + WINDOW - 1 + TOLERANCE
        seen[label].append(any(first <= left and right <= last for left, right in spans))
    hits, false_alarms = sum(seen[True]), sum(seen[False])
    return LabelScore(
        windows=len(labels),
        hits=hits,
        false_alarms=false_alarms,
        missed=len(seen[True]) - hits,
        rightly_silent=len(seen[False]) - false_alarms,
        precision=hits / (hits + false_alarms) if hits + false_alarms else None,
        recall=hits / len(seen[True]) if seen[True] else None,
        usual=len(seen[True]) / len(labels),
    )


def _spans(series: Series, settings: PatternSettings) -> list[tuple[int, int]]:
    """Candles of the first and second bottom."""
    found = find_patterns(series.bars, series.timeframe, settings)
    doubles = [it.points for it in found if it.kind is PatternKind.DOUBLE_BOTTOM]
    places = np.searchsorted(
        series.bars.open_at, [[points[0].at, points[2].at] for points in doubles]
    )
    return [(int(left), int(right)) for left, right in places.reshape(-1, 2)]

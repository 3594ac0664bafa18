"""Shapes between two lines: triangles, wedges, rectangles, channels, flags and pennants.

All are written pointing upward; a mirrored series gives the others.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from trading_agent.signals.patterns.pattern import PatternKind
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.shape import Edge, Ground, Shape, fitness, level, line
from trading_agent.signals.patterns.swings import Swing

_TOUCHES: Final = 5
_MOST_RETRACED: Final = 0.5
"""Of the pole, by its flag."""
_LONGEST_FLAG: Final = 4
"""In lengths of its pole."""


class _Lane(NamedTuple):
    """Two lines around swings. `above`, `below`: how far each rises along the shape, and
    `misfit`: the furthest swing from its line, all in widths of the wider end. `left`: what is
    left of the width at the end."""

    upper: Edge
    lower: Edge
    width: float
    above: float
    below: float
    left: float
    misfit: float


def _lane(swings: Sequence[Swing]) -> _Lane | None:
    first, last = swings[0].candle, swings[-1].candle
    upper = line([swing for swing in swings if swing.side > 0])
    lower = line([swing for swing in swings if swing.side < 0])
    if upper is None or lower is None or last <= first:
        return None
    start, end = upper.at(first) - lower.at(first), upper.at(last) - lower.at(last)
    if start <= 0 or end <= 0:
        return None
    width, length = max(start, end), last - first
    misfit = max(abs(it.price - (upper if it.side > 0 else lower).at(it.candle)) for it in swings)
    return _Lane(
        upper,
        lower,
        width,
        upper.slope * length / width,
        lower.slope * length / width,
        end / start,
        misfit / width,
    )


def between_lines(swings: Sequence[Swing], ground: Ground) -> Shape | None:
    """Triangles and wedges that point upward."""
    lane = _touched(swings, ground)
    if lane is None or lane.left > ground.settings.narrowing:
        return None
    flat = ground.settings.flat_slope
    if abs(lane.above) <= flat < lane.below:
        return _shape(PatternKind.ASCENDING_TRIANGLE, swings, lane, ground.settings)
    if max(lane.above, lane.below) < -flat:
        return _shape(PatternKind.FALLING_WEDGE, swings, lane, ground.settings)
    return None


def either_way(swings: Sequence[Swing], ground: Ground) -> Shape | None:
    """Shapes that may be broken on both sides."""
    lane = _touched(swings, ground)
    if lane is None:
        return None
    kind = _kind_either_way(lane, ground.settings)
    return None if kind is None else _shape(kind, swings, lane, ground.settings)


def _kind_either_way(lane: _Lane, settings: PatternSettings) -> PatternKind | None:
    flat = settings.flat_slope
    if lane.left <= settings.narrowing:
        converging = lane.above < -flat and lane.below > flat
        return PatternKind.SYMMETRIC_TRIANGLE if converging else None
    if not _parallel(lane, settings):
        return None
    if max(abs(lane.above), abs(lane.below)) <= flat:
        return PatternKind.RECTANGLE
    if min(abs(lane.above), abs(lane.below)) > flat and lane.above * lane.below > 0:
        return PatternKind.CHANNEL_BREAK
    return None


def _parallel(lane: _Lane, settings: PatternSettings) -> bool:
    return min(lane.left, 1.0 / lane.left) >= 1.0 - settings.parallel_tolerance


def _touched(swings: Sequence[Swing], ground: Ground) -> _Lane | None:
    if len(swings) < _TOUCHES:
        return None
    lane = _lane(swings[-_TOUCHES:])
    if lane is None or lane.misfit > ground.settings.level_tolerance:
        return None
    return lane


def _shape(
    kind: PatternKind, swings: Sequence[Swing], lane: _Lane, settings: PatternSettings
) -> Shape:
    both_ways = kind in (
        PatternKind.SYMMETRIC_TRIANGLE,
        PatternKind.RECTANGLE,
        PatternKind.CHANNEL_BREAK,
    )
    return Shape(
        kind,
        lane.upper,
        lane.lower,
        both_ways,
        lane.width,
        tuple((swing, "edge {}") for swing in swings[-_TOUCHES:]),
        fitness((lane.misfit, settings.level_tolerance)),
    )


def flag(swings: Sequence[Swing], ground: Ground) -> Shape | None:
    """A steep rise, and a pause of two waves that keeps most of it."""
    if len(swings) < _TOUCHES or swings[-1].side > 0:
        return None
    foot, peak = swings[-5], swings[-4]
    pause = swings[-4:]
    lane = _lane(pause)
    if lane is None:
        return None
    pole = peak.price - foot.price
    lowest = min(swing.price for swing in pause)
    settings = ground.settings
    retraced = (peak.price - lowest) / pole if pole > 0 else 1.0
    lasted = (pause[-1].candle - peak.candle) / max(peak.candle - foot.candle, 1)
    if retraced > _MOST_RETRACED or lasted > _LONGEST_FLAG:
        return None
    kind = _kind_of_pause(lane, settings)
    if kind is None or pole < settings.pole_factor * lane.width:
        return None
    return Shape(
        kind,
        lane.upper,
        level(lowest),
        False,
        pole,
        ((foot, "foot of the pole"), *((swing, "edge {}") for swing in pause)),
        fitness((retraced, _MOST_RETRACED), (lane.width, pole / settings.pole_factor)),
    )


def _kind_of_pause(lane: _Lane, settings: PatternSettings) -> PatternKind | None:
    if lane.left <= settings.narrowing and lane.above < 0 < lane.below:
        return PatternKind.BULL_PENNANT
    if _parallel(lane, settings) and lane.above <= settings.flat_slope:
        return PatternKind.BULL_FLAG
    return None

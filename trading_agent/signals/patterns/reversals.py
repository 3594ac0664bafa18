"""Shapes that end a move: double and triple bottoms, inverse head and shoulders, cups, levels.

All are written pointing upward; a mirrored series gives the tops.
"""

from collections.abc import Sequence
from typing import Final

from trading_agent.signals.patterns.pattern import PatternKind
from trading_agent.signals.patterns.shape import Edge, Ground, Shape, fitness, level
from trading_agent.signals.patterns.swings import Swing

_MOST_UNEVEN: Final = 2.5
"""The longer half of a head and shoulders, in lengths of the shorter one."""
_DEEPEST_HANDLE: Final = 0.5
"""Of the depth of its cup; also of its length."""
_MIDDLE: Final = (0.2, 0.8)
"""Where the deepest point of a cup may stand between its rims."""


def bottom(swings: Sequence[Swing], ground: Ground) -> Shape | None:
    """The best of the shapes that end with this low."""
    return _head(swings, ground) or _triple(swings, ground) or _double(swings, ground)


def _double(swings: Sequence[Swing], ground: Ground) -> Shape | None:
    if len(swings) < 4 or swings[-1].side > 0:
        return None
    before, first, neck, second = swings[-4:]
    height = neck.price - (first.price + second.price) / 2.0
    wanted = ground.settings
    apart = abs(first.price - second.price)
    if height <= 0 or apart > wanted.level_tolerance * height:
        return None
    if before.price - first.price < wanted.prior_move * height:
        return None
    return Shape(
        PatternKind.DOUBLE_BOTTOM,
        level(neck.price),
        level(min(first.price, second.price)),
        False,
        height,
        ((first, "first {}"), (neck, "neckline"), (second, "second {}")),
        fitness((apart, wanted.level_tolerance * height), _unevenness(first, neck, second)),
    )


def _triple(swings: Sequence[Swing], ground: Ground) -> Shape | None:
    if len(swings) < 6 or swings[-1].side > 0:
        return None
    before, first, left, second, right, third = swings[-6:]
    lows = (first.price, second.price, third.price)
    neck = max(left.price, right.price)
    height = neck - sum(lows) / 3.0
    wanted = ground.settings
    apart, tilt = max(lows) - min(lows), abs(left.price - right.price)
    if height <= 0 or apart > wanted.level_tolerance * height:
        return None
    if tilt > wanted.shoulder_tolerance * height:
        return None
    if before.price - first.price < wanted.prior_move * height:
        return None
    return Shape(
        PatternKind.TRIPLE_BOTTOM,
        level(neck),
        level(min(lows)),
        False,
        height,
        (
            (first, "first {}"),
            (left, "neckline"),
            (second, "second {}"),
            (right, "neckline"),
            (third, "third {}"),
        ),
        fitness(
            (apart, wanted.level_tolerance * height), (tilt, wanted.shoulder_tolerance * height)
        ),
    )


def _head(swings: Sequence[Swing], ground: Ground) -> Shape | None:
    if len(swings) < 6 or swings[-1].side > 0 or swings[-2].candle == swings[-4].candle:
        return None
    before, left, neck, head, further, right = swings[-6:]
    slope = (further.price - neck.price) / (further.candle - neck.candle)
    edge = Edge(neck.candle, neck.price, slope)
    height = edge.at(head.candle) - head.price
    wanted = ground.settings
    tilt, uneven = abs(further.price - neck.price), abs(left.price - right.price)
    stands_out = min(left.price, right.price) - head.price
    if height <= 0 or max(tilt, uneven) > wanted.shoulder_tolerance * height:
        return None
    sides = _unevenness(left, head, right)
    fallen = before.price - left.price
    if sides[0] > sides[1] or stands_out < wanted.head_share * height:
        return None
    if fallen < wanted.prior_move * (height - stands_out):
        return None
    limit = wanted.shoulder_tolerance * height
    return Shape(
        PatternKind.INVERSE_HEAD_AND_SHOULDERS,
        edge,
        level(right.price),
        False,
        height,
        (
            (left, "left shoulder"),
            (neck, "neckline"),
            (head, "head"),
            (further, "neckline"),
            (right, "right shoulder"),
        ),
        fitness((tilt, limit), (uneven, limit), sides),
    )


def _unevenness(first: Swing, middle: Swing, last: Swing) -> tuple[float, float]:
    halves = (middle.candle - first.candle, last.candle - middle.candle)
    return max(halves) / max(min(halves), 1) - 1.0, _MOST_UNEVEN - 1.0


def cup(swings: Sequence[Swing], ground: Ground) -> Shape | None:
    """A round hollow between two rims of one height, and a small one after it."""
    if len(swings) < 4 or swings[-1].side > 0:
        return None
    handle, right = swings[-1], swings[-2]
    for place in range(len(swings) - 4, -1, -2):
        found = _hollow(swings[place:-1], handle, ground)
        # Beyond a higher rim nothing is a hollow between the two.
        if found is not None or swings[place].price > right.price:
            return found
    return None


def _hollow(span: Sequence[Swing], handle: Swing, ground: Ground) -> Shape | None:
    left, right = span[0], span[-1]
    lowest = min(span, key=lambda swing: swing.price)
    rim = max(left.price, right.price)
    depth, length = rim - lowest.price, right.candle - left.candle
    wanted = ground.settings
    apart = abs(left.price - right.price)
    if length < wanted.cup_candles or not apart <= wanted.level_tolerance * depth > 0:
        return None
    handle_share = max((rim - handle.price) / depth, (handle.candle - right.candle) / length)
    deepest = (lowest.candle - left.candle) / length
    if handle_share > _DEEPEST_HANDLE or not _MIDDLE[0] <= deepest <= _MIDDLE[1]:
        return None
    closes = ground.closes(left.candle, right.candle)
    if _lower_half(closes, rim - depth / 2.0) < wanted.cup_roundness:
        return None
    return Shape(
        PatternKind.CUP_AND_HANDLE,
        level(rim),
        level(handle.price),
        False,
        depth,
        ((left, "rim"), (lowest, "deepest point"), (right, "rim"), (handle, "handle")),
        fitness((apart, wanted.level_tolerance * depth), _unevenness(left, lowest, right)),
    )


def _lower_half(closes: Sequence[float], middle: float) -> float:
    return sum(close < middle for close in closes) / len(closes) if closes else 0.0


def resistance(swings: Sequence[Swing], ground: Ground) -> Shape | None:
    """A level that has held several times, and has not been passed since the first of them."""
    if not swings or swings[-1].side < 0:
        return None
    near = ground.settings.level_ranges * ground.average_range
    price = swings[-1].price
    touches: list[Swing] = []
    for swing in reversed(swings):
        if swing.side < 0:
            continue
        if swing.price > price + near:
            break
        if swing.price >= price - near:
            touches.append(swing)
    if len(touches) < ground.settings.level_touches or near <= 0:
        return None
    touches.reverse()
    edge = max(swing.price for swing in touches)
    between = [it.price for it in swings if it.side < 0 and it.candle > touches[0].candle]
    lowest = min(between, default=edge)
    if lowest >= edge:
        return None
    apart = edge - min(swing.price for swing in touches)
    return Shape(
        PatternKind.RESISTANCE_BREAK,
        level(edge),
        level(lowest),
        False,
        edge - lowest,
        tuple((swing, "touch") for swing in touches),
        fitness((apart, 2.0 * near), (1.0, float(len(touches)))),
    )

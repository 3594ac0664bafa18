"""Charts drawn from corner to corner, and walks, as candles."""

from collections.abc import Sequence
from random import Random

import numpy as np

from trading_agent.domain.units import MINUTE
from trading_agent.signals.indicators.bars import Bars, make_bars
from trading_agent.signals.patterns.pattern import PatternKind as Kind

START = 1_700_000_100 * 1_000_000_000 // (15 * MINUTE) * (15 * MINUTE)
LENGTH = 15 * MINUTE
MIDDLE = 200.0
"""Charts are turned upside down around half of it."""

Corners = Sequence[float | tuple[int, float]]


def candles_of(closes: Sequence[float], wick: float = 0.1) -> Bars:
    """Every candle opens where the last one closed."""
    close = np.array(closes, np.float64)
    opening = np.concatenate((close[:1], close[:-1]))
    high, low = np.maximum(opening, close) + wick, np.minimum(opening, close) - wick
    at = START + LENGTH * np.arange(len(close))
    return make_bars(at, (opening, high, low, close), np.ones(len(close)))


def drawn(corners: Corners, upside_down: bool = False) -> Bars:
    """Straight legs of ten candles, or of as many as are given before the price; a slow start
    makes the average range ready."""
    first = corners[0]
    assert isinstance(first, float)
    closes = list(np.linspace(first - 1.5, first, 16))
    for corner in corners[1:]:
        count, price = corner if isinstance(corner, tuple) else (10, corner)
        closes += list(np.linspace(closes[-1], price, count + 1)[1:])
    return candles_of([MIDDLE - close for close in closes] if upside_down else closes)


def hollow(round_one: bool) -> list[float | tuple[int, float]]:
    """A cup of forty candles between rims at 120, or a V, and a handle."""
    along = np.linspace(-1.0, 1.0, 41)
    depth = along**4 if round_one else np.abs(along)
    cup = [(1, 100.0 + 20.0 * float(share)) for share in depth[1:]]
    return [100.0, 120.0, *cup, (5, 114.0), (8, 126.0)]


UPRIGHT: dict[Kind, tuple[Corners, Corners]] = {
    Kind.DOUBLE_BOTTOM: (
        [110.0, 120.0, 100.0, 110.0, 100.5, 114.0],
        [110.0, 120.0, 100.0, 110.0, 105.0, 114.0],
    ),
    Kind.TRIPLE_BOTTOM: (
        [110.0, 120.0, 100.0, 110.0, 100.5, 109.5, 100.0, 114.0],
        [110.0, 120.0, 100.0, 110.0, 105.0, 109.5, 100.0, 114.0],
    ),
    Kind.INVERSE_HEAD_AND_SHOULDERS: (
        [112.0, 120.0, 104.0, 110.0, 98.0, 110.0, 104.5, 116.0],
        [112.0, 120.0, 104.0, 110.0, 103.6, 110.0, 104.5, 116.0],
    ),
    Kind.ASCENDING_TRIANGLE: (
        [96.0, 110.0, 102.0, 110.0, 105.0, 110.0, 107.0, 114.0],
        [96.0, 110.0, 102.0, 110.0, 102.0, 110.0, 102.0, 114.0],
    ),
    Kind.FALLING_WEDGE: (
        [110.0, 120.0, 108.0, 114.0, 105.0, 109.0, 103.0, 112.0],
        [110.0, 120.0, 108.0, 114.0, 102.0, 108.0, 96.0, 112.0],
    ),
    Kind.BULL_FLAG: (
        [104.0, 100.0, 140.0, (4, 130.0), (4, 138.0), (4, 128.0), (8, 148.0)],
        [104.0, 100.0, 140.0, (4, 116.0), (4, 138.0), (4, 114.0), (8, 148.0)],
    ),
    Kind.BULL_PENNANT: (
        [104.0, 100.0, 140.0, (4, 128.0), (6, 138.0), (6, 130.0), (12, 148.0)],
        [104.0, 100.0, 140.0, (4, 132.0), (6, 141.0), (6, 124.0), (12, 148.0)],
    ),
    Kind.CUP_AND_HANDLE: (hollow(True), hollow(False)),
    Kind.RESISTANCE_BREAK: (
        [100.0, 110.0, 100.0, 110.2, 104.0, 109.9, 102.0, 116.0],
        [100.0, 110.0, 100.0, 112.0, 104.0, 114.0, 102.0, 118.0],
    ),
    Kind.RECTANGLE: (
        [104.0, 100.0, 110.0, 100.0, 110.0, 100.0, 110.0, 102.0, 116.0],
        [104.0, 100.0, 110.0, 100.0, 114.0, 100.0, 118.0, 100.0, 122.0],
    ),
    Kind.SYMMETRIC_TRIANGLE: (
        [110.0, 120.0, 100.0, 117.0, 103.0, 113.0, 108.0, 118.0],
        [110.0, 120.0, 100.0, 120.0, 100.0, 120.0, 108.0, 124.0],
    ),
    Kind.CHANNEL_BREAK: (
        [100.0, 110.0, 104.0, 114.0, 108.0, 118.0, 112.0, 122.0, 100.0],
        [100.0, 110.0, 104.0, 110.0, 104.0, 110.0, 104.0, 110.0, 98.0],
    ),
}
"""A chart that shows the kind, and one that nearly does."""


def walk(count: int, seed: int, step: float = 0.003) -> Bars:
    dice = Random(seed)
    price, closes = 100.0, []
    for _ in range(count):
        price *= 1.0 + dice.gauss(0.0, step)
        closes.append(price)
    bars = candles_of(closes, 0.0)
    wicks = np.array([dice.expovariate(2.0 / step) for _ in range(2 * count)]).reshape(2, count)
    return bars._replace(high=bars.high * (1 + wicks[0]), low=bars.low * (1 - wicks[1]))


def joined(first: Bars, then: Bars) -> Bars:
    """Second candles follow the first in time, at their own prices."""
    bars = Bars(*(np.concatenate(pair) for pair in zip(first, then, strict=True)))
    return bars._replace(open_at=first.open_at[0] + LENGTH * np.arange(len(bars.close)))


def until(bars: Bars, count: int) -> Bars:
    return Bars(*(column[:count] for column in bars))

"""What TA-Lib does not have, against the definition written out over plain lists."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from tests.unit.signals.indicators.walks import START, WALKS, bars_of, walk
from trading_agent.domain.units import DAY, HOUR
from trading_agent.signals.indicators.bars import Bar
from trading_agent.signals.indicators.catalogue import compute

MARKETS = pytest.mark.parametrize("market", WALKS)


def check(name: str, candles: list[Bar], expected: list[Sequence[float]], **values: float) -> None:
    """`expected` begins where its first value does and reaches to the end."""
    outputs = compute(name, bars_of(candles), **values)[-len(expected) :]
    wanted = np.array(expected)
    assert len(wanted) > 100
    for column in range(wanted.shape[1]):
        scale = float(np.max(np.abs(wanted[:, column])))
        np.testing.assert_allclose(
            outputs[:, column], wanted[:, column], rtol=1e-9, atol=1e-9 * scale
        )


def windows(candles: list[Bar], period: int) -> list[list[Bar]]:
    return [candles[end - period : end] for end in range(period, len(candles) + 1)]


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / len(values))


def average_ranges(candles: list[Bar], period: int) -> list[float]:
    """The first belongs to candle number `period`, counted from 0."""
    ranges = [
        max(bar.high, last.close) - min(bar.low, last.close) for last, bar in pairwise(candles)
    ]
    averages = [mean(ranges[:period])]
    for one in ranges[period:]:
        averages.append((averages[-1] * (period - 1) + one) / period)
    return averages


@MARKETS
def test_bollinger_place_and_width(market: str) -> None:
    candles = WALKS[market]()
    expected = []
    for window in windows(candles, 20):
        closes = [bar.close for bar in window]
        middle, half = mean(closes), 2.0 * deviation(closes)
        place = (closes[-1] - (middle - half)) / (2.0 * half) if len(set(closes)) > 1 else 0.5
        expected.append((middle + half, middle, middle - half, place, 2.0 * half / middle))
    check("bollinger", candles, expected)


@MARKETS
def test_z_score(market: str) -> None:
    candles = WALKS[market]()
    expected = []
    for window in windows(candles, 30):
        closes = [bar.close for bar in window]
        still = len(set(closes)) == 1
        expected.append((0.0 if still else (closes[-1] - mean(closes)) / deviation(closes),))
    check("z_score", candles, expected, period=30)


@MARKETS
def test_keltner(market: str) -> None:
    candles = WALKS[market]()
    average = mean([bar.close for bar in candles[:20]])
    middles = [average]
    for bar in candles[20:]:
        average += (bar.close - average) * 2.0 / 21.0
        middles.append(average)
    ranges = average_ranges(candles, 10)[9:]
    expected = [(m + 1.5 * r, m, m - 1.5 * r) for m, r in zip(middles, ranges, strict=True)]
    check("keltner", candles, expected, period=20, range_period=10, multiplier=1.5)


@MARKETS
def test_donchian(market: str) -> None:
    candles = WALKS[market]()
    expected = []
    for window in windows(candles, 20):
        high, low = max(bar.high for bar in window), min(bar.low for bar in window)
        expected.append((high, (high + low) / 2.0, low))
    check("donchian", candles, expected)


@MARKETS
def test_supertrend(market: str) -> None:
    candles = WALKS[market]()
    period, width = 7, 2.0
    expected: list[tuple[float, float]] = []
    upper = lower = last = 0.0
    rising = True
    for bar, reach in zip(candles[period:], average_ranges(candles, period), strict=True):
        middle = (bar.high + bar.low) / 2.0
        top, bottom = middle + width * reach, middle - width * reach
        if expected:
            if bar.close > upper:
                rising = True
            elif bar.close < lower:
                rising = False
            top = top if top < upper or last > upper else upper
            bottom = bottom if bottom > lower or last < lower else lower
        upper, lower, last = top, bottom, bar.close
        expected.append((lower, 1.0) if rising else (upper, -1.0))
    check("supertrend", candles, expected, period=period, multiplier=width)


def test_supertrend_turns_both_ways() -> None:
    directions = compute("supertrend", bars_of(walk()))[:, 1]
    assert {-1.0, 1.0} <= set(directions)


@MARKETS
def test_ichimoku_spans_stand_where_they_are_known(market: str) -> None:
    candles = WALKS[market]()

    def middle(end: int, period: int) -> float:
        window = candles[end + 1 - period : end + 1]
        return (max(bar.high for bar in window) + min(bar.low for bar in window)) / 2.0

    def spans(end: int) -> tuple[float, float]:
        return (middle(end, 9) + middle(end, 26)) / 2.0, middle(end, 52)

    expected = [
        (middle(end, 9), middle(end, 26), *spans(end), *spans(end - 26))
        for end in range(52 + 26 - 1, len(candles))
    ]
    check("ichimoku", candles, expected)


@MARKETS
def test_volatility_of_returns_and_of_ranges(market: str) -> None:
    candles = WALKS[market]()
    parkinson, garman_klass = [], []
    for window in windows(candles, 25):
        reaches = [math.log(bar.high / bar.low) ** 2 for bar in window]
        bodies = [math.log(bar.close / bar.open) ** 2 for bar in window]
        parkinson.append((math.sqrt(mean(reaches) / (4.0 * math.log(2.0))),))
        variance = 0.5 * mean(reaches) - (2.0 * math.log(2.0) - 1.0) * mean(bodies)
        garman_klass.append((math.sqrt(max(variance, 0.0)),))
    realised = []
    for window in windows(candles, 26):
        moves = pairwise(window)
        squares = [math.log(bar.close / last.close) ** 2 for last, bar in moves]
        realised.append((math.sqrt(mean(squares)),))
    check("parkinson", candles, parkinson, period=25)
    check("garman_klass", candles, garman_klass, period=25)
    check("realised_volatility", candles, realised, period=25)


@MARKETS
def test_hurst(market: str) -> None:
    candles = WALKS[market]()
    prices = [math.log(bar.close) for bar in candles]
    period, lags = 64, (1, 2, 4, 8, 16)
    expected = []
    for end in range(period + 16, len(prices) + 1):
        squares = [
            mean([(prices[at] - prices[at - lag]) ** 2 for at in range(end - period, end)])
            for lag in lags
        ]
        if min(squares) == 0.0:
            expected.append((0.5,))
            continue
        slope, _ = np.polyfit(np.log(lags), np.log(squares), 1)
        expected.append((slope / 2.0,))
    check("hurst", candles, expected, period=period)


def test_hurst_tells_a_trend_from_a_return_to_the_mean() -> None:
    straight = [
        bar._replace(close=100.0 * math.exp(0.001 * index)) for index, bar in enumerate(walk())
    ]
    swinging = [
        bar._replace(close=100.0 + (-1.0) ** index + 0.1 * bar.close / 100.0)
        for index, bar in enumerate(walk(step=0.001))
    ]
    assert compute("hurst", bars_of(straight))[-1, 0] == pytest.approx(1.0)
    assert compute("hurst", bars_of(swinging))[-1, 0] < 0.2
    assert abs(compute("hurst", bars_of(walk(5_000)), period=4_000)[-1, 0] - 0.5) < 0.1


@MARKETS
def test_chaikin_money_flow(market: str) -> None:
    candles = WALKS[market]()
    expected = []
    for window in windows(candles, 20):
        flows = [
            bar.volume * ((bar.close - bar.low) - (bar.high - bar.close)) / (bar.high - bar.low)
            for bar in window
            if bar.high > bar.low
        ]
        volume = math.fsum(bar.volume for bar in window)
        expected.append((math.fsum(flows) / volume if volume else 0.0,))
    check("chaikin_money_flow", candles, expected)


@MARKETS
@pytest.mark.parametrize("hour", [0, 7, 23])
def test_vwap_starts_anew_at_its_hour(market: str, hour: int) -> None:
    candles = [
        bar._replace(open_at=START + index * 20 * 60 * 1_000_000_000)
        for index, bar in enumerate(WALKS[market]())
    ]
    expected = []
    money, volume, day = 0.0, 0.0, -1
    for bar in candles:
        if (bar.open_at - hour * HOUR) // DAY != day:
            money, volume, day = 0.0, 0.0, (bar.open_at - hour * HOUR) // DAY
        price = (bar.high + bar.low + bar.close) / 3.0
        money += price * bar.volume
        volume += bar.volume
        expected.append((money / volume if volume else price,))
    check("vwap", candles, expected, hour=hour)


@MARKETS
@pytest.mark.parametrize(("bins", "share"), [(24, 0.7), (5, 0.9)])
def test_volume_profile(market: str, bins: int, share: float) -> None:
    # Whole volumes, so that equals are equal whatever the order they were counted in.
    candles = [bar._replace(volume=float(round(bar.volume))) for bar in WALKS[market]()]
    expected = [profile(window, bins, share) for window in windows(candles, 80)]
    check("volume_profile", candles, expected, period=80, bins=bins, share=share)


def profile(window: list[Bar], bins: int, share: float) -> tuple[float, float, float]:
    prices = [(bar.high + bar.low + bar.close) / 3.0 for bar in window]
    low, high = min(prices), max(prices)
    total = math.fsum(bar.volume for bar in window)
    if low == high or not total:
        return (low + high) / 2.0, low, high
    step = 2.0**-100
    while math.floor(high / step) - math.floor(low / step) + 1 > bins:
        step *= 2.0
    first = math.floor(low / step)
    volumes = [0.0] * (math.floor(high / step) - first + 1)
    for bar, price in zip(window, prices, strict=True):
        volumes[math.floor(price / step) - first] += bar.volume
    below = above = top = volumes.index(max(volumes))
    while math.fsum(volumes[below : above + 1]) < share * total:
        under = volumes[below - 1] if below > 0 else -1.0
        over = volumes[above + 1] if above + 1 < len(volumes) else -1.0
        below, above = (below, above + 1) if over >= under else (below - 1, above)
    return (first + top + 0.5) * step, (first + below) * step, (first + above + 1) * step

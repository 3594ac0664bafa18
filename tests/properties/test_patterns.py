"""What holds for chart patterns on any market."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.unit.signals.patterns.charts import LENGTH, START, UPRIGHT, drawn, joined, until, walk
from trading_agent.signals.indicators.bars import Bars, bar_at
from trading_agent.signals.patterns.pattern import Pattern, PatternKind
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.watch import PatternWatch, find_patterns

pytestmark = pytest.mark.slow

SEEDS = st.integers(0, 2**32)


def known_by(found: tuple[Pattern, ...], count: int) -> list[Pattern]:
    return [it for it in found if it.confirmed_at <= START + count * LENGTH]


@given(SEEDS, st.integers(30, 200), st.floats(0.0005, 0.3))
def test_another_future_changes_nothing_that_was_said(seed: int, count: int, step: float) -> None:
    bars, noise = walk(200, seed), walk(40, seed + 1, step)
    told = known_by(find_patterns(bars, "15m"), count)
    assert known_by(find_patterns(joined(until(bars, count), noise), "15m"), count) == told
    assert list(find_patterns(until(bars, count), "15m")) == told


@pytest.mark.slow
def test_another_future_changes_nothing_of_any_kind() -> None:
    """Right before, at and after the confirming candle of patterns of every kind."""
    probed = dict.fromkeys(PatternKind, 0)
    markets = [drawn(chart, down) for chart, _ in UPRIGHT.values() for down in (False, True)]
    markets += [walk(300, seed) for seed in range(3)]
    dice = Random(7)
    for bars in markets:
        whole = find_patterns(bars, "15m")
        for pattern in whole:
            confirmed = (pattern.confirmed_at - START) // LENGTH
            probed[pattern.kind] += 1
            for later in (-1, 0, 3):
                count = min(confirmed + later, len(bars.close))
                cut = until(bars, count)
                noise = walk(30, dice.randrange(2**32), dice.choice((0.001, 0.05)))
                other = find_patterns(joined(cut, noise), "15m")
                assert known_by(other, count) == known_by(whole, count)
                assert (pattern in other) >= (count >= confirmed)
    assert min(probed.values()) >= 1, probed


@given(SEEDS)
def test_one_candle_at_a_time_is_the_same_as_all(seed: int) -> None:
    bars = walk(200, seed)
    watch = PatternWatch("15m", PatternSettings())
    streamed = []
    for place in range(200):
        found = watch.update(bar_at(bars, place))
        assert all(it.confirmed_at == bars.open_at[place] + LENGTH for it in found)
        streamed += found
    assert tuple(streamed) == find_patterns(bars, "15m")


@given(SEEDS, st.integers(-40, 40))
def test_the_unit_of_the_price_changes_nothing(seed: int, power: int) -> None:
    scale = 2.0**power
    bars = walk(200, seed)
    scaled = Bars(bars.open_at, *(column * scale for column in bars[1:5]), bars.volume)
    found = find_patterns(scaled, "15m")
    plain = find_patterns(bars, "15m")
    assert tuple(_scaled(it, scale) for it in plain) == found


def _scaled(pattern: Pattern, scale: float) -> Pattern:
    return replace(
        pattern,
        target=pattern.target * scale,
        invalidation=pattern.invalidation * scale,
        points=tuple(replace(point, price=point.price * scale) for point in pattern.points),
    )


@given(SEEDS, st.integers(1, 10**6))
def test_the_hour_changes_nothing(seed: int, candles: int) -> None:
    bars = walk(200, seed)
    shift = candles * LENGTH
    later = find_patterns(bars._replace(open_at=bars.open_at + shift), "15m")
    plain = find_patterns(bars, "15m")
    assert [it.confirmed_at for it in later] == [it.confirmed_at + shift for it in plain]
    assert [(it.kind, it.quality) for it in later] == [(it.kind, it.quality) for it in plain]


@given(SEEDS, st.lists(st.integers(0, 299), max_size=8), st.floats(-0.9, 9.0))
def test_hostile_candles_are_survived(seed: int, places: list[int], jump: float) -> None:
    bars = walk(300, seed)
    close = bars.close.copy()
    close[places] *= 1.0 + jump
    high, low = np.maximum(bars.high, close), np.minimum(bars.low, close)
    hostile = bars._replace(close=close, high=high, low=low)
    for pattern in find_patterns(hostile, "15m"):
        assert 0.0 <= pattern.quality <= 1.0
        sign = int(pattern.direction)
        assert sign * pattern.invalidation <= sign * pattern.points[-1].price
        assert pattern.target >= 0.0

"""Every kind is found in a chart that shows it, and not in one that nearly does."""

import numpy as np
import pytest

from tests.unit.signals.patterns.charts import (
    LENGTH,
    UPRIGHT,
    candles_of,
    drawn,
    joined,
    until,
    walk,
)
from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.domain.order import Side
from trading_agent.signals.indicators.bars import Bars, bar_at
from trading_agent.signals.patterns.pattern import MIRROR, Pattern, PatternKind
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.watch import PatternWatch, find_patterns

CHARTS = [(kind, down) for kind in UPRIGHT for down in (False, True)]
DOWNWARD = {PatternKind.CHANNEL_BREAK: Side.SELL}


def of_kind(bars: Bars, kind: PatternKind) -> list[Pattern]:
    return [it for it in find_patterns(bars, "15m") if it.kind is kind]


def seen(kind: PatternKind, upside_down: bool) -> PatternKind:
    return MIRROR[kind] if upside_down else kind


def test_the_charts_show_every_kind() -> None:
    assert {seen(kind, down) for kind, down in CHARTS} == set(PatternKind)


@pytest.mark.parametrize(("kind", "down"), CHARTS)
def test_a_kind_is_found_in_its_chart(kind: PatternKind, down: bool) -> None:
    bars = drawn(UPRIGHT[kind][0], down)
    (found,) = of_kind(bars, seen(kind, down))
    upward = DOWNWARD.get(kind, Side.BUY)
    assert found.direction is (upward.opposite if down else upward)
    last = found.points[-1]
    assert (last.what, last.at + LENGTH) == ("break", found.confirmed_at)
    place = int(np.searchsorted(bars.open_at, last.at))
    assert last.price == bars.close[place]
    times = [point.at for point in found.points]
    assert times == sorted(times)
    sign = int(found.direction)
    assert sign * found.invalidation < sign * last.price < sign * found.target
    assert 0.0 <= found.quality <= 1.0
    assert found.name.startswith(found.kind.value.replace("_", " "))


@pytest.mark.parametrize(("kind", "down"), CHARTS)
def test_a_kind_is_not_found_in_its_near_miss(kind: PatternKind, down: bool) -> None:
    assert of_kind(drawn(UPRIGHT[kind][1], down), seen(kind, down)) == []


@pytest.mark.parametrize(("kind", "down"), CHARTS)
def test_nothing_is_known_before_the_edge_is_broken(kind: PatternKind, down: bool) -> None:
    bars = drawn(UPRIGHT[kind][0], down)
    (found,) = of_kind(bars, seen(kind, down))
    confirmed = int(np.searchsorted(bars.open_at, found.points[-1].at))
    assert found not in find_patterns(until(bars, confirmed), "15m")
    assert found in find_patterns(until(bars, confirmed + 1), "15m")


def test_a_double_bottom_says_where_it_stands() -> None:
    (found,) = of_kind(drawn(UPRIGHT[PatternKind.DOUBLE_BOTTOM][0]), PatternKind.DOUBLE_BOTTOM)
    assert [point.what for point in found.points] == [
        *("first bottom", "neckline", "second bottom", "break")
    ]
    assert [round(point.price, 6) for point in found.points[:3]] == [99.9, 110.1, 100.4]
    assert found.target == pytest.approx(110.1 + (110.1 - (99.9 + 100.4) / 2))
    assert found.invalidation == pytest.approx(99.9)


def test_a_neckline_that_holds_is_no_pattern() -> None:
    assert find_patterns(drawn([110.0, 120.0, 100.0, 110.0, 100.5, 109.0, 101.0]), "15m") == ()


def test_a_bottom_that_gave_way_is_forgotten() -> None:
    bars = drawn([110.0, 120.0, 100.0, 110.0, 100.5, 103.0, (3, 99.0), (20, 120.0)])
    assert of_kind(bars, PatternKind.DOUBLE_BOTTOM) == []


def test_an_edge_broken_before_the_last_swing_was_known_is_no_news() -> None:
    """Near its apex the lower edge gives way one candle before the last top is confirmed."""
    late = [110.0, 120.0, 100.0, 114.0, 104.0, (8, 107.0), (6, 99.0)]
    assert of_kind(drawn(late), PatternKind.SYMMETRIC_TRIANGLE) == []
    in_time = [110.0, 120.0, 100.0, 114.0, 104.0, (8, 109.0), (6, 99.0)]
    assert len(of_kind(drawn(in_time), PatternKind.SYMMETRIC_TRIANGLE)) == 1


def test_a_shape_waits_no_longer_than_it_is_long() -> None:
    def broken_after(candles: int) -> Bars:
        return drawn([110.0, 120.0, 100.0, 110.0, 100.5, 105.0, (candles, 105.5), (3, 114.0)])

    assert len(of_kind(broken_after(5), PatternKind.DOUBLE_BOTTOM)) == 1
    assert of_kind(broken_after(40), PatternKind.DOUBLE_BOTTOM) == []


def test_an_outage_makes_everything_forgotten() -> None:
    bars = drawn(UPRIGHT[PatternKind.DOUBLE_BOTTOM][0])
    at = bars.open_at.copy()
    at[50:] += 6 * LENGTH
    assert of_kind(bars._replace(open_at=at), PatternKind.DOUBLE_BOTTOM) == []
    at = bars.open_at.copy()
    at[50:] += 5 * LENGTH
    assert len(of_kind(bars._replace(open_at=at), PatternKind.DOUBLE_BOTTOM)) == 1


def test_a_candle_out_of_order_is_refused() -> None:
    watch = PatternWatch("15m", PatternSettings())
    bars = walk(3, seed=1)
    watch.update(bar_at(bars, 1))
    for place in (1, 0):
        with pytest.raises(FeedError, match="after that of"):
            watch.update(bar_at(bars, place))
    assert watch.update(bar_at(bars, 2)) == ()


def test_an_unknown_timeframe_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"7m: one of 1s, .*, 1d"):
        PatternWatch("7m", PatternSettings())


def test_a_market_that_stands_still_shows_nothing() -> None:
    assert find_patterns(candles_of([100.0] * 2_000, 0.0), "15m") == ()


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-8, 1e12, 1e300])
def test_prices_of_any_size_are_survived(scale: float) -> None:
    bars = walk(1_500, seed=9, step=0.02)
    prices = [np.maximum(column * scale, 5e-324) for column in bars[1:5]]
    for pattern in find_patterns(Bars(bars.open_at, *prices, bars.volume), "15m"):
        assert 0.0 <= pattern.quality <= 1.0
        assert pattern.target >= 0.0


@pytest.mark.parametrize("jump", [1e-6, 0.1, 10.0, 1e6])
def test_a_jump_of_the_price_is_survived(jump: float) -> None:
    calm, after = walk(400, seed=11), walk(400, seed=12)
    prices = (column * jump for column in after[1:5])
    bars = joined(calm, Bars(after.open_at, *prices, after.volume))
    before = find_patterns(calm, "15m")
    assert find_patterns(bars, "15m")[: len(before)] == before


def test_memory_does_not_grow() -> None:
    watch = PatternWatch("1m", PatternSettings(longest_gap=100))
    bars = walk(6_000, seed=2)
    sizes = []
    for place in range(6_000):
        watch.update(bar_at(bars, place))
        sizes.append(len(watch._closes) + len(watch._swings) + len(watch._armed))
    assert max(sizes[3_000:]) <= 500 + 30 + 11

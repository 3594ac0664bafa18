"""Swings are known late, and then stay."""

from tests.unit.signals.patterns.charts import candles_of, drawn, until, walk
from trading_agent.signals.indicators.bars import Bars, bar_at
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.patterns.swings import Swing, SwingWatch


def swings(bars: Bars) -> list[Swing]:
    watch = SwingWatch(PatternSettings())
    found = (watch.update(bar_at(bars, place)) for place in range(len(bars.close)))
    return [swing for swing in found if swing is not None]


def test_the_corners_of_a_chart_are_its_swings() -> None:
    found = swings(drawn([110.0, 120.0, 100.0, 110.0, 101.0, 114.0]))
    assert [(swing.candle, swing.side) for swing in found] == [(25, 1), (35, -1), (45, 1), (55, -1)]
    assert [round(swing.price, 6) for swing in found] == [120.1, 99.9, 110.1, 100.9]


def test_a_swing_is_known_by_the_first_close_far_enough_from_it() -> None:
    bars = drawn([110.0, 120.0, 100.0])
    watch = SwingWatch(PatternSettings())
    for place in range(len(bars.close)):
        swing = watch.update(bar_at(bars, place))
        reversal = 1.5 * watch.average_range
        if swing is not None:
            assert swing.known == place
            assert swing.price - bars.close[place] >= reversal
            return
        assert place <= 25 or bars.high[25] - bars.close[place] < reversal
    raise AssertionError("the top was never confirmed")


def test_highs_and_lows_alternate_and_no_close_between_neighbours_is_further() -> None:
    bars = walk(3_000, seed=3)
    found = swings(bars)
    assert len(found) > 100
    for before, swing, after in zip(found, found[1:], found[2:], strict=False):
        assert (before.side, after.side) == (-swing.side, -swing.side)
        assert before.candle <= swing.candle <= after.candle
        assert swing.candle <= swing.known < after.known
        closes = swing.side * bars.close[before.candle : after.candle + 1]
        assert closes.max() <= swing.side * swing.price
        column = bars.high if swing.side > 0 else bars.low
        assert swing.price in (column[swing.candle], bars.close[swing.candle])


def test_later_candles_change_no_swing() -> None:
    bars = walk(800, seed=5)
    whole = swings(bars)
    for count in range(20, 800, 13):
        assert swings(until(bars, count)) == [swing for swing in whole if swing.known < count]


def test_a_market_that_stands_still_has_no_swings() -> None:
    assert swings(candles_of([100.0] * 500, 0.0)) == []
    assert swings(candles_of([100.0] * 500, 0.5)) == []

"""Candles by name."""

import numpy as np
import pytest
import talib

from tests.unit.signals.patterns.charts import START, candles_of, until, walk
from trading_agent.domain.order import Side
from trading_agent.signals.indicators.bars import Bars, make_bars
from trading_agent.signals.patterns.candlesticks import NAMES, WINDOW, candlesticks

CALM = [(100.0 + 0.3 * place, 101.0 + 0.3 * place) for place in range(20)]


def ending_with(*newest: tuple[float, float, float, float], falling: bool = False) -> Bars:
    """Twenty ordinary candles, then these: open, high, low, close."""
    plain = [(o, c + 0.2, o - 0.2, c) for o, c in CALM]
    if falling:
        plain = [(200 - o, 200 - low, 200 - high, 200 - c) for o, high, low, c in plain]
    rows = np.array([*plain, *newest])
    columns = tuple(np.ascontiguousarray(column) for column in rows.T)
    return make_bars(START + np.arange(len(rows)), columns, np.ones(len(rows)))


def found(bars: Bars) -> dict[str, tuple[Side | None, float]]:
    return {it.function: (it.direction, it.strength) for it in candlesticks(bars)}


def test_every_function_of_ta_lib_has_a_name() -> None:
    assert set(NAMES) == set(talib.get_function_groups()["Pattern Recognition"])
    assert len(NAMES) == 61
    assert len(set(NAMES.values())) == 61


def test_a_bullish_engulfing_is_named() -> None:
    bars = ending_with((94.0, 94.2, 92.8, 93.0), (92.5, 95.2, 92.3, 95.0), falling=True)
    assert found(bars)["CDLENGULFING"] == (Side.BUY, 1.0)
    (named,) = [it for it in candlesticks(bars) if it.function == "CDLENGULFING"]
    assert (named.name, named.at) == ("engulfing", bars.open_at[-1])
    assert "CDLENGULFING" not in found(
        ending_with((94.0, 94.2, 92.8, 93.0), (93.2, 94.2, 93.0, 93.9), falling=True)
    )


def test_a_bearish_engulfing_points_down() -> None:
    bars = ending_with((106.0, 107.2, 105.8, 107.0), (107.5, 107.7, 104.8, 105.0))
    assert found(bars)["CDLENGULFING"] == (Side.SELL, 1.0)


def test_a_doji_points_nowhere() -> None:
    bars = ending_with((106.0, 107.0, 105.0, 106.0))
    assert found(bars)["CDLDOJI"] == (None, 1.0)


def test_the_window_is_long_enough() -> None:
    bars = walk(700, seed=4)
    prices = (bars.open, bars.high, bars.low, bars.close)
    whole = {function: getattr(talib, function)(*prices) for function in NAMES}
    seen = 0
    for count in range(WINDOW, 700):
        expected = {name: values[count - 1] for name, values in whole.items()}
        named = candlesticks(until(bars, count))
        assert {it.function for it in named} == {name for name, it in expected.items() if it}
        for it in named:
            assert it.strength == pytest.approx(abs(expected[it.function]) / 100)
        seen += len(named)
    assert seen > 700


def test_few_or_still_candles_are_survived() -> None:
    bars = walk(20, seed=4)
    assert candlesticks(until(bars, 0)) == ()
    for count in range(1, 20):
        candlesticks(until(bars, count))
    still = candlesticks(candles_of([100.0] * 50, 0.0))
    assert all(it.direction is None or it.strength <= 2.0 for it in still)

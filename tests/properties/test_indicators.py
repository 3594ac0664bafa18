"""What must hold for every indicator: streams are batches, nobody sees ahead, warm-up is as
declared, nothing drifts, nothing finite breaks one."""

import math
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.signals.indicators.walks import START, WALKS, bars_of, walk
from trading_agent.signals.indicators.bars import Bar, Bars, bar_at
from trading_agent.signals.indicators.catalogue import STANDARD, OpenIndicator, compute
from trading_agent.signals.indicators.indicator import Indicator
from trading_agent.signals.indicators.kernel import run

pytestmark = pytest.mark.slow

EVERY = pytest.mark.parametrize("indicator", STANDARD.values(), ids=lambda one: one.name)
CUMULATIVE = {"obv", "accumulation_distribution", "chaikin_oscillator"}
"""They never forget their first candle, so no window repeats them."""
RECURSIVE = {"ema", "dema", "tema", "macd", "kama", "rsi", "stochastic_rsi", "adx", "atr", "natr"}
RECURSIVE |= {"parabolic_sar", "supertrend", "keltner"}
"""They forget slowly: a fresh one needs longer than its window."""


def opened(indicator: Indicator, **parameters: float) -> OpenIndicator:
    return OpenIndicator(indicator, indicator.read(parameters))


def part_of(bars: Bars, first: int, last: int) -> Bars:
    return Bars(*(column[first:last] for column in bars))


def short(indicator: Indicator) -> dict[str, float]:
    """The shortest windows that are allowed, growing where they must."""
    lowest = {p.name: p.lowest for p in indicator.parameters if p.whole and p.name != "hour"}
    return lowest | {name: lowest[name] + place for place, name in enumerate(indicator.rising)}


@EVERY
def test_a_stream_is_the_batch_to_the_last_bit(indicator: Indicator) -> None:
    for market, parameters in product(WALKS, ({}, short(indicator))):
        bars = bars_of(WALKS[market]())
        batch = compute(indicator.name, bars, **parameters)
        stream = opened(indicator, **parameters)
        rows = [stream.update(bar_at(bars, index)) for index in range(len(bars.close))]
        assert np.array(rows).tobytes() == batch.tobytes()


@EVERY
@given(cuts=st.lists(st.integers(0, 300), max_size=8))
@settings(max_examples=20)
def test_batches_continue_one_another(indicator: Indicator, cuts: list[int]) -> None:
    bars = bars_of(walk(300))
    edges = [0, *sorted(cuts), 300]
    instance = opened(indicator)
    pieces = [instance.run(part_of(bars, first, last)) for first, last in pairwise(edges)]
    assert np.concatenate(pieces).tobytes() == compute(indicator.name, bars).tobytes()


@EVERY
def test_nobody_sees_ahead(indicator: Indicator) -> None:
    for known in (1, 20, 150, 299):
        check_the_past_alone_decides(indicator, known)


def check_the_past_alone_decides(indicator: Indicator, known: int) -> None:
    past = walk(300, seed=11)
    noise = walk(300, price=7.0, seed=12, step=0.2)
    changed = [
        future._replace(open_at=bar.open_at + 1) for bar, future in zip(past, noise, strict=True)
    ]
    other = past[:known] + changed[known:]
    for parameters in ({}, short(indicator)):
        before = compute(indicator.name, bars_of(past), **parameters)
        after = compute(indicator.name, bars_of(other), **parameters)
        assert before[:known].tobytes() == after[:known].tobytes()
        if not parameters and known < 200:
            assert before.tobytes() != after.tobytes(), "the noise was not seen at all"


@EVERY
def test_warm_up_is_as_declared(indicator: Indicator) -> None:
    for market, parameters in product(WALKS, ({}, short(indicator))):
        bars = bars_of(WALKS[market]())
        outputs = compute(indicator.name, bars, **parameters)
        first = indicator.warm_up(indicator.read(parameters)) - 1
        assert np.isnan(outputs[:first]).all()
        assert np.isfinite(outputs[first:]).all()


@EVERY
def test_every_output_is_written_at_every_candle(indicator: Indicator) -> None:
    """A batch begins with whatever the memory held."""
    bars = bars_of(walk(300))
    stale = np.full((300, len(indicator.outputs)), -777.125)
    run(indicator.kind, indicator.new_memory(indicator.read({})), bars, stale)
    assert stale.tobytes() == compute(indicator.name, bars).tobytes()


@EVERY
@pytest.mark.parametrize("price", [1e-8, 5e4], ids=["small", "large"])
def test_a_hundred_thousand_candles_leave_no_drift(indicator: Indicator, price: float) -> None:
    if indicator.name in CUMULATIVE:
        pytest.skip("sums from the first candle on: there is no window to begin anew from")
    bars = LONG[price]
    warm_up = int(indicator.warm_up(indicator.read({})))
    length = 2_000 if indicator.name in RECURSIVE | {"vwap"} else warm_up
    aged = compute(indicator.name, bars)[-1]
    fresh = compute(indicator.name, part_of(bars, len(bars.close) - length, None))[-1]
    # A difference of averages may be next to nothing; its error is that of a price.
    margin = 1e-9 * price if indicator.name == "macd" else 0.0
    np.testing.assert_allclose(aged, fresh, rtol=1e-9, atol=margin)


LONG: dict[float, Any] = {
    price: bars_of(walk(100_000, price=price, seed=13, step=0.002)) for price in (1e-8, 5e4)
}


size = st.floats(1e-30, 1e12)
finite = st.one_of(st.just(0.0), size, size.map(lambda value: -value))
any_bar = st.builds(Bar, st.integers(0, 2**62), finite, finite, finite, finite, finite)


@EVERY
@given(candles=st.lists(any_bar, min_size=1, max_size=60))
@settings(max_examples=15)
def test_nothing_finite_breaks_one(indicator: Indicator, candles: list[Bar]) -> None:
    """Candles that make no sense: a high below the low, prices and volumes below zero."""
    outputs = compute(indicator.name, bars_of(candles), **short(indicator))
    first = int(indicator.warm_up(indicator.read(short(indicator)))) - 1
    assert np.isfinite(outputs[first:]).all()


def test_prices_without_sense_stay_inside_the_profile() -> None:
    values = [1e300, 5e-324, -1e300, 0.0, 1.7e308, -1.7e308, 3.0] * 20
    candles = [Bar(START + n, v, v, v, v, abs(v)) for n, v in enumerate(values)]
    outputs = compute("volume_profile", bars_of(candles), period=5, bins=4)
    assert outputs.shape == (140, 3)


def test_a_far_price_leaves_no_trace_once_it_left_the_window() -> None:
    """Running sums that subtract would carry the rounding of 10¹² for ever."""
    candles = walk(100, price=1.0)
    candles[10] = Bar(candles[10].open_at, 1e12, 1e12, 1e12, 1e12, 1e12)
    bars = bars_of(candles)
    for name in ("sma", "wma", "bollinger", "z_score", "cci", "donchian", "chaikin_money_flow"):
        outputs = compute(name, bars, period=14)[-1]
        fresh = compute(name, part_of(bars, 50, 100), period=14)[-1]
        assert all(
            math.isclose(one, other, rel_tol=1e-12)
            for one, other in zip(outputs, fresh, strict=True)
        )

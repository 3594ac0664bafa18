"""Oscillators: how strongly, or how near the edge of its range, the price went.

Where nothing moved at all they say what TA-Lib says: 0 (MFI and RSI too, so a flat market is
not a bargain: look at the range before reading them).
"""

from typing import Final

import numpy as np

from trading_agent.signals.indicators.indicator import Indicator, candles
from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.smoothing import (
    SMOOTHING,
    not_ready,
    typical_price,
    wilder,
)
from trading_agent.signals.indicators.windows import (
    delay_size,
    delayed,
    extreme_size,
    highest,
    lowest,
    mean_and_variance,
    moments_size,
    rolling_sum,
    sum_size,
)

RSI: Final = 0x20
STOCHASTIC_FAST: Final = 0x21
STOCHASTIC_SLOW: Final = 0x22
STOCHASTIC_RSI: Final = 0x23
WILLIAMS_R: Final = 0x24
CCI: Final = 0x25
ROC: Final = 0x26
MFI: Final = 0x27

STRENGTH: Final = 2 + 2 * SMOOTHING
"""Places of one relative strength: values seen, the last one, gains, losses."""
_FLAT_STRENGTH: Final = 1e-9
"""A range of RSI points below this is rounding."""


@woven
def update_oscillators(kind, memory, bar, out):
    if kind == RSI:
        out[0] = relative_strength(memory, 2, memory[1], bar.close)
    elif kind <= STOCHASTIC_RSI:
        update_stochastic(kind, memory, bar, out)
    elif kind == WILLIAMS_R:
        update_williams_r(memory, bar, out)
    elif kind == CCI:
        update_cci(memory, bar, out)
    elif kind == ROC:
        update_roc(memory, bar, out)
    elif kind == MFI:
        update_mfi(memory, bar, out)
    else:
        not_ready(out)


@woven
def relative_strength(memory, at, period, value):
    """0 to 100; NaN for the first `period` values."""
    change = value - memory[at + 1]
    memory[at + 1] = value
    if memory[at] == 0.0:
        memory[at] = 1.0
        return np.nan
    gain = wilder(memory, at + 2, period, max(change, 0.0))
    loss = wilder(memory, at + 2 + SMOOTHING, period, max(-change, 0.0))
    return strength_of(gain, loss)


@woven
def strength_of(gain, loss):
    total = gain + loss
    return 0.0 if total == 0.0 else 100.0 * (gain / total)


@woven
def update_stochastic(kind, memory, bar, out):
    """The fast one is a slow one over one candle; that of RSI looks at RSI instead of prices."""
    not_ready(out)
    count = memory[0] + 1.0
    memory[0] = count
    high, low, close = bar.high, bar.low, bar.close
    least = 0.0
    period, slowing, smoothing, at = memory[1], 1.0, memory[2], 3
    if kind == STOCHASTIC_SLOW:
        slowing, smoothing, at = memory[2], memory[3], 4
    elif kind == STOCHASTIC_RSI:
        high = low = close = relative_strength(memory, 4, period, close)
        count -= period
        if count <= 0.0:
            return
        period, smoothing, at = memory[2], memory[3], 4 + STRENGTH
        least = _FLAT_STRENGTH
    top = highest(memory, at, int(period), high)
    at += extreme_size(int(period))
    bottom = lowest(memory, at, int(period), low)
    at += extreme_size(int(period))
    if count < period:
        return
    share = 100.0 * ((close - bottom) / (top - bottom)) if top - bottom > least else 0.0
    slow = rolling_sum(memory, at, int(slowing), share) / slowing
    if count < period + slowing - 1.0:
        return
    average = rolling_sum(memory, at + sum_size(int(slowing)), int(smoothing), slow) / smoothing
    if count >= period + slowing + smoothing - 2.0:
        out[0] = slow
        out[1] = average


@woven
def update_williams_r(memory, bar, out):
    count = memory[0] + 1.0
    memory[0] = count
    period = int(memory[1])
    high = highest(memory, 2, period, bar.high)
    low = lowest(memory, 2 + extreme_size(period), period, bar.low)
    share = -100.0 * ((high - bar.close) / (high - low)) if high > low else 0.0
    out[0] = share if count >= period else np.nan


@woven
def update_cci(memory, bar, out):
    """The mean deviation moves with its mean, so it alone is summed anew over the window: `period`
    steps a candle, where all else takes as many however long the window is. The sum of all values
    below the mean would do instead, but a window that is kept sorted for it moves as many values,
    and sums that are carried on keep their rounding."""
    out[0] = np.nan
    count = memory[0] + 1.0
    memory[0] = count
    period = int(memory[1])
    price = typical_price(bar)
    mean, _ = mean_and_variance(memory, 2, period, price)
    if count < period:
        return
    deviation = 0.0
    for slot in range(6, 6 + period):
        deviation += abs(memory[slot] - mean)
    away = price - mean
    if away == 0.0 or deviation == 0.0:
        out[0] = 0.0
    else:
        out[0] = away / (0.015 * (deviation / period))


@woven
def update_roc(memory, bar, out):
    """In percent."""
    count = memory[0] + 1.0
    memory[0] = count
    period = int(memory[1])
    before = delayed(memory, 2, period, bar.close)
    change = (bar.close / before - 1.0) * 100.0 if before != 0.0 else 0.0
    out[0] = change if count > period else np.nan


@woven
def update_mfi(memory, bar, out):
    out[0] = np.nan
    count = memory[0] + 1.0
    memory[0] = count
    period = int(memory[1])
    price = typical_price(bar)
    last = memory[2]
    memory[2] = price
    if count == 1.0:
        return
    flow = price * bar.volume
    into = rolling_sum(memory, 3, period, flow if price > last else 0.0)
    out_of = rolling_sum(memory, 3 + sum_size(period), period, flow if price < last else 0.0)
    total = into + out_of
    if count > period:
        out[0] = 0.0 if total == 0.0 else 100.0 * (into / total)


INDICATORS: Final = (
    Indicator(
        "rsi",
        RSI,
        (candles("period", 14),),
        ("rsi",),
        memory_size=lambda _: 2 + STRENGTH,
        warm_up=lambda values: values["period"] + 1,
    ),
    Indicator(
        "stochastic_fast",
        STOCHASTIC_FAST,
        (candles("period", 5, 1), candles("smoothing", 3, 1)),
        ("k", "d"),
        memory_size=lambda values: (
            3 + 2 * extreme_size(values["period"]) + sum_size(1) + sum_size(values["smoothing"])
        ),
        warm_up=lambda values: values["period"] + values["smoothing"] - 1,
    ),
    Indicator(
        "stochastic_slow",
        STOCHASTIC_SLOW,
        (candles("period", 5, 1), candles("slowing", 3, 1), candles("smoothing", 3, 1)),
        ("k", "d"),
        memory_size=lambda values: (
            4
            + 2 * extreme_size(values["period"])
            + sum_size(values["slowing"])
            + sum_size(values["smoothing"])
        ),
        warm_up=lambda values: values["period"] + values["slowing"] + values["smoothing"] - 2,
    ),
    Indicator(
        "stochastic_rsi",
        STOCHASTIC_RSI,
        (candles("strength_period", 14), candles("period", 5, 1), candles("smoothing", 3, 1)),
        ("k", "d"),
        memory_size=lambda values: (
            4
            + STRENGTH
            + 2 * extreme_size(values["period"])
            + sum_size(1)
            + sum_size(values["smoothing"])
        ),
        warm_up=lambda values: (
            values["strength_period"] + values["period"] + values["smoothing"] - 1
        ),
    ),
    Indicator(
        "williams_r",
        WILLIAMS_R,
        (candles("period", 14),),
        ("williams_r",),
        memory_size=lambda values: 2 + 2 * extreme_size(values["period"]),
        warm_up=lambda values: values["period"],
    ),
    Indicator(
        "cci",
        CCI,
        (candles("period", 14),),
        ("cci",),
        memory_size=lambda values: 2 + moments_size(values["period"]),
        warm_up=lambda values: values["period"],
    ),
    Indicator(
        "roc",
        ROC,
        (candles("period", 10, 1),),
        ("roc",),
        memory_size=lambda values: 2 + delay_size(values["period"]),
        warm_up=lambda values: values["period"] + 1,
    ),
    Indicator(
        "mfi",
        MFI,
        (candles("period", 14),),
        ("mfi",),
        memory_size=lambda values: 3 + 2 * sum_size(values["period"]),
        warm_up=lambda values: values["period"] + 1,
    ),
)

"""Exponential smoothing, true range and prices of a candle: what several families share.

A smoothing is seeded by the plain average of its first `period` values, and is NaN before.
"""

from typing import Final

import numpy as np

from trading_agent.signals.indicators.inlining import woven

SMOOTHING: Final = 2
"""Places of one exponential or Wilder smoothing: values seen while seeding, the average."""
TRUE_RANGE: Final = 2 + SMOOTHING
"""Places of one average true range: candles seen, the last close, the smoothing."""


@woven
def smoothed(memory, at, period, weight, value):
    seen = memory[at]
    if seen == period:
        after = towards(memory[at + 1], value, weight)
        memory[at + 1] = after
        return after
    seen += 1.0
    memory[at] = seen
    memory[at + 1] += value
    if seen < period:
        return np.nan
    memory[at + 1] /= period
    return memory[at + 1]


@woven
def towards(average, value, weight):
    return average + (value - average) * weight


@woven
def exponential(memory, at, period, value):
    """The newest value weighs 2 / (period + 1)."""
    return smoothed(memory, at, period, 2.0 / (period + 1.0), value)


@woven
def wilder(memory, at, period, value):
    """The newest value weighs 1 / period."""
    return smoothed(memory, at, period, 1.0 / period, value)


@woven
def true_range(bar, last_close):
    return true_range_of(bar.high, bar.low, last_close)


@woven
def true_range_of(high, low, last_close):
    """The reach from the lower to the higher of the candle and the close before it."""
    return max(high, last_close) - min(low, last_close)


@woven
def average_true_range(memory, at, period, bar):
    """Wilder's; NaN for the first `period` candles: the first candle has no true range."""
    last_close = memory[at + 1]
    memory[at + 1] = bar.close
    if memory[at] == 0.0:
        memory[at] = 1.0
        return np.nan
    return wilder(memory, at + 2, period, true_range(bar, last_close))


@woven
def typical_price(bar):
    return (bar.high + bar.low + bar.close) / 3.0


@woven
def not_ready(out):
    for index in range(len(out)):
        out[index] = np.nan

"""Channels around the price."""

from typing import Final

import numpy as np

from trading_agent.signals.indicators.indicator import Indicator, Parameter, candles
from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.smoothing import (
    SMOOTHING,
    TRUE_RANGE,
    average_true_range,
    exponential,
    not_ready,
)
from trading_agent.signals.indicators.windows import (
    extreme_size,
    highest,
    lowest,
    mean_and_variance,
    moments_size,
)

BOLLINGER: Final = 0x40
KELTNER: Final = 0x41
DONCHIAN: Final = 0x42
Z_SCORE: Final = 0x43


@woven
def update_channels(kind, memory, bar, out):
    if kind in (BOLLINGER, Z_SCORE):
        update_deviation(kind, memory, bar, out)
    elif kind == KELTNER:
        update_keltner(memory, bar, out)
    elif kind == DONCHIAN:
        update_donchian(memory, bar, out)
    else:
        not_ready(out)


@woven
def update_deviation(kind, memory, bar, out):
    """The bands, or the close's distance from its mean, in standard deviations of a population."""
    count = memory[0] + 1.0
    memory[0] = count
    at = 3 if kind == BOLLINGER else 2
    mean, variance = mean_and_variance(memory, at, int(memory[1]), bar.close)
    if count < memory[1]:
        not_ready(out)
    elif kind == BOLLINGER:
        bands(bar.close, mean, memory[2] * np.sqrt(variance), out)
    else:
        out[0] = (bar.close - mean) / np.sqrt(variance) if variance > 0.0 else 0.0


@woven
def bands(close, mean, half, out):
    """`percent_b` is 0 at the lower band, 1 at the upper, 0.5 when they are one; `width` is a
    fraction of the middle."""
    out[0] = mean + half
    out[1] = mean
    out[2] = mean - half
    out[3] = 0.5 + 0.5 * (close - mean) / half if half > 0.0 else 0.5
    out[4] = 2.0 * half / mean if mean != 0.0 else 0.0


@woven
def update_keltner(memory, bar, out):
    """An exponential average of the close, and average true ranges around it."""
    not_ready(out)
    middle = exponential(memory, 4, memory[1], bar.close)
    reach = average_true_range(memory, 4 + SMOOTHING, memory[2], bar)
    if not np.isnan(middle) and not np.isnan(reach):
        out[0] = middle + memory[3] * reach
        out[1] = middle
        out[2] = middle - memory[3] * reach


@woven
def update_donchian(memory, bar, out):
    """This candle is part of the channel: a break out of it is seen against the last values."""
    not_ready(out)
    count = memory[0] + 1.0
    memory[0] = count
    period = int(memory[1])
    high = highest(memory, 2, period, bar.high)
    low = lowest(memory, 2 + extreme_size(period), period, bar.low)
    if count >= period:
        out[0] = high
        out[1] = 0.5 * (high + low)
        out[2] = low


INDICATORS: Final = (
    Indicator(
        "bollinger",
        BOLLINGER,
        (candles("period", 20), Parameter("deviations", 2.0, 0.1, 100.0, whole=False)),
        ("upper", "middle", "lower", "percent_b", "width"),
        memory_size=lambda values: 3 + moments_size(values["period"]),
        warm_up=lambda values: values["period"],
    ),
    Indicator(
        "keltner",
        KELTNER,
        (
            candles("period", 20),
            candles("range_period", 10),
            Parameter("multiplier", 2.0, 0.1, 100.0, whole=False),
        ),
        ("upper", "middle", "lower"),
        memory_size=lambda _: 4 + SMOOTHING + TRUE_RANGE,
        warm_up=lambda values: max(values["period"], values["range_period"] + 1),
    ),
    Indicator(
        "donchian",
        DONCHIAN,
        (candles("period", 20),),
        ("upper", "middle", "lower"),
        memory_size=lambda values: 2 + 2 * extreme_size(values["period"]),
        warm_up=lambda values: values["period"],
    ),
    Indicator(
        "z_score",
        Z_SCORE,
        (candles("period", 20),),
        ("z_score",),
        memory_size=lambda values: 2 + moments_size(values["period"]),
        warm_up=lambda values: values["period"],
    ),
)

"""Trend: directional movement, Aroon, stops that follow the price, Ichimoku."""

from typing import Final

import numpy as np

from trading_agent.signals.indicators.indicator import Indicator, Parameter, candles
from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.smoothing import (
    TRUE_RANGE,
    average_true_range,
    not_ready,
    true_range,
)
from trading_agent.signals.indicators.windows import (
    age_of_highest,
    age_size,
    delay_size,
    delayed,
    extreme_size,
    highest,
    lowest,
)

ADX: Final = 0x30
AROON: Final = 0x31
PARABOLIC_SAR: Final = 0x32
SUPERTREND: Final = 0x33
ICHIMOKU: Final = 0x34


@woven
def update_trend(kind, memory, bar, out):
    if kind == ADX:
        update_adx(memory, bar, out)
    elif kind == AROON:
        update_aroon(memory, bar, out)
    elif kind == PARABOLIC_SAR:
        update_parabolic_sar(memory, bar, out)
    elif kind == SUPERTREND:
        update_supertrend(memory, bar, out)
    elif kind == ICHIMOKU:
        update_ichimoku(memory, bar, out)
    else:
        not_ready(out)


@woven
def update_adx(memory, bar, out):
    """Places 2-4 hold the last high, low and close, 5-7 Wilder's sums of true range and of
    movement up and down, 8 the average, or its sum while it is seeded."""
    not_ready(out)
    count = memory[0] + 1.0
    memory[0] = count
    period = memory[1]
    up = bar.high - memory[2]
    down = memory[3] - bar.low
    reach = true_range(bar, memory[4])
    memory[2] = bar.high
    memory[3] = bar.low
    memory[4] = bar.close
    if count == 1.0:
        return
    kept = 1.0 if count <= period else 1.0 - 1.0 / period
    memory[5] = memory[5] * kept + reach
    memory[6] = memory[6] * kept + (up if up > 0.0 and up > down else 0.0)
    memory[7] = memory[7] * kept + (down if down > 0.0 and down > up else 0.0)
    if count <= period:
        return
    plus = 100.0 * (memory[6] / memory[5]) if memory[5] > 0.0 else 0.0
    minus = 100.0 * (memory[7] / memory[5]) if memory[5] > 0.0 else 0.0
    moved = plus + minus > 0.0
    strength = 100.0 * (abs(plus - minus) / (plus + minus)) if moved else 0.0
    if count <= 2.0 * period:
        memory[8] += strength
        if count < 2.0 * period:
            return
        memory[8] /= period
    elif moved:
        memory[8] += (strength - memory[8]) / period
    out[0] = memory[8]
    out[1] = plus
    out[2] = minus


@woven
def update_aroon(memory, bar, out):
    not_ready(out)
    count = memory[0] + 1.0
    memory[0] = count
    period = memory[1]
    window = int(period) + 1
    since_high = age_of_highest(memory, 2, window, bar.high)
    since_low = age_of_highest(memory, 2 + age_size(window), window, -bar.low)
    if count > period:
        out[0] = 100.0 * (period - since_high) / period
        out[1] = 100.0 * (period - since_low) / period
        out[2] = out[0] - out[1]


@woven
def update_parabolic_sar(memory, bar, out):
    """Places: 3 last high, 4 last low, 5 direction, 6 stop, 7 farthest price, 8 acceleration."""
    not_ready(out)
    count = memory[0] + 1.0
    memory[0] = count
    if count == 2.0:
        begin_sar(memory, bar)
    if count > 1.0:
        follow_sar(memory, bar, out)
    memory[3] = bar.high
    memory[4] = bar.low


@woven
def begin_sar(memory, bar):
    """The first trend is that of the greater movement between the first two candles."""
    down = memory[4] - bar.low
    rising = not (down > 0.0 and down > bar.high - memory[3])
    memory[5] = 1.0 if rising else -1.0
    memory[6] = memory[4] if rising else memory[3]
    memory[7] = bar.high if rising else bar.low
    memory[8] = min(memory[1], memory[2])
    memory[3] = bar.high
    memory[4] = bar.low


@woven
def follow_sar(memory, bar, out):
    """One trend is the other upside down: prices are mirrored while it falls."""
    direction = memory[5]
    near, far = mirrored(direction, bar.low, bar.high)
    last_near, last_far = mirrored(direction, memory[4], memory[3])
    stop = direction * memory[6]
    farthest = direction * memory[7]
    if near <= stop:
        stop = max(farthest, last_far, far)
        out[0] = direction * stop
        memory[8] = min(memory[1], memory[2])
        farthest = near
        stop = max(stop + memory[8] * (farthest - stop), last_far, far)
        memory[5] = -direction
    else:
        out[0] = memory[6]
        if far > farthest:
            farthest = far
            memory[8] = min(memory[8] + memory[1], memory[2])
        stop = min(stop + memory[8] * (farthest - stop), last_near, near)
    out[1] = memory[5]
    memory[6] = direction * stop
    memory[7] = direction * farthest


@woven
def mirrored(direction, low, high):
    return (low, high) if direction > 0.0 else (-high, -low)


@woven
def update_supertrend(memory, bar, out):
    """Bands of `multiplier` average true ranges around the candle's middle; a band moves only
    towards the price until a close has crossed it. A close beyond the band turns the trend.

    Places: 3 the average true range, then upper band, lower band, last close, direction.
    """
    not_ready(out)
    reach = average_true_range(memory, 3, memory[1], bar)
    if np.isnan(reach):
        return
    at = 3 + TRUE_RANGE
    middle = 0.5 * (bar.high + bar.low)
    upper = middle + memory[2] * reach
    lower = middle - memory[2] * reach
    direction = memory[at + 3]
    if direction == 0.0:
        direction = 1.0
    else:
        if bar.close > memory[at]:
            direction = 1.0
        elif bar.close < memory[at + 1]:
            direction = -1.0
        if memory[at + 2] <= memory[at]:
            upper = min(upper, memory[at])
        if memory[at + 2] >= memory[at + 1]:
            lower = max(lower, memory[at + 1])
    memory[at] = upper
    memory[at + 1] = lower
    memory[at + 2] = bar.close
    memory[at + 3] = direction
    out[0] = lower if direction > 0.0 else upper
    out[1] = direction


@woven
def update_ichimoku(memory, bar, out):
    """The leading spans stand at the candle where they become known, not where they are drawn:
    `displacement` candles ahead. The cloud is the pair drawn over this candle. The lagging span
    is the close itself, drawn back; it has no output of its own."""
    not_ready(out)
    count = memory[0] + 1.0
    memory[0] = count
    longest = int(memory[3])
    displacement = int(memory[4])
    conversion_at = 5
    line_at = conversion_at + 2 * extreme_size(int(memory[1]))
    longest_at = line_at + 2 * extreme_size(int(memory[2]))
    cloud_at = longest_at + 2 * extreme_size(longest)
    conversion = middle_of_range(memory, conversion_at, int(memory[1]), bar)
    line = middle_of_range(memory, line_at, int(memory[2]), bar)
    second = middle_of_range(memory, longest_at, longest, bar)
    if count < longest:
        return
    first = 0.5 * (conversion + line)
    cloud_first = delayed(memory, cloud_at, displacement, first)
    cloud_second = delayed(memory, cloud_at + delay_size(displacement), displacement, second)
    if count >= longest + displacement:
        out[0] = conversion
        out[1] = line
        out[2] = first
        out[3] = second
        out[4] = cloud_first
        out[5] = cloud_second


@woven
def middle_of_range(memory, at, period, bar):
    high = highest(memory, at, period, bar.high)
    low = lowest(memory, at + extreme_size(period), period, bar.low)
    return 0.5 * (high + low)


INDICATORS: Final = (
    Indicator(
        "adx",
        ADX,
        (candles("period", 14),),
        ("adx", "plus_di", "minus_di"),
        memory_size=lambda _: 9,
        warm_up=lambda values: 2 * values["period"],
    ),
    Indicator(
        "aroon",
        AROON,
        (candles("period", 14),),
        ("up", "down", "oscillator"),
        memory_size=lambda values: 2 + 2 * age_size(values["period"] + 1),
        warm_up=lambda values: values["period"] + 1,
    ),
    Indicator(
        "parabolic_sar",
        PARABOLIC_SAR,
        (
            Parameter("acceleration", 0.02, 0.0, 10.0, whole=False),
            Parameter("maximum", 0.2, 0.0, 10.0, whole=False),
        ),
        ("stop", "direction"),
        memory_size=lambda _: 9,
        warm_up=lambda _: 2,
    ),
    Indicator(
        "supertrend",
        SUPERTREND,
        (candles("period", 10), Parameter("multiplier", 3.0, 0.1, 100.0, whole=False)),
        ("line", "direction"),
        memory_size=lambda _: 3 + TRUE_RANGE + 4,
        warm_up=lambda values: values["period"] + 1,
    ),
    Indicator(
        "ichimoku",
        ICHIMOKU,
        (
            candles("conversion", 9),
            candles("line", 26),
            candles("span", 52),
            candles("displacement", 26, 1),
        ),
        ("conversion", "line", "leading_a", "leading_b", "cloud_a", "cloud_b"),
        memory_size=lambda values: (
            5
            + 2 * sum(extreme_size(values[name]) for name in ("conversion", "line", "span"))
            + 2 * delay_size(values["displacement"])
        ),
        warm_up=lambda values: values["span"] + values["displacement"],
        rising=("conversion", "line", "span"),
    ),
)

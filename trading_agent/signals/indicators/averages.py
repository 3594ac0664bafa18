"""Moving averages of the close, and what is built of two of them."""

from typing import Final

import numpy as np

from trading_agent.signals.indicators.indicator import Indicator, candles
from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.smoothing import SMOOTHING, exponential, not_ready
from trading_agent.signals.indicators.windows import (
    delay_size,
    delayed,
    rolling_sum,
    sum_size,
    weighted_size,
    weighted_sum,
)

SMA: Final = 0x10
EMA: Final = 0x11
WMA: Final = 0x12
DEMA: Final = 0x13
TEMA: Final = 0x14
KAMA: Final = 0x15
MACD: Final = 0x16

_KAMA_FAST: Final = 2.0 / 3.0
_KAMA_SLOW: Final = 2.0 / 31.0


@woven
def update_averages(kind, memory, bar, out):
    """All but `SMA`, which has a lane for every candle."""
    if kind == EMA:
        out[0] = exponential(memory, 2, memory[1], bar.close)
    elif kind == WMA:
        update_wma(memory, bar, out)
    elif kind == DEMA:
        update_dema(memory, bar, out)
    elif kind == TEMA:
        update_tema(memory, bar, out)
    elif kind == KAMA:
        update_kama(memory, bar, out)
    elif kind == MACD:
        update_macd(memory, bar, out)
    else:
        not_ready(out)


@woven
def update_wma(memory, bar, out):
    count = memory[0] + 1.0
    memory[0] = count
    period = memory[1]
    total = weighted_sum(memory, 2, int(period), bar.close)
    out[0] = total / (0.5 * period * (period + 1.0)) if count >= period else np.nan


@woven
def update_dema(memory, bar, out):
    out[0] = np.nan
    once = exponential(memory, 2, memory[1], bar.close)
    if memory[2] == memory[1]:
        out[0] = 2.0 * once - exponential(memory, 4, memory[1], once)


@woven
def update_tema(memory, bar, out):
    out[0] = np.nan
    period = memory[1]
    once = exponential(memory, 2, period, bar.close)
    if memory[2] == period:
        twice = exponential(memory, 4, period, once)
        if memory[4] == period:
            out[0] = 3.0 * (once - twice) + exponential(memory, 6, period, twice)


@woven
def update_kama(memory, bar, out):
    """Kaufman's, between averages of 2 and of 30 candles by how straight the price went."""
    out[0] = np.nan
    count = memory[0] + 1.0
    memory[0] = count
    period = int(memory[1])
    last = memory[2]
    memory[2] = bar.close
    first = delayed(memory, 4, period, bar.close)
    if count == 1.0:
        return
    path = rolling_sum(memory, 4 + delay_size(period), period, abs(bar.close - last))
    if count <= period:
        return
    way = bar.close - first
    straight = abs(way / path) if path > 0.0 and path > way else 1.0
    weight = straight * (_KAMA_FAST - _KAMA_SLOW) + _KAMA_SLOW
    before = memory[3] if count > period + 1 else last
    memory[3] = before + (bar.close - before) * (weight * weight)
    out[0] = memory[3]


@woven
def update_macd(memory, bar, out):
    """The fast average is seeded by the last candles of the slow one's seed, as TA-Lib does."""
    not_ready(out)
    count = memory[0] + 1.0
    memory[0] = count
    fast = memory[1]
    slow = memory[2]
    signal = memory[3]
    fast_average = 0.0
    if count > slow - fast:
        fast_average = exponential(memory, 4, fast, bar.close)
    slow_average = exponential(memory, 6, slow, bar.close)
    if count < slow:
        return
    line = fast_average - slow_average
    signal_line = exponential(memory, 8, signal, line)
    if memory[8] == signal:
        out[0] = line
        out[1] = signal_line
        out[2] = line - signal_line


INDICATORS: Final = (
    Indicator(
        "sma",
        SMA,
        (candles("period", 20),),
        ("sma",),
        memory_size=lambda values: 2 + sum_size(values["period"]),
        warm_up=lambda values: values["period"],
    ),
    Indicator(
        "ema",
        EMA,
        (candles("period", 20),),
        ("ema",),
        memory_size=lambda _: 2 + SMOOTHING,
        warm_up=lambda values: values["period"],
    ),
    Indicator(
        "wma",
        WMA,
        (candles("period", 20),),
        ("wma",),
        memory_size=lambda values: 2 + weighted_size(values["period"]),
        warm_up=lambda values: values["period"],
    ),
    Indicator(
        "dema",
        DEMA,
        (candles("period", 20),),
        ("dema",),
        memory_size=lambda _: 2 + 2 * SMOOTHING,
        warm_up=lambda values: 2 * values["period"] - 1,
    ),
    Indicator(
        "tema",
        TEMA,
        (candles("period", 20),),
        ("tema",),
        memory_size=lambda _: 2 + 3 * SMOOTHING,
        warm_up=lambda values: 3 * values["period"] - 2,
    ),
    Indicator(
        "kama",
        KAMA,
        (candles("period", 30),),
        ("kama",),
        memory_size=lambda values: 4 + delay_size(values["period"]) + sum_size(values["period"]),
        warm_up=lambda values: values["period"] + 1,
    ),
    Indicator(
        "macd",
        MACD,
        (candles("fast", 12), candles("slow", 26), candles("signal", 9, 1)),
        ("macd", "signal", "histogram"),
        memory_size=lambda _: 4 + 3 * SMOOTHING,
        warm_up=lambda values: values["slow"] + values["signal"] - 1,
        rising=("fast", "slow"),
    ),
)

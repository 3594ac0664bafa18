"""Volatility: true range, and estimates from returns and ranges, per candle as a fraction of
the price (not annualised). Prices that are not positive have no logarithm and count as no move.
"""

from typing import Final

import numpy as np

from trading_agent.signals.indicators.indicator import LONGEST, Indicator, Parameter, candles
from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.smoothing import TRUE_RANGE, average_true_range, not_ready
from trading_agent.signals.indicators.windows import delay_size, delayed, rolling_sum, sum_size

ATR: Final = 0x50
NATR: Final = 0x51
REALISED: Final = 0x52
PARKINSON: Final = 0x53
GARMAN_KLASS: Final = 0x54
HURST: Final = 0x55

LAGS: Final = 5
"""Hurst compares moves over 1, 2, 4 … 2 ** (LAGS - 1) candles."""
LONGEST_LAG: Final = 1 << (LAGS - 1)

_PARKINSON: Final = 1.0 / (4.0 * np.log(2.0))
_GARMAN_KLASS: Final = 2.0 * np.log(2.0) - 1.0


@woven
def update_volatility(kind, memory, bar, out):
    if kind <= NATR:
        reach = average_true_range(memory, 2, memory[1], bar)
        if kind == NATR:
            reach = 100.0 * (reach / bar.close) if bar.close != 0.0 else 0.0 * reach
        out[0] = reach
    elif kind == REALISED:
        update_realised(memory, bar, out)
    elif kind <= GARMAN_KLASS:
        reach = log_ratio(bar.high, bar.low)
        square = _PARKINSON * reach * reach
        if kind == GARMAN_KLASS:
            body = log_ratio(bar.close, bar.open)
            square = 0.5 * reach * reach - _GARMAN_KLASS * body * body
        root_of_mean(memory, square, out)
    elif kind == HURST:
        update_hurst(memory, bar, out)
    else:
        not_ready(out)


@woven
def log_ratio(above, below):
    return np.log(above / below) if above > 0.0 and below > 0.0 else 0.0


@woven
def root_of_mean(memory, value, out):
    """Memory: candles seen, period, then the window."""
    count = memory[0] + 1.0
    memory[0] = count
    period = memory[1]
    total = rolling_sum(memory, 2, int(period), value)
    out[0] = np.sqrt(max(total, 0.0) / period) if count >= period else np.nan


@woven
def update_realised(memory, bar, out):
    """Root mean square of the logarithmic returns of the close."""
    out[0] = np.nan
    count = memory[0] + 1.0
    memory[0] = count
    last = memory[2]
    memory[2] = bar.close
    if count == 1.0:
        return
    move = log_ratio(bar.close, last)
    total = rolling_sum(memory, 3, int(memory[1]), move * move)
    if count > memory[1]:
        out[0] = np.sqrt(total / memory[1])


@woven
def update_hurst(memory, bar, out):
    """Half the slope of the logarithm of mean squared moves against that of their length, by
    least squares: 0.5 a random walk, above a trend, below a return to the mean. 0.5 too where
    the price stood still at some length.

    Places: 2 the logarithm of the last price, then per lag a delay and a sum of squares.
    """
    out[0] = np.nan
    count = memory[0] + 1.0
    memory[0] = count
    period = int(memory[1])
    if bar.close > 0.0:
        memory[2] = np.log(bar.close)
    price = memory[2]
    at = 3
    lag = 1
    slope = 0.0
    moved = True
    for index in range(LAGS):
        before = delayed(memory, at, lag, price)
        at += delay_size(lag)
        if count > lag:
            move = price - before
            squares = rolling_sum(memory, at, period, move * move)
            if squares > 0.0:
                # Lags double, so their logarithms are evenly spaced about the middle one.
                slope += (index - 0.5 * (LAGS - 1)) * np.log(squares)
            else:
                moved = False
        at += sum_size(period)
        lag *= 2
    if count >= period + LONGEST_LAG:
        spread = LAGS * (LAGS * LAGS - 1.0) / 12.0
        out[0] = 0.5 * slope / (spread * np.log(2.0)) if moved else 0.5


INDICATORS: Final = (
    Indicator(
        "atr",
        ATR,
        (candles("period", 14),),
        ("atr",),
        memory_size=lambda _: 2 + TRUE_RANGE,
        warm_up=lambda values: values["period"] + 1,
    ),
    Indicator(
        "natr",
        NATR,
        (candles("period", 14),),
        ("natr",),
        memory_size=lambda _: 2 + TRUE_RANGE,
        warm_up=lambda values: values["period"] + 1,
    ),
    Indicator(
        "realised_volatility",
        REALISED,
        (candles("period", 20),),
        ("volatility",),
        memory_size=lambda values: 3 + sum_size(values["period"]),
        warm_up=lambda values: values["period"] + 1,
    ),
    Indicator(
        "parkinson",
        PARKINSON,
        (candles("period", 20),),
        ("volatility",),
        memory_size=lambda values: 2 + sum_size(values["period"]),
        warm_up=lambda values: values["period"],
    ),
    Indicator(
        "garman_klass",
        GARMAN_KLASS,
        (candles("period", 20),),
        ("volatility",),
        memory_size=lambda values: 2 + sum_size(values["period"]),
        warm_up=lambda values: values["period"],
    ),
    Indicator(
        "hurst",
        HURST,
        (Parameter("period", 128, 2 * LONGEST_LAG, LONGEST),),
        ("hurst",),
        memory_size=lambda values: (
            3 + sum(delay_size(1 << lag) + sum_size(values["period"]) for lag in range(LAGS))
        ),
        warm_up=lambda values: values["period"] + LONGEST_LAG,
    ),
)

"""The compiled doors to the indicators, one a family: for one candle, or for many."""

from typing import Final

import numpy as np
from numba import njit

from trading_agent.market.compiling import borrowed
from trading_agent.signals.indicators.averages import EMA, MACD, SMA, update_averages
from trading_agent.signals.indicators.bars import Bar, Bars, Floats
from trading_agent.signals.indicators.channels import BOLLINGER, update_channels
from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.lanes import (
    run_atr,
    run_bollinger,
    run_ema,
    run_macd,
    run_rsi,
    run_sma,
)
from trading_agent.signals.indicators.oscillators import RSI, update_oscillators
from trading_agent.signals.indicators.trend import update_trend
from trading_agent.signals.indicators.volatility import ATR, update_volatility
from trading_agent.signals.indicators.volume import update_volume

_FAMILY: Final = 4
"""Bits of a kind below its family."""


@woven
def columns_of(bars):
    """Without owners: nothing counts references within a loop."""
    return (
        borrowed(bars.open_at, np.int64),
        borrowed(bars.open, np.float64),
        borrowed(bars.high, np.float64),
        borrowed(bars.low, np.float64),
        borrowed(bars.close, np.float64),
        borrowed(bars.volume, np.float64),
    )


@woven
def bar_in(columns, index):
    return Bar(
        columns[0][index],
        columns[1][index],
        columns[2][index],
        columns[3][index],
        columns[4][index],
        columns[5][index],
    )


# One function a family, with a name of its own: together they compile in half the time that one
# function over all of them takes, and a family that nobody asks for is not compiled at all.
@njit(error_model="numpy", cache=True, nogil=True)
def run_averages(kind, memory, bars, outs):
    state = borrowed(memory, np.float64)
    rows = borrowed(outs, np.float64)
    columns = columns_of(bars)
    close = columns[4]
    plain = len(close)  # candles before the lane
    if kind == SMA:
        plain = 0
    elif kind == EMA:
        plain = min(plain, int(state[1] - state[2]))
    elif kind == MACD:
        plain = min(plain, max(int(state[2] + state[3] - 1.0 - state[0]), 0))
    for index in range(plain):
        update_averages(kind, state, bar_in(columns, index), rows[index])
    if kind == SMA:
        run_sma(state, plain, close, rows)
    elif kind == EMA:
        run_ema(state, plain, close, rows)
    elif kind == MACD:
        run_macd(state, plain, close, rows)


@njit(error_model="numpy", cache=True, nogil=True)
def run_oscillators(kind, memory, bars, outs):
    state = borrowed(memory, np.float64)
    rows = borrowed(outs, np.float64)
    columns = columns_of(bars)
    close = columns[4]
    plain = len(close)
    if kind == RSI:
        plain = min(plain, int(1.0 - state[2] + state[1] - state[4]))
    for index in range(plain):
        update_oscillators(kind, state, bar_in(columns, index), rows[index])
    if kind == RSI:
        run_rsi(state, plain, close, rows)


@njit(error_model="numpy", cache=True, nogil=True)
def run_trend(kind, memory, bars, outs):
    state = borrowed(memory, np.float64)
    rows = borrowed(outs, np.float64)
    columns = columns_of(bars)
    for index in range(len(columns[0])):
        update_trend(kind, state, bar_in(columns, index), rows[index])


@njit(error_model="numpy", cache=True, nogil=True)
def run_channels(kind, memory, bars, outs):
    state = borrowed(memory, np.float64)
    rows = borrowed(outs, np.float64)
    columns = columns_of(bars)
    close = columns[4]
    index = 0
    while index < len(close):
        if kind == BOLLINGER:
            index = run_bollinger(state, index, close, rows)
            if index == len(close):
                break
        update_channels(kind, state, bar_in(columns, index), rows[index])
        index += 1


@njit(error_model="numpy", cache=True, nogil=True)
def run_volatility(kind, memory, bars, outs):
    state = borrowed(memory, np.float64)
    rows = borrowed(outs, np.float64)
    columns = columns_of(bars)
    close = columns[4]
    plain = len(close)
    if kind == ATR:
        plain = min(plain, int(1.0 - state[2] + state[1] - state[4]))
    for index in range(plain):
        update_volatility(kind, state, bar_in(columns, index), rows[index])
    if kind == ATR:
        run_atr(state, plain, (columns[2], columns[3], close), rows)


@njit(error_model="numpy", cache=True, nogil=True)
def run_volume(kind, memory, bars, outs):
    state = borrowed(memory, np.float64)
    rows = borrowed(outs, np.float64)
    columns = columns_of(bars)
    for index in range(len(columns[0])):
        update_volume(kind, state, bar_in(columns, index), rows[index])


FAMILIES: Final = {
    1: run_averages,
    2: run_oscillators,
    3: run_trend,
    4: run_channels,
    5: run_volatility,
    6: run_volume,
}


def run(kind: int, memory: Floats, bars: Bars, outs: Floats) -> None:
    """One candle after the other, as they come live; `outs`: a row per candle. `kind` is
    `Indicator.kind`, `memory` what `Indicator.new_memory` made. Others may run meanwhile: the
    interpreter's lock is released. A kind that is not compiled here, a person's own, writes NaN."""
    family = FAMILIES.get(kind >> _FAMILY)
    if family is None:
        outs[:] = np.nan
    else:
        family(kind, memory, bars, outs)


@njit(error_model="numpy", nogil=True)
def run_own(update, memory, bars, outs):
    """`run` for a person's own compiled `update`."""
    for index in range(len(bars.close)):
        bar = Bar(
            bars.open_at[index],
            bars.open[index],
            bars.high[index],
            bars.low[index],
            bars.close[index],
            bars.volume[index],
        )
        update(memory, bar, outs[index])

"""One compiled door to every indicator: for one candle, or for many."""

from typing import Final

import numpy as np
from numba import njit

from trading_agent.market.compiling import borrowed
from trading_agent.signals.indicators.averages import EMA, SMA, update_averages
from trading_agent.signals.indicators.bars import Bar
from trading_agent.signals.indicators.channels import update_channels
from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.lanes import run_atr, run_ema, run_sma
from trading_agent.signals.indicators.oscillators import update_oscillators
from trading_agent.signals.indicators.smoothing import not_ready
from trading_agent.signals.indicators.trend import update_trend
from trading_agent.signals.indicators.volatility import ATR, update_volatility
from trading_agent.signals.indicators.volume import update_volume

_FAMILY: Final = 4
"""Bits of a kind below its family."""


@woven
def update_indicator(kind, memory, bar, out):
    """Take one finished candle in and write all outputs, NaN until ready.

    `kind` is `Indicator.kind`, `memory` what `Indicator.new_memory` made, `out` one float per
    output. A kind that is not compiled here, a person's own, writes NaN.
    """
    family = kind >> _FAMILY
    if family == 1:
        update_averages(kind, memory, bar, out)
    elif family == 2:
        update_oscillators(kind, memory, bar, out)
    elif family == 3:
        update_trend(kind, memory, bar, out)
    elif family == 4:
        update_channels(kind, memory, bar, out)
    elif family == 5:
        update_volatility(kind, memory, bar, out)
    elif family == 6:
        update_volume(kind, memory, bar, out)
    else:
        not_ready(out)


@njit(error_model="numpy", cache=True, nogil=True)
def run(kind, memory, bars, outs):
    """One candle after the other, as they come live; `outs`: a row per candle. Others may run
    meanwhile: the interpreter's lock is released."""
    state = borrowed(memory, np.float64)
    rows = borrowed(outs, np.float64)
    open_at = borrowed(bars.open_at, np.int64)
    opening = borrowed(bars.open, np.float64)
    high = borrowed(bars.high, np.float64)
    low = borrowed(bars.low, np.float64)
    close = borrowed(bars.close, np.float64)
    volume = borrowed(bars.volume, np.float64)
    plain = len(close) if kind not in (SMA, EMA, ATR) else lane_begins(kind, state, len(close))
    for index in range(plain):
        bar = Bar(
            open_at[index], opening[index], high[index], low[index], close[index], volume[index]
        )
        update_indicator(kind, state, bar, rows[index])
    if kind == SMA:
        run_sma(state, plain, close, rows)
    elif kind == EMA:
        run_ema(state, plain, close, rows)
    elif kind == ATR:
        run_atr(state, plain, (high, low, close), rows)


@woven
def lane_begins(kind, memory, length):
    """How many candles must go the plain way before the lane may be taken."""
    if kind == SMA:
        return 0
    first = 1 if kind == ATR and memory[2] == 0.0 else 0
    seeded = memory[4] if kind == ATR else memory[2]
    return min(length, first + int(memory[1] - seeded))


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

"""Candles as indicators read them: real prices and sizes, as floats."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trading_agent.domain.errors import ConfigError

Floats = NDArray[np.float64]

_PRICES: Final = ("open", "high", "low", "close")


class Bar(NamedTuple):
    """One finished candle. `open_at` in nanoseconds UTC, prices in the quote currency, volume in
    the base currency; all finite."""

    open_at: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Bars(NamedTuple):
    """Finished candles in the order of time: one contiguous array per field, of equal length."""

    open_at: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


def make_bars(open_at: ArrayLike, prices: tuple[ArrayLike, ...], volume: ArrayLike) -> Bars:
    """`prices`: open, high, low, close. ConfigError when the columns differ in length."""
    opening, high, low, close = (_column(price, np.float64) for price in prices)
    bars = Bars(_column(open_at, np.int64), opening, high, low, close, _column(volume, np.float64))
    if any(column.shape != bars.close.shape for column in bars):
        raise ConfigError(f"candles of unequal length: {[len(column) for column in bars]}")
    return bars


def bars_of_candles(candles: NDArray[np.void], tick_size: float, lot_size: float) -> Bars:
    """Real prices and sizes of `market.candles.CANDLE` records, which count ticks and lots."""
    prices = tuple(candles[name] * tick_size for name in _PRICES)
    return make_bars(candles["open_at"], prices, candles["volume"] * lot_size)


def bars_of(bar: Bar) -> Bars:
    """One candle as a series."""
    return Bars(np.array([bar.open_at]), *(np.array([value]) for value in bar[1:]))


def bar_at(bars: Bars, index: int) -> Bar:
    return Bar(int(bars.open_at[index]), *(float(column[index]) for column in bars[1:]))


def _column(values: ArrayLike, dtype: Any) -> NDArray[Any]:
    column = np.ascontiguousarray(values, dtype=dtype)
    if column.ndim != 1:
        raise ConfigError(f"a column of candles has {column.ndim} dimensions")
    return column

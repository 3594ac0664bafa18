"""Candles of one symbol, 1 second to 1 day, by the exchange's time.

Prints build the second; a finished second is folded into every longer candle. A second
without prints makes no candle: gaps stay visible as jumps of `open_at`.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numba import njit

from trading_agent.domain.market_rows import RowKind
from trading_agent.domain.units import DAY, HOUR, MINUTE, SECOND
from trading_agent.market.compiling import part

TIMEFRAMES: Final = (
    SECOND,
    5 * SECOND,
    15 * SECOND,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    4 * HOUR,
    DAY,
)
TIMEFRAME_NAMES: Final = ("1s", "5s", "15s", "1m", "5m", "15m", "1h", "4h", "1d")
HISTORY: Final = 256
"""Finished candles remembered per timeframe."""

NOBODY: Final = len(TIMEFRAMES)

_STATED: Final = ("open_at", "open", "high", "low", "close", "volume")
_MASK: Final = HISTORY - 1
_COUNT: Final = len(TIMEFRAMES)
_TOLD_AT_LEAST: Final = HISTORY // 2
_LENGTHS: Final = np.array(TIMEFRAMES, np.int64)
_KLINE_OPEN: Final = int(RowKind.KLINE_OPEN)
_KLINE_HIGH: Final = int(RowKind.KLINE_HIGH)
_KLINE_LOW: Final = int(RowKind.KLINE_LOW)
_KLINE_CLOSE: Final = int(RowKind.KLINE_CLOSE)

CANDLE: Final = np.dtype(
    [
        ("open_at", np.int64),
        ("open", np.int64),
        ("high", np.int64),
        ("low", np.int64),
        ("close", np.int64),
        ("volume", np.int64),
        ("prints", np.int64),
        ("whole", np.int64),
    ],
    align=True,
)
"""Prices in ticks, volume in lots. `open_at` 0: nothing yet. `whole`: 1 when seen from its
beginning, or completed by the exchange's own candle."""

SERIES: Final = np.dtype(
    [("length", np.int64), ("count", np.int64), ("now", CANDLE), ("past", CANDLE, (HISTORY,))],
    align=True,
)
"""`now` holds what has been folded in so far; finished candle n stands at n modulo HISTORY."""

CANDLES: Final = np.dtype(
    [
        ("late", np.int64),
        ("heard", np.int64),
        ("closed", np.int64),
        ("told", np.int64),
        ("kline", CANDLE),
        ("series", SERIES, (_COUNT,)),
    ],
    align=True,
)
"""`late` counts prints older than the open second: counted, not applied. `heard`: the shortest
timeframe whose closings are told when they happen, `NOBODY` for none; `closed`: a bit for each
timeframe that has closed since something was told, when there had been `told` seconds."""


def open_candles(candles: np.void) -> None:
    """Make zeroed memory an empty set of candles."""
    for index, length in enumerate(TIMEFRAMES):
        candles["series"][index]["length"] = length
    candles["heard"] = NOBODY


def fill_past(series: np.void, candles: Sequence[tuple[int, ...]]) -> None:
    """Make these the finished candles of a series that has none; oldest first, each open_at,
    open, high, low, close, volume. How many trades they had is not known."""
    recent = candles[-HISTORY:]
    for place, candle in enumerate(recent):
        past = series["past"][place]
        for name, value in zip(_STATED, candle, strict=True):
            past[name] = value
        past["whole"] = 1
    series["count"] = len(recent)


@njit(error_model="numpy", inline="always")
def add_print_to_candles(candles, venue_at, price, lots):
    series = candles.series[0]
    candle = series.now
    open_at = venue_at - venue_at % SECOND
    if open_at < candle.open_at:
        candles.late += 1
        return
    if open_at > candle.open_at:
        if candle.open_at > 0:
            candles.closed |= finish_second(candles)
        begin(candle, open_at, price, price, price, series.count > 0)
        candle.close = price
        candle.volume = lots
        candle.prints = 1
        return
    candle.high = max(candle.high, price)
    candle.low = min(candle.low, price)
    candle.close = price
    candle.volume += lots
    candle.prints += 1


@part
def begin(candle, open_at, opening, high, low, whole):
    candle.open_at = open_at
    candle.open = opening
    candle.high = high
    candle.low = low
    candle.volume = 0
    candle.prints = 0
    candle.whole = np.int64(whole)


@njit(error_model="numpy", inline="always")
def finish_second(candles):
    """Fold the finished second into the longer candles, then remember it. A bit for each
    timeframe that closed by it."""
    second = candles.series[0].now
    closed = np.int64(1)
    for index in range(1, _COUNT):
        series = candles.series[index]
        candle = series.now
        open_at = second.open_at - second.open_at % series.length
        if open_at > candle.open_at:
            seen = candle.open_at > 0
            if seen and candle.open_at > last_known(series):
                remember(series)
                closed |= 1 << index
            begin(candle, open_at, second.open, second.high, second.low, seen)
        candle.high = max(candle.high, second.high)
        candle.low = min(candle.low, second.low)
        candle.close = second.close
        candle.volume += second.volume
        candle.prints += second.prints
    remember(candles.series[0])
    return closed


@njit(error_model="numpy", inline="always")
def closings_to_tell(candles):
    """A bit for each timeframe that has closed, when it is time to say so; 0 otherwise. Told
    now and then in any case: only so many candles are remembered."""
    closed = candles.closed
    seconds = candles.series[0].count
    if closed >> candles.heard == 0 and seconds - candles.told < _TOLD_AT_LEAST:
        return np.int64(0)
    candles.closed = 0
    candles.told = seconds
    return closed


@part
def last_known(series):
    """When the newest finished candle opened, 0 when there is none. The exchange may have told of
    one that our first prints still belong to: its word stands."""
    if series.count == 0:
        return np.int64(0)
    return series.past[(series.count - 1) & _MASK].open_at


@part
def remember(series):
    past = series.past[series.count & _MASK]
    candle = series.now
    past.open_at = candle.open_at
    past.open = candle.open
    past.high = candle.high
    past.low = candle.low
    past.close = candle.close
    past.volume = candle.volume
    past.prints = candle.prints
    past.whole = candle.whole
    series.count += 1


@njit(error_model="numpy", inline="always")
def add_kline_row(candles, kind, flags, open_at, price, size):
    """One KLINE_* row of the exchange's own candle; the volume row completes it."""
    kline = candles.kline
    if kind == _KLINE_OPEN:
        kline.open_at = open_at
        kline.open = price
    elif kind == _KLINE_HIGH:
        kline.high = price
    elif kind == _KLINE_LOW:
        kline.low = price
    elif kind == _KLINE_CLOSE:
        kline.close = price
    else:
        kline.volume = size
        complete(candles, (flags >> 8) & 0xFF)


@njit(error_model="numpy", inline="always")
def complete(candles, timeframe):
    """Give a candle we joined midway the opening, the extremes and the volume we missed."""
    if timeframe <= 0 or timeframe >= _COUNT:
        return
    kline = candles.kline
    candle = candles.series[timeframe].now
    if candle.whole == 1 or candle.open_at != kline.open_at:
        return
    candle.open = kline.open
    candle.high = max(candle.high, kline.high)
    candle.low = min(candle.low, kline.low)
    # The open second is in the exchange's volume already, and will be folded in when it ends.
    second = candles.series[0].now
    open_volume = second.volume if second.open_at >= candle.open_at else np.int64(0)
    candle.volume = max(candle.volume, kline.volume - open_volume)
    candle.whole = 1

"""Candles of one symbol, 1 second to 1 day, by the exchange's time.

Prints build the second; a finished second is folded into every longer candle, and with it every
candle that ends there is finished. What ends a candle is the exchange's time and nothing else: of
a print that belongs to a later one, or of a depth message an `ALLOWANCE` past its end. A second
without prints makes no candle: that is a jump of `open_at`, and `missing` says whether the stream
of trades was away meanwhile.
"""

from collections.abc import Mapping, Sequence
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

ALLOWANCE: Final = SECOND
"""How far depth messages must be past the end of a candle that no print has ended. Prints and
depth come in channels of their own, each at a pace of 10 or 100 ms: ten paces of the slower one.
Of 28,000 prints of three recorded pairs 99 % came at most 0.16 s after depth that was stamped
later than they were, and all within 0.73 s. One that comes later still is counted as late."""

NOBODY: Final = len(TIMEFRAMES)
MENDED: Final = 16
"""The first of the bits that say which timeframes' remembered candles have changed."""

_STATED: Final = ("open_at", "open", "high", "low", "close", "volume")
_MASK: Final = HISTORY - 1
_COUNT: Final = len(TIMEFRAMES)
_TOLD_AT_LEAST: Final = HISTORY // 2
_NEVER: Final = (1 << 63) - 1
_AT_ONCE: Final = 1
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
        ("missing", np.int64),
    ],
    align=True,
)
"""Prices in ticks, volume in lots. `open_at` 0: nothing yet. `whole`: 1 when the stream of trades
was there from its beginning to its end, or when the exchange's own candle has mended it.
`missing`: how many candles between the one before and this are not known, because the stream was
away; those in which nobody traded are none of them."""

SERIES: Final = np.dtype(
    [("length", np.int64), ("count", np.int64), ("now", CANDLE), ("past", CANDLE, (HISTORY,))],
    align=True,
)
"""`now` holds what has been folded in so far; finished candle n stands at n modulo HISTORY."""

CANDLES: Final = np.dtype(
    [
        ("due", np.int64),
        ("over", np.int64),
        ("since", np.int64),
        ("away", np.int64),
        ("late", np.int64),
        ("heard", np.int64),
        ("closed", np.int64),
        ("told", np.int64),
        ("kline", CANDLE),
        ("series", SERIES, (_COUNT,)),
    ],
    align=True,
)
"""Times are the exchange's. `due`: depth of then ends a candle. Prints from before `over` belong
to what has ended: counted as `late`, not applied. `since`: when the stream of trades came or came
back; `away`: 1 while it is away. `heard`: the shortest timeframe whose closings are told when
they happen, `NOBODY` for none; `closed`: a bit for each timeframe that has closed, or from
`MENDED` on was mended, since something was told, when there had been `told` seconds."""


def open_candles(candles: np.void) -> None:
    """Make zeroed memory an empty set of candles."""
    for index, length in enumerate(TIMEFRAMES):
        candles["series"][index]["length"] = length
    candles["heard"] = NOBODY
    candles["due"] = _AT_ONCE
    candles["away"] = 1
    # Nothing was ever traded in the first second of 1970: 0 means that there is no candle.
    candles["over"] = SECOND


def learn_past(candles: np.void, timeframe: int, known: Sequence[tuple[int, ...]]) -> bool:
    """Take in the exchange's own candles, finished and oldest first, each open_at, open, high,
    low, close, volume: those before ours, those we missed, and those of ours that are not whole.
    How many trades they had is not known. False when there was nothing to take."""
    series = candles["series"][timeframe]
    count = int(series["count"])
    places = np.arange(max(count - HISTORY, 0), count) & _MASK
    ours = {int(each["open_at"]): each for each in series["past"][places].view(CANDLE)}
    wanted = [each for each in known if _is_wanted(candles, series, ours, each[0])]
    if not wanted:
        return False
    every = ours | {each[0]: _stated(each) for each in wanted}
    known_at = sorted(every)[-HISTORY:]
    kept = [every[open_at] for open_at in known_at]
    count += sum(open_at not in ours for open_at in known_at)
    series["count"] = count
    for number, each in enumerate(kept, count - len(kept)):
        series["past"][number & _MASK] = each
    _count_missing(series, kept)
    return True


def _is_wanted(
    candles: np.void, series: np.void, ours: Mapping[int, np.void], open_at: int
) -> bool:
    """Our own trades know best, where we have them all; and no candle of the exchange says that
    we missed one where nobody traded."""
    began = int(series["now"]["open_at"])
    if 0 < began <= open_at:
        return False
    if not ours or open_at < min(ours):
        return len(ours) < HISTORY
    if open_at in ours:
        return not ours[open_at]["whole"]
    following = min((each for each in ours if each > open_at), default=began)
    if following:
        behind = ours[following] if following in ours else series["now"]
        return bool(behind["missing"])
    return bool(open_at < candles["since"])


def _stated(candle: tuple[int, ...]) -> np.void:
    made: np.void = np.zeros(1, CANDLE)[0]
    for name, value in zip(_STATED, candle, strict=True):
        made[name] = value
    made["whole"] = 1
    return made


def _count_missing(series: np.void, kept: Sequence[np.void]) -> None:
    """Less than before, where some have come between."""
    count = int(series["count"])
    places = [(count - len(kept) + number) & _MASK for number in range(len(kept))]
    later = [series["past"][place] for place in places[1:]]
    for before, each in zip(kept, (*later, series["now"]), strict=True):
        between = (each["open_at"] - before["open_at"]) // series["length"] - 1
        each["missing"] = max(min(each["missing"], between), 0)


@njit(error_model="numpy", inline="always")
def add_print_to_candles(candles, venue_at, price, lots):
    candle = candles.series[0].now
    open_at = venue_at - venue_at % SECOND
    if open_at < candles.over:
        candles.late += 1
        return
    if open_at > candle.open_at:
        begin_second(candles, venue_at, open_at, price)
    candle.high = max(candle.high, price)
    candle.low = min(candle.low, price)
    candle.close = price
    candle.volume += lots
    candle.prints += 1


@part
def begin_second(candles, venue_at, open_at, price):
    """With a print of it: everything before it is over."""
    finish_until(candles, open_at)
    if candles.away == 1:
        candles.away = 0
        candles.since = venue_at
    begin(candles, candles.series[0], open_at, price, price, price)
    candles.over = open_at
    candles.due = open_at + SECOND + ALLOWANCE


@part
def pass_time(candles, venue_at):
    """A message of the market says what time it is: of depth, or of prints that were applied."""
    finish_until(candles, venue_at - ALLOWANCE)
    if candles.away == 1:
        # Depth and trades of a pair are streams of one connection, and a book is ready only
        # after they are on: where depth comes, no print is missed.
        candles.away = 0
        candles.since = max(venue_at, candles.over)
    candles.due = _NEVER
    for index in range(_COUNT):
        series = candles.series[index]
        if series.now.open_at > 0:
            # Of those that are open the shortest ends first.
            candles.due = series.now.open_at + series.length + ALLOWANCE
            break


@part
def lose_prints(candles):
    """The stream of trades is away: what is open will not be whole."""
    candles.away = 1
    candles.due = _AT_ONCE
    for index in range(_COUNT):
        candles.series[index].now.whole = 0


@part
def begin(candles, series, open_at, opening, high, low):
    candle = series.now
    candle.open_at = open_at
    candle.open = opening
    candle.high = high
    candle.low = low
    candle.volume = 0
    candle.prints = 0
    candle.whole = np.int64(candles.away == 0 and open_at > candles.since)
    candle.missing = missing_before(series, open_at, candles.since)


@part
def missing_before(series, open_at, since):
    """What there was between the candle before and the return of the stream is not known."""
    if series.count == 0:
        return np.int64(0)
    ended = last_known(series) + series.length
    known = min(since - since % series.length, open_at)
    return max(known - ended, 0) // series.length


@part
def finish_until(candles, time):
    """Every candle that ends by then is over. A second is folded into the longer ones first."""
    second = candles.series[0].now
    over = 0 < second.open_at <= time - SECOND
    for index in range(1, _COUNT):
        series = candles.series[index]
        candle = series.now
        if over:
            fold(candles, series, second)
        if 0 < candle.open_at <= time - series.length:
            finish(candles, index)
    if over:
        finish(candles, 0)


@part
def fold(candles, series, second):
    candle = series.now
    if candle.open_at == 0:
        open_at = second.open_at - second.open_at % series.length
        begin(candles, series, open_at, second.open, second.high, second.low)
    candle.high = max(candle.high, second.high)
    candle.low = min(candle.low, second.low)
    candle.close = second.close
    candle.volume += second.volume
    candle.prints += second.prints


@part
def finish(candles, index):
    series = candles.series[index]
    candle = series.now
    candles.over = max(candles.over, candle.open_at + series.length)
    if candle.open_at > last_known(series):
        remember(series)
        candles.closed |= 1 << index
    candle.open_at = 0


@njit(error_model="numpy", inline="always")
def closings_to_tell(candles):
    """A bit for each timeframe that has closed or was mended, when it is time to say so; 0
    otherwise. Told now and then in any case: only so many candles are remembered."""
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
    past.missing = candle.missing
    series.count += 1


@part
def add_kline_row(candles, kind, flags, open_at, price, size):
    """One KLINE_* row of the exchange's own candle; the volume row mends ours with it."""
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
        timeframe = (flags >> 8) & 0xFF
        if 0 < timeframe < _COUNT and kline.open_at > 0:
            mend(candles, timeframe)


@part
def mend(candles, timeframe):
    """Only what is not whole: our own prints know the moment better."""
    kline = candles.kline
    series = candles.series[timeframe]
    if series.now.open_at == kline.open_at:
        if series.now.whole == 0:
            mend_open(series.now, candles.series[0].now, kline)
        return
    place = series.count - 1
    oldest = max(series.count - HISTORY, 0)
    while place > oldest and series.past[place & _MASK].open_at > kline.open_at:
        place -= 1
    if place < oldest:
        return
    past = series.past[place & _MASK]
    # One of less volume was stated before the end.
    if past.open_at == kline.open_at and past.whole == 0 and kline.volume >= past.volume:
        past.open = kline.open
        past.high = max(past.high, kline.high)
        past.low = min(past.low, kline.low)
        past.close = kline.close
        past.volume = kline.volume
        past.whole = 1
        candles.closed |= 1 << (timeframe + MENDED)


@part
def mend_open(candle, second, kline):
    """Give an open candle the opening, the extremes and the volume that we missed."""
    candle.open = kline.open
    candle.high = max(candle.high, kline.high)
    candle.low = min(candle.low, kline.low)
    # The open second is in the exchange's volume already, and will be folded in when it ends.
    open_volume = second.volume if second.open_at >= candle.open_at else np.int64(0)
    candle.volume = max(candle.volume, kline.volume - open_volume)
    candle.whole = 1

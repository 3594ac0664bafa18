"""The exchange's own candles of one pair, built from its prints."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from trading_agent.domain.units import DAY, HOUR, MINUTE, SECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.source import Printed

_KEPT: Final = 1_500
_MONDAY: Final = 4 * DAY
"""The first Monday after the epoch."""
_WEEK: Final = 7 * DAY
_LONGEST_MONTH: Final = 31 * DAY

FIXED_INTERVALS: Final = {
    "Min1": MINUTE,
    "Min5": 5 * MINUTE,
    "Min15": 15 * MINUTE,
    "Min30": 30 * MINUTE,
    "Min60": HOUR,
    "Hour4": 4 * HOUR,
    "Hour8": 8 * HOUR,
    "Day1": DAY,
}
INTERVALS: Final = (*FIXED_INTERVALS, "Week1", "Month1")
"""Named as the streams name them."""


@dataclass(frozen=True, slots=True)
class Candle:
    """From `opens_at` up to, not including, `closes_at`; turnover in ticks × lots."""

    opens_at: Nanos
    closes_at: Nanos
    open: Ticks
    high: Ticks
    low: Ticks
    close: Ticks
    volume: Lots
    turnover: int


Bounds = tuple[Nanos, Nanos]


def bounds(interval: str, at: Nanos) -> Bounds:
    """Opening and closing time of the window that holds `at`; weeks open on Monday, UTC."""
    if interval == "Month1":
        return _month(at)
    if interval == "Week1":
        opens = at - (at - _MONDAY) % _WEEK
        return Nanos(opens), Nanos(opens + _WEEK)
    length = FIXED_INTERVALS[interval]
    opens = at - at % length
    return Nanos(opens), Nanos(opens + length)


def _month(at: Nanos) -> Bounds:
    day = datetime.fromtimestamp(at // SECOND, UTC)
    first = datetime(day.year, day.month, 1, tzinfo=UTC)
    later = datetime.fromtimestamp(first.timestamp() + _LONGEST_MONTH // SECOND, UTC)
    following = datetime(later.year, later.month, 1, tzinfo=UTC)
    return Nanos(int(first.timestamp()) * SECOND), Nanos(int(following.timestamp()) * SECOND)


class _Series:
    """Windows that saw a print; the last one is open and changes."""

    def __init__(self, window: Callable[[Nanos], Bounds]) -> None:
        self._window = window
        self.closed: deque[Candle] = deque(maxlen=_KEPT)
        self._opens_at = self._closes_at = Nanos(0)
        self._open = self._high = self._low = self._close = Ticks(0)
        self._volume = Lots(0)
        self._turnover = 0

    def add(self, trade: Printed) -> None:
        price, size = trade.price, trade.size
        if trade.at >= self._closes_at:
            if (last := self.current()) is not None:
                self.closed.append(last)
            self._opens_at, self._closes_at = self._window(trade.at)
            self._open = self._high = self._low = price
            self._volume, self._turnover = Lots(0), 0
        elif price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._close = price
        self._volume = Lots(self._volume + size)
        self._turnover += price * size

    def current(self) -> Candle | None:
        if not self._closes_at:
            return None
        return Candle(
            self._opens_at,
            self._closes_at,
            self._open,
            self._high,
            self._low,
            self._close,
            self._volume,
            self._turnover,
        )


class CandleHistory:
    """All intervals. A window without a print repeats the close before it, with volume 0."""

    def __init__(self) -> None:
        self._series = {interval: _Series(_window_of(interval)) for interval in INTERVALS}

    def begin_with(self, past: Mapping[str, Sequence[Candle]]) -> None:
        """Finished windows from before the first print, by interval."""
        for interval, candles in past.items():
            self._series[interval].closed.extend(candles)

    def add(self, trade: Printed) -> None:
        for series in self._series.values():
            series.add(trade)

    def current(self, interval: str) -> Candle | None:
        """The window of the last print."""
        return self._series[interval].current()

    def rows(self, interval: str, now: Nanos) -> Sequence[Candle]:
        """Oldest first, without holes, up to the window that holds `now`."""
        series = self._series[interval]
        last = series.current()
        known = (*series.closed, last) if last is not None else tuple(series.closed)
        if not known:
            return ()
        filled: deque[Candle] = deque(maxlen=_KEPT)
        for candle in known:
            if filled:
                filled.extend(_flat(filled[-1], interval, candle.opens_at))
            filled.append(candle)
        filled.extend(_flat(filled[-1], interval, Nanos(now + 1)))
        return tuple(filled)


def _window_of(interval: str) -> Callable[[Nanos], Bounds]:
    return lambda at: bounds(interval, at)


def _flat(before: Candle, interval: str, until: Nanos) -> Iterator[Candle]:
    """Windows after `before` that open earlier than `until`; none older than what is kept."""
    opens, closes = before.opens_at, before.closes_at
    if interval in FIXED_INTERVALS:
        length = FIXED_INTERVALS[interval]
        surplus = (until - closes) // length - _KEPT
        closes = Nanos(closes + max(0, surplus) * length)
    close = before.close
    while closes < until:
        opens, closes = bounds(interval, closes)
        yield replace(
            before,
            opens_at=opens,
            closes_at=closes,
            open=close,
            high=close,
            low=close,
            volume=Lots(0),
            turnover=0,
        )

"""Swings of the price: a zigzag that never repaints.

A high is a swing high once a close is so many average true ranges below it, and not one candle
sooner; what has been said of a swing is never taken back.
"""

from typing import NamedTuple

from trading_agent.domain.units import Nanos
from trading_agent.signals.indicators.bars import Bar
from trading_agent.signals.patterns.settings import PatternSettings

_NOTHING = 1e-9
"""Share of the price below which a move is rounding."""


class Swing(NamedTuple):
    """`candle` and `known` count candles: of the extreme, and of the close that confirmed it.
    `side`: 1 for a high, -1 for a low. `at`: opening of the extreme's candle."""

    candle: int
    at: Nanos
    price: float
    side: int
    known: int


class _Extreme(NamedTuple):
    candle: int
    at: Nanos
    price: float


class SwingWatch:
    """One candle at a time; most candles end no swing. Flat memory."""

    def __init__(self, settings: PatternSettings) -> None:
        self.average_range = 0.0
        """Wilder's average true range, in the quote currency; 0 until ready."""
        self._reversal = settings.reversal_ranges
        self._window = settings.range_window
        self._count = 0
        self._first = 0.0
        self._close = 0.0
        self._sum = 0.0
        self._leg = 0
        # The furthest point of the leg, the furthest back from there since, and the furthest on
        # from there again: what the next two legs have done already.
        self._extreme = self._retreat = self._rebound = _Extreme(0, Nanos(0), 0.0)

    def update(self, bar: Bar) -> Swing | None:
        """The swing that this candle's close has confirmed."""
        index = self._count
        self._measure(bar)
        self._count += 1
        if index < self._window:
            return None
        closed = _Extreme(index, Nanos(bar.open_at), bar.close)
        if not self._leg:
            self._leg = 1 if bar.close >= self._first else -1
            self._extreme = closed._replace(price=bar.high if self._leg > 0 else bar.low)
            self._retreat = self._rebound = closed
            return None
        self._follow(closed, bar)
        least = max(self._reversal * self.average_range, _NOTHING * bar.close)
        if self._leg * (self._extreme.price - bar.close) < least:
            return None
        swing = Swing(*self._extreme, self._leg, index)
        self._leg = -self._leg
        self._extreme, self._retreat, self._rebound = self._retreat, self._rebound, closed
        return swing

    def _measure(self, bar: Bar) -> None:
        moved = bar.high - bar.low
        if self._count:
            moved = max(moved, bar.high - self._close, self._close - bar.low)
        else:
            self._first = bar.close
        self._close = bar.close
        if self._count >= self._window:
            self.average_range += (moved - self.average_range) / self._window
            return
        self._sum += moved
        if self._count + 1 == self._window:
            self.average_range = self._sum / self._window

    def _follow(self, closed: _Extreme, bar: Bar) -> None:
        """Of what happened within a candle only its close is known to come last."""
        leg = self._leg
        onward, backward = (bar.high, bar.low) if leg > 0 else (bar.low, bar.high)
        if leg * (onward - self._extreme.price) > 0:
            self._extreme = closed._replace(price=onward)
            self._retreat = self._rebound = closed
        elif leg * (backward - self._retreat.price) < 0:
            self._retreat = closed._replace(price=backward)
            self._rebound = closed
        elif leg * (onward - self._rebound.price) > 0:
            self._rebound = closed._replace(price=onward)

"""What is out of the ordinary in one symbol's market, and in the feed that tells of it."""

import math
from collections import deque
from enum import StrEnum
from typing import Final

from msgspec import Struct

from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.signals.enhanced.flicker import FlickerWatch
from trading_agent.signals.enhanced.robust import SortedWindow
from trading_agent.signals.enhanced.settings import AnomalyParameters

_DELAYS: Final = 101
"""Messages whose median delay is the usual one."""
_LEAST_DELAYS: Final = 10


class AnomalyKind(StrEnum):
    SPREAD = "spread"
    VOLUME = "volume"
    RETURN = "return"
    MESSAGES = "messages"
    FLICKER = "flicker"
    BACKWARDS = "backwards"
    """A message that the exchange stamped earlier than the one before it."""
    CLOCK_JUMP = "clock_jump"
    """A message whose delay is far from the usual: the exchange's clock, or the way to us."""
    SILENCE = "silence"


class Anomaly(Struct, frozen=True):
    """`figure`: robust z for figures of the market, flickers a minute, else milliseconds."""

    kind: AnomalyKind
    at: Nanos
    figure: float
    words: str


class MarketSecond(Struct, frozen=True):
    """One finished second, `at` its end. NaN where there is nothing to say (no book, no return
    across a hole); `volume` in the quote asset."""

    at: Nanos
    spread_bps: float = math.nan
    volume: float = 0.0
    return_bps: float = math.nan
    messages: int = 0


class _Figure(Struct, frozen=True):
    kind: AnomalyKind
    deviations: float
    least_scale: float
    both_ways: bool = False


class MarketWatch:
    """Compares every second with those before it: the window never holds what is judged."""

    def __init__(self, parameters: AnomalyParameters) -> None:
        self._least = parameters.least_seconds
        self._figures = (
            _Figure(AnomalyKind.SPREAD, parameters.spread_deviations, parameters.least_spread_bps),
            _Figure(AnomalyKind.VOLUME, parameters.volume_deviations, parameters.least_volume),
            _Figure(
                AnomalyKind.RETURN, parameters.return_deviations, parameters.least_return_bps, True
            ),
            _Figure(AnomalyKind.MESSAGES, parameters.message_deviations, parameters.least_messages),
        )
        self._windows = tuple(SortedWindow(parameters.window_seconds) for _ in self._figures)

    def second(self, second: MarketSecond) -> tuple[Anomaly, ...]:
        found = []
        values = (second.spread_bps, second.volume, second.return_bps, float(second.messages))
        for figure, window, value in zip(self._figures, self._windows, values, strict=True):
            if not math.isfinite(value):
                continue
            if len(window) >= self._least:
                z = window.robust_z(value, figure.least_scale)
                if (abs(z) if figure.both_ways else z) >= figure.deviations:
                    words = (
                        f"{figure.kind} {value:.4g} is {z:+.1f} deviations from the usual "
                        f"{window.median():.4g}"
                    )
                    found.append(Anomaly(figure.kind, second.at, z, words))
            window.add(value)
        return tuple(found)

    def forget(self) -> None:
        for window in self._windows:
            window.clear()


class FeedWatch:
    """The stamps of one feed's messages. `venue_at` 0: the exchange stamped nothing."""

    def __init__(self, parameters: AnomalyParameters) -> None:
        self._jump = parameters.clock_jump_ms
        self._silence = parameters.silence_ms * MILLISECOND
        self._delays: SortedWindow = SortedWindow(_DELAYS)
        self._last_at: Nanos | None = None
        self._last_venue_at = 0
        self._silent = False

    def message(self, at: Nanos, venue_at: Nanos) -> tuple[Anomaly, ...]:
        self._last_at = at
        self._silent = False
        if venue_at <= 0:
            return ()
        found = []
        back = self._last_venue_at - venue_at
        if back > 0:
            milliseconds = back / MILLISECOND
            words = f"the exchange's time ran back {milliseconds:.0f} ms"
            found.append(Anomaly(AnomalyKind.BACKWARDS, at, milliseconds, words))
        self._last_venue_at = venue_at
        delay = (at - venue_at) / MILLISECOND
        if len(self._delays) >= _LEAST_DELAYS:
            moved = delay - self._delays.median()
            if abs(moved) >= self._jump:
                words = f"delay {delay:.0f} ms, {moved:+.0f} ms from the usual"
                found.append(Anomaly(AnomalyKind.CLOCK_JUMP, at, moved, words))
        self._delays.add(delay)
        return tuple(found)

    def tick(self, at: Nanos) -> tuple[Anomaly, ...]:
        """Whenever time has passed. A silence is told once, when it has become one."""
        if self._last_at is None or self._silent or at - self._last_at < self._silence:
            return ()
        self._silent = True
        milliseconds = (at - self._last_at) / MILLISECOND
        words = f"nothing heard for {milliseconds / 1_000:.1f} s"
        return (Anomaly(AnomalyKind.SILENCE, at, milliseconds, words),)


def flicker_anomaly(
    watch: FlickerWatch, at: Nanos, parameters: AnomalyParameters
) -> tuple[Anomaly, ...]:
    """One when enough large levels came and went within the last minute."""
    count = watch.a_minute(at)
    if count < parameters.flickers_a_minute:
        return ()
    words = f"{count} large levels came and went untraded within a minute"
    return (Anomaly(AnomalyKind.FLICKER, at, float(count), words),)


class AnomalyLog:
    """The anomalies of the recent past of one symbol, the newest of each kind."""

    def __init__(self, hold: int = 60 * SECOND) -> None:
        """`hold`: how long one is remembered, nanoseconds."""
        self._hold = hold
        self._newest: dict[AnomalyKind, Anomaly] = {}
        self._times: deque[Nanos] = deque()

    def add(self, *anomalies: Anomaly) -> None:
        for anomaly in anomalies:
            self._newest[anomaly.kind] = anomaly
            self._times.append(anomaly.at)

    def recent(self, at: Nanos) -> tuple[Anomaly, ...]:
        """The newest of each kind, in the order of kinds."""
        found = (self._newest.get(kind) for kind in AnomalyKind)
        return tuple(it for it in found if it is not None and 0 <= at - it.at <= self._hold)

    def count(self, at: Nanos) -> int:
        """Anomalies of all kinds within the time they are remembered."""
        while self._times and self._times[0] < at - self._hold:
            self._times.popleft()
        return len(self._times)

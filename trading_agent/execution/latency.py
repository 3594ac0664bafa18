"""How long orders and cancels travel: seeded draws that are part of the state."""

from collections import deque
from typing import Final

from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.execution.settings import PaperSettings

MEASUREMENTS: Final = 1_000
"""Measured round trips remembered."""

_MASK: Final = (1 << 64) - 1


class Latency:
    """SplitMix64 (Steele, Lea, Flood 2014): one draw for everything that is sent, in order."""

    def __init__(self, settings: PaperSettings, seed: int) -> None:
        self._state = seed & _MASK
        self._least = Nanos(int(settings.latency_ms * MILLISECOND))
        self._jitter = int(settings.latency_jitter_ms * MILLISECOND)
        self._empirical = settings.latency_model == "EMPIRICAL"
        self._floor = int(settings.latency_floor_ms * MILLISECOND)
        self._round_trips: deque[int] = deque(maxlen=MEASUREMENTS)

    def observe(self, round_trip: Nanos) -> None:
        """A request was answered after so long; what took no time was not measured."""
        if self._empirical and round_trip > 0:
            self._round_trips.append(round_trip)

    def draw(self) -> Nanos:
        """Nanoseconds until the venue sees what is sent now."""
        if self._round_trips:
            drawn = self._round_trips[self._next() % len(self._round_trips)]
            return Nanos(max(drawn // 2, self._floor))
        if self._jitter == 0:
            return self._least
        return Nanos(self._least + (self._next() % (self._jitter + 1)))

    def _next(self) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

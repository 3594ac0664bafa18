"""How long orders and cancels travel: seeded draws that are part of the state."""

from typing import Final

from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.execution.settings import PaperSettings

_MASK: Final = (1 << 64) - 1


class Latency:
    """SplitMix64 (Steele, Lea, Flood 2014): one draw an order, in the order they are sent."""

    def __init__(self, settings: PaperSettings, seed: int) -> None:
        self._state = seed & _MASK
        self._least = int(settings.latency_ms * MILLISECOND)
        self._jitter = int(settings.latency_jitter_ms * MILLISECOND)

    def draw(self) -> Nanos:
        """Nanoseconds until the venue sees what is sent now."""
        if self._jitter == 0:
            return Nanos(self._least)
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        mixed ^= mixed >> 31
        return Nanos(self._least + (mixed % (self._jitter + 1)))

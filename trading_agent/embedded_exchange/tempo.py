"""How fast a market is played."""

import math
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from trading_agent.domain.errors import ConfigError
from trading_agent.domain.units import Nanos
from trading_agent.embedded_exchange.source import MarketSource

AS_FAST_AS_TAKEN: Final = math.inf
"""The speed of a recording that waits for its listeners and for nothing else."""

_SLOWEST: Final = 0.001
_FASTEST: Final = 10_000.0


@dataclass(frozen=True, slots=True)
class Tempo:
    """How a market's own seconds pass. `speed` of them go into one second of market time,
    except at AS_FAST_AS_TAKEN, where they keep their length and market time hurries.

    `depth_is_paced`: depth already comes in messages of another exchange's pace, which are
    passed on one by one.
    """

    speed: float = 1.0
    depth_is_paced: bool = False

    @property
    def hurries(self) -> bool:
        return math.isinf(self.speed)

    def scaled(self, length: int) -> int:
        """A length of the market's own time as market time; nanoseconds."""
        if self.hurries or self.speed == 1.0:
            return length
        return int(length / self.speed)


def read_speed(text: str) -> float:
    """A factor such as `10` or `0.5`, or `max`; raises ConfigError."""
    if text.strip().lower() == "max":
        return AS_FAST_AS_TAKEN
    try:
        speed = float(text)
    except ValueError as fault:
        raise ConfigError(f"speed {text!r} is neither a number nor max") from fault
    if not _SLOWEST <= speed <= _FASTEST:
        raise ConfigError(
            f"speed {text!r} is not between {_SLOWEST:g} and {_FASTEST:g}; or say max"
        )
    return speed


@runtime_checkable
class PlayedSource(MarketSource, Protocol):
    """A source whose own time can be played at any speed, from whenever it is begun."""

    tempo: Tempo

    def begin(self, at: Nanos) -> None:
        """The first event falls on market time `at`; without effect once one was played."""
        ...


def tempo_of(source: MarketSource) -> Tempo:
    return source.tempo if isinstance(source, PlayedSource) else Tempo()

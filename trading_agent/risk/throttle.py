"""How often entries may be sent: the generic cell rate algorithm (ITU-T I.371).

A sender of `rate` a minute may fall behind its own schedule by a burst, and never gets ahead.
"""

from msgspec import Struct, field

from trading_agent.domain.units import MINUTE, Nanos


class Pace(Struct, frozen=True):
    """`interval`: between two orders at the sustained rate; `tolerance`: how far the schedule
    may lie ahead of the clock. Nanoseconds."""

    interval: int
    tolerance: int


def pace_of(per_minute: int, burst: int) -> Pace:
    interval = MINUTE // per_minute
    return Pace(interval, interval * (burst - 1))


class Throttle(Struct):
    """When each key's schedule has room again; nanoseconds UTC."""

    pace: Pace
    schedule: dict[str, int] = field(default_factory=dict)

    def waits(self, key: str, at: Nanos) -> int:
        """How long until one more is allowed; 0 when it is now."""
        ahead = self.schedule.get(key, 0) - at
        return ahead - self.pace.tolerance if ahead > self.pace.tolerance else 0

    def take(self, key: str, at: Nanos) -> None:
        self.schedule[key] = max(self.schedule.get(key, 0), at) + self.pace.interval

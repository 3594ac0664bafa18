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
    others: int = 0
    """The schedule of a key that has none of its own."""

    def waits(self, key: str, at: Nanos) -> int:
        """How long until one more is allowed; 0 when it is now."""
        return max(self.schedule.get(key, self.others) - at - self.pace.tolerance, 0)

    def take(self, key: str, at: Nanos) -> None:
        self.schedule[key] = max(self.schedule.get(key, self.others), at) + self.pace.interval

    def give_back(self, key: str) -> None:
        """One that was taken and not used."""
        self.schedule[key] -= self.pace.interval

    def assume_full(self, at: Nanos) -> None:
        """Nobody knows what was sent before: as much as was allowed."""
        self.others = at + self.pace.tolerance + self.pace.interval

    def recall(self, key: str, at: Nanos) -> None:
        """One that was sent: there was room for it, however much others had taken."""
        ahead = min(self.schedule.get(key, self.others), at + self.pace.tolerance)
        self.schedule[key] = max(ahead, at) + self.pace.interval

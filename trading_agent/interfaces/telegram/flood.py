"""How many commands of one person are heard."""

from trading_agent.domain.units import MINUTE
from trading_agent.runtime.clock import Clock


class Flood:
    """A bucket a person: `burst` at once, refilled by `per_minute`."""

    def __init__(self, clock: Clock, per_minute: int, burst: int) -> None:
        self._clock = clock
        self._burst = float(burst)
        self._rate = per_minute / MINUTE
        self._buckets: dict[int, tuple[float, int]] = {}
        self._told: set[int] = set()

    def admits(self, user: int) -> bool:
        now = self._clock.monotonic()
        left, then = self._buckets.get(user, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        if left < 1.0:
            self._buckets[user] = (left, now)
            return False
        self._buckets[user] = (left - 1.0, now)
        self._told.discard(user)
        return True

    def is_news(self, user: int) -> bool:
        """Whether this person has not been told yet that too much came."""
        if user in self._told:
            return False
        self._told.add(user)
        return True

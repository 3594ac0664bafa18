"""How much may be asked of the exchange: weight in ten seconds, requests in one."""

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.wire import RestPath
from trading_agent.domain.units import MILLISECOND, SECOND
from trading_agent.runtime.clock import Clock

WEIGHTS: Final[Mapping[RestPath, int]] = MappingProxyType(
    {
        RestPath.PING: 1,
        RestPath.TIME: 1,
        RestPath.DEFAULT_SYMBOLS: 1,
        RestPath.OFFLINE_SYMBOLS: 10,
        RestPath.EXCHANGE_INFO: 25,
        RestPath.DEPTH: 3,
        RestPath.TRADES: 5,
        RestPath.AGGREGATE_TRADES: 1,
        RestPath.KLINES: 1,
        RestPath.AVERAGE_PRICE: 1,
        RestPath.TICKER_DAY: 25,
        RestPath.TICKER_PRICE: 10,
        RestPath.TICKER_BOOK: 10,
    }
)
"""Weight by path: the heavier of the two published tables, with one pool for an address."""

_WEIGHT_WINDOW_MS: Final = 10_000
_REQUEST_WINDOW_MS: Final = 1_000


class RateBudget:
    """Counts what was asked; says how long to wait; stops altogether when told to.

    Never sleeps. Any thread may ask.
    """

    def __init__(self, settings: MexcSettings, clock: Clock) -> None:
        self._clock = clock
        self._allowed = max(int(settings.weight_budget * settings.budget_share), _heaviest())
        self._weights = InMemoryBucket([Rate(self._allowed, _WEIGHT_WINDOW_MS)])
        self._requests = InMemoryBucket([Rate(settings.requests_per_second, _REQUEST_WINDOW_MS)])
        self._stopped_until = 0
        self._buckets_and_stop = threading.Lock()
        """Guards both buckets and `_stopped_until`."""

    def acquire(self, weight: int) -> float:
        """Zero: the request may go now, and is counted. Else seconds to wait and ask again."""
        with self._buckets_and_stop:
            stopped = self._stop_left()
            if stopped > 0.0:
                return stopped
            return self._take(self._requests, 1) or self._take(self._weights, weight)

    def stop_for(self, seconds: float) -> None:
        """Nothing may go for this long; a longer stop already in force stays."""
        with self._buckets_and_stop:
            until = self._clock.monotonic() + round(seconds * SECOND)
            self._stopped_until = max(self._stopped_until, until)

    def stopped_for(self) -> float:
        """Seconds until a stop ends, zero when there is none."""
        with self._buckets_and_stop:
            return self._stop_left()

    def used(self) -> float:
        """Weight spent in the last ten seconds as a share of what may be spent."""
        with self._buckets_and_stop:
            self._weights.leak(self._milliseconds())
            return self._weights.count() / self._allowed

    def _stop_left(self) -> float:
        return max(0, self._stopped_until - self._clock.monotonic()) / SECOND

    def _take(self, bucket: InMemoryBucket, weight: int) -> float:
        now = self._milliseconds()
        bucket.leak(now)
        item = RateItem("mexc", now, weight)
        if bucket.put(item):
            return 0.0
        wait = bucket.waiting(item)
        assert isinstance(wait, int) and wait >= 0, "every weight fits an empty bucket"
        return max(wait, 1) / 1_000

    def _milliseconds(self) -> int:
        return self._clock.monotonic() // MILLISECOND


def _heaviest() -> int:
    return max(WEIGHTS.values())

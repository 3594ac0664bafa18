"""One side and both sides of an aggregated book: prices in order, a size at each."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from trading_agent.domain.units import Lots, Ticks
from trading_agent.embedded_exchange.source import Level


class Side:
    """Levels by price, ascending inside."""

    def __init__(self, *, best_is_highest: bool) -> None:
        self._best_is_highest = best_is_highest
        self._sizes: dict[Ticks, Lots] = {}
        self._prices: list[Ticks] = []

    def change(self, levels: Iterable[Level]) -> None:
        """Absolute sizes; zero removes the level."""
        sizes, prices = self._sizes, self._prices
        for price, size in levels:
            if size:
                if price not in sizes:
                    insort(prices, price)
                sizes[price] = size
            elif sizes.pop(price, 0):
                del prices[bisect_left(prices, price)]

    def best(self) -> Level | None:
        if not self._prices:
            return None
        price = self._prices[-1 if self._best_is_highest else 0]
        return price, self._sizes[price]

    def top(self, levels: int) -> tuple[Level, ...]:
        """Best first."""
        if levels <= 0:
            return ()
        prices = (
            self._prices[: -levels - 1 : -1] if self._best_is_highest else self._prices[:levels]
        )
        return tuple([(price, self._sizes[price]) for price in prices])

    def drop_beyond(self, price: Ticks) -> None:
        """Remove every level at `price` or better: another order stands on the other side."""
        if self._best_is_highest:
            start = bisect_left(self._prices, price)
            gone, self._prices = self._prices[start:], self._prices[:start]
        else:
            end = bisect_right(self._prices, price)
            gone, self._prices = self._prices[:end], self._prices[end:]
        for level in gone:
            del self._sizes[level]


class PriceLevels:
    """Both sides, and the version they stand at."""

    def __init__(self, version: int, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        self.version = version
        self.bids = Side(best_is_highest=True)
        self.asks = Side(best_is_highest=False)
        self.bids.change(bids)
        self.asks.change(asks)

    def change(self, version: int, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """Sizes at changed levels as of `version`."""
        self.version = version
        self.bids.change(bids)
        self.asks.change(asks)

    def uncross(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        """After a hole in the versions: what these fresh levels contradict is stale."""
        for price, size in bids:
            if size:
                self.asks.drop_beyond(price)
        for price, size in asks:
            if size:
                self.bids.drop_beyond(price)

"""An exchange's own log of every order: reading it, and the orders standing at each price.

Bitstamp's live order stream, `<received, ms> <event> <json>` a line, xz-packed or plain:
`order_created`, `order_changed` and `order_deleted` carry an order's id, side, price and what is
left of it; `trade` price and amount; `order_book` the best twenty levels of each side.
"""

import heapq
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from trading_agent.domain.errors import FeedError
from trading_agent.domain.order import BUY, SELL, Side
from trading_agent.domain.units import MILLISECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.recorded_bytes import chunks, lines
from trading_agent.embedded_exchange.recorded_formats import Scale

PRICE_DECIMALS: Final = 2
SIZE_DECIMALS: Final = 8

_HEAD: Final = 256
_ORDER_EVENTS: Final = ("order_created", "order_changed", "order_deleted")
_DAMAGE: Final = (ValueError, KeyError, TypeError)

Levels = Mapping[int, int]
"""Lots by price."""


class OrderChange(Struct, frozen=True):
    """`left`: of the order, zero when it was filled to the end."""

    at: Nanos
    event: str
    order: int
    side: Side
    price: Ticks
    left: Lots


class LoggedTrade(Struct, frozen=True):
    at: Nanos
    price: Ticks
    size: Lots


class ShownBook(Struct, frozen=True):
    """The best levels of each side; what lies beyond the last of them is not told."""

    at: Nanos
    bids: Levels
    asks: Levels


LogEvent = OrderChange | LoggedTrade | ShownBook


class StandingLevel:
    """Orders at one price, the first first; `older` lots of orders unknown stand before all."""

    __slots__ = ("known", "older", "orders")

    def __init__(self) -> None:
        self.orders: dict[int, int] = {}
        self.known = 0
        self.older = 0

    @property
    def shown(self) -> int:
        return self.known + self.older

    def put(self, order: int, lots: int) -> None:
        """What is left of an order; one that is new stands last, zero takes it away."""
        self.known += lots - self.orders.get(order, 0)
        if lots:
            self.orders[order] = lots
        else:
            self.orders.pop(order, None)

    def ahead_of(self, order: int) -> int:
        total = self.older
        for each, lots in self.orders.items():
            if each == order:
                break
            total += lots
        return total


class StandingSide:
    """The levels of one side."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._levels: dict[int, StandingLevel] = {}
        self._ranks: list[int] = []

    def at(self, price: int) -> StandingLevel:
        level = self._levels.get(price)
        if level is None:
            level = self._levels[price] = StandingLevel()
            heapq.heappush(self._ranks, -price * self.side)
        return level

    def best(self) -> int | None:
        """The price nearest the other side at which anything is shown."""
        while self._ranks:
            price = -self._ranks[0] * self.side
            if self._levels[price].shown > 0:
                return price
            heapq.heappop(self._ranks)
            del self._levels[price]
        return None

    def prices(self) -> Iterator[int]:
        """At which anything is shown, in no order."""
        return (price for price, level in self._levels.items() if level.shown > 0)


def is_order_log(path: Path) -> bool:
    """Whether a file looks like one. ConfigError when it cannot be read."""
    try:
        head = next(chunks(path), b"")[:_HEAD]
    except FeedError:
        return False
    _, _, rest = head.partition(b" ")
    event = rest.partition(b" ")[0].decode("ascii", errors="replace")
    return event in (*_ORDER_EVENTS, "order_book", "trade")


def read_order_log(path: Path) -> list[LogEvent]:
    """Raises FeedError naming the line that is damaged, ConfigError for a file out of reach."""
    prices, sizes = Scale(PRICE_DECIMALS), Scale(SIZE_DECIMALS)
    events: list[LogEvent] = []
    for number, line in enumerate(lines(path), 1):
        if not line:
            continue
        try:
            stamp, event, document = line.split(b" ", 2)
            at = Nanos(int(stamp) * MILLISECOND)
            told = _read(at, event.decode("ascii"), json.loads(document), prices, sizes)
        except _DAMAGE as fault:
            raise FeedError(f"{path}, line {number}: damaged: {fault}") from fault
        if told is not None:
            events.append(told)
    return events


def _read(
    at: Nanos, event: str, body: Mapping[str, Any], prices: Scale, sizes: Scale
) -> LogEvent | None:
    if event in _ORDER_EVENTS:
        side = SELL if body["order_type"] else BUY
        price, left = Ticks(prices[body["price"]]), Lots(sizes[body["amount"]])
        return OrderChange(at, event, int(body["id"]), side, price, left)
    if event == "trade":  # the one event whose numbers are floats
        price = Ticks(round(body["price"] * 10**PRICE_DECIMALS))
        return LoggedTrade(at, price, Lots(round(body["amount"] * 10**SIZE_DECIMALS)))
    if event == "order_book":
        bids = _levels(body["bids"], prices, sizes)
        return ShownBook(at, bids, _levels(body["asks"], prices, sizes))
    return None


def _levels(pairs: Sequence[Sequence[str]], prices: Scale, sizes: Scale) -> Levels:
    return {prices[price]: sizes[size] for price, size in pairs}

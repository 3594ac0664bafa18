"""One pair's order book with every single order: price, then time.

Integers only. The book knows no clock and no dice: whoever calls decides what happens when.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice

from msgspec import Struct

from trading_agent.domain.order import OrderId, OrderKind, Side
from trading_agent.domain.units import Lots, Ticks
from trading_agent.embedded_exchange.source import Level

HOUSE = 0
"""Owner of the orders that make up the market itself."""
NOTHING: Level = (Ticks(0), Lots(0))
"""Best level of an empty side."""


class Refusal(StrEnum):
    WOULD_TAKE = "would_take"
    SIZE_TOO_SMALL = "size_too_small"
    NOTIONAL_TOO_SMALL = "notional_too_small"
    NOTIONAL_TOO_LARGE = "notional_too_large"
    NOT_POSITIVE = "not_positive"


class Match(Struct, frozen=True):
    """One taker meeting one maker at the maker's price. `maker_left` still rests."""

    maker: OrderId
    maker_owner: int
    maker_left: Lots
    taker: OrderId
    taker_owner: int
    price: Ticks
    size: Lots
    taker_bought: bool


class Receipt(Struct, frozen=True):
    """What became of an order on arrival: neither matched nor resting size was cancelled."""

    order: OrderId
    matches: tuple[Match, ...]
    resting: Lots
    refusal: Refusal | None


class BookChange(Struct, frozen=True):
    """What happened since the last call: versions, absolute sizes at changed levels, matches."""

    first_version: int
    last_version: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    matches: tuple[Match, ...]


class RestingOrder:
    """An order in the book; `left` falls as it fills."""

    __slots__ = ("left", "order", "owner", "price", "side")

    def __init__(self, order: OrderId, owner: int, side: Side, price: Ticks, left: Lots) -> None:
        self.order = order
        self.owner = owner
        self.side = side
        self.price = price
        self.left = left


class _PriceLevel:
    """Orders at one price, oldest first; `total` is their summed size."""

    __slots__ = ("orders", "total")

    def __init__(self) -> None:
        self.orders: OrderedDict[int, RestingOrder] = OrderedDict()
        self.total = 0


class BookSide:
    """Levels of one side. `ranks` ascends and ends with the best: price times the side's sign."""

    __slots__ = ("levels", "ranks", "sign", "touched")

    def __init__(self, side: Side) -> None:
        self.sign = int(side)
        self.ranks: list[int] = []
        self.levels: dict[int, _PriceLevel] = {}
        self.touched: dict[int, None] = {}

    def best(self) -> Level:
        """Best price and its size; (0, 0) when empty."""
        if not self.ranks:
            return NOTHING
        price = self.ranks[-1] * self.sign
        return Ticks(price), Lots(self.levels[price].total)

    def add(self, order: RestingOrder) -> None:
        price = order.price
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = _PriceLevel()
            insort(self.ranks, price * self.sign)
        level.orders[order.order] = order
        level.total += order.left
        self.touched[price] = None

    def shrink(self, order: RestingOrder, by: Lots) -> None:
        """Takes `by` off an order, and with its last lot the order itself."""
        price = order.price
        level = self.levels[price]
        level.total -= by
        order.left = Lots(order.left - by)
        self.touched[price] = None
        if order.left:
            return
        del level.orders[order.order]
        if not level.orders:
            del self.levels[price]
            rank = price * self.sign
            if self.ranks[-1] == rank:
                self.ranks.pop()
            else:
                del self.ranks[bisect_left(self.ranks, rank)]

    def oldest(self) -> RestingOrder:
        """The order that is next to trade; the side must not be empty."""
        return next(iter(self.levels[self.ranks[-1] * self.sign].orders.values()))

    def reaches(self, limit: Ticks) -> bool:
        """Whether the best level is at `limit` or better."""
        return bool(self.ranks) and self.ranks[-1] >= limit * self.sign

    def orders_to(self, limit: Ticks) -> list[RestingOrder]:
        """Every order at `limit` or better, in the order in which they would trade."""
        return [
            order
            for rank in self.ranks[bisect_left(self.ranks, limit * self.sign) :][::-1]
            for order in self.levels[rank * self.sign].orders.values()
        ]

    def youngest_first(self, depth: int) -> Iterator[RestingOrder]:
        """Orders of the level `depth` places behind the best, which must exist."""
        return reversed(self.levels[self.ranks[-1 - depth] * self.sign].orders.values())

    def at(self, price: Ticks) -> list[RestingOrder]:
        """Orders at one price, oldest first."""
        level = self.levels.get(price)
        return list(level.orders.values()) if level else []

    def top(self, levels: int) -> tuple[Level, ...]:
        """Best first."""
        book, sign = self.levels, self.sign
        return tuple(
            (Ticks(rank * sign), Lots(book[rank * sign].total))
            for rank in islice(reversed(self.ranks), levels)
        )

    def changes(self) -> tuple[Level, ...]:
        """Levels touched since the last call; size 0 where one is gone."""
        if not self.touched:
            return ()
        book = self.levels
        changed = tuple(
            (Ticks(price), Lots(book[price].total if price in book else 0))
            for price in self.touched
        )
        self.touched.clear()
        return changed


class OrderBook:
    """Takes orders, matches them by price and then by time, and counts every change."""

    def __init__(self) -> None:
        self.bids = BookSide(Side.BUY)
        self.asks = BookSide(Side.SELL)
        self.version = 1
        self._reported = 1
        self._orders: dict[int, RestingOrder] = {}
        self._last_order = 0
        self._matches: list[Match] = []

    def side(self, side: Side) -> BookSide:
        return self.bids if side is Side.BUY else self.asks

    def get(self, order: int) -> RestingOrder | None:
        """A resting order; None when it never rested, traded away or was cancelled."""
        return self._orders.get(order)

    def __contains__(self, order: object) -> bool:
        return order in self._orders

    def __len__(self) -> int:
        return len(self._orders)

    def submit(
        self, side: Side, kind: OrderKind, price: Ticks, size: Lots, owner: int = HOUSE
    ) -> Receipt:
        """`price` is ignored for MARKET. A refused order leaves no trace in the book."""
        self._last_order += 1
        order = OrderId(self._last_order)
        if size <= 0 or (price <= 0 and kind is not OrderKind.MARKET):
            return Receipt(order, (), Lots(0), Refusal.NOT_POSITIVE)
        against = self.asks if side is Side.BUY else self.bids
        matches: tuple[Match, ...] = ()
        if against.reaches(price) or (kind is OrderKind.MARKET and against.ranks):
            if kind is OrderKind.LIMIT_MAKER:
                return Receipt(order, (), Lots(0), Refusal.WOULD_TAKE)
            arriving = RestingOrder(order, owner, side, price, size)
            matches = self._match(arriving, against, unlimited=kind is OrderKind.MARKET)
            size = arriving.left
        if kind is OrderKind.MARKET or kind is OrderKind.IOC:
            size = Lots(0)
        elif size:
            resting = RestingOrder(order, owner, side, price, size)
            self._orders[order] = resting
            (self.bids if side is Side.BUY else self.asks).add(resting)
        if size or matches:
            self.version += 1
        return Receipt(order, matches, size, None)

    def cancel(self, order: int) -> Lots:
        """Takes a resting order out; the size that was left, 0 when there was none."""
        resting = self._orders.pop(order, None)
        if resting is None:
            return Lots(0)
        left = resting.left
        self.side(resting.side).shrink(resting, left)
        self.version += 1
        return left

    def drain(self) -> BookChange | None:
        """What changed since the last call; None when nothing did."""
        if self.version == self._reported:
            return None
        change = BookChange(
            self._reported + 1,
            self.version,
            self.bids.changes(),
            self.asks.changes(),
            tuple(self._matches),
        )
        self._reported = self.version
        self._matches.clear()
        return change

    def _match(
        self, taker: RestingOrder, against: BookSide, *, unlimited: bool
    ) -> tuple[Match, ...]:
        matches: list[Match] = []
        while taker.left and against.ranks and (unlimited or against.reaches(taker.price)):
            maker = against.oldest()
            size = min(taker.left, maker.left)
            against.shrink(maker, size)
            taker.left = Lots(taker.left - size)
            if not maker.left:
                del self._orders[maker.order]
            matches.append(
                Match(
                    maker.order,
                    maker.owner,
                    maker.left,
                    taker.order,
                    taker.owner,
                    maker.price,
                    size,
                    taker.side is Side.BUY,
                )
            )
        self._matches.extend(matches)
        return tuple(matches)

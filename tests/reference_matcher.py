"""Price, then time: a market of single orders in a few lines of plain Python, and what orders of
ours would get in it. Obviously right, and slow; what the paper venue must agree with.

Ours are ghosts: the market trades as if they were not there. What an arriving order gives a ghost
is found by walking everybody, ghosts included, in price-time order.
"""

from dataclasses import dataclass, field

from trading_agent.domain.order import Side


@dataclass
class Single:
    number: int
    side: Side
    price: int
    left: int
    own: bool = False


@dataclass(frozen=True)
class Print:
    aggressor: Side
    price: int
    size: int


@dataclass
class ReferenceMatcher:
    """`orders`: the market's, oldest first; `ghosts`: ours. Numbers count over both."""

    orders: list[Single] = field(default_factory=list)
    ghosts: list[Single] = field(default_factory=list)
    numbers: int = 0

    def ghost(self, side: Side, price: int, size: int) -> Single:
        """An order of ours that does not take stands behind everybody at its price."""
        self.numbers += 1
        ghost = Single(self.numbers, side, price, size, own=True)
        self.ghosts.append(ghost)
        return ghost

    def arrive(self, side: Side, price: int, size: int, *, rests: bool = True) -> list[Print]:
        """An order of the market; what it traded with the market."""
        for met, lots in walked(self.orders + self.ghosts, side, price, size):
            if met.own:
                met.left -= lots
        prints = []
        left = size
        for met, lots in walked(self.orders, side, price, size):
            met.left -= lots
            left -= lots
            prints.append(Print(side, met.price, lots))
        self.numbers += 1
        if left and rests:
            self.orders.append(Single(self.numbers, side, price, left))
        self.orders = [order for order in self.orders if order.left]
        self.ghosts = [ghost for ghost in self.ghosts if ghost.left]
        return prints

    def cancel(self, number: int) -> None:
        self.orders = [order for order in self.orders if order.number != number]
        self.ghosts = [ghost for ghost in self.ghosts if ghost.number != number]

    def levels(self, side: Side) -> dict[int, int]:
        shown: dict[int, int] = {}
        for order in self.orders:
            if order.side is side:
                shown[order.price] = shown.get(order.price, 0) + order.left
        return shown

    def best(self, side: Side) -> int | None:
        prices = [order.price for order in self.orders if order.side is side]
        return max(prices, key=lambda price: price * side) if prices else None


def walked(orders: list[Single], side: Side, limit: int, size: int) -> list[tuple[Single, int]]:
    """Whom an arriving order meets, in price-time order, and how much of each it takes."""
    reached = [
        order
        for order in orders
        if order.side is not side and (limit - order.price) * side >= 0 and order.left
    ]
    reached.sort(key=lambda order: (order.price * side, order.number))
    met = []
    for order in reached:
        lots = min(size, order.left)
        if lots:
            met.append((order, lots))
        size -= lots
    return met


def merged(prints: list[Print]) -> list[Print]:
    """As an exchange tells them: one print a price and arriving order."""
    told: list[Print] = []
    for each in prints:
        if told and told[-1].price == each.price:
            told[-1] = Print(each.aggressor, each.price, told[-1].size + each.size)
        else:
            told.append(each)
    return told


def walk_levels(
    levels: dict[int, int], taken: dict[int, int], side: Side, limit: int, size: int
) -> list[tuple[int, int]]:
    """What a taker of ours gets: price and lots, best first, of what is shown and was not taken
    before; writes down what it takes."""
    fills = []
    for price in sorted(levels, key=lambda price: price * side):
        lots = min(size, levels[price] - taken.get(price, 0))
        if (limit - price) * side < 0 or not size:
            break
        if lots > 0:
            fills.append((price, lots))
            taken[price] = taken.get(price, 0) + lots
            size -= lots
    return fills

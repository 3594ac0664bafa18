"""Whatever arrives: the book agrees with one that is obviously right, and loses nothing."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.units import Lots, Ticks
from trading_agent.embedded_exchange.matching import BookSide, OrderBook, Receipt, Refusal

sides = st.sampled_from(list(Side))
kinds = st.sampled_from(list(OrderKind))
orders = st.tuples(st.just("order"), sides, kinds, st.integers(-1, 12), st.integers(-1, 9))
cancels = st.tuples(st.just("cancel"), st.integers(1, 60))
arrivals = st.lists(orders | orders | cancels, max_size=80)

Arrival = tuple[str, Side, OrderKind, int, int] | tuple[str, int]


@dataclass
class PlainOrder:
    number: int
    side: Side
    price: int
    left: int


@dataclass
class PlainBook:
    """A list of orders, sorted anew for every match."""

    resting: list[PlainOrder] = field(default_factory=list)
    numbers: int = 0

    def submit(
        self, side: Side, kind: OrderKind, price: int, size: int
    ) -> tuple[list[tuple[int, int, int]], int, bool]:
        """Trades as (maker, price, size), what rests, and whether it was refused."""
        self.numbers += 1
        if size <= 0 or (price <= 0 and kind is not OrderKind.MARKET):
            return [], 0, True
        against = [
            order
            for order in self.resting
            if order.side is not side
            and (kind is OrderKind.MARKET or (price - order.price) * side >= 0)
        ]
        against.sort(key=lambda order: (order.price * side, order.number))
        if against and kind is OrderKind.LIMIT_MAKER:
            return [], 0, True
        traded = []
        for order in against:
            part = min(size, order.left)
            if part:
                traded.append((order.number, order.price, part))
                order.left -= part
                size -= part
        self.resting = [order for order in self.resting if order.left]
        if kind in (OrderKind.MARKET, OrderKind.IOC) or not size:
            return traded, 0, False
        self.resting.append(PlainOrder(self.numbers, side, price, size))
        return traded, size, False

    def cancel(self, number: int) -> int:
        left = sum(order.left for order in self.resting if order.number == number)
        self.resting = [order for order in self.resting if order.number != number]
        return left

    def levels(self, side: Side) -> tuple[tuple[int, int], ...]:
        prices = {order.price for order in self.resting if order.side is side}
        return tuple(
            (price, sum(o.left for o in self.resting if o.side is side and o.price == price))
            for price in sorted(prices, reverse=side is Side.BUY)
        )


def carry_out(book: OrderBook, arrival: Arrival) -> Receipt | None:
    match arrival:
        case ("order", Side() as side, OrderKind() as kind, int(price), int(size)):
            return book.submit(side, kind, Ticks(price), Lots(size))
        case ("cancel", int(number)):
            book.cancel(number)
    return None


@given(arrivals)
def test_the_book_matches_like_a_sorted_list_of_orders(script: list[Arrival]) -> None:
    book, plain = OrderBook(), PlainBook()
    for arrival in script:
        match arrival:
            case ("order", Side() as side, OrderKind() as kind, int(price), int(size)):
                receipt = book.submit(side, kind, Ticks(price), Lots(size))
                traded, resting, refused = plain.submit(side, kind, price, size)
                assert [(m.maker, m.price, m.size) for m in receipt.matches] == traded
                assert (receipt.resting, receipt.refusal is not None) == (resting, refused)
                assert receipt.order == plain.numbers
            case ("cancel", int(number)):
                assert book.cancel(number) == plain.cancel(number)
        assert book.bids.top(100) == plain.levels(Side.BUY)
        assert book.asks.top(100) == plain.levels(Side.SELL)
        assert len(book) == len(plain.resting)


@given(arrivals)
def test_the_book_is_never_crossed_and_its_parts_agree(script: list[Arrival]) -> None:
    book = OrderBook()
    for arrival in script:
        carry_out(book, arrival)
        if book.bids.ranks and book.asks.ranks:
            assert book.bids.best()[0] < book.asks.best()[0]
        for side in (book.bids, book.asks):
            assert_in_order(side)


def assert_in_order(side: BookSide) -> None:
    assert side.ranks == sorted(price * side.sign for price in side.levels)
    for level in side.levels.values():
        assert level.total == sum(order.left for order in level.orders.values()) > 0
        assert list(level.orders) == sorted(level.orders)


@given(arrivals)
def test_size_is_neither_made_nor_lost(script: list[Arrival]) -> None:
    """What was sent is what traded (twice: both sides), rests, was cancelled or was let go."""
    book = OrderBook()
    sent = let_go = cancelled = traded = 0
    for arrival in script:
        match arrival:
            case ("order", Side() as side, OrderKind() as kind, int(price), int(size)):
                receipt = book.submit(side, kind, Ticks(price), Lots(size))
                taken = sum(match.size for match in receipt.matches)
                traded += taken
                sent += size
                let_go += size - taken - receipt.resting
            case ("cancel", int(number)):
                cancelled += book.cancel(number)
    resting = sum(size for side in (book.bids, book.asks) for _, size in side.top(100))
    assert sent == 2 * traded + resting + cancelled + let_go


@given(arrivals)
def test_some_orders_never_rest_and_some_never_take(script: list[Arrival]) -> None:
    book = OrderBook()
    for arrival in script:
        receipt = carry_out(book, arrival)
        if receipt is None:
            continue
        kind = arrival[2]
        if kind in (OrderKind.IOC, OrderKind.MARKET):
            assert receipt.resting == 0
            assert receipt.order not in book
        if kind is OrderKind.LIMIT_MAKER:
            assert receipt.matches == ()
        if receipt.refusal is not None:
            assert receipt.order not in book
            assert receipt.refusal in (Refusal.WOULD_TAKE, Refusal.NOT_POSITIVE)


@given(arrivals, st.integers(1, 5))
def test_reported_changes_rebuild_the_book_without_a_hole(
    script: list[Arrival], every: int
) -> None:
    book = OrderBook()
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    version = book.version
    for step, arrival in enumerate(script):
        carry_out(book, arrival)
        if step % every:
            continue
        change = book.drain()
        if change is None:
            continue
        assert change.first_version == version + 1
        version = change.last_version
        for copy, levels in ((bids, change.bids), (asks, change.asks)):
            copy.update(levels)
        assert version == book.version
        assert {p: s for p, s in bids.items() if s} == dict(book.bids.top(100))
        assert {p: s for p, s in asks.items() if s} == dict(book.asks.top(100))

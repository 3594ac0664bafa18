"""Orders meet by price, then by time; every change is counted and reported once."""

import pytest

from trading_agent.domain.order import OrderId, OrderKind, Side
from trading_agent.domain.units import Lots, Ticks
from trading_agent.embedded_exchange.matching import (
    NOTHING,
    Level,
    OrderBook,
    Receipt,
    Refusal,
)

BUY, SELL = Side.BUY, Side.SELL
LIMIT, MARKET = OrderKind.LIMIT, OrderKind.MARKET
IOC, LIMIT_MAKER = OrderKind.IOC, OrderKind.LIMIT_MAKER


def send(book: OrderBook, side: Side, kind: OrderKind, price: int, size: int) -> Receipt:
    return book.submit(side, kind, Ticks(price), Lots(size))


def trades(receipt: Receipt) -> list[tuple[int, int, int]]:
    """Maker, price, size."""
    return [(match.maker, match.price, match.size) for match in receipt.matches]


def test_the_better_price_trades_first_and_the_older_order_at_one_price() -> None:
    book = OrderBook()
    late_but_better = [send(book, SELL, LIMIT, price, 5).order for price in (103, 102, 102)]
    far, first, second = late_but_better
    receipt = send(book, BUY, LIMIT, 103, 12)
    assert trades(receipt) == [(first, 102, 5), (second, 102, 5), (far, 103, 2)]
    assert all(match.taker_bought for match in receipt.matches)
    assert book.asks.top(5) == ((103, 3),)


def test_a_limit_order_rests_with_what_it_could_not_take() -> None:
    book = OrderBook()
    send(book, SELL, LIMIT, 100, 4)
    receipt = send(book, BUY, LIMIT, 101, 10)
    assert (trades(receipt)[0][1:], receipt.resting) == ((100, 4), 6)
    assert book.bids.best() == (101, 6)
    assert book.asks.best() == NOTHING


def test_a_market_order_walks_the_whole_book_and_leaves_nothing() -> None:
    book = OrderBook()
    for price in (90, 80, 70):
        send(book, BUY, LIMIT, price, 1)
    receipt = send(book, SELL, MARKET, 0, 10)
    assert [price for _, price, _ in trades(receipt)] == [90, 80, 70]
    assert receipt.resting == 0
    assert len(book) == 0


def test_an_ioc_order_takes_up_to_its_price_and_never_rests() -> None:
    book = OrderBook()
    send(book, SELL, LIMIT, 100, 1)
    send(book, SELL, LIMIT, 105, 1)
    receipt = send(book, BUY, IOC, 104, 5)
    assert trades(receipt)[0][1:] == (100, 1)
    assert (len(receipt.matches), receipt.resting, book.bids.best()) == (1, 0, NOTHING)
    untouched = book.version
    assert send(book, BUY, IOC, 99, 5).matches == ()
    assert book.version == untouched


def test_a_post_only_order_is_refused_rather_than_taking() -> None:
    book = OrderBook()
    send(book, SELL, LIMIT, 100, 1)
    version = book.version
    assert send(book, BUY, LIMIT_MAKER, 100, 1).refusal is Refusal.WOULD_TAKE
    assert book.version == version
    assert send(book, BUY, LIMIT_MAKER, 99, 1).resting == 1


@pytest.mark.parametrize(("price", "size"), [(0, 1), (-3, 1), (10, 0), (10, -1)])
def test_prices_and_sizes_must_be_positive(price: int, size: int) -> None:
    book = OrderBook()
    assert send(book, BUY, LIMIT, price, size).refusal is Refusal.NOT_POSITIVE
    assert (len(book), book.drain()) == (0, None)


def test_a_partly_filled_order_keeps_its_place_and_a_cancelled_one_loses_it() -> None:
    book = OrderBook()
    first, second, third = (send(book, BUY, LIMIT, 50, 10).order for _ in range(3))
    send(book, SELL, IOC, 50, 4)
    assert book.cancel(second) == 10
    assert book.cancel(second) == 0
    receipt = send(book, SELL, IOC, 50, 9)
    assert trades(receipt) == [(first, 50, 6), (third, 50, 3)]
    assert [match.maker_left for match in receipt.matches] == [0, 7]
    assert first not in book
    assert third in book


def test_every_order_gets_its_own_number_even_when_refused() -> None:
    book = OrderBook()
    numbers = [send(book, BUY, kind, 5, 1).order for kind in OrderKind for _ in range(3)]
    numbers.append(send(book, SELL, LIMIT_MAKER, 5, 1).order)
    assert len(set(numbers)) == len(numbers)


def test_a_change_reports_absolute_sizes_of_touched_levels_once() -> None:
    book = OrderBook()
    send(book, SELL, LIMIT, 100, 4)
    send(book, SELL, LIMIT, 101, 6)
    first = book.drain()
    assert first is not None
    assert (first.first_version, first.last_version) == (2, 3)
    assert first.asks == ((100, 4), (101, 6))
    send(book, BUY, LIMIT, 101, 5)
    change = book.drain()
    assert change is not None
    assert (change.first_version, change.last_version) == (4, 4)
    assert dict(change.asks) == {100: 0, 101: 5}
    assert change.bids == ()
    assert [match.size for match in change.matches] == [4, 1]
    assert book.drain() is None


def test_the_top_is_best_first_and_as_deep_as_asked() -> None:
    book = OrderBook()
    for price in (7, 9, 8, 9):
        send(book, BUY, LIMIT, price, 2)
        send(book, SELL, LIMIT, 20 - price, 2)
    bids: tuple[Level, ...] = ((Ticks(9), Lots(4)), (Ticks(8), Lots(2)))
    assert book.bids.top(2) == bids
    assert book.asks.top(99) == ((11, 4), (12, 2), (13, 2))


def test_a_long_queue_is_served_and_shortened_without_slowing_down() -> None:
    """200,000 steps at one price: quadratic work would not end within the test's time."""
    book = OrderBook()
    orders = [send(book, BUY, LIMIT, 50, 1).order for _ in range(100_000)]
    for order in orders[1::2]:
        book.cancel(order)
    for order in orders[::2]:
        assert trades(send(book, SELL, IOC, 50, 1)) == [(order, 50, 1)]
    assert len(book) == 0


def test_an_unknown_order_is_not_cancelled() -> None:
    book = OrderBook()
    assert book.cancel(OrderId(99)) == 0
    assert book.drain() is None

"""How far the mid has moved 1, 5 and 30 seconds after each fill, as the book was then."""

import pytest

from tests.builders import START, a_depth_message, a_loss_message, a_snapshot_message
from tests.paper_exchange import PaperExchange
from trading_agent.domain.order import OrderKind, Side
from trading_agent.execution.mark_outs import MARKS

SECOND_MS = 1_000.0
BUYER, TAKER = 1, 0


def a_market(**paper: object) -> PaperExchange:
    exchange = PaperExchange(**paper)
    exchange.rows(a_snapshot_message([(10_000, 50)], [(10_001, 50)]))
    return exchange


def bought(exchange: PaperExchange, at: float = 0.0, size: int = 1) -> None:
    exchange.submit(Side.BUY, OrderKind.IOC, 10_001, size, at=at)
    exchange.until(at)


def moved(doubled_mid: int) -> object:
    """From a purchase at 10,001."""
    return pytest.approx((doubled_mid / 20_002 - 1.0) * 10_000.0, abs=1e-9)


def test_a_fill_is_marked_with_the_book_of_each_moment() -> None:
    exchange = a_market()
    bought(exchange)
    exchange.rows(a_depth_message(bids=[(10_000, 0), (9_998, 1)]), at=999)
    exchange.rows(a_depth_message(asks=[(10_001, 0), (10_004, 1)]), at=1_000)
    exchange.rows(a_loss_message(), at=4_000)
    exchange.rows(a_snapshot_message([(9_000, 1)], [(9_002, 1)]), at=6_000)
    exchange.until(29_999)
    assert exchange.venue.marked() == []
    exchange.until(40_000)
    (mark,) = exchange.venue.marked()
    # What is due at a moment comes before the rows of that moment.
    assert mark[:6] == (1, START, 0, BUYER, 10_001, TAKER)
    assert mark[6] == moved(9_998 + 10_001)
    assert mark[7] != mark[7]
    assert mark[8] == moved(9_000 + 9_002)


def test_a_sale_is_marked_the_other_way_round() -> None:
    exchange = a_market()
    exchange.submit(Side.SELL, OrderKind.IOC, 10_000, 1)
    exchange.until(31_000)
    (mark,) = exchange.venue.marked()
    assert mark[8] == pytest.approx(-(20_001 / 20_000 - 1.0) * 10_000.0, abs=1e-9)


def test_marks_wake_nobody_and_are_told_once() -> None:
    exchange = a_market()
    bought(exchange)
    assert exchange.desk["venue"]["next_due"] == (1 << 63) - 1
    assert exchange.rows(a_depth_message(bids=[(10_000, 7)]), at=100 * SECOND_MS) == []
    (mark,) = exchange.venue.marked()
    assert mark[6:] == (moved(20_001), moved(20_001), moved(20_001))
    assert exchange.venue.marked() == []


def test_fills_are_numbered_on_from_where_the_desk_stands() -> None:
    exchange = a_market()
    exchange.desk["venue"]["fills"] = 41
    bought(exchange)
    bought(exchange, at=500)
    exchange.until(60_000)
    assert [(mark[0], mark[1] - START) for mark in exchange.venue.marked()] == [
        (42, 0),
        (43, 500_000_000),
    ]


def test_more_fills_than_there_is_room_for_are_counted() -> None:
    """Also those that are marked and have not been told."""
    exchange = a_market()
    for number in range(MARKS + 10):
        exchange.rows(a_depth_message(asks=[(10_001, 50 + number)]), at=number / 1_000)
        bought(exchange, at=number / 1_000)
    assert exchange.desk["venue"]["unmarked"] == 10
    exchange.until(60_000)
    bought(exchange, at=60_000)
    assert exchange.desk["venue"]["unmarked"] == 11
    assert [mark[0] for mark in exchange.venue.marked()] == list(range(1, MARKS + 1))
    bought(exchange, at=60_001)
    exchange.until(100_000)
    assert [mark[0] for mark in exchange.venue.marked()] == [MARKS + 12]


def test_marks_that_go_on_at_the_beginning_of_the_ring_are_told_in_order() -> None:
    exchange = a_market()
    bought(exchange)
    exchange.until(60_000)
    assert [mark[0] for mark in exchange.venue.marked()] == [1]
    for number in range(MARKS):
        at = 60_000 + number / 1_000
        exchange.rows(a_depth_message(asks=[(10_001, 50 + number)]), at=at)
        bought(exchange, at=at)
    exchange.until(120_000)
    assert [mark[0] for mark in exchange.venue.marked()] == list(range(2, MARKS + 2))

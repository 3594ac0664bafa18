"""The touch 1, 5 and 30 seconds after each fill, as it was then."""

from tests.builders import a_depth_message, a_loss_message, a_snapshot_message
from tests.paper_exchange import Mark, PaperExchange
from trading_agent.domain.order import OrderKind, Side
from trading_agent.execution.mark_outs import MARKS

SECOND_MS = 1_000.0


def a_market(**paper: object) -> PaperExchange:
    exchange = PaperExchange(**paper)
    exchange.rows(a_snapshot_message([(10_000, 50)], [(10_001, 50)]))
    return exchange


def bought(exchange: PaperExchange, at: float = 0.0, size: int = 1) -> None:
    exchange.submit(Side.BUY, OrderKind.IOC, 10_001, size, at=at)
    exchange.until(at)


def test_a_fill_is_marked_with_the_book_of_each_moment() -> None:
    exchange = a_market()
    bought(exchange)
    exchange.rows(a_depth_message(bids=[(10_000, 0), (9_998, 1)]), at=999)
    exchange.rows(a_depth_message(asks=[(10_001, 0), (10_004, 1)]), at=1_000)
    exchange.rows(a_loss_message(), at=4_000)
    exchange.rows(a_snapshot_message([(9_000, 1)], [(9_002, 1)]), at=6_000)
    exchange.until(29_999)
    assert exchange.marks == []
    exchange.until(40_000)
    # What is due at a moment comes before the rows of that moment.
    assert exchange.marks == [Mark(1, 30_000_000_000, 9_998 + 10_001, 0, 9_000 + 9_002)]


def test_marks_need_nobody_to_wake_up() -> None:
    exchange = a_market()
    bought(exchange)
    assert exchange.desk["venue"]["next_due"] == (1 << 63) - 1
    exchange.rows(a_depth_message(bids=[(10_000, 7)]), at=100 * SECOND_MS)
    assert exchange.marks == [Mark(1, 30_000_000_000, 20_001, 20_001, 20_001)]


def test_fills_are_numbered_on_from_where_the_desk_stands() -> None:
    exchange = a_market()
    exchange.desk["venue"]["fills"] = 41
    bought(exchange)
    bought(exchange, at=500)
    exchange.until(60_000)
    assert [(mark.fill, mark.at) for mark in exchange.marks] == [
        (42, 30_000_000_000),
        (43, 30_500_000_000),
    ]


def test_more_fills_than_there_is_room_for_are_counted() -> None:
    exchange = a_market()
    for number in range(MARKS + 10):
        exchange.rows(a_snapshot_message([(10_000, 50)], [(10_001, 50)]), at=number / 1_000)
        bought(exchange, at=number / 1_000)
    assert exchange.desk["venue"]["unmarked"] == 10
    exchange.until(60_000)
    assert [mark.fill for mark in exchange.marks] == list(range(1, MARKS + 1))

"""An order log as a feed of levels and prints, and what became of its orders."""

from collections.abc import Sequence

from trading_agent.domain.market_rows import RowKind
from trading_agent.domain.order import BUY, SELL, Side
from trading_agent.domain.units import SECOND, Lots, Nanos, Ticks
from trading_agent.research.fill_validation_order_log import (
    LogEvent,
    LoggedTrade,
    OrderChange,
    ShownBook,
)
from trading_agent.research.fill_validation_projection import (
    ProjectedLog,
    Projection,
    RestingOrder,
)

Row = tuple[str, int, int]

BOOK = ShownBook(Nanos(0), {100: 10}, {110: 10})


def change(at: int, event: str, order: int, side: Side, price: int, left: int) -> OrderChange:
    return OrderChange(Nanos(at), f"order_{event}", order, side, Ticks(price), Lots(left))


def created(at: int, order: int, side: Side, price: int, size: int) -> OrderChange:
    return change(at, "created", order, side, price, size)


def changed(at: int, order: int, side: Side, price: int, left: int) -> OrderChange:
    return change(at, "changed", order, side, price, left)


def deleted(at: int, order: int, side: Side, price: int, left: int) -> OrderChange:
    return change(at, "deleted", order, side, price, left)


def traded(at: int, price: int, size: int) -> LoggedTrade:
    return LoggedTrade(Nanos(at), Ticks(price), Lots(size))


def project(*events: LogEvent) -> ProjectedLog:
    return Projection().project([BOOK, *events])


def shown(log: ProjectedLog) -> list[Row]:
    """Rows behind those of the first book, which are a beginning, two levels and one again."""
    return [
        (RowKind(int(row["kind"])).name, int(row["price"]), int(row["size"]))
        for row in log.rows[4:]
    ]


def only(log: ProjectedLog) -> RestingOrder:
    (order,) = log.orders
    return order


def test_the_first_book_is_one_message_of_orders_unknown() -> None:
    rows = project().rows
    assert [int(kind) for kind in rows["kind"][:3]] == [RowKind.CLEAR, RowKind.BID, RowKind.ASK]
    assert rows["flags"].tolist() == [0, 0, 0, 1]


def test_orders_at_a_price_are_one_level() -> None:
    log = project(
        created(1, 1, BUY, 100, 5),
        created(2, 2, BUY, 100, 3),
        deleted(3, 1, BUY, 100, 5),
        created(4, 3, SELL, 109, 2),
    )
    assert shown(log) == [("BID", 100, 15), ("BID", 100, 18), ("BID", 100, 13), ("ASK", 109, 2)]
    assert log.printed == 0


def test_a_cancelled_order_had_those_before_it_ahead() -> None:
    order = only(
        project(
            created(1, 1, BUY, 100, 5),
            created(2, 2, BUY, 100, 3),
            changed(3, 1, BUY, 100, 4),
            deleted(9, 2, BUY, 100, 3),
        )
    )
    assert (order.order, order.ahead, order.front, order.filled) == (2, 15, 14, 0)
    assert (order.row, order.front_row, order.end_row) == (5, 8, 8)


def test_an_aggressor_is_not_shown_and_what_it_takes_is_printed_before_the_level_falls() -> None:
    log = project(
        created(1, 1, BUY, 105, 5),
        created(2, 2, SELL, 100, 3),
        changed(3, 1, BUY, 105, 2),
        deleted(4, 2, SELL, 100, 0),
        traded(5, 105, 3),
        deleted(9, 1, BUY, 105, 2),
    )
    assert shown(log) == [("BID", 105, 5), ("SELL", 105, 3), ("BID", 105, 2), ("BID", 105, 0)]
    assert (log.traded, log.printed) == (3, 3)
    order = only(log)
    assert (order.order, order.filled, order.fills) == (1, 3, [(5, 3)])


def test_an_aggressor_rests_with_what_is_left_once_nobody_is_in_its_way() -> None:
    log = project(
        created(1, 1, BUY, 105, 5),
        created(2, 2, SELL, 104, 8),
        deleted(3, 1, BUY, 105, 0),
        changed(4, 2, SELL, 104, 3),
        traded(5, 105, 5),
    )
    assert shown(log) == [("BID", 105, 5), ("SELL", 105, 5), ("BID", 105, 0), ("ASK", 104, 3)]
    assert [order.order for order in log.orders] == [1]


def test_an_order_that_a_sweep_filled_ends_with_the_sweep() -> None:
    log = project(
        created(1, 1, BUY, 105, 5),
        created(2, 2, BUY, 104, 5),
        created(3, 3, SELL, 100, 8),
        deleted(4, 1, BUY, 105, 0),
        changed(5, 3, SELL, 100, 3),
        changed(6, 2, BUY, 104, 2),
        deleted(7, 3, SELL, 100, 0),
        deleted(9, 2, BUY, 104, 2),
    )
    first, second = log.orders
    assert (first.order, first.filled, first.front) == (1, 5, 0)
    assert (first.front_row, first.end_row, first.ended_at) == (6, 10, 7)
    assert (second.order, second.filled, second.end_row) == (2, 3, 10)


def test_an_aggressor_that_meets_nobody_rests_after_a_while() -> None:
    log = project(
        created(1, 1, SELL, 100, 2),
        created(2, 2, BUY, 90, 1),
        created(1 + 3 * SECOND, 3, BUY, 91, 1),
    )
    assert shown(log) == [("BID", 90, 1), ("BID", 91, 1), ("ASK", 100, 2)]


def test_an_order_moved_to_another_price_stands_last_there_and_is_followed_no_more() -> None:
    log = project(
        created(1, 1, BUY, 99, 5),
        changed(2, 1, BUY, 98, 5),
        deleted(3, 1, BUY, 98, 5),
    )
    assert shown(log) == [("BID", 99, 5), ("BID", 99, 0), ("BID", 98, 5), ("BID", 98, 0)]
    assert log.orders == ()


def test_an_order_moved_into_the_other_side_is_an_aggressor() -> None:
    log = project(
        created(1, 1, BUY, 99, 5),
        changed(2, 1, BUY, 110, 5),
        deleted(3, 7, SELL, 110, 0),
        deleted(4, 1, BUY, 110, 0),
        traded(5, 110, 5),
    )
    assert shown(log) == [("BID", 99, 5), ("BID", 99, 0), ("BUY", 110, 5), ("ASK", 110, 5)]


def test_orders_older_than_the_log_stand_before_those_it_knows() -> None:
    log = project(
        created(1, 1, BUY, 100, 5),
        deleted(2, 77, BUY, 100, 4),
        deleted(3, 1, BUY, 100, 5),
    )
    assert shown(log) == [("BID", 100, 15), ("BID", 100, 11), ("BID", 100, 6)]
    assert (only(log).ahead, only(log).front) == (10, 6)


def test_a_level_is_corrected_once_two_books_in_a_row_say_the_same() -> None:
    def book(at: int, lots: int) -> ShownBook:
        return ShownBook(Nanos(at), {100: lots}, {110: 10})

    once = project(book(1, 12), book(2, 10))
    assert (once.corrected, once.agreed, shown(once)) == (2, 3, [])
    twice = project(created(1, 1, BUY, 100, 5), book(2, 12), book(3, 12))
    assert shown(twice) == [("BID", 100, 15), ("BID", 100, 12)]


def test_a_book_that_shows_less_than_is_known_ends_what_is_known_of_its_orders() -> None:
    def book(at: int) -> ShownBook:
        return ShownBook(Nanos(at), {100: 2}, {110: 10})

    log = project(created(1, 1, BUY, 100, 5), book(2), book(3), deleted(4, 1, BUY, 100, 5))
    assert shown(log)[:2] == [("BID", 100, 15), ("BID", 100, 2)]
    assert log.orders == ()


def test_a_fill_out_of_turn_is_counted() -> None:
    events: Sequence[LogEvent] = (
        created(1, 1, BUY, 105, 5),
        created(2, 2, BUY, 105, 5),
        created(3, 3, SELL, 105, 5),
        deleted(4, 2, BUY, 105, 0),
        deleted(5, 3, SELL, 105, 0),
    )
    assert project(*events).jumped == 1

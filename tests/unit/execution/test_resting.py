"""Orders that rest: their place in the queue, and the prints that reach them."""

import pytest

from tests.builders import (
    a_depth_message,
    a_loss_message,
    a_snapshot_message,
    a_trades_message,
)
from tests.paper_exchange import PaperExchange, Said
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.execution.venue import OUTCOMES, PESSIMISTIC

BUY, SELL = Side.BUY, Side.SELL
MAKER = OrderKind.LIMIT_MAKER


def a_market(latency_ms: float = 0.0) -> PaperExchange:
    """Bid 10,000 with ten lots, ask 10,001 with ten."""
    exchange = PaperExchange(latency_ms=latency_ms)
    exchange.rows(a_snapshot_message([(10_000, 10), (9_999, 10)], [(10_001, 10), (10_002, 10)]))
    return exchange


def resting(side: Side = BUY, price: int = 10_000, size: int = 5, **about: float) -> PaperExchange:
    exchange = a_market()
    exchange.submit(side, MAKER, price, size, **about)
    exchange.until(0)
    assert [each.kind for each in exchange.said] == [OutcomeKind.ACCEPTED]
    return exchange


def queue(exchange: PaperExchange) -> int:
    return int(exchange.desk["venue"]["orders"][0]["ahead"][PESSIMISTIC])


def ended(said: list[Said]) -> list[tuple[OutcomeKind, str]]:
    return [(each.kind, each.word) for each in said]


@pytest.mark.parametrize(
    ("side", "price", "ahead"),
    [(BUY, 10_000, 10), (BUY, 9_999, 10), (SELL, 10_001, 10), (SELL, 10_002, 10)],
)
def test_an_order_stands_behind_what_is_shown_at_its_price(
    side: Side, price: int, ahead: int
) -> None:
    assert queue(resting(side, price)) == ahead


@pytest.mark.parametrize(("side", "price"), [(BUY, 9_999), (SELL, 10_002)])
def test_it_stands_behind_nobody_where_nothing_is_shown_within_the_book(
    side: Side, price: int
) -> None:
    exchange = a_market()
    exchange.rows(a_snapshot_message([(10_000, 10), (9_990, 10)], [(10_001, 10), (10_010, 10)]))
    exchange.submit(side, MAKER, price, 5)
    exchange.until(0)
    assert queue(exchange) == 0


@pytest.mark.parametrize(("side", "price"), [(BUY, 10_001), (BUY, 10_005), (SELL, 10_000)])
def test_a_maker_order_that_would_take_is_rejected(side: Side, price: int) -> None:
    exchange = a_market()
    exchange.submit(side, MAKER, price, 5)
    assert ended(exchange.until(0)) == [(OutcomeKind.REJECTED, "would_take")]


def test_whether_it_would_take_is_decided_at_arrival() -> None:
    would_have = a_market(latency_ms=10)
    would_have.submit(BUY, MAKER, 10_001, 5, at=0)
    would_have.rows(a_depth_message(asks=[(10_001, 0)]), at=9)
    assert ended(would_have.until(10)) == [(OutcomeKind.ACCEPTED, "")]
    would_not_have = a_market(latency_ms=10)
    would_not_have.submit(BUY, MAKER, 10_000, 5, at=0)
    would_not_have.rows(a_depth_message(bids=[(10_000, 0)], asks=[(10_000, 5)]), at=9)
    assert ended(would_not_have.until(10)) == [(OutcomeKind.REJECTED, "would_take")]


def test_prints_at_its_price_first_serve_the_queue() -> None:
    exchange = resting(size=5)
    for print_size, fills, left in ((6, [], 4), (4, [], 0), (3, [3], 0), (9, [3, 2], 0)):
        exchange.rows(a_trades_message((SELL, 10_000, print_size)), at=1)
        assert [size for _, size in exchange.fills()] == fills
        assert queue(exchange) == left
    assert exchange.desk["venue"]["open"] == 0


def test_what_a_print_leaves_over_after_the_queue_fills_the_order() -> None:
    exchange = resting(size=5)
    exchange.rows(a_trades_message((SELL, 10_000, 12)), at=1)
    assert exchange.fills() == [(10_000, 2)]
    assert exchange.said[-1].word == "maker"


@pytest.mark.parametrize(
    ("side", "price", "aggressor", "through"),
    [(BUY, 10_000, SELL, 9_999), (SELL, 10_001, BUY, 10_002)],
)
def test_a_print_through_its_price_fills_at_its_own_price_without_a_queue(
    side: Side, price: int, aggressor: Side, through: int
) -> None:
    exchange = resting(side, price, size=5)
    exchange.rows(a_trades_message((aggressor, through, 3)), at=1)
    assert exchange.fills() == [(price, 3)]
    exchange.rows(a_trades_message((aggressor, price, 1)), at=2)
    assert exchange.fills() == [(price, 3), (price, 1)], "nobody was ahead any more"


@pytest.mark.parametrize(
    ("aggressor", "price"), [(SELL, 10_001), (BUY, 10_000), (BUY, 9_990), (SELL, 10_050)]
)
def test_prints_that_did_not_reach_it_change_nothing(aggressor: Side, price: int) -> None:
    exchange = resting(size=5)
    exchange.rows(a_trades_message((aggressor, price, 1_000)), at=1)
    assert exchange.fills() == []
    assert queue(exchange) == 10


def test_a_level_smaller_than_the_queue_cuts_it() -> None:
    exchange = resting()
    exchange.rows(a_depth_message(bids=[(10_000, 4)]), at=1)
    assert queue(exchange) == 4


def test_a_level_that_grows_or_another_level_does_not_touch_the_queue() -> None:
    exchange = resting()
    exchange.rows(a_depth_message(asks=[(10_003, 1)]), at=0.5)
    exchange.rows(a_depth_message(bids=[(10_000, 99), (9_999, 1)], asks=[(10_002, 1)]), at=1)
    assert queue(exchange) == 10


def test_a_level_that_vanishes_leaves_the_order_first() -> None:
    exchange = resting()
    exchange.rows(a_depth_message(bids=[(10_000, 0)]), at=1)
    exchange.rows(a_trades_message((SELL, 10_000, 2)), at=2)
    assert exchange.fills() == [(10_000, 2)]


def test_one_print_is_used_once_over_several_orders() -> None:
    exchange = a_market()
    first = exchange.submit(BUY, MAKER, 10_000, 4)
    second = exchange.submit(BUY, MAKER, 10_000, 4)
    exchange.until(0)
    exchange.rows(a_trades_message((SELL, 10_000, 15)), at=1)
    assert exchange.fills(first) == [(10_000, 4)]
    assert exchange.fills(second) == [(10_000, 1)]


def test_a_print_through_several_orders_fills_no_more_than_its_size() -> None:
    exchange = a_market()
    for price in (10_000, 9_999, 9_998):
        exchange.submit(BUY, MAKER, price, 4)
    exchange.until(0)
    exchange.rows(a_trades_message((SELL, 9_990, 10)), at=1)
    assert exchange.fills() == [(10_000, 4), (9_999, 4), (9_998, 2)]


def test_a_print_of_another_pair_reaches_nobody_here() -> None:
    exchange = PaperExchange(symbols=2)
    for symbol in (0, 1):
        exchange.rows(a_snapshot_message([(10_000, 10)], [(10_001, 10)], symbol=symbol))
    exchange.submit(BUY, MAKER, 10_000, 5, symbol=0)
    exchange.until(0)
    exchange.rows(a_trades_message((SELL, 9_000, 99), symbol=1), at=1)
    assert exchange.fills() == []
    exchange.rows(a_trades_message((SELL, 9_000, 99), symbol=0), at=1)
    assert exchange.fills() == [(10_000, 5)]


def test_prints_before_its_arrival_are_not_its_own() -> None:
    exchange = a_market(latency_ms=10)
    exchange.submit(BUY, MAKER, 10_000, 5, at=0)
    exchange.rows(a_trades_message((SELL, 9_000, 99)), at=9)
    exchange.until(20)
    assert exchange.fills() == []


def test_the_opposite_side_reaching_its_price_without_a_print_fills_what_it_shows() -> None:
    exchange = resting(size=20)
    exchange.rows(a_depth_message(bids=[(10_000, 0)], asks=[(10_000, 6)]), at=1)
    assert exchange.fills() == [(10_000, 6)]
    assert exchange.said[-1].word == "maker"


def test_what_is_shown_beyond_its_price_counts_too_and_fills_at_its_own() -> None:
    exchange = resting(size=20)
    gone = [(10_000, 0), (9_999, 0), (9_990, 5)]
    exchange.rows(a_depth_message(bids=gone, asks=[(10_000, 6), (9_998, 3)]), at=1)
    assert exchange.fills() == [(10_000, 9)]


def test_what_is_shown_is_used_once_while_it_stands() -> None:
    exchange = resting(size=20)
    exchange.rows(a_depth_message(bids=[(10_000, 0)], asks=[(10_000, 6)]), at=1)
    exchange.rows(a_depth_message(bids=[(9_000, 1)]), at=2)
    exchange.rows(a_depth_message(asks=[(10_000, 2)]), at=3)
    assert exchange.fills() == [(10_000, 6)]
    exchange.rows(a_depth_message(asks=[(10_000, 7)]), at=4)
    assert exchange.fills() == [(10_000, 6), (10_000, 5)], "five are new"


def test_what_is_shown_is_used_once_over_several_orders() -> None:
    exchange = a_market()
    for price in (10_000, 9_999, 10_000):
        exchange.submit(BUY, MAKER, price, 5)
    exchange.until(0)
    gone = [(10_000, 0), (9_999, 0), (9_990, 5)]
    exchange.rows(a_depth_message(bids=gone, asks=[(10_000, 4), (9_999, 4)]), at=1)
    assert sum(size for _, size in exchange.fills()) == 8
    exchange.rows(a_depth_message(bids=[(9_000, 1)]), at=2)
    assert sum(size for _, size in exchange.fills()) == 8


def test_after_the_sides_parted_what_is_shown_is_new() -> None:
    exchange = resting(size=20)
    exchange.rows(a_depth_message(bids=[(10_000, 0)], asks=[(10_000, 6)]), at=1)
    exchange.rows(a_depth_message(asks=[(10_000, 0)]), at=2)
    exchange.rows(a_depth_message(asks=[(10_000, 5)]), at=3)
    assert exchange.fills() == [(10_000, 6), (10_000, 5)]


def test_an_expired_order_is_cancelled_once_its_cancel_has_travelled() -> None:
    exchange = a_market(latency_ms=10)
    exchange.submit(BUY, MAKER, 10_000, 5, at=0, rest_ms=100)
    exchange.until(10)
    assert exchange.until(119.9) == []
    (said,) = exchange.until(120)
    assert (said.word, said.at, said.size) == ("by_request", 120_000_000, 5)


def test_an_order_without_expiry_rests_for_good() -> None:
    assert resting().until(10**9) == []


def test_a_cancel_in_flight_does_not_keep_the_order_from_filling() -> None:
    exchange = a_market(latency_ms=10)
    order = exchange.submit(BUY, MAKER, 10_000, 5, at=0)
    exchange.until(10)
    exchange.cancel(order, at=20)
    exchange.rows(a_trades_message((SELL, 9_999, 2)), at=25)
    assert exchange.fills() == [(10_000, 2)]
    (said,) = exchange.until(30)
    assert (said.word, said.size, said.at) == ("by_request", 3, 30_000_000)
    exchange.rows(a_trades_message((SELL, 9_999, 99)), at=31)
    assert exchange.fills() == [(10_000, 2)]


def test_an_order_filled_whole_before_its_cancel_arrives_is_not_cancelled() -> None:
    exchange = a_market(latency_ms=10)
    order = exchange.submit(BUY, MAKER, 10_000, 5, at=0)
    exchange.until(10)
    exchange.cancel(order, at=20)
    exchange.rows(a_trades_message((SELL, 9_999, 99)), at=25)
    assert exchange.until(100) == []
    assert exchange.fills() == [(10_000, 5)]


@pytest.mark.parametrize("cancelled_at", [0, 4, 9.999])
def test_a_cancel_sent_before_the_order_arrived_follows_it(cancelled_at: float) -> None:
    exchange = a_market(latency_ms=10)
    order = exchange.submit(BUY, MAKER, 10_000, 5, at=0)
    exchange.cancel(order, at=cancelled_at)
    accepted, canceled = ended(exchange.until(10 + cancelled_at))
    assert accepted == (OutcomeKind.ACCEPTED, "")
    assert canceled == (OutcomeKind.CANCELED, "by_request")


def test_a_cancel_does_not_stop_a_taker_on_its_way() -> None:
    exchange = a_market(latency_ms=10)
    order = exchange.submit(BUY, OrderKind.IOC, 10_050, 5, at=0)
    exchange.cancel(order, at=1)
    exchange.until(50)
    assert exchange.fills() == [(10_001, 5)]


def test_a_second_cancel_and_a_cancel_of_nothing_change_nothing() -> None:
    exchange = a_market(latency_ms=10)
    order = exchange.submit(BUY, MAKER, 10_000, 5, at=0)
    exchange.until(10)
    exchange.cancel(order, at=20)
    exchange.cancel(order, at=25)
    exchange.cancel(99, at=25)
    assert [each.at for each in exchange.until(100)] == [30_000_000]


def test_an_order_outlives_a_lost_book_but_does_not_fill_on_it() -> None:
    exchange = resting(size=5)
    exchange.rows(a_loss_message(), at=1)
    exchange.rows(a_trades_message((SELL, 9_000, 99)), at=2)
    exchange.rows(a_depth_message(bids=[(10_000, 0)], asks=[(9_000, 99)]), at=3)
    assert exchange.fills() == []
    exchange.rows(a_snapshot_message([(9_990, 1)], [(10_001, 3)]), at=4)
    exchange.rows(a_trades_message((SELL, 9_990, 3)), at=5)
    assert exchange.fills() == [(10_000, 3)]


def test_a_crossed_book_does_not_fill_what_rests() -> None:
    exchange = resting(SELL, 10_005, size=5)
    exchange.rows(a_depth_message(bids=[(10_006, 50)]), at=1)
    assert exchange.fills() == []


def test_a_new_snapshot_may_fill_what_it_reaches() -> None:
    exchange = resting(size=5)
    exchange.rows(a_snapshot_message([(9_990, 1)], [(9_995, 3)]), at=4)
    assert exchange.fills() == [(10_000, 3)]


def test_prints_of_one_message_never_outrun_the_room_for_outcomes() -> None:
    """A frame of more prints than there is room for: numba checks no bounds."""
    exchange = a_market()
    exchange.submit(BUY, MAKER, 10_000, 10**6)
    exchange.until(0)
    behind = exchange.desk["schedule"].tobytes()
    exchange.rows(a_trades_message(*[(SELL, 9_999, 1)] * (OUTCOMES + 500)), at=1)
    assert exchange.desk["schedule"].tobytes() == behind
    assert 1_000 < len(exchange.fills()) < OUTCOMES
    exchange.rows(a_trades_message((SELL, 9_999, 1)), at=2)
    assert exchange.said[-1].at == 2_000_000


def test_free_slots_are_used_again() -> None:
    exchange = a_market()
    exchange.rows(a_depth_message(asks=[(10_001, 600)]))
    for number in range(600):
        exchange.submit(BUY, OrderKind.IOC, 10_001, 1, at=number)
        exchange.until(number)
    assert len(exchange.fills()) == 600
    assert exchange.desk["venue"]["used"] == 0

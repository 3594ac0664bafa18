"""Orders that take: on the visible book at the moment they arrive, and never beyond it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import a_depth_message, a_loss_message, a_snapshot_message
from tests.paper_exchange import PaperExchange, Said
from tests.plain_book import PlainBook
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.execution.taken import TAKEN_LEVELS

BIDS = [(10_000, 5), (9_999, 7), (9_990, 20)]
ASKS = [(10_001, 5), (10_002, 7), (10_011, 20)]
TAKERS = (OrderKind.MARKET, OrderKind.IOC, OrderKind.LIMIT)


def a_market(latency_ms: float = 0.0, symbols: int = 1) -> PaperExchange:
    exchange = PaperExchange(latency_ms=latency_ms, symbols=symbols)
    exchange.rows(a_snapshot_message(BIDS, ASKS))
    return exchange


def kinds(said: list[Said]) -> list[tuple[OutcomeKind, str]]:
    return [(each.kind, each.word) for each in said]


ACCEPTED = (OutcomeKind.ACCEPTED, "")
TAKER_FILL = (OutcomeKind.FILLED, "taker")
REMAINDER = (OutcomeKind.CANCELED, "remainder")


@pytest.mark.parametrize("kind", TAKERS)
@pytest.mark.parametrize(
    ("side", "limit", "size", "fills"),
    [
        (Side.BUY, 10_001, 5, [(10_001, 5)]),
        (Side.BUY, 10_050, 3, [(10_001, 3)]),
        (Side.BUY, 10_050, 6, [(10_001, 5), (10_002, 1)]),
        (Side.BUY, 10_050, 32, [(10_001, 5), (10_002, 7), (10_011, 20)]),
        (Side.SELL, 10_000, 5, [(10_000, 5)]),
        (Side.SELL, 9_000, 14, [(10_000, 5), (9_999, 7), (9_990, 2)]),
    ],
)
def test_an_order_walks_the_levels_best_first(
    kind: OrderKind, side: Side, limit: int, size: int, fills: list[tuple[int, int]]
) -> None:
    exchange = a_market()
    exchange.submit(side, kind, limit, size)
    assert kinds(exchange.until(0)) == [ACCEPTED, *[TAKER_FILL] * len(fills)]
    assert exchange.fills() == fills
    assert exchange.desk["venue"]["open"] == 0


@pytest.mark.parametrize("kind", [OrderKind.MARKET, OrderKind.IOC])
@pytest.mark.parametrize(
    ("side", "limit", "fills"),
    [
        (Side.BUY, 10_002, [(10_001, 5), (10_002, 7)]),
        (Side.BUY, 10_000, []),
        (Side.BUY, 99_999, [(10_001, 5), (10_002, 7), (10_011, 20)]),
        (Side.SELL, 9_995, [(10_000, 5), (9_999, 7)]),
        (Side.SELL, 10_001, []),
    ],
)
def test_the_remainder_of_an_immediate_order_is_cancelled(
    kind: OrderKind, side: Side, limit: int, fills: list[tuple[int, int]]
) -> None:
    exchange = a_market()
    exchange.submit(side, kind, limit, 100)
    said = exchange.until(0)
    assert kinds(said) == [ACCEPTED, *[TAKER_FILL] * len(fills), REMAINDER]
    assert exchange.fills() == fills
    assert said[-1].size == 100 - sum(size for _, size in fills)


def test_the_remainder_of_a_limit_order_rests_at_its_price() -> None:
    exchange = a_market()
    exchange.submit(Side.BUY, OrderKind.LIMIT, 10_002, 20)
    assert kinds(exchange.until(0)) == [ACCEPTED, TAKER_FILL, TAKER_FILL]
    order = exchange.desk["venue"]["orders"][0]
    assert (order["filled"].tolist(), order["price"]) == ([12, 12, 12], 10_002)
    assert order["ahead"].tolist() == [0, 0, 0]
    assert exchange.desk["venue"]["open"] == 1


def test_what_a_limit_order_has_taken_is_not_taken_again_while_it_stands() -> None:
    exchange = a_market()
    exchange.submit(Side.BUY, OrderKind.LIMIT, 10_002, 20)
    exchange.until(0)
    assert exchange.rows(a_depth_message(bids=[(9_000, 1)]), at=1) == []
    assert exchange.rows(a_depth_message(asks=[(10_002, 4)]), at=2) == []
    exchange.rows(a_depth_message(asks=[(10_002, 9)]), at=3)
    assert exchange.fills()[2:] == [(10_002, 5)], "five are new, four were taken before"


@pytest.mark.parametrize("kind", TAKERS)
@pytest.mark.parametrize("latency_ms", [0, 10])
def test_what_one_order_has_taken_is_not_there_for_the_next(
    kind: OrderKind, latency_ms: float
) -> None:
    """The market knows nothing of paper fills and goes on showing what they took."""
    exchange = a_market(latency_ms=latency_ms)
    for size in (3, 4, 100):
        exchange.submit(Side.BUY, kind, 10_002, size)
        exchange.until(latency_ms)
    assert exchange.fills() == [(10_001, 3), (10_001, 2), (10_002, 2), (10_002, 5)]


@pytest.mark.parametrize(("now_shown", "left"), [(5, 0), (7, 2), (2, 0), (0, 0)])
def test_a_level_the_exchange_changes_gives_what_was_added(now_shown: int, left: int) -> None:
    exchange = a_market()
    exchange.submit(Side.SELL, OrderKind.IOC, 10_000, 5)
    exchange.until(0)
    exchange.rows(a_depth_message(bids=[(10_000, now_shown)]), at=1)
    second = exchange.submit(Side.SELL, OrderKind.IOC, 10_000, 100, at=1)
    exchange.until(1)
    assert sum(size for _, size in exchange.fills(second)) == left
    exchange.rows(a_depth_message(bids=[(10_000, now_shown + 9)]), at=2)
    third = exchange.submit(Side.SELL, OrderKind.IOC, 10_000, 100, at=2)
    exchange.until(2)
    assert exchange.fills(third) == [(10_000, 9)]


def test_the_two_sides_and_two_pairs_are_taken_apart() -> None:
    exchange = a_market(symbols=2)
    exchange.rows(a_snapshot_message([(10_000, 5)], [(10_001, 5)], symbol=1))
    for symbol in (0, 1):
        exchange.submit(Side.BUY, OrderKind.IOC, 10_001, 5, symbol=symbol)
        exchange.submit(Side.SELL, OrderKind.IOC, 10_000, 5, symbol=symbol)
    exchange.until(0)
    assert exchange.fills() == [(10_001, 5), (10_000, 5)] * 2


@pytest.mark.parametrize(("now_shown", "left"), [(5, 0), (9, 4), (2, 0)])
def test_a_new_snapshot_gives_back_nothing_that_was_taken(now_shown: int, left: int) -> None:
    exchange = a_market()
    exchange.submit(Side.BUY, OrderKind.IOC, 10_001, 5)
    exchange.until(0)
    exchange.rows(a_loss_message(), at=1)
    exchange.rows(a_snapshot_message([(10_000, 5)], [(10_001, now_shown)]), at=1)
    again = exchange.submit(Side.BUY, OrderKind.IOC, 10_001, 50, at=1)
    exchange.until(1)
    assert sum(lots for _, lots in exchange.fills(again)) == left


def test_a_snapshot_that_shows_a_level_gone_forgets_what_was_taken_there() -> None:
    exchange = a_market()
    exchange.submit(Side.BUY, OrderKind.IOC, 10_001, 5)
    exchange.submit(Side.SELL, OrderKind.IOC, 10_000, 5)
    exchange.until(0)
    exchange.rows(a_snapshot_message([(9_999, 5)], [(10_002, 5)]), at=1)
    assert exchange.market()["taken"]["count"] == 0
    exchange.rows(a_depth_message(asks=[(10_001, 5)]), at=2)
    again = exchange.submit(Side.BUY, OrderKind.IOC, 10_001, 5, at=2)
    exchange.until(2)
    assert exchange.fills(again) == [(10_001, 5)]


def test_a_snapshot_says_nothing_of_levels_it_does_not_reach() -> None:
    exchange = a_market()
    exchange.submit(Side.BUY, OrderKind.IOC, 10_002, 12)
    exchange.submit(Side.SELL, OrderKind.IOC, 9_999, 12)
    exchange.until(0)
    exchange.rows(a_snapshot_message([(10_000, 5)], [(10_001, 5)]), at=1)
    exchange.rows(a_depth_message(bids=[(9_999, 8)], asks=[(10_002, 8)]), at=2)
    exchange.submit(Side.BUY, OrderKind.IOC, 10_002, 50, at=2)
    exchange.submit(Side.SELL, OrderKind.IOC, 9_999, 50, at=2)
    exchange.until(2)
    assert exchange.fills()[-2:] == [(10_002, 1), (9_999, 1)], "seven of eight were taken before"


MANY_ASKS = [(10_001 + step, 2) for step in range(TAKEN_LEVELS + 100)]


def a_deep_market(**paper: float) -> PaperExchange:
    exchange = PaperExchange(**paper)
    exchange.rows(a_snapshot_message([(10_000, 5)], MANY_ASKS))
    return exchange


@pytest.mark.parametrize("kind", TAKERS)
def test_no_more_levels_are_taken_than_can_be_remembered(kind: OrderKind) -> None:
    exchange = a_deep_market()
    first = exchange.submit(Side.BUY, kind, 20_000, 10**6)
    exchange.until(0)
    assert exchange.fills(first) == MANY_ASKS[:TAKEN_LEVELS]
    exchange.cancel(first, at=0)
    exchange.until(0)
    second = exchange.submit(Side.BUY, OrderKind.IOC, 20_000, 10**6)
    exchange.until(0)
    assert exchange.fills(second) == [], "the best levels are still taken"
    exchange.rows(a_depth_message(asks=[(10_001, 0)]), at=1)
    third = exchange.submit(Side.BUY, OrderKind.IOC, 20_000, 10**6, at=1)
    exchange.until(1)
    assert exchange.fills(third) == [MANY_ASKS[TAKEN_LEVELS]]


@pytest.mark.parametrize(("more", "fills"), [(0, TAKEN_LEVELS), (1, 0)])
def test_fill_or_kill_needs_the_levels_to_be_remembered(more: int, fills: int) -> None:
    exchange = a_deep_market()
    order = exchange.submit(Side.BUY, OrderKind.FOK, 20_000, 2 * TAKEN_LEVELS + more)
    exchange.until(0)
    assert len(exchange.fills(order)) == fills


def test_levels_that_have_refilled_make_room() -> None:
    exchange = a_deep_market(refill_half_life_seconds=1.0)
    for at in (0, 10**6):
        order = exchange.submit(Side.BUY, OrderKind.IOC, 20_000, 10**6, at=at)
        exchange.until(at)
        assert exchange.fills(order) == MANY_ASKS[:TAKEN_LEVELS]


@pytest.mark.parametrize(
    ("limit_seconds", "age_ms", "word"),
    [(5.0, 5_000, ""), (5.0, 5_001, "book_stale"), (0.5, 501, "book_stale"), (0.0, 10**9, "")],
)
@pytest.mark.parametrize("kind", list(OrderKind))
def test_an_old_book_at_arrival_rejects(
    kind: OrderKind, limit_seconds: float, age_ms: int, word: str
) -> None:
    exchange = PaperExchange(latency_ms=10, book_age_limit_seconds=limit_seconds)
    exchange.rows(a_snapshot_message(BIDS, ASKS))
    exchange.submit(Side.BUY, kind, 10_000, 4, at=age_ms - 10)
    said = exchange.until(age_ms)
    assert kinds(said)[0] == ((OutcomeKind.REJECTED, word) if word else ACCEPTED)


def test_lots_before_an_own_order_are_taken_once() -> None:
    """Seven stand before it and seven behind it."""
    exchange = a_market()
    exchange.submit(Side.BUY, OrderKind.LIMIT_MAKER, 9_999, 5)
    exchange.until(0)
    exchange.rows(a_depth_message(asks=[(10_050, 1)]), at=1)
    exchange.rows(a_depth_message(bids=[(9_999, 14)]), at=2)
    takers = [
        exchange.submit(Side.SELL, kind, 9_999, size, at=2)
        for kind, size in ((OrderKind.IOC, 9), (OrderKind.IOC, 9), (OrderKind.FOK, 1))
    ]
    exchange.until(2)
    fills = [sum(lots for _, lots in exchange.fills(taker)) for taker in takers]
    assert fills == [9, 3, 0], "five at the better price and seven at its own"


def test_an_order_acts_on_the_book_of_its_arrival_and_not_of_its_sending() -> None:
    exchange = a_market(latency_ms=10)
    exchange.submit(Side.BUY, OrderKind.IOC, 10_050, 4, at=0)
    exchange.rows(a_depth_message(asks=[(10_001, 0), (10_002, 0)]), at=9)
    exchange.rows(a_depth_message(asks=[(10_001, 50)]), at=11)
    assert exchange.fills() == [(10_011, 4)]
    assert {each.at for each in exchange.said} == {10_000_000}


def test_a_row_of_the_moment_of_arrival_comes_after_it() -> None:
    exchange = a_market(latency_ms=10)
    exchange.submit(Side.BUY, OrderKind.IOC, 10_050, 4, at=0)
    exchange.rows(a_depth_message(asks=[(10_001, 0)]), at=10)
    assert exchange.fills() == [(10_001, 4)]


@pytest.mark.parametrize("kind", list(OrderKind))
def test_a_book_that_is_not_ready_at_arrival_rejects(kind: OrderKind) -> None:
    exchange = a_market(latency_ms=10)
    exchange.submit(Side.BUY, kind, 10_000, 4, at=0)
    exchange.rows(a_loss_message(), at=5)
    assert kinds(exchange.until(10)) == [(OutcomeKind.REJECTED, "book_not_ready")]
    assert exchange.desk["venue"]["open"] == 0


@pytest.mark.parametrize("kind", list(OrderKind))
def test_a_crossed_book_at_arrival_rejects(kind: OrderKind) -> None:
    exchange = a_market(latency_ms=10)
    exchange.submit(Side.BUY, kind, 10_000, 4, at=0)
    exchange.rows(a_depth_message(bids=[(10_001, 1)]), at=5)
    assert kinds(exchange.until(10)) == [(OutcomeKind.REJECTED, "book_not_ready")]


def test_a_book_rebuilt_before_arrival_is_good_enough() -> None:
    exchange = a_market(latency_ms=10)
    exchange.submit(Side.BUY, OrderKind.IOC, 10_050, 4, at=0)
    exchange.rows(a_loss_message(), at=5)
    exchange.rows(a_snapshot_message([(9_000, 1)], [(9_001, 9)]), at=6)
    exchange.until(10)
    assert exchange.fills() == [(9_001, 4)]


def test_an_empty_opposite_side_fills_nothing() -> None:
    exchange = a_market()
    exchange.rows(a_depth_message(asks=[(price, 0) for price, _ in ASKS]))
    exchange.submit(Side.BUY, OrderKind.MARKET, 99_999, 4)
    assert kinds(exchange.until(0)) == [ACCEPTED, REMAINDER]


def test_orders_act_in_the_order_of_their_arrival() -> None:
    exchange = a_market(latency_ms=10)
    first = exchange.submit(Side.BUY, OrderKind.IOC, 10_050, 1, at=0)
    second = exchange.submit(Side.SELL, OrderKind.IOC, 9_000, 1, at=1)
    assert [each.order for each in exchange.until(30)] == [first, first, second, second]


levels = st.dictionaries(st.integers(1, 40), st.integers(1, 50), min_size=1, max_size=12)


@given(
    bids=levels,
    asks=levels,
    side=st.sampled_from(list(Side)),
    kind=st.sampled_from(TAKERS),
    reach=st.integers(-45, 45),
    size=st.integers(1, 400),
)
@settings(max_examples=60)
def test_a_taker_gets_no_worse_than_its_limit_and_no_more_than_is_shown(
    bids: dict[int, int],
    asks: dict[int, int],
    side: Side,
    kind: OrderKind,
    reach: int,
    size: int,
) -> None:
    book = PlainBook(
        {10_000 - step: lots for step, lots in bids.items()},
        {10_000 + step: lots for step, lots in asks.items()},
    )
    exchange = PaperExchange()
    exchange.rows(a_snapshot_message(book.best_bids(99), book.best_asks(99)))
    limit = 10_000 + reach * side
    exchange.submit(side, kind, limit, size)
    exchange.until(0)
    shown = book.best_asks(99) if side is Side.BUY else book.best_bids(99)
    wanted, left = [], size
    for price, lots in shown:
        if (limit - price) * side >= 0 and left:
            wanted.append((price, min(lots, left)))
            left -= wanted[-1][1]
    assert exchange.fills() == wanted
    rests = kind is OrderKind.LIMIT and left > 0
    assert exchange.desk["venue"]["open"] == rests
    assert {each.at for each in exchange.said} == {0}

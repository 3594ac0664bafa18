"""Where orders stand: what prints, cancels, sweeps and own orders do to the queue ahead."""

import pytest

from tests.builders import a_depth_message, a_snapshot_message, a_trades_message
from tests.paper_exchange import PaperExchange, moment
from trading_agent.domain.order import OrderKind, Side

BUY, SELL = Side.BUY, Side.SELL


def standing(shown: int = 100, size: int = 50, price: int = 10_000) -> PaperExchange:
    """One order behind `shown` at 10,000, and a message since that says nothing of it."""
    exchange = joining(shown, size, price)
    exchange.rows(a_depth_message(asks=[(10_006, 1)]))
    return exchange


def joining(shown: int = 100, size: int = 50, price: int = 10_000) -> PaperExchange:
    exchange = PaperExchange()
    exchange.rows(a_snapshot_message([(10_000, shown), (9_990, 7)], [(10_005, 10)]))
    exchange.submit(BUY, OrderKind.LIMIT_MAKER, price, size)
    exchange.until(0)
    return exchange


def ahead(exchange: PaperExchange, slot: int = 0) -> list[int]:
    return exchange.desk["venue"]["orders"][slot]["ahead"].tolist()  # type: ignore[no-any-return]


def show(exchange: PaperExchange, lots: int, at: float) -> None:
    exchange.rows(a_depth_message(bids=[(10_000, lots)]), at=at)


def trade(exchange: PaperExchange, lots: int, at: float, price: int = 10_000) -> None:
    exchange.rows(a_trades_message((SELL, price, lots)), at=at)


@pytest.mark.parametrize(
    ("shown", "then", "expected"),
    [
        (100, 90, [90, 90, 0]),
        (200, 180, [100, 95, 0]),
        (400, 300, [100, 94, 0]),
        (200, 60, [60, 60, 0]),
        (200, 0, [0, 0, 0]),
        (100, 300, [100, 100, 0]),
    ],
)
def test_what_vanishes_without_a_print_was_ahead_as_each_model_believes(
    shown: int, then: int, expected: list[int]
) -> None:
    """Of c lots that vanish the central model sees c x (ahead / all)^2 ahead."""
    exchange = standing()
    show(exchange, shown, at=1)
    show(exchange, then, at=2)
    assert ahead(exchange) == expected


def test_what_prints_explain_has_not_been_cancelled() -> None:
    exchange = standing()
    show(exchange, 200, at=1)
    trade(exchange, 40, at=2)
    assert ahead(exchange) == [60, 60, 0]
    show(exchange, 160, at=3)
    assert ahead(exchange) == [60, 60, 0]
    show(exchange, 120, at=4)
    assert ahead(exchange) == [60, 55, 0]


def test_a_print_that_depth_has_shown_before_does_not_move_the_queue_twice() -> None:
    exchange = standing()
    show(exchange, 60, at=5)
    assert ahead(exchange) == [60, 60, 0]
    exchange.rows(a_trades_message((SELL, 10_000, 40), venue_at=moment(5)), at=6)
    assert ahead(exchange) == [60, 60, 0]
    trade(exchange, 10, at=7)
    assert ahead(exchange) == [50, 50, 0]
    show(exchange, 50, at=8)
    assert ahead(exchange) == [50, 50, 0]


def test_prints_of_before_its_arrival_serve_an_order_not_even_when_told_later() -> None:
    exchange = PaperExchange(latency_ms=10)
    exchange.rows(a_snapshot_message([(10_000, 1)], [(10_005, 10)]))
    exchange.submit(BUY, OrderKind.LIMIT_MAKER, 10_001, 5)
    exchange.rows(a_depth_message(bids=[(10_000, 9)]), at=8)
    exchange.rows(a_trades_message((SELL, 9_990, 99), venue_at=moment(8)), at=12)
    assert exchange.fills() == []
    exchange.rows(a_trades_message((SELL, 9_990, 2), venue_at=moment(9)), at=13)
    assert exchange.fills() == [(10_001, 2)]


def test_a_sweep_gives_what_went_beyond_and_what_its_queue_left_over_in_any_order() -> None:
    for prints in (
        ((SELL, 10_000, 103), (SELL, 9_999, 7)),
        ((SELL, 9_999, 7), (SELL, 10_000, 103)),
    ):
        exchange = standing()
        exchange.rows(a_trades_message(*prints), at=1)
        assert sum(lots for _, lots in exchange.fills()) == 7 + 3


def test_after_a_sweep_nobody_is_ahead_any_more() -> None:
    exchange = standing()
    trade(exchange, 7, at=1, price=9_999)
    trade(exchange, 5, at=2)
    assert sum(lots for _, lots in exchange.fills()) == 12


def test_an_older_order_is_served_first_whatever_its_slot() -> None:
    exchange = standing(shown=0, size=1, price=10_001)
    older = exchange.submit(BUY, OrderKind.LIMIT_MAKER, 10_000, 5, at=1)
    exchange.until(1)
    trade(exchange, 1, at=2, price=10_001)
    newer = exchange.submit(BUY, OrderKind.LIMIT_MAKER, 10_000, 5, at=3)
    exchange.until(3)
    assert exchange.desk["venue"]["orders"][0]["order"] == newer, "it took the free slot"
    trade(exchange, 6, at=4)
    assert exchange.fills(older) == [(10_000, 5)]
    assert exchange.fills(newer) == [(10_000, 1)]


def test_a_better_price_is_served_before_an_older_order() -> None:
    exchange = standing(shown=0, size=5, price=9_998)
    better = exchange.submit(BUY, OrderKind.LIMIT_MAKER, 10_000, 5, at=1)
    exchange.until(1)
    trade(exchange, 7, at=2, price=9_990)
    assert exchange.fills(better) == [(10_000, 5)]
    assert exchange.fills(1) == [(9_998, 2)]


def test_those_whose_place_an_own_order_took_are_still_ahead_of_the_next() -> None:
    """Ours, ten of the market, ours again: a print of ten serves the first of ours, and the
    market's ten, which really traded, would still stand before the second."""
    exchange = standing(shown=0, size=10)
    show(exchange, 10, at=1)
    second = exchange.submit(BUY, OrderKind.LIMIT_MAKER, 10_000, 5, at=2)
    exchange.until(2)
    trade(exchange, 10, at=3)
    show(exchange, 0, at=4)
    assert exchange.fills() == [(10_000, 10)]
    trade(exchange, 8, at=5, price=9_999)
    assert exchange.fills(second) == []
    trade(exchange, 4, at=6, price=9_999)
    assert exchange.fills(second) == [(10_000, 2)]


def test_a_snapshot_that_leaves_a_level_out_shows_nothing_there() -> None:
    exchange = standing()
    exchange.rows(a_snapshot_message([(9_999, 7)], [(10_005, 10)]), at=1)
    assert ahead(exchange) == [0, 0, 0]


def test_a_snapshot_says_nothing_of_a_queue_it_does_not_reach() -> None:
    exchange = standing()
    exchange.rows(a_snapshot_message([(10_001, 7)], [(10_005, 10)]), at=1)
    assert ahead(exchange) == [100, 100, 0]
    show(exchange, 30, at=2)
    assert ahead(exchange) == [30, 30, 0]


@pytest.mark.parametrize("side", [BUY, SELL])
def test_where_no_level_was_ever_shown_only_trade_through_fills(side: Side) -> None:
    exchange = PaperExchange()
    exchange.rows(a_snapshot_message([(10_000, 9)], [(10_005, 9)]))
    price = 9_998 if side is BUY else 10_007
    exchange.submit(side, OrderKind.LIMIT_MAKER, price, 50)
    exchange.until(0)
    against = side.opposite
    exchange.rows(a_trades_message((against, price, 10**9)), at=1)
    assert exchange.fills() == []
    exchange.rows(a_trades_message((against, price - side, 4)), at=2)
    assert exchange.fills() == [(price, 4)]


@pytest.mark.parametrize("shown", [0, 60])
def test_a_queue_nobody_knew_is_known_once_it_is_displayed(shown: int) -> None:
    exchange = joining(price=9_980)
    assert ahead(exchange)[2] == 0
    assert min(ahead(exchange)[:2]) > 10**12
    exchange.rows(a_depth_message(bids=[(9_980, shown)]), at=1)
    assert ahead(exchange) == [shown, shown, 0]
    exchange.rows(a_depth_message(bids=[(9_980, shown // 2)]), at=2)
    assert ahead(exchange) == [shown // 2, shown // 2, 0]


@pytest.mark.parametrize(
    ("shown", "expected"), [(130, [130, 100, 0]), (100, [100, 100, 0]), (80, [80, 80, 0])]
)
def test_what_the_first_message_adds_may_have_stood_there_before_it(
    shown: int, expected: list[int]
) -> None:
    """A feed that tells every 100 ms shows what was there up to 100 ms ago."""
    exchange = joining()
    exchange.rows(a_depth_message(bids=[(10_000, shown)]), at=1)
    assert ahead(exchange) == expected
    show(exchange, 300, at=2)
    assert ahead(exchange)[0] == min(expected[0], 300)

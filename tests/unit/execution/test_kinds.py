"""Orders that want all or nothing, spend a sum, wait for a price, or share with others."""

import pytest

from tests.builders import a_depth_message, a_loss_message, a_snapshot_message, a_trades_message
from tests.paper_exchange import PaperExchange, Shadows
from trading_agent.domain.order import OrderKind, Side, TriggerOn
from trading_agent.domain.outcome import OutcomeKind

BUY, SELL = Side.BUY, Side.SELL
BIDS = [(10_000, 10), (9_999, 10), (9_990, 20)]
ASKS = [(10_001, 10), (10_002, 10), (10_010, 20)]


def a_market(latency_ms: float = 0.0, **paper: object) -> PaperExchange:
    exchange = PaperExchange(latency_ms=latency_ms, **paper)
    exchange.rows(a_snapshot_message(BIDS, ASKS))
    return exchange


def words(exchange: PaperExchange, order: int) -> list[tuple[str, str]]:
    return [(said.kind.name, said.word) for said in exchange.said if said.order == order]


@pytest.mark.parametrize(("size", "limit", "fills"), [(20, 10_002, 2), (5, 10_001, 1)])
def test_fill_or_kill_fills_whole(size: int, limit: int, fills: int) -> None:
    exchange = a_market()
    order = exchange.submit(BUY, OrderKind.FOK, limit, size)
    exchange.until(0)
    assert words(exchange, order) == [("ACCEPTED", ""), *[("FILLED", "taker")] * fills]
    assert sum(lots for _, lots in exchange.fills(order)) == size


@pytest.mark.parametrize(("size", "limit"), [(21, 10_002), (11, 10_001), (1, 10_000)])
def test_fill_or_kill_takes_nothing_when_one_lot_is_missing(size: int, limit: int) -> None:
    exchange = a_market()
    order = exchange.submit(BUY, OrderKind.FOK, limit, size)
    exchange.until(0)
    assert words(exchange, order) == [("ACCEPTED", ""), ("CANCELED", "not_fillable_whole")]
    assert exchange.market()["taken"]["count"] == 0


def test_fill_or_kill_counts_what_was_taken_before() -> None:
    exchange = a_market()
    exchange.submit(SELL, OrderKind.IOC, 10_000, 1)
    order = exchange.submit(SELL, OrderKind.FOK, 9_999, 20)
    exchange.until(0)
    assert words(exchange, order)[-1] == ("CANCELED", "not_fillable_whole")


@pytest.mark.parametrize("kind", [OrderKind.MARKET, OrderKind.IOC])
def test_a_budget_is_spent_level_by_level_and_never_overspent(kind: OrderKind) -> None:
    exchange = a_market()
    budget = 10_001 * 10 + 10_002 * 3 + 9_000
    order = exchange.submit(BUY, kind, 10_050, 10**6, budget=budget)
    exchange.until(0)
    assert exchange.fills(order) == [(10_001, 10), (10_002, 3)]
    assert words(exchange, order)[-1] == ("CANCELED", "remainder")
    assert exchange.said[-1].size == 10**6 - 13


def test_what_a_budget_leaves_rests_as_far_as_it_pays() -> None:
    exchange = a_market()
    budget = 10_001 * 10 + 10_001 * 2 + 1
    order = exchange.submit(BUY, OrderKind.LIMIT, 10_001, 100, budget=budget)
    exchange.until(0)
    assert exchange.fills(order) == [(10_001, 10)]
    exchange.rows(a_trades_message((SELL, 10_001, 50)), at=1)
    assert exchange.fills(order) == [(10_001, 10), (10_001, 2)]
    assert words(exchange, order)[-1] == ("CANCELED", "remainder")


def test_a_sale_has_no_budget() -> None:
    exchange = a_market()
    order = exchange.submit(SELL, OrderKind.IOC, 9_999, 12, budget=1)
    exchange.until(0)
    assert exchange.fills(order) == [(10_000, 10), (9_999, 2)]


@pytest.mark.parametrize("kind", [OrderKind.MARKET, OrderKind.LIMIT, OrderKind.IOC])
def test_the_newest_of_two_own_orders_that_would_meet_is_cancelled(kind: OrderKind) -> None:
    exchange = a_market()
    older = exchange.submit(BUY, OrderKind.LIMIT_MAKER, 9_999, 5)
    newer = exchange.submit(SELL, kind, 9_990, 100)
    exchange.until(0)
    # Ten at the better price, and the ten that stood at its own before it came.
    assert exchange.fills(newer) == [(10_000, 10), (9_999, 10)]
    assert words(exchange, newer)[-1] == ("CANCELED", "own_order")
    assert exchange.fills(older) == []


def test_a_maker_order_that_would_meet_an_own_one_is_rejected() -> None:
    exchange = a_market()
    exchange.rows(a_depth_message(asks=[(10_001, 0), (10_002, 0)]), at=1)
    exchange.submit(SELL, OrderKind.LIMIT_MAKER, 10_004, 5, at=1)
    newer = exchange.submit(BUY, OrderKind.LIMIT_MAKER, 10_005, 5, at=1)
    exchange.until(1)
    assert words(exchange, newer) == [("REJECTED", "own_order")]


def test_own_orders_that_do_not_meet_leave_each_other_alone() -> None:
    exchange = a_market()
    exchange.submit(BUY, OrderKind.LIMIT_MAKER, 9_998, 5)
    newer = exchange.submit(SELL, OrderKind.LIMIT, 9_999, 15)
    exchange.until(0)
    assert exchange.fills(newer) == [(10_000, 10), (9_999, 5)]


STOPS = [
    (SELL, OrderKind.STOP, 9_995, [9_996], 9_995),
    (SELL, OrderKind.STOP_LIMIT, 9_995, [9_996, 9_999], 9_990),
    (BUY, OrderKind.STOP, 10_005, [10_004], 10_006),
    (SELL, OrderKind.TAKE_PROFIT, 10_005, [10_004, 9_000], 10_005),
    (BUY, OrderKind.TAKE_PROFIT, 9_995, [9_996, 11_000], 9_994),
    (BUY, OrderKind.TAKE_PROFIT_LIMIT, 9_995, [9_996], 9_995),
]


@pytest.mark.parametrize(("side", "kind", "trigger", "short_of_it", "reaching"), STOPS)
def test_a_waiting_order_goes_on_when_a_trade_reaches_its_trigger(
    side: Side, kind: OrderKind, trigger: int, short_of_it: list[int], reaching: int
) -> None:
    exchange = a_market(latency_ms=5)
    price = 20_000 if side is BUY else 1
    order = exchange.submit(side, kind, price, 4, trigger=trigger)
    exchange.until(5)
    for number, last in enumerate(short_of_it):
        exchange.rows(a_trades_message((BUY, last, 1)), at=6 + number)
    assert words(exchange, order) == [("ACCEPTED", "")]
    exchange.rows(a_trades_message((BUY, reaching, 1)), at=10)
    assert words(exchange, order) == [("ACCEPTED", ""), ("TRIGGERED", "")]
    assert exchange.said[-1].price == reaching
    exchange.until(14.9)
    assert exchange.fills(order) == []
    exchange.until(15)
    assert exchange.fills(order) == [(10_001 if side is BUY else 10_000, 4)]
    assert words(exchange, order)[2:] == [("ACCEPTED", ""), ("FILLED", "taker")]


@pytest.mark.parametrize(
    ("on", "message"),
    [
        (TriggerOn.TOUCH, a_depth_message(bids=[(10_000, 0), (9_999, 0)])),
        (TriggerOn.MID, a_depth_message(bids=[(10_000, 0), (9_999, 0)])),
    ],
)
def test_touch_and_mid_trigger_on_the_book(on: TriggerOn, message: object) -> None:
    exchange = a_market()
    order = exchange.submit(SELL, OrderKind.STOP, 1, 4, trigger=9_996, trigger_on=on)
    exchange.until(0)
    exchange.rows(a_trades_message((SELL, 9_000, 1)), at=1)
    assert words(exchange, order) == [("ACCEPTED", "")]
    exchange.rows(message, at=2)  # type: ignore[arg-type]
    exchange.until(2)
    assert exchange.fills(order) == [(9_990, 4)], "a gap fills worse than the stop"


def test_what_happened_before_its_acceptance_triggers_nothing() -> None:
    exchange = a_market(latency_ms=10)
    order = exchange.submit(SELL, OrderKind.STOP, 1, 4, trigger=9_995)
    exchange.rows(a_trades_message((SELL, 9_000, 1)), at=9)
    exchange.rows(a_depth_message(bids=[(9_000, 1)]), at=10)
    exchange.rows(a_trades_message((SELL, 9_000, 1), venue_at=1), at=12)
    assert words(exchange, order) == [("ACCEPTED", "")]


def test_a_stop_limit_may_not_fill() -> None:
    exchange = a_market()
    order = exchange.submit(SELL, OrderKind.STOP_LIMIT, 9_994, 4, trigger=9_995)
    exchange.until(0)
    exchange.rows(a_depth_message(bids=[(10_000, 0), (9_999, 0)]), at=1)
    exchange.rows(a_trades_message((SELL, 9_990, 1)), at=2)
    exchange.until(2)
    assert exchange.fills(order) == []
    assert exchange.desk["venue"]["resting"] == 1


@pytest.mark.parametrize(
    ("side", "path", "triggered_at"),
    [
        (SELL, [10_000, 10_020, 10_011, 10_010], 10_010),
        (SELL, [10_000, 9_995, 9_991, 9_990], 9_990),
        (BUY, [10_000, 9_980, 9_989, 9_990], 9_990),
        (BUY, [10_000, 10_009, 9_999, 10_010], 10_010),
    ],
)
def test_a_trailing_stop_follows_the_best_price_and_never_turns_back(
    side: Side, path: list[int], triggered_at: int
) -> None:
    exchange = a_market()
    order = exchange.submit(
        side, OrderKind.TRAILING_STOP, 20_000 if side is BUY else 1, 4, trail=10
    )
    exchange.until(0)
    for number, last in enumerate(path, 1):
        exchange.rows(a_trades_message((BUY, last, 1)), at=number)
    exchange.until(9)
    triggered = [said for said in exchange.said if said.kind is OutcomeKind.TRIGGERED]
    assert [(said.price, said.order) for said in triggered] == [(triggered_at, order)]
    assert sum(lots for _, lots in exchange.fills(order)) == 4


def test_a_cancel_stops_a_waiting_order_and_one_that_has_triggered() -> None:
    """What has triggered is at the venue already: a cancel that has arrived there before the
    order acts again keeps it from acting."""
    exchange = a_market(latency_ms=10)
    calm = exchange.submit(SELL, OrderKind.STOP, 1, 4, trigger=9_995)
    early = exchange.submit(SELL, OrderKind.STOP, 1, 4, trigger=9_998)
    hit = exchange.submit(SELL, OrderKind.STOP, 1, 4, trigger=9_997)
    exchange.until(10)
    exchange.rows(a_trades_message((SELL, 9_998, 1)), at=19)
    for order in (calm, early, hit):
        exchange.cancel(order, at=20)
    exchange.rows(a_trades_message((SELL, 9_997, 1)), at=25)
    exchange.until(50)
    assert words(exchange, calm)[-1] == ("CANCELED", "by_request")
    assert words(exchange, early)[-1] == ("FILLED", "taker"), "it acted at 29, the cancel at 30"
    assert words(exchange, hit)[1:] == [("TRIGGERED", ""), ("CANCELED", "by_request")]
    assert exchange.said[-1].at == 30_000_000
    assert exchange.desk["venue"]["waiting"] == 0


def test_a_triggered_order_that_finds_no_book_is_cancelled() -> None:
    exchange = a_market(latency_ms=10)
    order = exchange.submit(SELL, OrderKind.STOP, 1, 4, trigger=9_995)
    exchange.until(10)
    exchange.rows(a_trades_message((SELL, 9_990, 1)), at=15)
    exchange.rows(a_loss_message(), at=16)
    exchange.until(30)
    assert words(exchange, order)[-1] == ("CANCELED", "book_not_ready")


def a_pair(exchange: PaperExchange, size: int = 8) -> tuple[int, int]:
    """A target that rests and a stop that waits, of one group."""
    target = exchange.submit(SELL, OrderKind.LIMIT_MAKER, 10_003, size, group=1)
    stop = exchange.submit(SELL, OrderKind.STOP, 1, size, trigger=9_995, group=1)
    exchange.until(0)
    return target, stop


def test_what_one_leg_fills_the_other_has_less_of() -> None:
    exchange = a_market()
    target, stop = a_pair(exchange)
    exchange.rows(a_trades_message((BUY, 10_003, 3)), at=1)
    exchange.rows(a_trades_message((SELL, 9_995, 1)), at=2)
    exchange.until(2)
    assert exchange.fills(target) == [(10_003, 3)]
    assert exchange.fills(stop) == [(10_000, 5)]
    assert words(exchange, target)[-1] == ("CANCELED", "alternative_filled")
    assert exchange.desk["venue"]["open"] == 0


def test_a_leg_filled_whole_ends_the_other_at_once() -> None:
    exchange = a_market()
    target, stop = a_pair(exchange)
    (_, _) = exchange.rows(a_trades_message((BUY, 10_004, 99)), at=1)
    assert exchange.fills(target) == [(10_003, 8)]
    assert words(exchange, stop) == [("ACCEPTED", ""), ("CANCELED", "alternative_filled")]
    assert exchange.said[-1].size == 8


def test_legs_under_way_fill_no_more_than_their_group() -> None:
    exchange = a_market(latency_ms=10)
    first = exchange.submit(BUY, OrderKind.IOC, 10_010, 15, at=0, group=5)
    second = exchange.submit(BUY, OrderKind.IOC, 10_010, 15, at=1, group=5)
    third = exchange.submit(BUY, OrderKind.IOC, 10_010, 15, at=1)
    exchange.until(30)
    assert sum(lots for _, lots in exchange.fills(first)) == 15
    assert words(exchange, second) == [("REJECTED", "alternative_filled")]
    assert sum(lots for _, lots in exchange.fills(third)) == 15


@pytest.mark.parametrize(
    ("model", "filled"), [("PESSIMISTIC", 2), ("CENTRAL", 3), ("OPTIMISTIC", 10)]
)
def test_the_configured_model_fills_and_all_three_are_told_at_the_end(
    model: str, filled: int
) -> None:
    """Ten ahead and ten behind; of six that vanish, a quarter stood ahead; twelve trade."""
    exchange = a_market(queue_model=model)
    order = exchange.submit(BUY, OrderKind.LIMIT_MAKER, 10_000, 10)
    exchange.until(0)
    exchange.rows(a_depth_message(asks=[(10_050, 1)]), at=0.5)
    exchange.rows(a_depth_message(bids=[(10_000, 20)]), at=1)
    exchange.rows(a_depth_message(bids=[(10_000, 14)]), at=2)
    exchange.rows(a_trades_message((SELL, 10_000, 3)), at=3)
    exchange.rows(a_trades_message((SELL, 10_000, 6), (SELL, 10_000, 3)), at=4)
    exchange.cancel(order, at=5)
    exchange.until(5)
    assert exchange.shadows == {order: Shadows(2, 3, 10)}
    assert sum(size for _, size in exchange.fills(order)) == filled


def test_an_order_that_never_rested_has_no_shadows() -> None:
    exchange = a_market()
    exchange.submit(BUY, OrderKind.IOC, 10_001, 99)
    exchange.until(0)
    assert exchange.shadows == {}


def test_what_was_taken_before_resting_counts_in_every_shadow() -> None:
    exchange = a_market()
    order = exchange.submit(BUY, OrderKind.LIMIT, 10_001, 12)
    exchange.until(0)
    exchange.cancel(order, at=1)
    exchange.until(1)
    assert exchange.shadows == {order: Shadows(10, 10, 10)}


def test_every_outcome_carries_the_touch_of_its_moment() -> None:
    exchange = a_market(latency_ms=10)
    exchange.submit(BUY, OrderKind.IOC, 10_002, 15, at=0)
    exchange.rows(a_depth_message(bids=[(10_000, 0)]), at=5)
    said = exchange.until(10)
    assert [(each.bid, each.ask) for each in said] == [(9_999, 10_001)] * 3
    exchange.submit(BUY, OrderKind.IOC, 10_002, 15, at=10)
    exchange.rows(a_loss_message(), at=15)
    (rejected,) = exchange.until(20)
    assert (rejected.bid, rejected.ask) == (0, 0)

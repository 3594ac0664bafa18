"""The Python face of the paper venue: what goes into the table, and what comes out as facts."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import (
    START,
    a_depth_message,
    a_snapshot_message,
    a_trades_message,
    an_instrument,
)
from tests.paper_exchange import PaperExchange, moment
from tests.unit.execution.test_orders import sent
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.order_facts import Liquidity
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.domain.units import Lots, Ticks
from trading_agent.execution.orders import OrderTable
from trading_agent.execution.venue import NEVER, ORDERS


def test_the_table_takes_so_many_orders_and_not_one_more() -> None:
    exchange = PaperExchange()
    for _ in range(ORDERS):
        exchange.submit(Side.BUY, OrderKind.LIMIT_MAKER, 10_000, 1)
    with pytest.raises(InvariantError, match=str(ORDERS)):
        exchange.submit(Side.BUY, OrderKind.LIMIT_MAKER, 10_000, 1)
    said = exchange.until(0)
    assert [each.kind for each in said] == [OutcomeKind.REJECTED] * ORDERS
    exchange.submit(Side.BUY, OrderKind.LIMIT_MAKER, 10_000, 1)


def test_a_slot_holds_what_was_approved_and_nothing_of_the_order_before() -> None:
    exchange = PaperExchange(latency_ms=5)
    exchange.submit(Side.SELL, OrderKind.LIMIT, 10_009, 7, at=0, rest_ms=100)
    slot = exchange.desk["venue"]["orders"][0]
    assert (slot["side"], slot["price"], slot["size"]) == (-1, 10_009, 7)
    assert (slot["due_at"], slot["cancel_at"]) == (START + 5_000_000, NEVER)
    assert slot["rest_for"] == 105_000_000, "a cancel travels too"
    assert (slot["ahead"].tolist(), slot["filled"].tolist()) == ([0, 0, 0], [0, 0, 0])


@pytest.mark.parametrize(
    ("maker", "liquidity", "fee"),
    [(0, Liquidity.TAKER, "0.00250000"), (1, Liquidity.MAKER, "0")],
)
def test_a_fill_is_charged_by_its_side_of_the_book(
    maker: int, liquidity: Liquidity, fee: str
) -> None:
    fact = PaperExchange().venue.filled(sent(), an_instrument(), (START, 10_000, 5, maker), 9)
    assert (fact.liquidity, fact.fee, fact.fee_asset) == (liquidity, Decimal(fee), "USDC")
    assert (fact.fill, fact.order, fact.price, fact.size) == (9, 1, 10_000, 5)


FREE = an_instrument(taker_fee=Decimal(0))
DEAR = an_instrument(maker_fee=Decimal(0), taker_fee=Decimal("0.01"))


def a_market(latency_ms: float = 0.0) -> PaperExchange:
    exchange = PaperExchange(latency_ms=latency_ms)
    exchange.rows(a_snapshot_message([(10_000, 10), (9_000, 1)], [(10_001, 30)]))
    return exchange


def a_table(*orders: tuple[int, int, int, str], group: int = 0) -> OrderTable:
    """What the desk knows of purchases: order, price, size, what is held back for it."""
    table = OrderTable()
    for number, price, size, reserved in orders:
        fact = sent(
            number,
            price=Ticks(price),
            size=Lots(size),
            reserved=Decimal(reserved),
            group=group,
        )
        table.send(fact)
    return table


def fee_rises(exchange: PaperExchange, table: OrderTable, at: float = 0.0) -> list[str]:
    exchange.venue.cut_to_reserves(table, FREE, DEAR, moment(at))
    return [said.word for said in exchange.until(at)]


def test_a_purchase_is_cut_to_what_its_reserve_pays_at_the_new_fee() -> None:
    """A lot at 10,000 costs one, and 1.01 from now on; a little is kept for roundings."""
    exchange = a_market()
    order = exchange.submit(Side.BUY, OrderKind.LIMIT, 10_000, 20)
    exchange.until(0)
    assert fee_rises(exchange, a_table((order, 10_000, 20, "20"))) == []
    exchange.rows(a_trades_message((Side.SELL, 9_999, 50)), at=1)
    assert exchange.fills(order) == [(10_000, 19)]
    assert (exchange.said[-1].word, exchange.said[-1].size) == ("fee_rose", 1)
    assert exchange.desk["venue"]["open"] == 0


@pytest.mark.parametrize("kind", [OrderKind.LIMIT, OrderKind.STOP])
def test_a_purchase_its_reserve_pays_no_lot_of_ends(kind: OrderKind) -> None:
    exchange = a_market()
    order = exchange.submit(Side.BUY, kind, 10_000, 1, trigger=20_000)
    exchange.until(0)
    assert fee_rises(exchange, a_table((order, 10_000, 1, "1")), at=1) == ["fee_rose"]
    assert exchange.said[-1].at == 1_000_000
    assert exchange.desk["venue"]["open"] == 0


def test_a_purchase_on_its_way_that_cannot_be_paid_is_rejected_when_it_arrives() -> None:
    exchange = a_market(latency_ms=10)
    order = exchange.submit(Side.BUY, OrderKind.IOC, 10_001, 1)
    assert fee_rises(exchange, a_table((order, 10_001, 1, "1.0001"))) == []
    (said,) = exchange.until(10)
    assert (said.kind, said.word) == (OutcomeKind.REJECTED, "fee_rose")


def test_a_budget_is_cut_likewise() -> None:
    exchange = a_market(latency_ms=10)
    budget = 20 * 10_001
    order = exchange.submit(Side.BUY, OrderKind.MARKET, 10_100, 10**6, budget=budget)
    exchange.until(0)
    fee_rises(exchange, a_table((order, 10_100, 10**6, "20.0020")))
    exchange.until(10)
    assert exchange.fills(order) == [(10_001, 19)]
    nothing = exchange.submit(Side.BUY, OrderKind.MARKET, 10_100, 10**6, at=10, budget=10_001)
    fee_rises(exchange, a_table((nothing, 10_100, 10**6, "0")), at=10)
    exchange.until(20)
    assert exchange.fills(nothing) == []
    assert exchange.said[-1].word == "remainder"


def test_the_legs_of_a_pair_together_cost_no_more_than_the_one_reserve() -> None:
    exchange = a_market()
    low = exchange.submit(Side.BUY, OrderKind.LIMIT, 9_500, 20, group=1)
    high = exchange.submit(Side.BUY, OrderKind.LIMIT, 10_000, 20, group=1)
    exchange.until(0)
    table = a_table((low, 9_500, 20, "20"), (high, 10_000, 20, "0"), group=1)
    fee_rises(exchange, table)
    exchange.rows(a_trades_message((Side.SELL, 9_999, 18)), at=1)
    exchange.rows(a_depth_message(bids=[(10_000, 0)], asks=[(9_400, 99)]), at=2)
    cost = sum(DEAR.notional(Ticks(price), Lots(lots)) for price, lots in exchange.fills())
    assert sum(lots for _, lots in exchange.fills()) == 19
    assert cost * Decimal("1.01") <= 20


@pytest.mark.parametrize(("before", "after"), [(FREE, FREE), (DEAR, FREE), (DEAR, DEAR)])
def test_fees_that_do_not_rise_cut_nothing(before: Any, after: Any) -> None:
    exchange = a_market()
    order = exchange.submit(Side.BUY, OrderKind.LIMIT, 10_000, 20)
    exchange.until(0)
    table = a_table((order, 10_000, 20, "1"))
    exchange.venue.cut_to_reserves(table, before, after, moment(0))
    assert exchange.desk["venue"]["orders"][0]["forgone"] == 0


def test_sales_and_other_pairs_are_left_alone() -> None:
    exchange = a_market()
    numbers = [
        exchange.submit(side, OrderKind.LIMIT_MAKER, price, 20)
        for side, price in ((Side.SELL, 10_002), (Side.BUY, 10_000))
    ]
    table = OrderTable()
    table.send(sent(numbers[0], side=Side.SELL, reserved_asset="BTC", reserved=Decimal("0.2")))
    table.send(sent(numbers[1], symbol="ETHUSDC", reserved=Decimal(1)))
    exchange.venue.cut_to_reserves(table, FREE, DEAR, moment(0))
    assert exchange.desk["venue"]["orders"]["forgone"].sum() == 0

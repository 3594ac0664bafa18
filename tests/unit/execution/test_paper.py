"""The Python face of the paper venue: what goes into the table, and what comes out as facts."""

from decimal import Decimal

import pytest

from tests.builders import START, an_instrument
from tests.paper_exchange import PaperExchange
from tests.unit.execution.test_orders import sent
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.order_facts import Liquidity
from trading_agent.domain.outcome import OutcomeKind
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

"""Fees and rules that change while the desk runs."""

from decimal import Decimal

import pytest

from tests.builders import a_plan, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.facts import InstrumentListed
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import OrderFilled, OrderSent

FREE = an_instrument(taker_fee=Decimal(0))
DEAR = an_instrument(taker_fee=Decimal("0.01"), maker_fee=Decimal("0.01"))


def a_story(kind: str = "IOC") -> Story:
    plan = a_plan(order_notional=100.0, order_kind=kind, slippage_limit_bps=1.0, stop_bps=0.0)
    story = Story(engine_settings(plan=plan), [FREE])
    story.warm_up()
    return story


def test_rules_are_told_once_and_when_they_change() -> None:
    story = a_story()
    assert story.relist(FREE) == ()
    assert story.relist(DEAR) == (InstrumentListed(at=story.at, instrument=DEAR),)
    assert story.core.account.instruments["BTCUSDC"] == DEAR


@pytest.mark.parametrize("kind", ["IOC", "LIMIT_MAKER"])
def test_a_fee_raised_while_an_order_is_under_way_leaves_it_what_its_reserve_pays(
    kind: str,
) -> None:
    story = a_story(kind)
    story.buy_signal()
    story.relist(DEAR)
    story.wait(20)
    story.trades((Side.SELL, 9_999, 400))
    (sent,) = story.of(OrderSent)
    fills = story.of(OrderFilled)
    cost = sum(FREE.notional(fill.price, fill.size) + fill.fee for fill in fills)
    bought = sum(fill.size for fill in fills)
    assert 0.98 * sent.size < bought < sent.size
    assert cost <= sent.reserved, "never more than was held back for it"
    assert story.core.account.ledger.free("USDC") == 10_000 - cost
    assert story.core.account.ledger.locked("USDC") == 0


def test_a_fee_lowered_on_the_way_gives_back_the_rest() -> None:
    story = a_story()
    story.relist(DEAR)
    story.buy_signal()
    story.relist(FREE)
    story.wait(20)
    assert {fill.fee for fill in story.of(OrderFilled)} == {0}
    assert story.core.account.ledger.locked("USDC") == 0


def test_the_fee_of_the_moment_is_charged() -> None:
    story = a_story()
    story.relist(DEAR)
    story.buy_signal()
    story.wait(20)
    for fill in story.of(OrderFilled):
        assert fill.fee == DEAR.notional(fill.price, fill.size) / 100

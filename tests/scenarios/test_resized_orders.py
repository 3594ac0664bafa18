"""An order that a cap made smaller locks what the smaller order can cost, and no more."""

from decimal import Decimal

from tests.builders import a_plan, engine_settings
from tests.scenarios.test_entries import FREE
from tests.story import Story
from trading_agent.domain.order_facts import OrderSent
from trading_agent.risk.settings import RiskLimits, SizeCaps


def test_what_is_cut_reserves_less() -> None:
    limits = RiskLimits(sizing=SizeCaps(depth_percent=10.0))
    story = Story(engine_settings(plan=a_plan(order_notional=100.0), limits=limits), [FREE])
    story.warm_up()
    story.buy_signal()
    story.wait(50)
    (sent, *_) = story.of(OrderSent)
    assert 0 < sent.size < 99
    assert sent.reserved == FREE.notional(sent.price, sent.size)
    free, locked = (story.core.account.ledger.total("USDC"), sent.reserved)
    assert free > locked > Decimal(0)

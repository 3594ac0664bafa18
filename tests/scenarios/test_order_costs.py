"""What an order cost is told when it ends, and the parts add up to what the account lost."""

from tests.scenarios.test_entries import a_story
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import OrderFilled, OrderSent, ShortfallMeasured


def test_every_order_that_ends_is_measured_once() -> None:
    story = a_story(hold_seconds=1, stop_bps=20.0)
    story.buy_signal()
    story.wait(1_500)
    story.wait(50)
    sent = story.of(OrderSent)
    measured = story.of(ShortfallMeasured)
    assert [fact.side for fact in sent] == [Side.BUY, Side.SELL]
    assert [fact.order for fact in measured] == [fact.order for fact in sent]
    for order, cost in zip(sent, measured, strict=True):
        assert order.bid > 0 and order.ask > order.bid
        paid = sum(
            fill.price * fill.size for fill in story.of(OrderFilled) if fill.order == order.order
        )
        lots = sum(fill.size for fill in story.of(OrderFilled) if fill.order == order.order)
        whole = order.side * (2 * paid - (order.bid + order.ask) * lots)
        assert cost.spread + cost.impact + cost.drift == whole

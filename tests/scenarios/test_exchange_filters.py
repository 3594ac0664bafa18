"""What the exchange would refuse is refused here, with its code; exits go on in a kind it takes."""

from decimal import Decimal

from msgspec.structs import replace

from tests.scenarios.test_entries import FREE, a_story
from trading_agent.domain.decision import RefusalReason
from trading_agent.domain.facts import ProposalRefused
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.order_facts import OrderFilled, OrderSent


def test_a_kind_the_exchange_does_not_take_is_refused() -> None:
    story = a_story(replace(FREE, kinds=(OrderKind.LIMIT, OrderKind.MARKET)))
    story.buy_signal()
    story.wait(50)
    assert [fact.reason for fact in story.of(ProposalRefused)] == [RefusalReason.KIND_NOT_ALLOWED]
    assert story.of(OrderSent) == []


def test_a_price_outside_the_exchanges_band_is_refused() -> None:
    story = a_story(replace(FREE, price_band=Decimal("0.0001")))
    story.trades((Side.BUY, 10_000, 1))
    story.buy_signal()
    story.wait(50)
    assert [fact.reason for fact in story.of(ProposalRefused)] == [RefusalReason.OUTSIDE_PRICE_BAND]


def test_a_refused_entry_holds_nothing_back_from_the_next() -> None:
    story = a_story(replace(FREE, kinds=(OrderKind.LIMIT, OrderKind.MARKET)))
    for _ in range(12):
        story.buy_signal()
        story.wait(11_000)
    reasons = {fact.reason for fact in story.of(ProposalRefused)}
    assert reasons == {RefusalReason.KIND_NOT_ALLOWED}


def test_an_exit_leaves_by_a_kind_that_is_taken() -> None:
    story = a_story(replace(FREE, kinds=(OrderKind.IOC,)), hold_seconds=1)
    story.buy_signal()
    story.wait(1_500)
    story.wait(50)
    assert [fact.kind for fact in story.of(OrderSent)] == [OrderKind.IOC, OrderKind.IOC]
    assert story.of(OrderFilled)[-1].side is Side.SELL

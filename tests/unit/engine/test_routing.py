"""What becomes of a proposal on its way to the venue: pairs, the exchange's filters."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import a_plan, a_proposal, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.decision import Approved, Proposal, RefusalReason, Refused
from trading_agent.domain.facts import ProposalRefused
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import EXIT, SELL, OrderKind, Side
from trading_agent.domain.order_facts import EndReason, OrderCanceled, OrderFilled, OrderSent
from trading_agent.domain.units import Lots, Ticks
from trading_agent.engine.routing import send
from trading_agent.execution.fees import worst_rate
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.risk.settings import RiskLimits, SizeCaps

FREE = an_instrument(taker_fee=Decimal(0))
DEAR = an_instrument(taker_fee=Decimal("0.01"), maker_fee=Decimal("0.01"))
IOC_ONLY = (OrderKind.IOC, OrderKind.LIMIT)


def a_story(instrument: Instrument = FREE, **about: Any) -> Story:
    plan = a_plan(order_notional=100.0, take_profit_bps=0.0, stop_bps=20.0, hold_seconds=1)
    story = Story(engine_settings(plan=plan, **about), [instrument])
    story.warm_up()
    return story


def sent_by(story: Story, proposal: Proposal) -> tuple[Approved | Refused, list[OrderSent]]:
    state = story.core._state
    answer = send(state, proposal)
    orders = [fact for fact in state.facts if isinstance(fact, OrderSent)]
    story.wait(0)
    return answer, orders


def a_pair(story: Story, **second: Any) -> tuple[Approved | Refused, list[OrderSent]]:
    """To buy now, or when the price has risen."""
    waits = {"kind": OrderKind.STOP, "trigger": Ticks(10_004), "price": Ticks(10_008)}
    other = a_proposal(**(waits | second))
    first = a_proposal(kind=OrderKind.LIMIT, price=Ticks(10_002), alternative=other)
    return sent_by(story, first)


def test_the_legs_of_a_pair_are_of_one_size_and_one_group() -> None:
    answer, orders = a_pair(a_story())
    assert isinstance(answer, Approved)
    assert [sent.size for sent in orders] == [100, 100]
    assert len({sent.group for sent in orders}) == 1
    assert orders[0].group != 0


def test_both_legs_are_cut_to_the_smaller_of_the_two() -> None:
    """Of a hundred lots displayed half may be taken; what waits takes nothing yet."""
    limits = RiskLimits(sizing=SizeCaps(depth_percent=50.0))
    answer, orders = a_pair(a_story(limits=limits))
    assert isinstance(answer, Approved)
    assert answer.size == 50
    assert [sent.size for sent in orders] == [50, 50]


def test_a_pair_cut_below_the_minimum_goes_not_at_all() -> None:
    limits = RiskLimits(sizing=SizeCaps(depth_percent=50.0))
    story = a_story(an_instrument(min_notional=Decimal("50.015")), limits=limits)
    answer, orders = a_pair(story, price=Ticks(10_001))
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.BELOW_MINIMUM
    assert orders == []
    again, _ = sent_by(story, a_proposal())
    assert isinstance(again, Approved), "nothing is held back for it"


@pytest.mark.parametrize(
    "difference", [{"side": SELL, "purpose": EXIT}, {"symbol": "ETHUSDC"}, {"purpose": EXIT}]
)
def test_legs_that_are_no_alternatives_are_refused(difference: dict[str, Any]) -> None:
    story = a_story()
    answer, orders = a_pair(story, **difference)
    assert isinstance(answer, Refused)
    assert answer.reason is RefusalReason.BAD_NUMBER
    assert orders == []
    assert [fact.reason for fact in story.of(ProposalRefused)] == ["bad_number"]


def test_both_legs_go_in_a_kind_the_exchange_takes() -> None:
    market = {"kind": OrderKind.MARKET, "trigger": Ticks(0)}
    answer, orders = a_pair(a_story(an_instrument(kinds=IOC_ONLY)), **market)
    assert isinstance(answer, Approved)
    assert [sent.kind for sent in orders] == [OrderKind.LIMIT, OrderKind.IOC]


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"tradable": False}, RefusalReason.SYMBOL_NOT_TRADABLE),
        ({"max_notional": Decimal(50)}, RefusalReason.ABOVE_MAXIMUM),
        ({"kinds": (OrderKind.LIMIT_MAKER,)}, RefusalReason.KIND_NOT_ALLOWED),
    ],
)
def test_an_exit_the_exchange_refuses_is_not_filled_and_is_tried_again(
    rules: dict[str, Any], reason: RefusalReason
) -> None:
    story = a_story()
    story.buy_signal()
    story.wait(20)
    held = story.position()
    assert held > 0
    story.relist(replace(FREE, **rules))
    story.depth(bids=[(9_998, 40)])
    story.wait(1_500)
    assert {fact.reason for fact in story.of(ProposalRefused)} == {reason}
    assert story.position() == held
    assert len(story.of(OrderSent)) == 1
    story.relist(FREE)
    story.depth(bids=[(10_000, 500)])
    story.wait(1_000)
    story.depth(bids=[(10_000, 501)])
    story.wait(20)
    assert story.core.flat, "it was watched for on"


def test_a_refused_exit_is_tried_once_a_second_and_not_with_every_message() -> None:
    story = a_story()
    story.buy_signal()
    story.wait(20)
    story.relist(replace(FREE, tradable=False))
    for size in range(1, 100):
        story.depth(bids=[(9_900, size)])
        story.wait(50)
    refused = story.of(ProposalRefused)
    assert 2 <= len(refused) <= 6


def relisted(story: Story, before: Instrument, after: Instrument) -> None:
    """As the core does when rules come in."""
    story.relist(after)
    state = story.core._state
    state.venue.cut_to_reserves(state.account.orders, before, after, state.now)
    story.wait(0)


@pytest.mark.parametrize(("kind", "price"), [(OrderKind.LIMIT, 10_000), (OrderKind.IOC, 10_010)])
def test_a_fee_that_rises_when_all_cash_is_held_back_is_paid_out_of_the_order(
    kind: OrderKind, price: int
) -> None:
    """Otherwise the fill would have to be paid out of nothing."""
    cash = Decimal(50 * price) / 10_000
    story = a_story(portfolio=PortfolioSettings(starting_balances={"USDC": cash}))
    answer, _ = sent_by(story, a_proposal(kind=kind, price=Ticks(price), size=Lots(50)))
    assert isinstance(answer, Approved)
    assert story.core.account.ledger.free("USDC") == 0
    relisted(story, FREE, DEAR)
    story.wait(20)
    story.trades((Side.SELL, 9_000, 10_000))
    story.wait(20)
    fills = story.of(OrderFilled)
    assert sum(fill.size for fill in fills) == 49
    assert [fact.reason for fact in story.of(OrderCanceled)] == [EndReason.FEE_ROSE]
    ledger = story.core.account.ledger
    spent = sum(FREE.notional(fill.price, fill.size) + fill.fee for fill in fills)
    assert ledger.locked("USDC") == 0
    assert ledger.free("USDC") == cash - spent > 0
    assert worst_rate(DEAR, Decimal(0)) == Decimal("0.01")

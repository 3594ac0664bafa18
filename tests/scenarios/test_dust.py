"""A rest too small to sell: it stays, it is counted in the equity, and it is in nobody's way."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_plan, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.commands import ClosePosition, Origin
from trading_agent.domain.facts import (
    ExitReason,
    ExitsArmed,
    ExitTriggered,
    PositionClosed,
    ProposalRefused,
)
from trading_agent.domain.order import OrderPurpose, Side
from trading_agent.domain.order_facts import OrderFilled, OrderSent
from trading_agent.domain.units import SECOND

FIVE = an_instrument(taker_fee=Decimal(0), min_notional=Decimal(5))


def with_dust(lots: int = 3, **execution: Any) -> Story:
    """Bought 99 lots, sold all but so many: the book had no more."""
    plain = {
        "order_notional": 100.0,
        "take_profit_bps": 0.0,
        "stop_bps": 10.0,
        "hold_seconds": 30,
    }
    story = Story(engine_settings(plan=a_plan(**(plain | execution))), [FIVE])
    story.warm_up()
    story.buy_signal()
    story.wait(20)
    story.depth(bids=[(10_000, 99 - lots), (9_999, 0)])
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    story.wait(20)
    assert story.position() == lots
    story.depth(bids=[(10_000, 50), (9_999, 50)])
    return story


def bought_again(story: Story, middle: int = 10_000) -> None:
    """The market has moved and calmed; a signal buys 50 and 49 lots."""
    story.wait(3_600_000)
    bids = [(middle, 50), (middle - 1, 50)]
    asks = [(middle + 1, 50), (middle + 2, 50)]
    for _ in range(8):
        story.wait(1_000)
        story.snapshot(bids, asks)
    story.depth(bids=[(middle - 2, 400)])
    story.depth(bids=[(middle - 2, 0)])
    story.wait(20)


def test_an_exit_refused_for_its_size_does_not_try_for_ever() -> None:
    story = with_dust()
    for second in range(120):
        story.wait(1_000)
        story.depth(bids=[(10_000 - second, 0), (9_998 - second, 50)])
    refused = story.of(ProposalRefused)
    assert [fact.reason for fact in refused] == ["below_minimum"]
    assert [fact.reason for fact in story.of(ExitTriggered)] == [
        ExitReason.COMMAND,
        ExitReason.TIME,
    ]
    assert refused[0].detail == "0.03 worth 2.9985; least 0.01 and 5"


def test_dust_that_was_refused_is_left_when_it_is_worth_enough_again() -> None:
    """Nothing but the price has to change: no lost book, no new entry. Three lots at the lowest
    price of an exit are worth 4.9998 with a bid of 16,674, and 5.0001 with the next."""
    story = with_dust(3)
    story.depth(bids=[(9_999, 51)], asks=[(10_001, 0), (10_002, 0), (20_000, 50)])
    assert [fact.reason for fact in story.of(ProposalRefused)] == ["below_minimum"]
    for bid in (12_000, 16_674, 11_000, 16_674):
        told = len(story.facts)
        story.depth(bids=[(bid, 50)])
        story.depth(bids=[(bid, 0)])
        assert len(story.facts) == told
    story.depth(bids=[(16_675, 50)])
    story.wait(20)
    assert story.core.flat
    assert story.of(ExitTriggered)[-1].reason is ExitReason.TIME
    assert [fact.reason for fact in story.of(ProposalRefused)] == ["below_minimum"]


@pytest.mark.parametrize("following", [{"trail_bps": 50.0}, {"break_even_bps": 10.0}])
def test_an_entry_beside_dust_does_not_take_over_the_stop_that_followed_it(
    following: dict[str, float],
) -> None:
    story = with_dust(4, hold_seconds=0, **following)
    for price in (12_000, 12_100):
        story.snapshot([(price, 50)], [(price + 1, 50)])
        story.wait(1_100)
        story.depth(bids=[(price, 51)])
    bought_again(story)
    assert story.position() > 50
    assert story.of(ExitsArmed)[-1].stop < 10_000
    story.wait(60_000)
    story.depth(bids=[(10_000, 51)])
    assert story.position() > 50


def test_dust_does_not_keep_its_pair_from_being_bought() -> None:
    story = with_dust(max_open_positions=1)
    bought_again(story)
    assert story.position() == 102
    assert story.core.snapshot(story.at).symbols[0].obstacles[0] == "a position is open"


def test_dust_does_not_take_the_place_of_a_position_elsewhere() -> None:
    ether = an_instrument("ETHUSDC", taker_fee=Decimal(0))
    story = with_dust(max_open_positions=1)
    later = story.restarted(instruments=[FIVE, ether])
    later.snapshot()
    later.warm_up(symbol=1)
    later.buy_signal(symbol=1)
    later.wait(20)
    assert later.position("ETHUSDC") > 0
    assert later.position("BTCUSDC") == 3


def test_a_desk_with_dust_says_it_is_free_to_trade() -> None:
    story = with_dust()
    words = story.core.snapshot(story.at).symbols[0].obstacles
    assert "a position is open" not in words


def test_the_next_entry_is_protected_around_its_own_price_and_from_its_own_time() -> None:
    story = with_dust(2)
    bought_again(story, middle=20_000)
    assert story.position() == 2 + 49
    armed = story.of(ExitsArmed)[-1]
    opened = story.of(OrderFilled)[-1]
    assert armed.deadline == opened.at + 30 * SECOND
    assert armed.stop == 19_980, "ten basis points below 20,001"
    story.wait(29_000)
    assert story.position() == 2 + 49, "it is not sold because the dust is old"
    story.wait(2_000)
    assert [fact.reason for fact in story.of(ExitTriggered)][-1] is ExitReason.TIME


def test_dust_is_sold_with_the_next_position() -> None:
    story = with_dust()
    bought_again(story)
    story.wait(29_000)
    story.depth(bids=[(10_000, 500)])
    story.wait(2_000)
    assert story.core.flat
    exits = [sent for sent in story.of(OrderSent) if sent.purpose is OrderPurpose.EXIT]
    assert exits[-1].size == 102
    (closed,) = story.of(PositionClosed)
    spent = sum(FIVE.notional(fill.price, fill.size) * fill.side for fill in story.of(OrderFilled))
    assert closed.profit == -spent


def test_dust_that_has_gained_enough_is_left_on_a_sell_signal() -> None:
    story = with_dust(4)
    story.wait(10_000)
    story.snapshot([(20_000, 50), (19_999, 50)], [(20_001, 50), (20_002, 50)])
    for _ in range(8):
        story.wait(1_000)
        story.depth(bids=[(19_999, 50)])
    story.depth(asks=[(20_003, 400)])
    story.wait(20)
    assert story.core.flat
    assert story.of(OrderFilled)[-1].side is Side.SELL


def test_what_the_exit_could_not_sell_counts_as_dust_even_if_the_bid_would_value_it_more() -> None:
    """At the bid the rest is worth 5.0000, at the exit's lowest price 4.9975."""
    story = with_dust(5)
    story.wait(1_000)
    assert "a position is open" not in story.core.snapshot(story.at).symbols[0].obstacles
    bought_again(story)
    assert story.position() == 104
    assert "position_open" not in [fact.reason for fact in story.of(ProposalRefused)]

"""Everything is to be left: what cannot be sold now is tried until it is, and nothing is bought."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_plan, an_instrument, engine_settings
from tests.fact_laws import assert_lawful
from tests.story import Story
from trading_agent.domain.commands import (
    CloseAll,
    ClosePosition,
    Command,
    Kill,
    Origin,
    PauseEntries,
    StartTrading,
)
from trading_agent.domain.facts import (
    CommandRefused,
    DeskKilled,
    ExitReason,
    ExitTriggered,
    ProposalRefused,
)
from trading_agent.domain.order import OrderPurpose, Side
from trading_agent.domain.order_facts import OrderSent

FREE = an_instrument(taker_fee=Decimal(0))
FLATTEN = Kill(origin=Origin.CLI, why="smoke", flatten=True)
CLOSE_ALL = CloseAll(origin=Origin.PERSON)
BARE: dict[str, Any] = {"take_profit_bps": 0.0, "stop_bps": 0.0, "hold_seconds": 0}

to_be_left = pytest.mark.parametrize("command", [FLATTEN, CLOSE_ALL])


def a_story(**execution: Any) -> Story:
    plan = a_plan(**({"order_notional": 100.0, "resting_seconds": 600} | BARE | execution))
    story = Story(engine_settings(plan=plan), [FREE])
    story.warm_up()
    return story


def holding(**execution: Any) -> Story:
    story = a_story(**execution)
    story.buy_signal()
    story.wait(20)
    assert story.position() == 99
    return story


def bid_at(story: Story, price: int, size: int = 500) -> None:
    story.snapshot([(price, size)], [(price + 1, 500)])


def sold(story: Story) -> list[int]:
    return [sent.size for sent in story.of(OrderSent) if sent.purpose is OrderPurpose.EXIT]


def left_for_good(story: Story) -> None:
    """Flat, and a signal buys nothing."""
    story.wait(20)
    assert story.core.flat
    story.warm_up()
    story.buy_signal()
    story.wait(20)
    assert story.core.flat
    assert story.of(ProposalRefused)[-1].reason in ("desk_killed", "desk_paused")
    assert_lawful([*story.history, *story.facts])


@to_be_left
def test_what_is_held_while_the_book_is_lost_is_sold_with_the_next(command: Command) -> None:
    story = holding()
    story.lose()
    story.tell(command)
    story.wait(5_000)
    assert sold(story) == []
    bid_at(story, 9_000)
    left_for_good(story)


@to_be_left
def test_the_wish_survives_a_crash_and_an_orderly_end(command: Command) -> None:
    for orderly in (False, True):
        story = holding()
        story.lose()
        story.tell(command)
        if orderly:
            story.close()
        after = story.restarted()
        after.wait(5_000)
        bid_at(after, 9_000)
        after.wait(20)
        assert after.core.flat
        assert after.of(ExitTriggered)[-1].reason in (ExitReason.COMMAND, ExitReason.TIME)
        assert_lawful([*after.history, *after.facts])


@to_be_left
def test_what_is_told_before_any_book_is_done_with_the_first(command: Command) -> None:
    """As the flag of a stopped engine is: the start hears it before the market."""
    after = holding().restarted()
    after.tell(command)
    bid_at(after, 9_000)
    left_for_good(after)


@to_be_left
def test_a_book_too_thin_is_sold_into_until_nothing_is_left(command: Command) -> None:
    story = holding()
    bid_at(story, 10_000, size=60)
    story.tell(command)
    story.wait(20)
    assert story.position() == 39
    bid_at(story, 9_000, size=30)
    story.wait(20)
    assert story.position() == 9
    story = story.restarted()
    bid_at(story, 8_000)
    left_for_good(story)


@to_be_left
@pytest.mark.parametrize("protection", [BARE, {"stop_bps": 50.0, "hold_seconds": 600}])
def test_what_an_entry_on_its_way_still_buys_is_left_too(
    command: Command, protection: dict[str, Any]
) -> None:
    story = a_story(**protection)
    story.buy_signal()
    story.tell(command)
    story.wait(11)
    story.depth(bids=[(10_000, 500)])
    left_for_good(story)
    assert sold(story) == [99]


@to_be_left
def test_what_a_resting_entry_buys_while_its_cancel_travels_is_left_too(command: Command) -> None:
    story = a_story(order_kind="LIMIT_MAKER")
    story.buy_signal()
    story.wait(20)
    story.tell(command)
    story.wait(5)
    story.trades((Side.SELL, 9_999, 7))
    assert story.position() == 7
    story.wait(20)
    assert sold(story) == [7]
    left_for_good(story)


def test_a_killed_desk_is_told_to_sell_once() -> None:
    story = holding()
    bid_at(story, 10_000)
    story.tell(Kill(origin=Origin.PERSON, why="smoke"))
    story.wait(60_000)
    bid_at(story, 10_000)
    assert story.position() == 99
    told = story.tell(Kill(origin=Origin.CLI, why="fire", flatten=True))
    assert told[0] == DeskKilled(at=story.at, why="fire", flatten=True)
    again = story.tell(FLATTEN)
    assert [type(fact) for fact in again] == [CommandRefused]
    left_for_good(story)
    assert sold(story) == [99]


def test_a_kill_that_does_not_flatten_ends_the_leaving() -> None:
    story = holding()
    bid_at(story, 10_000, size=60)
    story.tell(CLOSE_ALL)
    story.wait(20)
    assert story.position() == 39
    story.tell(Kill(origin=Origin.PERSON, why="smoke"))
    bid_at(story, 9_000)
    story.wait(60_000)
    story = story.restarted()
    bid_at(story, 9_000)
    story.wait(60_000)
    assert story.position() == 39
    assert sold(story) == []


def test_who_resumes_may_hold_again_and_a_plain_pause_sells_nothing() -> None:
    story = holding()
    bid_at(story, 10_000)
    story.tell(CLOSE_ALL)
    story.wait(20)
    assert story.core.flat
    story.tell(PauseEntries(origin=Origin.PERSON, why="lunch"))
    assert story.core.account.leaving
    story.tell(StartTrading(origin=Origin.PERSON))
    story.warm_up()
    story.buy_signal()
    story.wait(60_000)
    held = story.position()
    assert held > 0
    story.tell(PauseEntries(origin=Origin.PERSON, why="lunch"))
    bid_at(story, 10_000)
    story.wait(60_000)
    assert story.position() == held


def test_a_new_day_begins_with_leave_to_hold() -> None:
    """A person ended the run and started it again: as the pause, so what it brought."""
    story = holding()
    bid_at(story, 10_000)
    story.tell(CLOSE_ALL)
    story.wait(20)
    story.close()
    after = story.restarted()
    after.warm_up()
    after.buy_signal()
    after.wait(60_000)
    assert after.position() > 0


def test_one_position_closed_by_command_is_tried_until_it_is_gone() -> None:
    story = holding()
    bid_at(story, 10_000, size=60)
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    story.wait(20)
    assert story.position() == 39
    bid_at(story, 9_000)
    story.wait(20)
    assert story.core.flat

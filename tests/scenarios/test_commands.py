"""What people, programs and the overseer may ask, and what becomes of it."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_plan, an_instrument, engine_settings
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
    EntriesPaused,
    EntriesResumed,
    ExitReason,
    ExitsArmed,
    ExitTriggered,
    ProposalRefused,
)
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import OrderCanceled, OrderFilled, OrderSent

PAIRS = (
    an_instrument(taker_fee=Decimal(0)),
    an_instrument("ETHUSDC", taker_fee=Decimal(0)),
)
PAUSE = PauseEntries(origin=Origin.PERSON, why="lunch")
START = StartTrading(origin=Origin.PERSON)
KILL = Kill(origin=Origin.PERSON, why="smoke")
CLOSE_ALL = CloseAll(origin=Origin.PERSON)


def a_story(**execution: Any) -> Story:
    plan = a_plan(**({"order_notional": 100.0, "resting_seconds": 600} | execution))
    story = Story(engine_settings(plan=plan), PAIRS)
    story.warm_up()
    return story


def refusals(story: Story) -> list[str]:
    return [fact.reason for fact in story.of(ProposalRefused)]


def test_a_pause_refuses_entries_until_a_person_starts_again() -> None:
    story = a_story()
    assert story.tell(PAUSE) == (EntriesPaused(at=story.at, why="lunch"),)
    story.buy_signal()
    assert refusals(story) == ["desk_paused"]
    assert story.core.snapshot(story.at).why_not_trading == "lunch"
    story.wait(1_000)
    assert story.tell(START) == (EntriesResumed(at=story.at),)
    story.buy_signal()
    story.wait(20)
    assert story.position() > 0
    assert story.core.snapshot(story.at).trading


@pytest.mark.parametrize("origin", [Origin.PERSON, Origin.CLI])
def test_a_person_may_resume(origin: Origin) -> None:
    story = a_story()
    story.tell(PAUSE)
    story.tell(StartTrading(origin=origin))
    assert story.core.account.paused == ""


def test_the_overseer_may_pause_and_may_not_resume() -> None:
    story = a_story()
    story.tell(PauseEntries(origin=Origin.OVERSEER))
    (refused,) = story.tell(StartTrading(origin=Origin.OVERSEER))
    assert isinstance(refused, CommandRefused)
    assert (refused.command, refused.why) == ("StartTrading", "only a person may resume trading")
    assert story.core.account.paused == "paused"


def test_closing_what_is_not_held_is_refused_kindly() -> None:
    story = a_story()
    for symbol in ("ETHUSDC", "NOSUCHPAIR", ""):
        (refused,) = story.tell(ClosePosition(origin=Origin.PERSON, symbol=symbol))
        assert isinstance(refused, CommandRefused)
        assert refused.why == f"nothing is held in {symbol}"


def test_closing_everything_sells_every_position_and_pauses() -> None:
    story = a_story()
    story.snapshot(symbol=1)
    story.warm_up(symbol=1)
    for symbol in (0, 1):
        story.depth(bids=[(9_999, 50)], symbol=symbol)
        story.buy_signal(symbol=symbol)
    story.wait(20)
    assert len(story.core.account.positions) == 2
    for symbol in (0, 1):
        story.depth(bids=[(10_000, 500)], symbol=symbol)
    told = story.tell(CLOSE_ALL)
    assert [type(fact) for fact in told] == [
        EntriesPaused,
        *[ExitsArmed, ExitTriggered, OrderSent] * 2,
    ]
    story.wait(20)
    assert story.core.flat
    assert not story.core.snapshot(story.at).trading


def test_closing_everything_calls_back_entries_of_pairs_not_held_yet() -> None:
    story = a_story(order_kind="LIMIT_MAKER")
    story.buy_signal()
    story.wait(20)
    story.tell(CLOSE_ALL)
    story.wait(20)
    assert len(story.of(OrderCanceled)) == 1
    story.trades((Side.SELL, 9_000, 999))
    assert story.core.flat


def test_a_kill_cancels_everything_and_sends_nothing_more() -> None:
    story = a_story(order_kind="LIMIT_MAKER", hold_seconds=60)
    story.buy_signal()
    story.wait(20)
    story.trades((Side.SELL, 10_000, 80))
    assert story.position() > 0
    sent = len(story.of(OrderSent))
    (killed,) = story.tell(KILL)
    assert killed == DeskKilled(at=story.at, why="smoke")
    story.wait(20)
    assert len(story.core.account.orders) == 0
    held = story.position()
    story.snapshot([(1, 500)], [(2, 500)])
    story.wait(120_000)
    story.snapshot()
    story.wait(8_000)
    story.buy_signal()
    story.wait(8_000)
    story.sell_signal()
    story.wait(120_000)
    assert len(story.of(OrderSent)) == sent
    assert story.position() == held
    assert {fact.reason for fact in story.of(ExitTriggered)} <= {ExitReason.SIGNAL}
    assert story.core.snapshot(story.at).why_not_trading == "smoke"


def test_an_order_may_still_fill_while_the_kill_travels_and_is_not_protected() -> None:
    story = a_story(order_kind="LIMIT_MAKER", hold_seconds=1)
    story.buy_signal()
    story.wait(20)
    story.tell(KILL)
    story.wait(5)
    story.trades((Side.SELL, 9_999, 7))
    story.wait(60_000)
    assert [fill.size for fill in story.of(OrderFilled)] == [7]
    assert story.position() == 7
    assert story.of(ExitTriggered) == []


def test_an_exit_under_way_is_killed_with_the_rest_unless_it_already_acts() -> None:
    story = a_story()
    story.buy_signal()
    story.wait(20)
    story.depth(bids=[(10_000, 500)])
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    story.tell(KILL)
    story.wait(60_000)
    assert story.core.flat, "an order that takes cannot be caught on its way"


@pytest.mark.parametrize("command", [PAUSE, START, CLOSE_ALL, KILL])
def test_a_killed_desk_refuses_every_command(command: Command) -> None:
    story = a_story()
    story.tell(KILL)
    (refused,) = story.tell(command)
    assert isinstance(refused, CommandRefused)
    assert refused.command == type(command).__name__
    assert "killed" in refused.why


def test_a_kill_without_a_reason_is_a_kill() -> None:
    story = a_story()
    story.tell(Kill(origin=Origin.SYSTEM))
    story.buy_signal()
    assert refusals(story) == ["desk_killed"]


def test_a_command_while_the_book_is_lost_is_told_to_be_refused_and_kept() -> None:
    story = a_story()
    story.buy_signal()
    story.wait(20)
    story.lose()
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    assert refusals(story) == ["book_not_ready"]
    assert story.core.account.exits["BTCUSDC"].stop > 0
    story = story.restarted()
    story.snapshot([(10_000, 500)], [(10_001, 500)])
    story.wait(20)
    assert story.core.flat


def test_a_pause_calls_back_the_entry_that_rests_and_no_exit() -> None:
    story = a_story(order_kind="LIMIT")
    story.depth(asks=[(10_001, 20), (10_002, 0), (10_010, 50)])
    story.buy_signal()
    story.wait(20)
    assert len(story.core.account.orders) == 1
    story.tell(PAUSE)
    story.wait(20)
    assert len(story.core.account.orders) == 0
    held = story.position()
    story.trades((Side.SELL, 9_000, 999))
    assert story.position() == held > 0
    story.depth(bids=[(10_000, 500)])
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    story.tell(PAUSE)
    story.wait(20)
    assert story.core.flat

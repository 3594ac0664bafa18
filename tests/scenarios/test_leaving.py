"""Out of a position: by target, stop, time, signal or command, and whatever comes between."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.builders import a_plan, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.commands import CloseAll, ClosePosition, Origin, PauseEntries
from trading_agent.domain.facts import (
    CommandRefused,
    ExitReason,
    ExitsArmed,
    ExitTriggered,
    PositionClosed,
    ProposalRefused,
)
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import (
    EndReason,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
)
from trading_agent.domain.units import SECOND
from trading_agent.execution.settings import PaperSettings
from trading_agent.signals.settings import ExecutionOverrides, SessionSettings

FREE = an_instrument(taker_fee=Decimal(0))
SLOW = 30_000
"""A hold time that does not interfere; seconds."""


def holding(*, deep: bool = True, **execution: Any) -> Story:
    """A position of 99 lots at about 10,001.5; the bid is 10,000 with plenty behind it."""
    plain = {
        "order_notional": 100.0,
        "take_profit_bps": 20.0,
        "stop_bps": 10.0,
        "hold_seconds": SLOW,
    }
    story = Story(engine_settings(plan=a_plan(**(plain | execution))), [FREE])
    story.warm_up()
    story.buy_signal()
    story.wait(20)
    if deep:
        story.depth(bids=[(10_000, 500)], asks=[(10_002, 500)])
    assert story.position() == 99
    return story


def exits_sent(story: Story) -> list[OrderSent]:
    return [sent for sent in story.of(OrderSent) if sent.purpose is OrderPurpose.EXIT]


def moved(story: Story, bid: int) -> None:
    """The whole book moves so that this is the best bid."""
    story.snapshot([(bid, 500), (bid - 1, 500)], [(bid + 1, 500), (bid + 2, 500)])


WAYS: list[tuple[ExitReason, dict[str, Any], Callable[[Story], object]]] = [
    (ExitReason.TAKE_PROFIT, {}, lambda story: moved(story, 10_022)),
    (ExitReason.STOP, {}, lambda story: moved(story, 9_991)),
    (ExitReason.TIME, {"hold_seconds": 5}, lambda story: story.wait(5_000)),
    (ExitReason.SIGNAL, {}, lambda story: (story.wait(1_000), story.sell_signal())),
    (
        ExitReason.COMMAND,
        {},
        lambda story: story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC")),
    ),
    (ExitReason.COMMAND, {}, lambda story: story.tell(CloseAll(origin=Origin.CLI))),
]


@pytest.mark.parametrize(("reason", "execution", "way"), WAYS)
def test_each_way_out_sells_everything_at_once(
    reason: ExitReason, execution: dict[str, Any], way: Callable[[Story], object]
) -> None:
    story = holding(**execution)
    way(story)
    story.wait(20)
    assert [fact.reason for fact in story.of(ExitTriggered)] == [reason]
    (sent,) = exits_sent(story)
    assert (sent.side, sent.kind, sent.size) == (Side.SELL, OrderKind.MARKET, 99)
    (closed,) = story.of(PositionClosed)
    sold = story.of(OrderFilled)[-1]
    cost = Decimal("50.005") + Decimal("49.0098")
    assert closed.profit == Decimal(sold.price * 99) / 10_000 - cost
    assert story.core.flat
    assert story.core.account.exits == {}
    later = [type(fact) for fact in story.wait(2 * SLOW * 1_000)]
    assert ExitTriggered not in later, "what protected it is gone"
    assert OrderSent not in later


@pytest.mark.parametrize(("reason", "execution", "way"), WAYS)
def test_a_pause_stops_entries_and_no_way_out(
    reason: ExitReason, execution: dict[str, Any], way: Callable[[Story], object]
) -> None:
    story = holding(**execution)
    story.tell(PauseEntries(origin=Origin.PERSON, why="lunch"))
    way(story)
    story.wait(20)
    assert story.core.flat
    story.snapshot()
    story.wait(6_000)
    story.buy_signal()
    assert story.core.flat
    assert [fact.reason for fact in story.of(ProposalRefused)] == ["desk_paused"]


@pytest.mark.parametrize("bid", [10_021, 9_992])
def test_between_target_and_stop_nothing_happens(bid: int) -> None:
    story = holding()
    moved(story, bid)
    story.wait(1_000)
    assert story.of(ExitTriggered) == []


def test_a_deadline_that_passed_on_a_lost_book_is_due_with_the_next_healthy_one() -> None:
    story = holding(hold_seconds=5)
    story.lose()
    story.wait(6_000)
    assert story.of(ExitTriggered) == []
    story.snapshot([(10_000, 500)], [(10_001, 500)])
    assert [fact.reason for fact in story.of(ExitTriggered)] == [ExitReason.TIME]


def test_a_deadline_passes_even_when_the_market_is_silent() -> None:
    story = holding(hold_seconds=5)
    (armed,) = story.of(ExitsArmed)
    story.wait(4_500)
    assert story.core.wakeup() == min(armed.deadline, story.at - story.at % SECOND + SECOND)
    story.wait(10_000)
    (triggered,) = story.of(ExitTriggered)
    assert triggered.at == armed.deadline
    assert story.core.flat


def test_an_exit_that_sells_a_part_is_followed_by_another() -> None:
    story = holding()
    story.snapshot([(9_991, 60), (9_980, 500)], [(9_992, 50)])
    story.wait(15)
    assert story.position() == 39
    assert [fact.reason for fact in story.of(OrderCanceled)] == [EndReason.REMAINDER]
    assert len(exits_sent(story)) == 1, "the next waits for the next message"
    story.depth(bids=[(9_991, 60)])
    story.wait(15)
    assert story.core.flat
    assert [sent.size for sent in exits_sent(story)] == [99, 39]
    assert len(story.of(PositionClosed)) == 1


@pytest.mark.parametrize("latency_ms", [0, 10])
def test_a_time_exit_sells_what_is_shown_once_and_waits_for_more(latency_ms: float) -> None:
    """The paper fill leaves the level as it is in the market."""
    paper = PaperSettings(
        latency_ms=latency_ms,
        latency_jitter_ms=0.0,
        refill_half_life_seconds=0.0,
        book_age_limit_seconds=0.0,
    )
    plan = a_plan(order_notional=100.0, stop_bps=0.0, hold_seconds=5)
    story = Story(engine_settings(plan=plan, paper=paper), [FREE])
    story.warm_up()
    story.buy_signal()
    story.wait(20)
    story.depth([(10_000, 7), (9_999, 0), (9_000, 40)], [(10_001, 20), (10_002, 20)])
    story.wait(60_000)
    story.trades((Side.SELL, 10_000, 1))
    story.wait(20)
    assert [sent.size for sent in exits_sent(story)] == [99, 92]
    sold = [(fill.price, fill.size) for fill in story.of(OrderFilled) if fill.side is Side.SELL]
    assert sold == [(10_000, 7), (9_000, 40)], "the next goes for the best bid that is left"
    for second in range(60):
        story.wait(1_000)
        story.depth(asks=[(10_005, 1 + second % 2)])
    assert len(exits_sent(story)) == 2, "nothing is sent for nothing"
    story.depth(bids=[(10_000, 60)])
    story.wait(20)
    assert story.core.flat


def test_a_stop_goes_by_the_best_bid_that_is_left() -> None:
    story = holding(stop_bps=50.0, hold_seconds=30)
    story.depth(bids=[(10_000, 40), (9_999, 0), (9_960, 30)])
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    story.wait(20)
    assert story.position() == 59
    story.depth(bids=[(9_960, 0), (9_900, 100)])
    story.wait(20)
    assert [fact.reason for fact in story.of(ExitTriggered)][-1] is ExitReason.STOP
    assert story.core.flat


def test_an_exit_that_finds_an_empty_book_is_armed_again() -> None:
    story = holding()
    moved(story, 9_991)
    story.depth(bids=[(9_991, 0), (9_990, 0)])
    story.wait(20)
    assert story.position() == 99
    story.wait(10_000)
    assert len(exits_sent(story)) == 1, "nothing is sent into an empty book"
    story.depth(bids=[(9_985, 500)])
    story.wait(20)
    assert story.core.flat
    assert [fact.reason for fact in story.of(ExitTriggered)] == [ExitReason.STOP] * 2


def test_a_time_exit_that_finds_an_empty_book_is_armed_again() -> None:
    story = holding(hold_seconds=5)
    story.depth(bids=[(price, 0) for price in (10_000, 9_999)])
    story.wait(10_000)
    assert exits_sent(story) == []
    second = story.at - story.at % SECOND + SECOND
    assert story.core.wakeup() == second, "the desk does not spin"
    story.depth(bids=[(10_000, 500)])
    story.wait(20)
    assert story.core.flat


def test_an_exit_rejected_by_a_lost_book_is_armed_again_by_the_next() -> None:
    story = holding()
    moved(story, 9_991)
    story.lose()
    story.wait(20)
    assert [fact.reason for fact in story.of(OrderRejected)] == [EndReason.BOOK_NOT_READY]
    assert story.position() == 99
    moved(story, 9_989)
    story.wait(20)
    assert story.core.flat


def test_what_is_under_way_is_not_sent_twice() -> None:
    story = holding()
    moved(story, 9_991)
    for bid in (9_990, 9_985):
        moved(story, bid)
    (refused,) = story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    assert isinstance(refused, CommandRefused), "every command has an answer"
    assert refused.why == "BTCUSDC is being sold already"
    assert len(exits_sent(story)) == len(story.of(ExitTriggered)) == 1


def test_leaving_calls_back_the_entry_that_still_rests() -> None:
    story = half_entered()
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    story.wait(20)
    assert [fact.reason for fact in story.of(OrderCanceled)] == [EndReason.BY_REQUEST]
    assert story.core.flat


def half_entered() -> Story:
    """A maker entry of 100 lots of which 50 have been bought."""
    story = Story(
        engine_settings(
            plan=a_plan(
                order_kind="LIMIT_MAKER",
                order_notional=100.0,
                stop_bps=50.0,
                hold_seconds=SLOW,
                resting_seconds=600,
            )
        ),
        [FREE],
    )
    story.warm_up()
    story.buy_signal()
    story.wait(20)
    story.trades((Side.SELL, 10_000, 100))
    assert story.position() == 50
    return story


def test_more_bought_in_a_session_that_does_not_trail_lets_no_followed_stop_fall() -> None:
    plan = a_plan(
        order_kind="LIMIT_MAKER",
        order_notional=100.0,
        stop_bps=100.0,
        take_profit_bps=0.0,
        hold_seconds=0,
        resting_seconds=86_400,
    )
    trailing = ExecutionOverrides(trail_bps=100.0)
    noon = SessionSettings(start_hour=8, end_hour=13, execution=trailing)
    story = Story(engine_settings(plan=plan.model_copy(update={"sessions": {"N": noon}})), [FREE])
    story.warm_up()
    story.buy_signal()
    story.wait(20)
    story.trades((Side.SELL, 10_000, 100))
    assert story.position() == 50
    story.depth(asks=[(10_001, 0), (10_002, 0), (10_400, 50)])
    for size in (50, 51):
        story.depth(bids=[(10_300, size)])
        story.wait(1_100)
    assert story.of(ExitsArmed)[-1].stop == 10_200
    story.wait(3_600_000)
    story.trades((Side.SELL, 9_990, 20))
    assert story.position() > 50
    armed = story.of(ExitsArmed)[-1]
    assert (armed.stop, armed.trail) == (10_200, 0)


def test_what_an_entry_buys_while_the_exit_travels_is_protected_again() -> None:
    story = half_entered()
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    story.wait(5)
    story.trades((Side.SELL, 10_000, 20))
    story.wait(1_000)
    assert story.position() == 20
    moved(story, 9_900)
    story.wait(20)
    assert story.core.flat
    assert [fact.reason for fact in story.of(ExitTriggered)] == [
        ExitReason.COMMAND,
        ExitReason.STOP,
    ]


def test_an_entry_that_fills_after_the_exit_opens_anew() -> None:
    story = half_entered()
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    story.wait(9.9)
    story.trades((Side.SELL, 9_999, 10))
    story.wait(1_000)
    assert story.position() == 10
    assert story.core.account.exits["BTCUSDC"].stop > 0


def test_a_way_out_that_is_refused_leaves_the_position_protected() -> None:
    story = holding()
    story.depth(bids=[(10_000, 0), (9_999, 0)])
    story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    assert [fact.reason for fact in story.of(ProposalRefused)] == ["below_minimum"]
    story.depth(bids=[(9_950, 500)])
    story.wait(20)
    assert [fact.reason for fact in story.of(ExitTriggered)] == [
        ExitReason.COMMAND,
        ExitReason.STOP,
    ]
    assert story.core.flat


def test_zero_distances_mean_no_target_and_no_stop() -> None:
    story = holding(take_profit_bps=0.0, stop_bps=0.0, hold_seconds=0)
    for bid in (20_000, 1_000):
        moved(story, bid)
    story.wait(10**7)
    assert story.of(ExitTriggered) == []
    (armed,) = story.of(ExitsArmed)
    assert (armed.take_profit, armed.stop, armed.deadline) == (0, 0, 0)


def test_an_exit_never_sells_below_its_reach() -> None:
    story = holding(slippage_limit_bps=5.0)
    story.snapshot([(9_991, 10), (9_987, 10), (9_986, 500)], [(9_992, 50)])
    story.wait(15)
    sold = [fill.price for fill in story.of(OrderFilled) if fill.side is Side.SELL]
    assert sold == [9_991, 9_987]


def test_the_profit_of_a_position_is_what_the_balance_gained() -> None:
    story = holding()
    moved(story, 10_022)
    story.wait(20)
    (closed,) = story.of(PositionClosed)
    desk = story.core.snapshot(story.at)
    assert desk.equity == 10_000 + closed.profit == story.core.account.ledger.total("USDC")
    assert (desk.realised_profit, desk.unrealised_profit) == (closed.profit, 0)
    assert closed.profit > 0

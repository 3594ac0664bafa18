"""A book that cannot be trusted: nothing is sent, nothing fills, until a new snapshot."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.builders import a_plan, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.facts import BookLost, BookReady, ProposalRefused, SignalRaised
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import OrderFilled, OrderSent
from trading_agent.risk.settings import RiskLimits

FREE = an_instrument(taker_fee=Decimal(0))
CROSSING = {"bids": [(10_001, 5)]}


def a_story(**execution: object) -> Story:
    plan = a_plan(**({"order_notional": 100.0} | execution))
    story = Story(engine_settings(plan=plan), [FREE])
    story.warm_up()
    return story


LOSSES: list[tuple[LossReason, Callable[[Story], object]]] = [
    *((reason, lambda story, why=reason: story.lose(why)) for reason in LossReason),
    (LossReason.CROSSED, lambda story: story.depth(**CROSSING)),
    (LossReason.CROSSED, lambda story: story.depth(asks=[(9_000, 5)])),
    (LossReason.CROSSED, lambda story: story.snapshot([(10_000, 5)], [(10_000, 5)])),
]


@pytest.mark.parametrize(("reason", "loss"), LOSSES)
def test_a_book_is_lost_for_a_reason_and_back_with_a_snapshot(
    reason: LossReason, loss: Callable[[Story], object]
) -> None:
    story = a_story()
    loss(story)
    assert [fact.reason for fact in story.of(BookLost)] == [reason]
    view = story.core.snapshot(story.at).symbols[0]
    assert (view.book_ready, view.gaps) == (False, 1)
    assert view.obstacles == (f"book not ready ({reason.name.lower().replace('_', ' ')})",)
    story.snapshot()
    assert len(story.of(BookReady)) == 2
    assert story.core.snapshot(story.at).symbols[0].book_ready


def test_after_a_crossing_no_delta_makes_the_book_good_again() -> None:
    story = a_story()
    story.depth(**CROSSING)
    story.depth(bids=[(10_001, 0)])
    for second in range(10):
        story.wait(1_000)
        story.depth(bids=[(9_998, 400 + second)])
    assert story.of(SignalRaised) == story.of(OrderSent) == []
    assert len(story.of(BookLost)) == len(story.of(BookReady)) == 1


def test_a_rebuilt_book_must_warm_up_again() -> None:
    story = a_story()
    story.lose()
    story.snapshot()
    story.wait(1_000)
    story.buy_signal()
    assert story.of(SignalRaised) == []
    story.warm_up()
    story.buy_signal()
    assert len(story.of(SignalRaised)) == 1


def test_a_loss_is_told_once() -> None:
    story = a_story()
    story.lose(LossReason.GAP)
    assert story.lose(LossReason.DISCONNECTED) == ()
    assert len(story.of(BookLost)) == 1
    words = story.core.snapshot(story.at).symbols[0].obstacles
    assert words == ("book not ready (disconnected)",)


def test_a_book_never_ready_cannot_be_lost() -> None:
    story = Story()
    assert story.lose() == ()
    words = story.core.snapshot(story.at).symbols[0].obstacles
    assert words == ("book not ready (gap)",)


def test_deltas_before_the_first_snapshot_make_no_book() -> None:
    story = Story()
    story.depth(bids=[(10_000, 5)], asks=[(10_001, 5)])
    assert story.of(BookReady) == []


def test_a_snapshot_of_one_side_is_ready_with_the_first_level_of_the_other() -> None:
    """Thin pairs have empty sides: the feed is whole, so no further snapshot will come."""
    story = Story()
    assert story.snapshot([(10_000, 5)], []) == ()
    assert story.depth(bids=[(9_999, 5)]) == ()
    assert [type(fact) for fact in story.depth(asks=[(10_001, 5)])] == [BookReady]


def test_a_snapshot_that_comes_to_nothing_is_told_so_that_another_is_fetched() -> None:
    """The feed believes its book to be whole: only the core has seen it cross."""
    story = Story()
    assert story.snapshot([(10_000, 5)], []) == ()
    (lost,) = story.depth(asks=[(10_000, 5)])
    assert isinstance(lost, BookLost)
    assert lost.reason is LossReason.CROSSED
    assert story.depth(asks=[(9_999, 5)]) == ()
    assert [type(fact) for fact in story.snapshot()] == [BookReady]


def test_a_side_that_empties_is_not_a_loss_and_fires_nothing() -> None:
    story = a_story()
    story.depth(asks=[(10_001, 0), (10_002, 0)])
    story.wait(2_000)
    story.depth(bids=[(9_998, 400)])
    assert story.of(BookLost) == story.of(SignalRaised) == []
    assert story.core.snapshot(story.at).symbols[0].ask is None


def test_a_resting_entry_outlives_the_loss_and_does_not_fill_in_it() -> None:
    story = a_story(order_kind="LIMIT_MAKER", resting_seconds=600)
    story.buy_signal()
    story.wait(20)
    story.lose()
    story.trades((Side.SELL, 9_000, 999))
    story.depth(asks=[(9_000, 999)])
    assert story.of(OrderFilled) == []
    assert len(story.core.account.orders) == 1
    story.snapshot([(9_990, 50)], [(10_001, 50)])
    story.trades((Side.SELL, 9_990, 3))
    assert [(fill.price, fill.size) for fill in story.of(OrderFilled)] == [(10_000, 3)]


def test_a_resting_entry_expires_during_a_loss() -> None:
    story = a_story(order_kind="LIMIT_MAKER", resting_seconds=5)
    story.buy_signal()
    story.wait(20)
    story.lose()
    story.wait(6_000)
    assert story.core.flat


def test_an_old_book_refuses_entries() -> None:
    """Signals look at depth messages only, so age shows at a command or a slow evaluation."""
    limits = RiskLimits(max_book_age_ms=50)
    story = Story(engine_settings(plan=a_plan(), limits=limits), [FREE])
    story.warm_up()
    story.wait(51)
    view = story.core.snapshot(story.at).symbols[0]
    assert "book is 51 ms old" in view.obstacles
    story.buy_signal()
    assert story.of(ProposalRefused) == [], "the message that fires is itself fresh"


def test_one_pair_lost_does_not_stop_the_other() -> None:
    pairs = [FREE, an_instrument("ETHUSDC", taker_fee=Decimal(0))]
    story = Story(engine_settings(plan=a_plan(order_notional=100.0)), pairs)
    story.snapshot(symbol=1)
    story.warm_up()
    story.lose(symbol=1)
    story.buy_signal()
    story.wait(20)
    assert story.position() > 0
    assert [fact.symbol for fact in story.of(BookLost)] == ["ETHUSDC"]

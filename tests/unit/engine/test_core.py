"""The step: what it answers with, when it wants to be woken, and what it shows."""

import weakref
from decimal import Decimal

import pytest

from tests.builders import (
    START,
    a_core,
    a_depth_message,
    a_plan,
    a_snapshot_message,
    a_trades_message,
    an_instrument,
    an_opening,
    engine_settings,
    joined,
)
from tests.story import Story
from trading_agent.domain.commands import ClosePosition, Origin, PauseEntries
from trading_agent.domain.facts import BookReady, DeskClosed
from trading_agent.domain.market_rows import empty_rows
from trading_agent.domain.message import Closing, MarketRows, Stamped, Woke
from trading_agent.domain.order import Side
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import MILLISECOND, MINUTE, SECOND, Nanos
from trading_agent.engine.core import Core
from trading_agent.execution.settings import PaperSettings

FREE = an_instrument(taker_fee=Decimal(0))


def opened() -> Core:
    core = a_core()
    core.open()
    return core


def test_a_quiet_step_says_nothing_and_decides_nothing() -> None:
    core = opened()
    assert core.step(Stamped(1, START, Woke())) == ()
    assert not core.decided
    core.step(Stamped(2, START, MarketRows(a_snapshot_message())))
    assert core.decided


def test_no_rows_are_a_step_too() -> None:
    assert opened().step(Stamped(1, START, MarketRows(empty_rows(0)))) == ()


def test_rows_and_messages_are_counted() -> None:
    core = opened()
    messages = [
        a_snapshot_message(),
        a_trades_message((Side.BUY, 10_001, 1), (Side.BUY, 10_002, 1), at=START + 1),
        a_depth_message(bids=[(9_998, 1)], at=START + 2),
    ]
    core.step(Stamped(1, START, MarketRows(joined(messages))))
    desk = core.snapshot(Nanos(START + 2))
    assert (desk.frames, desk.rows) == (3, 5 + 2 + 1)


def test_rows_of_one_call_keep_their_own_times() -> None:
    """A recording is one array: what is due between two rows happens between them."""
    story = Story(engine_settings(plan=a_plan(order_notional=100.0)), [FREE])
    story.warm_up()
    messages = [
        a_depth_message(bids=[(9_998, 400)], at=story.at),
        a_depth_message(asks=[(10_001, 7)], at=story.at + 10 * MILLISECOND - 1),
        a_depth_message(asks=[(10_001, 9)], at=story.at + 10 * MILLISECOND),
    ]
    story.step(MarketRows(joined(messages)))
    assert story.core.account.positions.size("BTCUSDC") == 7 + 50


def test_closing_tells_the_state_it_leaves() -> None:
    digests = []
    for bid in (10_000, 10_000, 9_999):
        core = opened()
        core.step(Stamped(1, START, MarketRows(a_snapshot_message([(bid, 5)]))))
        (closed,) = core.step(Stamped(2, Nanos(START + 1), Closing()))
        assert isinstance(closed, DeskClosed)
        assert (closed.frames, closed.rows, closed.at) == (1, 4, START + 1)
        digests.append(closed.state_digest)
    assert digests[0] == digests[1] != digests[2]


def test_what_is_due_before_a_command_happens_first() -> None:
    story = Story(engine_settings(plan=a_plan(order_notional=100.0)), [FREE])
    story.warm_up()
    story.buy_signal()
    story.at += 50 * MILLISECOND
    told = story.tell(ClosePosition(origin=Origin.PERSON, symbol="BTCUSDC"))
    assert told[0].at == story.at - 40 * MILLISECOND
    assert told[-1].at == story.at


def test_it_asks_to_be_woken_for_what_travels_for_deadlines_and_to_weigh_what_is_held() -> None:
    story = Story(engine_settings(plan=a_plan(hold_seconds=60, stop_bps=0.0)), [FREE])
    assert story.core.wakeup() == START + MINUTE, "the desk is marked once a minute"
    story.warm_up()
    assert story.core.wakeup() == START + MINUTE
    story.buy_signal()
    assert story.core.wakeup() == story.at + 10 * MILLISECOND
    story.wait(10)
    filled = story.at
    assert story.core.wakeup() == filled - filled % SECOND + SECOND
    story.wait(59_995)
    assert story.core.wakeup() == filled + 60 * SECOND
    assert not story.core.flat


def test_flat_means_nothing_held_and_nothing_under_way() -> None:
    story = Story(engine_settings(plan=a_plan(order_kind="LIMIT_MAKER", resting_seconds=1)), [FREE])
    story.warm_up()
    assert story.core.flat
    story.buy_signal()
    assert not story.core.flat
    story.wait(2_000)
    assert story.core.flat


def test_a_snapshot_names_the_last_fact_it_includes() -> None:
    core = a_core()
    told = len(core.open())
    assert core.snapshot(START).fact_sequence == told
    told += len(core.step(Stamped(1, START, MarketRows(a_snapshot_message()))))
    told += len(core.step(Stamped(2, START, PauseEntries(origin=Origin.CLI))))
    assert core.snapshot(START).fact_sequence == told


class Name(str):
    """Can be watched until it is gone."""


def test_the_past_is_let_go_once_it_is_folded() -> None:
    symbol = Name("BTCUSDC")
    watched = weakref.ref(symbol)
    history = [*Story().facts, BookReady(at=START, symbol=symbol)]
    count = len(history)
    core = a_core(opening=an_opening(history=history))
    del history, symbol
    told = core.open()
    assert watched() is None
    assert core.snapshot(START).fact_sequence == count + len(told)


@pytest.mark.parametrize("batch", [False, True])
def test_both_loops_are_the_same_core(batch: bool) -> None:
    core = a_core(batch=batch)
    core.open()
    told = core.step(Stamped(1, START, MarketRows(a_snapshot_message())))
    assert told == (BookReady(at=START, symbol="BTCUSDC"),)


def test_the_seed_decides_how_long_orders_travel() -> None:
    jitter = PaperSettings(latency_ms=5.0, latency_jitter_ms=50.0)
    arrivals = []
    for seed in (1, 1, 2):
        story = Story(engine_settings(paper=jitter), [FREE], seed=seed)
        story.warm_up()
        story.buy_signal()
        arrivals.append(story.of(OrderSent)[0].arrives_at - story.at)
    assert arrivals[0] == arrivals[1] != arrivals[2]

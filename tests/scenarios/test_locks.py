"""Locked pairs and strategies that are off: no entries, exits go on, over restarts too."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import START, a_plan, an_instrument, engine_settings
from tests.story import Story
from trading_agent.domain.change_views import LockView
from trading_agent.domain.command_facts import StrategySwitched, SymbolLocked, SymbolUnlocked
from trading_agent.domain.commands import (
    Command,
    EnterPosition,
    LockSymbol,
    Origin,
    SwitchStrategy,
    UnlockSymbol,
)
from trading_agent.domain.facts import CommandRefused, ExitTriggered, ProposalRefused
from trading_agent.domain.order_facts import OrderCanceled, OrderSent
from trading_agent.domain.units import DAY, MINUTE, SECOND, Nanos
from trading_agent.engine.opening import told_at_opening

PAIRS = (
    an_instrument(taker_fee=Decimal(0)),
    an_instrument("ETHUSDC", taker_fee=Decimal(0)),
)
PERSON = Origin.PERSON
LOCK = LockSymbol(origin=PERSON, symbol="BTCUSDC", why="news")
OFF = SwitchStrategy(origin=PERSON, strategy="flash", on=False)


def a_story(**execution: Any) -> Story:
    plan = a_plan(**({"order_notional": 100.0, "resting_seconds": 600} | execution))
    story = Story(engine_settings(plan=plan), PAIRS)
    story.warm_up()
    return story


def reasons(story: Story) -> list[str]:
    return [fact.reason for fact in story.of(ProposalRefused)]


def refusal(story: Story, command: Command) -> str:
    (refused,) = story.tell(command)
    assert isinstance(refused, CommandRefused)
    return refused.why


def obstacles(story: Story, symbol: int = 0) -> tuple[str, ...]:
    return story.core.snapshot(Nanos(story.at)).symbols[symbol].obstacles


def test_a_locked_pair_has_no_entries_until_it_is_unlocked() -> None:
    story = a_story()
    (locked,) = story.tell(LOCK)
    assert locked == SymbolLocked(
        at=Nanos(story.at), origin=PERSON, symbol="BTCUSDC", until=Nanos(0), why="news"
    )
    story.buy_signal()
    assert reasons(story) == ["symbol_locked"]
    assert "no entries of BTCUSDC: locked by person: news" in obstacles(story)
    assert obstacles(story, 1)[0].startswith("book not ready")
    assert story.core.snapshot(Nanos(story.at)).trading
    story.wait(1_000)
    story.tell(UnlockSymbol(origin=PERSON, symbol="BTCUSDC"))
    story.buy_signal()
    story.wait(20)
    assert story.position() > 0
    assert obstacles(story)[0].startswith("position open") or "locked" not in str(obstacles(story))


def test_what_a_person_enters_by_hand_is_locked_out_too() -> None:
    story = a_story()
    story.tell(LOCK)
    story.tell(EnterPosition(origin=PERSON, symbol="BTCUSDC"))
    assert reasons(story) == ["symbol_locked"]


def test_a_lock_calls_entries_back_and_lets_exits_go_on() -> None:
    story = a_story(order_kind="LIMIT_MAKER")
    story.buy_signal()
    story.wait(20)
    story.tell(LOCK)
    story.wait(20)
    assert len(story.of(OrderCanceled)) == 1
    held = a_story()
    held.buy_signal()
    held.wait(1_000)
    held.tell(LOCK)
    held.depth(bids=[(9_999, 50)])
    held.sell_signal()
    held.wait(20)
    assert len(held.of(ExitTriggered)) == 1
    assert held.position() == 0


def test_a_lock_ends_at_its_time_without_a_row_or_a_person() -> None:
    story = a_story()
    until = Nanos(story.at + MINUTE)
    story.tell(LockSymbol(origin=PERSON, symbol="BTCUSDC", until=until))
    (lock,) = story.core.snapshot(Nanos(story.at)).changes.locks
    assert lock == LockView(
        symbol="BTCUSDC", until=until, remaining=Nanos(MINUTE), origin=PERSON, why=""
    )
    story.wait(59_999)
    assert story.of(SymbolUnlocked) == []
    story.wait(1)
    (unlocked,) = story.of(SymbolUnlocked)
    assert unlocked == SymbolUnlocked(
        at=until, origin=Origin.SYSTEM, symbol="BTCUSDC", why="its time is over"
    )
    assert story.core.snapshot(Nanos(story.at)).changes.locks == ()


def test_a_lock_of_a_locked_pair_replaces_it() -> None:
    story = a_story()
    story.tell(LockSymbol(origin=PERSON, symbol="BTCUSDC", until=Nanos(story.at + SECOND)))
    story.tell(LOCK)
    story.wait(5_000)
    assert story.of(SymbolUnlocked) == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (LockSymbol(origin=PERSON, symbol="NOSUCHPAIR"), "NOSUCHPAIR is not a pair of this run"),
        (LockSymbol(origin=PERSON, symbol="BTCUSDC", until=START), "it would be over already"),
        (LockSymbol(origin=PERSON, symbol="BTCUSDC", until=Nanos(-1)), "it would be over already"),
        (
            LockSymbol(origin=PERSON, symbol="BTCUSDC", until=Nanos(START + 4_000 * DAY)),
            "or in ten years",
        ),
        (LockSymbol(origin=PERSON, symbol="BTCUSDC", why="x" * 241), "at most 240 letters"),
        (LockSymbol(origin=Origin.OVERSEER, symbol="BTCUSDC"), "only a person may lock a pair"),
        (UnlockSymbol(origin=PERSON, symbol="BTCUSDC"), "BTCUSDC is not locked"),
        (UnlockSymbol(origin=Origin.SYSTEM, symbol="BTCUSDC"), "only a person may unlock a pair"),
        (SwitchStrategy(origin=PERSON, strategy="flash", on=True), "flash is on already"),
        (
            SwitchStrategy(origin=PERSON, strategy="nobody", on=True),
            "nobody is not a strategy of this run: flash",
        ),
        (
            SwitchStrategy(origin=Origin.OVERSEER, strategy="flash", on=False),
            "only a person may switch a strategy",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(command: Command, words: str) -> None:
    assert words in refusal(a_story(), command)


def test_a_strategy_that_is_off_is_not_asked_and_what_it_holds_stays_protected() -> None:
    story = a_story(stop_bps=20.0)
    story.buy_signal()
    story.wait(1_000)
    (switched,) = story.tell(OFF)
    assert switched == StrategySwitched(
        at=Nanos(story.at), origin=PERSON, strategy="flash", on=False
    )
    story.depth(bids=[(9_999, 50)])
    story.sell_signal()
    assert story.position() > 0, "nobody was asked"
    story.snapshot([(9_900, 500)], [(9_901, 500)])
    story.wait(20)
    assert story.position() == 0, "the stop needs no strategy"
    assert "flash is switched off" in obstacles(story)


def test_switching_off_calls_its_entries_back_and_on_asks_it_again() -> None:
    story = a_story(order_kind="LIMIT_MAKER")
    story.buy_signal()
    story.wait(20)
    story.tell(OFF)
    story.wait(1_000)
    assert len(story.of(OrderCanceled)) == 1
    story.depth(bids=[(9_999, 50)])
    story.buy_signal()
    assert len(story.of(OrderSent)) == 1
    story.wait(1_000)
    story.tell(SwitchStrategy(origin=PERSON, strategy="flash", on=True))
    story.depth(bids=[(9_999, 50)])
    story.buy_signal()
    assert len(story.of(OrderSent)) == 2


@pytest.mark.parametrize("in_order", [True, False])
def test_locks_and_switches_outlive_a_restart(*, in_order: bool) -> None:
    story = a_story()
    story.tell(LOCK)
    story.tell(LockSymbol(origin=PERSON, symbol="ETHUSDC", until=Nanos(story.at + SECOND)))
    story.tell(OFF)
    if in_order:
        story.close()
    again = story.restarted(after_ms=2_000)
    words = told_at_opening(again.core.account, tuple(again.facts), {"USDC": Decimal(10_000)})
    assert words[-2:] == ("BTCUSDC stays locked", "strategy flash stays switched off")
    assert [fact.symbol for fact in again.of(SymbolUnlocked)] == ["ETHUSDC"]
    changes = again.core.snapshot(Nanos(again.at)).changes
    assert [lock.symbol for lock in changes.locks] == ["BTCUSDC"]
    assert [(each.strategy, each.on) for each in changes.strategies] == [("flash", False)]

"""The journal's trouble pauses entries, its end lifts that pause, and nobody else's."""

from decimal import Decimal

import pytest

from tests.builders import a_plan, an_instrument, an_opening, engine_settings
from tests.story import Story
from trading_agent.domain.commands import Command, Kill, Origin, PauseEntries, StartTrading
from trading_agent.domain.facts import (
    DeskOpened,
    EntriesPaused,
    EntriesResumed,
    ExitReason,
    ExitTriggered,
    Fact,
)
from trading_agent.domain.order import OrderPurpose
from trading_agent.domain.order_facts import OrderSent
from trading_agent.engine.assembly import assemble
from trading_agent.engine.storage_pause import is_idle

FREE = an_instrument(taker_fee=Decimal(0))
TROUBLE = PauseEntries(origin=Origin.SYSTEM, why="storage: the disk is full")
WELL = StartTrading(origin=Origin.SYSTEM)
LUNCH = PauseEntries(origin=Origin.PERSON, why="lunch")
BACK = StartTrading(origin=Origin.PERSON)


def a_story() -> Story:
    story = Story(engine_settings(plan=a_plan(order_notional=100.0)), [FREE])
    story.warm_up()
    return story


def told(story: Story, *commands: Command) -> list[str]:
    """What was paused, and "resumed"."""
    said = []
    for command in commands:
        for fact in story.tell(command):
            if isinstance(fact, EntriesPaused):
                said.append(fact.why)
            elif isinstance(fact, EntriesResumed):
                said.append("resumed")
    return said


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ((TROUBLE, WELL), ["storage: the disk is full", "resumed"]),
        ((TROUBLE, TROUBLE, TROUBLE, WELL), ["storage: the disk is full", "resumed"]),
        ((LUNCH, TROUBLE, WELL), ["lunch"]),
        ((TROUBLE, LUNCH, WELL), ["storage: the disk is full", "lunch"]),
        ((TROUBLE, LUNCH, WELL, BACK), ["storage: the disk is full", "lunch", "resumed"]),
        (
            (TROUBLE, BACK, TROUBLE, WELL),
            ["storage: the disk is full", "resumed", "storage: the disk is full", "resumed"],
        ),
        ((WELL,), []),
    ],
)
def test_only_what_storage_paused_storage_resumes(
    commands: tuple[Command, ...], said: list[str]
) -> None:
    assert told(a_story(), *commands) == said


def test_a_pause_of_a_person_who_speaks_of_storage_is_not_the_journals() -> None:
    story = a_story()
    mine = PauseEntries(origin=Origin.PERSON, why="storage: I move the disk")
    assert told(story, mine, WELL) == ["person: storage: I move the disk"]
    assert told(story.restarted()) == []
    assert story.restarted().core.account.paused


def test_a_killed_desk_is_not_told_of_it_again_and_again() -> None:
    story = a_story()
    story.tell(Kill(origin=Origin.PERSON, why="smoke"))
    assert story.tell(TROUBLE) == story.tell(TROUBLE) == ()
    assert is_idle(WELL, "smoke")


def test_positions_are_left_while_the_journal_is_in_trouble() -> None:
    story = a_story()
    story.buy_signal()
    story.wait(1_000)
    assert story.core.account.positions.all()
    story.tell(TROUBLE)
    story.wait(600_000)
    assert [fact.reason for fact in story.of(ExitTriggered)] == [ExitReason.TIME]
    assert story.of(OrderSent)[-1].purpose is OrderPurpose.EXIT


def test_a_start_after_a_crash_lifts_a_pause_of_storage_only() -> None:
    for command, lifted in ((TROUBLE, True), (LUNCH, False)):
        story = a_story()
        story.tell(command)
        history: list[Fact] = list(story.facts)
        opening = an_opening(FREE, at=story.at, history=history)
        settings = engine_settings(plan=a_plan(order_notional=100.0))
        core = assemble(settings, opening, batch=False)
        said = core.open()
        assert isinstance(said[0], DeskOpened)
        assert any(isinstance(fact, EntriesResumed) for fact in said) == lifted
        assert bool(core.account.paused) != lifted

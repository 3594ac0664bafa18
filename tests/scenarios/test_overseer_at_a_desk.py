"""The overseer at a deterministic desk: what it applies, asks for, or leaves alone, by its mode."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.oversight_desk import Scene, arena, settings
from tests.random_market import CALM, RandomMarket
from trading_agent.domain.command_facts import OverlayApplied, OverlayReverted
from trading_agent.domain.commands import ApplyOverlay, Origin
from trading_agent.domain.facts import Fact
from trading_agent.domain.order import ENTRY
from trading_agent.domain.order_facts import OrderFilled, OrderSent
from trading_agent.interfaces.oversight.settings import AttributionSettings, OversightSettings
from trading_agent.runtime.oversight_ports import Provider

pytestmark = pytest.mark.slow

MESSAGES = RandomMarket(5, CALM).messages(5_000)
NOBODY_THERE = Provider(base_url="http://127.0.0.1:9/api/v1", key="sk-or-v1-nobody", simulated=True)


def run(scene: Scene, messages: list[Any] = MESSAGES) -> list[Fact]:
    async def live() -> None:
        await scene.go(messages)
        await scene.close()

    asyncio.run(live())
    return scene.desk.facts


def without_overseer(messages: list[Any] = MESSAGES) -> list[Fact]:
    from tests.fakes import ManualClock
    from tests.oversight_desk import CoreDesk

    desk = CoreDesk(ManualClock())
    for rows in messages:
        desk.feed(rows)
    return desk.facts


def test_the_rules_make_the_desk_more_careful_and_say_so(tmp_path: Path) -> None:
    scene = Scene(tmp_path, settings())
    facts = run(scene)
    applied = [fact for fact in facts if isinstance(fact, OverlayApplied)]
    assert applied
    assert all(fact.origin is Origin.OVERSEER and not fact.loosens for fact in applied)
    assert all(fact.overlay.why for fact in applied)
    sizes = [fact.size for fact in facts if isinstance(fact, OrderSent) and fact.purpose is ENTRY]
    unbridled = [
        fact.size
        for fact in without_overseer()
        if isinstance(fact, OrderSent) and fact.purpose is ENTRY
    ]
    assert max(sizes[-5:]) < max(unbridled[-5:])


def test_off_means_that_nobody_is_asked(tmp_path: Path) -> None:
    scene = Scene(tmp_path, settings(mode="off"))
    assert run(scene) == without_overseer()
    assert scene.desk.heard == [scene.desk.heard[-1]]  # at the end: whatever loosens is over


@pytest.mark.parametrize("mode", ["shadow", "advise", "approve", "auto_tighten", "auto"])
def test_a_provider_that_is_away_changes_no_order(tmp_path: Path, mode: str) -> None:
    overseer = settings(mode=mode)
    assert run(Scene(tmp_path, overseer, provider=NOBODY_THERE)) == without_overseer()


def test_a_held_out_decision_leaves_the_desk_alone_and_is_still_measured(tmp_path: Path) -> None:
    held = AttributionSettings(hold_out=0.9)
    beside = arena(tmp_path)
    scene = Scene(tmp_path, settings(attribution=held), beside=beside)
    run(scene)
    beside.catch_up()
    held = {
        record.verdict.id
        for record, events in read(tmp_path)
        if any(event.what == "held_out" for event in events)
    }
    assert held
    assert held.isdisjoint({name.split(".")[0] for name in applied_names(scene)})


def applied_names(scene: Scene) -> list[str]:
    return [fact.overlay.overlay for fact in scene.desk.of(OverlayApplied)]


def read(folder: Path) -> list[Any]:
    from trading_agent.interfaces.oversight.library import open_records

    records = open_records(folder)
    try:
        return [(record, records.events(record.verdict.id)) for record in records.latest(50)]
    finally:
        records.close()


def test_every_decision_and_what_became_of_it_is_on_record(tmp_path: Path) -> None:
    scene = Scene(tmp_path, settings())
    run(scene)
    found = read(tmp_path)
    names = {name.split(".")[0] for name in applied_names(scene)}
    active = {
        record.verdict.id for record, events in found if any(it.what == "active" for it in events)
    }
    assert active == names


def test_in_mode_approve_a_person_is_asked_and_answers_once(tmp_path: Path) -> None:
    """The rules' proposals, put before a person."""
    from msgspec.structs import replace

    from llm_overseer.verdict import Consent

    scene = Scene(tmp_path, settings())

    async def live() -> None:
        await scene.go(MESSAGES[:2_000])
        carrying = scene.service.carrying
        record = next(it for it in scene.records.latest(50) if it.verdict.proposals)
        proposals = tuple(replace(it, consent=Consent.PERSON) for it in record.verdict.proposals)
        brief = replace(record.brief, at=scene.clock.now())
        asked = replace(record.verdict, proposals=proposals, id="d999")
        before = len(scene.desk.heard)
        carrying.heed(asked, brief)
        assert len(scene.desk.heard) == before
        waiting = carrying.consents.waiting(scene.clock.now())
        assert [it.name for it in waiting] == [f"d999.{it + 1}" for it in range(len(proposals))]
        assert any("/overseer approve d999.1" in words for words in scene.told)
        assert scene.offered[0].command == "/overseer approve d999.1"
        carrying.answer("d999.1", "ann", scene.clock.now(), yes=True)
        command = scene.desk.heard[-1]
        assert isinstance(command, ApplyOverlay)
        assert (command.origin, command.overlay.overlay) == (Origin.PERSON, "d999.1")
        with pytest.raises(Exception, match="answered or too late"):
            carrying.answer("d999.1", "ann", scene.clock.now(), yes=True)
        await scene.close()

    asyncio.run(live())


def test_what_the_desk_lets_only_a_person_do_is_put_before_one(tmp_path: Path) -> None:
    """The library thought it could go alone."""
    from decimal import Decimal

    from msgspec.structs import replace

    from llm_overseer.brief import Direction
    from llm_overseer.decision import Kind
    from llm_overseer.verdict import Consent

    scene = Scene(tmp_path, settings())

    async def live() -> None:
        await scene.go(MESSAGES[:2_000])
        scene.desk.flush()
        carrying = scene.service.carrying
        record = next(it for it in scene.records.latest(50) if it.verdict.proposals)
        bold = replace(
            record.verdict.proposals[0],
            kind=Kind.SET_RISK_MULT,
            parameter="risk_mult",
            scope="portfolio",
            value=Decimal("1.1"),
            direction=Direction.LOOSEN,
            consent=Consent.NONE,
        )
        brief = replace(record.brief, at=scene.clock.now())
        carrying.heed(replace(record.verdict, proposals=(bold,), id="d999"), brief)
        scene.desk.flush()
        assert "d999.1" not in applied_names(scene)
        await scene.look()
        (waiting,) = carrying.consents.waiting(scene.clock.now())
        assert waiting.decision == "d999"
        carrying.answer(waiting.name, "ann", scene.clock.now(), yes=True)
        scene.desk.flush()
        assert "d999.1" in applied_names(scene)
        await scene.close()

    asyncio.run(live())


def test_a_question_nobody_answered_is_void(tmp_path: Path) -> None:
    from trading_agent.domain.units import MINUTE, Nanos
    from trading_agent.interfaces.oversight.applications import Application
    from trading_agent.interfaces.oversight.consents import Consents

    consents = Consents(10)
    asked = Application("d1.1", None, None, ())  # type: ignore[arg-type]
    consents.ask("d1", asked, "words", Nanos(0))
    assert consents.expired(Nanos(9 * MINUTE)) == ()
    assert [it.name for it in consents.expired(Nanos(10 * MINUTE))] == ["d1.1"]
    with pytest.raises(Exception, match="too late"):
        consents.take("d1.1", Nanos(10 * MINUTE))


def test_harm_demotes_by_one_and_locks(tmp_path: Path) -> None:
    from trading_agent.domain.errors import CommandError
    from trading_agent.domain.units import DAY, Nanos
    from trading_agent.interfaces.oversight.modes import Mode, ModeKeeper

    overseer = OversightSettings(mode="auto")
    keeper = ModeKeeper(tmp_path, overseer, has_provider=True)
    keeper.open()
    assert keeper.demote("it cost too much", Nanos(0)) is Mode.AUTO_TIGHTEN
    again = ModeKeeper(tmp_path, overseer, has_provider=True)
    again.open()
    assert again.mode is Mode.AUTO_TIGHTEN
    with pytest.raises(CommandError, match="locked"):
        again.choose(Mode.AUTO, "ann", Nanos(6 * DAY))
    again.choose(Mode.SHADOW, "ann", Nanos(DAY))
    assert again.mode is Mode.SHADOW
    again.choose(Mode.AUTO, "ann", Nanos(8 * DAY))
    changed = ModeKeeper(tmp_path, OversightSettings(mode="advise"), has_provider=True)
    changed.open()
    assert changed.mode is Mode.ADVISE


@pytest.mark.parametrize(
    ("mode", "below"),
    [
        ("auto_tighten", "approve"),
        ("approve", "advise"),
        ("advise", "shadow"),
        ("shadow", "off"),
        ("rules", "off"),
        ("off", "off"),
    ],
)
def test_a_demotion_never_gives_power(tmp_path: Path, mode: str, below: str) -> None:
    """A model in shadow is not replaced by rules, which apply what they decide."""
    from trading_agent.domain.errors import CommandError
    from trading_agent.domain.units import Nanos
    from trading_agent.interfaces.oversight.modes import Mode, ModeKeeper

    keeper = ModeKeeper(tmp_path, OversightSettings(mode=mode), has_provider=True)
    assert keeper.demote("harm", Nanos(0)) == below
    with pytest.raises(CommandError, match="locked"):
        keeper.choose(Mode.AUTO, "ann", Nanos(0))


def test_outcomes_say_who_decided_and_chance_draws_from_the_same_kind(tmp_path: Path) -> None:
    """Rules are compared with chance alone: they are no rival of themselves."""
    from trading_agent.interfaces.oversight.outcomes import Decider, read_outcomes
    from trading_agent.interfaces.oversight.verdict_of_trials import OUTCOMES_NAME

    beside = arena(tmp_path)
    scene = Scene(tmp_path, settings(), beside=beside)
    run(scene)
    beside.catch_up()
    beside.end()
    outcomes = read_outcomes(tmp_path / OUTCOMES_NAME).outcomes
    assert {it.decider for it in outcomes} == {Decider(source="rules")}
    assert {it.mode for it in outcomes} == {"rules"}
    assert {it.arm for it in outcomes} == {"overseer", "placebo"}


def test_what_rules_did_is_nothing_a_model_could_have_done_by_chance(tmp_path: Path) -> None:
    from msgspec.structs import replace

    from llm_overseer.verdict import Source
    from trading_agent.interfaces.oversight.outcomes import read_outcomes
    from trading_agent.interfaces.oversight.rivals import Rivals
    from trading_agent.interfaces.oversight.verdict_of_trials import OUTCOMES_NAME

    run(Scene(tmp_path, settings()))
    beside = arena(tmp_path / "later")
    scene = Scene(tmp_path, settings(), beside=beside)
    rivals = Rivals(scene.parts, scene.records)
    record = next(it for it in scene.records.latest(50) if it.verdict.proposals)
    scene.desk.feed(MESSAGES[0])
    for number in range(5):
        asked = replace(record.verdict, source=Source.MODEL, id=f"d{900 + number}", proposals=())
        rivals.compare(asked, replace(record.brief, at=scene.clock.now()))
    beside.catch_up()
    arms = [it.arm for it in read_outcomes(tmp_path / "later" / OUTCOMES_NAME).outcomes]
    # Chance has nothing to draw from before a model has answered three times.
    assert arms.count("overseer") == 5
    assert arms.count("placebo") == 2
    asyncio.run(scene.library.close())


def test_without_a_provider_models_are_nobodys_mode(tmp_path: Path) -> None:
    from trading_agent.domain.errors import CommandError
    from trading_agent.domain.units import Nanos
    from trading_agent.interfaces.oversight.modes import Mode, ModeKeeper, configured_mode

    assert configured_mode(OversightSettings(), has_provider=False) is Mode.RULES
    assert configured_mode(OversightSettings(), has_provider=True) is Mode.SHADOW
    assert configured_mode(OversightSettings(mode="auto"), has_provider=False) is Mode.RULES
    keeper = ModeKeeper(tmp_path, OversightSettings(), has_provider=False)
    with pytest.raises(CommandError, match="provider"):
        keeper.choose(Mode.SHADOW, "ann", Nanos(0))


def test_an_overlay_is_ended_when_what_it_was_for_is_over(tmp_path: Path) -> None:
    """Half an hour is the least it holds, and a market that stands still is not unusual."""
    from trading_agent.domain.units import MINUTE, SECOND

    detectors = settings().detectors.model_copy(update={"losing_streak": 100})
    scene = Scene(tmp_path, settings(detectors=detectors))

    async def live() -> None:
        await scene.go(MESSAGES[:3_000])
        held = {view.overlay for view in scene.desk.snapshot().changes.overlays}
        assert held
        for pause in (MINUTE, 25 * MINUTE):
            scene.clock.advance(pause)
            for _ in range(100):
                scene.clock.advance(9 * SECOND)
                scene.desk.flush()
                await scene.look()
            over = {
                fact.overlay: fact.why
                for fact in scene.desk.of(OverlayReverted)
                if fact.why == "what it was for is over"
            }
            assert bool(over) is (pause > MINUTE)
        assert set(over) <= held
        await scene.close()

    asyncio.run(live())


def test_fills_are_the_same_with_and_without_desks_beside(tmp_path: Path) -> None:
    alone = Scene(tmp_path / "a", settings())
    watched = Scene(tmp_path / "b", settings(), beside=arena(tmp_path / "c"))
    fills = [
        [fact for fact in run(scene) if isinstance(fact, OrderFilled)] for scene in (alone, watched)
    ]
    assert fills[0] == fills[1]
    assert fills[0]

"""What the overseer knows of itself after a restart, after a pause, and when no model answers."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from llm_overseer.brief import Brief, Mode, Severity, Trigger, TriggerKind
from llm_overseer.main import LLMOverseer
from llm_overseer.records import Record
from llm_overseer.verdict import Verdict
from tests.oversight_desk import Scene, settings
from tests.random_market import CALM, RandomMarket
from trading_agent.domain.commands import RevertLoosening
from trading_agent.domain.errors import StorageError
from trading_agent.domain.units import MINUTE
from trading_agent.interfaces.oversight.earlier import look_back
from trading_agent.interfaces.oversight.service import Oversight

pytestmark = pytest.mark.slow

_ALL = RandomMarket(5, CALM).messages(5_000)
MESSAGES, LATER = _ALL[:3_000], _ALL[3_000:]


BEAT = Trigger(TriggerKind.HEARTBEAT, Severity.ROUTINE)


def test_a_restart_forgets_no_count_no_pause_and_no_reason(tmp_path: Path) -> None:
    pauses = {"stress_minutes": 60, "losses_minutes": 60, "regime_minutes": 60}
    scene = Scene(tmp_path, settings(cadence=settings().cadence.model_copy(update=pauses)))

    async def live() -> None:
        await scene.go(MESSAGES)
        scene.desk.flush()
        await scene.look()
        before, evidence = scene.service.brief(BEAT), dict(scene.service.carrying.evidence)
        asked = {_reason(record) for record in scene.records.latest(50)}
        assert before.changes_today and asked and evidence
        await scene.service.close()
        await scene.go(LATER)
        after = scene.service.brief(BEAT)
        assert after.changes_today >= before.changes_today
        for was, now in zip(before.parameters, after.parameters, strict=True):
            assert now.changes_today >= was.changes_today
            assert now.changed_at >= was.changed_at
        holds = {view.overlay for view in scene.desk.snapshot().changes.overlays}
        assert set(evidence) & holds <= set(scene.service.carrying.evidence)
        again = [_reason(record) for record in scene.records.latest(50)]
        assert all(again.count(reason) == 1 for reason in asked)
        await scene.close()

    asyncio.run(live())


def _reason(record: Record) -> tuple[TriggerKind, str]:
    return record.brief.trigger.kind, record.brief.trigger.scope


def test_what_was_halted_counts_as_long_as_it_was(tmp_path: Path) -> None:
    scene = Scene(tmp_path, settings())

    async def live() -> None:
        await scene.go(MESSAGES)
        scene.desk.flush()
        await scene.look()
        now = scene.clock.now()
        found = look_back(scene.records, now)
        assert [each.at for each in found.changes] == sorted(each.at for each in found.changes)
        assert all(0 < each.held <= now - each.at for each in found.changes)
        assert look_back(scene.records, type(now)(now + 2 * 24 * 60 * MINUTE)).changes == ()
        await scene.close()

    asyncio.run(live())


def test_reasons_of_a_time_when_nobody_was_to_be_asked_are_none_later(tmp_path: Path) -> None:
    scene = Scene(tmp_path, settings(mode="off"))

    async def live() -> None:
        await scene.go(MESSAGES)
        assert scene.service.state.alarms
        scene.service.modes.choose(Mode.RULES, "ann", scene.clock.now())
        await scene.look()
        assert scene.records.latest(5) == ()
        await scene.close()

    asyncio.run(live())


class RulesStandIn:
    """A library whose models never answer, so that rules always do."""

    def __init__(self, library: LLMOverseer) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    async def review(self, brief: Brief, now: int) -> Verdict:
        return replace(await self._library.review(brief, now), why="unreachable")


def test_whoever_does_not_answer_in_a_crisis_is_away_though_rules_stood_in(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, settings())
    scene.library = RulesStandIn(scene.library)  # type: ignore[assignment]

    async def live() -> None:
        await scene.go(MESSAGES)
        assert len(scene.records.latest(50)) >= 3
        assert [each.why for each in scene.desk.heard if isinstance(each, RevertLoosening)] == [
            "the overseer does not answer"
        ]
        await scene.close()

    asyncio.run(live())


def test_a_mode_that_cannot_be_read_leaves_nothing_open(tmp_path: Path) -> None:
    scene = Scene(tmp_path, settings())
    (tmp_path / "mode.json").write_text("{")
    with pytest.raises(StorageError):
        Oversight(scene.parts, scene.library, scene.records)

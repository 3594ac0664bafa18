"""Who measures: what it keeps when it breaks, and that it says so."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llm_overseer.core.budget import Charge
from tests.scripted_desk import ScriptedDesk, a_halt
from trading_agent.domain.commands import ApplyOverlay, Origin, RevertOverlay
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.domain.units import HOUR, Nanos
from trading_agent.interfaces.oversight.arena import Arena
from trading_agent.interfaces.oversight.outcomes import (
    Decided,
    Decider,
    OutcomeStore,
    read_outcomes,
)
from trading_agent.interfaces.oversight.settings import AttributionSettings
from trading_agent.interfaces.oversight.verdict_of_trials import OUTCOMES_NAME
from trading_agent.runtime.oversight_ports import BesideCore
from trading_agent.runtime.worker import Stop

SETTINGS = AttributionSettings(settle_minutes=0)
BREAKS = Decimal(-999)


@dataclass(slots=True)
class BreakingDesk(ScriptedDesk):
    def step(self, stamped: Stamped) -> tuple[Fact, ...]:
        body: Any = stamped.body
        if body == BREAKS:
            raise RuntimeError("a fault of ours")
        return ScriptedDesk.step(self, stamped)


def opening() -> tuple[BesideCore, tuple[Fact, ...]]:
    return BreakingDesk(), ()


def decided(decision: str) -> Decided:
    decider = Decider(source="model", models=("a/b",), prompt="1")
    return Decided(decision=decision, decider=decider, model="a/b", mode="auto", cost_nano=7)


def put(arena: Arena, number: int, body: Any) -> None:
    arena.put(Stamped(number, Nanos(number * HOUR), body))


def begun(arena: Arena) -> None:
    arena.begin(decided("d1"))
    put(arena, 1, ApplyOverlay(origin=Origin.OVERSEER, overlay=a_halt("d1.1")))
    put(arena, 2, Decimal(5))


def test_what_a_fault_broke_off_is_kept_once_and_no_longer_measured(tmp_path: Path) -> None:
    store = OutcomeStore(tmp_path / OUTCOMES_NAME, "USDC", SETTINGS)
    arena = Arena(SETTINGS, opening, store, tuple, first_pause=0.0)
    begun(arena)
    put(arena, 3, BREAKS)
    with pytest.raises(RuntimeError):
        arena.run(Stop())
    stopping = Stop()
    stopping.set()
    arena.run(stopping)
    (outcome,) = read_outcomes(tmp_path / OUTCOMES_NAME).outcomes
    assert (outcome.decision, outcome.effect, outcome.cut) == ("d1", 5.0, "the run broke off")
    assert arena.words() == "no longer measured: it broke"


def test_what_was_paid_without_an_outcome_is_told_with_the_next_one(tmp_path: Path) -> None:
    charges = [Charge(0, "a/b", 10**9), Charge(HOUR, "a/b", 10**9)]
    store = OutcomeStore(tmp_path / OUTCOMES_NAME, "USDC", SETTINGS)
    arena = Arena(SETTINGS, opening, store, lambda: tuple(charges))
    arena.start_now()
    begun(arena)
    arena.catch_up()
    charges.append(Charge(2 * HOUR, "a/b", 10**9))
    put(arena, 3, RevertOverlay(origin=Origin.PERSON, overlay="d1.1", why="enough"))
    arena.catch_up()
    store.close()
    assert "+2.00 ± ? USDC after 1 decision, spent $3.00" in arena.words()


def test_who_stood_still_is_kept_and_not_told(tmp_path: Path) -> None:
    store = OutcomeStore(tmp_path / OUTCOMES_NAME, "USDC", SETTINGS)
    arena = Arena(SETTINGS, opening, store, tuple)
    arena.start_now()
    put(arena, 1, Decimal(0))
    arena.stand_still(decided("d1"), "overseer")
    arena.catch_up()
    arena.end()
    store.close()
    (outcome,) = read_outcomes(tmp_path / OUTCOMES_NAME).outcomes
    assert (outcome.stood_still, outcome.effect) == (True, 0.0)
    assert arena.finished() == ()
    assert arena.resolved() == ()
    assert "no decision has come to an end" in arena.words()

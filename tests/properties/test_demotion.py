"""Harm is told of an overseer that does harm, and rarely of one that does not: from commands and
equities of desks to the demotion, with a look after every decision."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.properties.test_overseer_worth import SHAPES
from tests.scripted_desk import a_halt, opening
from trading_agent.domain.commands import ApplyOverlay, Origin, RevertOverlay
from trading_agent.domain.message import Stamped
from trading_agent.domain.units import HOUR, Nanos
from trading_agent.interfaces.oversight.arena import Arena
from trading_agent.interfaces.oversight.outcomes import Decided, Decider, OutcomeStore
from trading_agent.interfaces.oversight.settings import AttributionSettings

MODEL = Decider(source="model", models=("a/b",), prompt="1")
DECISIONS = 25


def demoted_after(effect: Callable[[], float], settings: AttributionSettings) -> int:
    """How many decisions it took; 0 for never."""
    store = OutcomeStore(Path(":memory:"), "USDC", settings)
    arena = Arena(settings, opening, store, tuple)
    arena.start_now()
    at, sequence = 0, 0

    def put(body: Any) -> None:
        nonlocal at, sequence
        at, sequence = at + HOUR, sequence + 1
        arena.put(Stamped(sequence, Nanos(at), body))

    try:
        for number in range(1, DECISIONS + 1):
            decision = f"d{number}"
            arena.begin(
                Decided(
                    decision=decision, decider=MODEL, model="a/b", mode="auto_tighten", cost_nano=0
                )
            )
            put(ApplyOverlay(origin=Origin.OVERSEER, overlay=a_halt(f"{decision}.1")))
            put(Decimal(str(round(effect(), 8))))
            put(RevertOverlay(origin=Origin.PERSON, overlay=f"{decision}.1", why="enough"))
            put(Decimal(0))
            arena.catch_up()
            assert len(arena.finished()) == 1
            if arena.harm() is not None:
                return number
    finally:
        store.close()
    return 0


def effects(run: int, drawn: Callable[[Random], float]) -> Callable[[], float]:
    dice = Random(run)
    return lambda: drawn(dice)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "spread"),
    [("normal", 1.0), ("insurance, once in 10", 3.0), ("windfall, once in 20", 4.36)],
)
def test_noise_demotes_nobody(shape: str, spread: float) -> None:
    drawn, settings = SHAPES[shape][0], AttributionSettings(settle_minutes=0, least_decisions=5)
    runs, demoted = 200, 0
    for run in range(runs):
        noise = effects(run, lambda dice: 3.0 / spread * drawn(dice))
        demoted += demoted_after(noise, settings) > 0
    assert demoted <= 0.05 * runs


def test_lasting_harm_demotes_soon() -> None:
    settings = AttributionSettings(settle_minutes=0, least_decisions=5)
    for run in range(10):
        harm = effects(run, lambda dice: dice.gauss(-6.0, 3.0))
        assert 0 < demoted_after(harm, settings) <= 20


def test_harm_is_shown_by_odds_where_no_loss_is_a_limit() -> None:
    settings = AttributionSettings(
        settle_minutes=0, least_decisions=5, harm_percent=0.0, harm_drawdown_points=0.0
    )
    for run in range(10):
        harm = effects(run, lambda dice: dice.gauss(-100.0, 30.0))
        assert 5 <= demoted_after(harm, settings) <= DECISIONS

"""Harm is told of an overseer that does harm, and rarely of one that does not: from commands and
equities of desks to the demotion, with a look after every decision."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.properties.test_overseer_worth import SHAPES
from trading_agent.domain.command_facts import OverlayApplied, OverlayReverted
from trading_agent.domain.commands import ApplyOverlay, Origin, RevertOverlay
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Stamped
from trading_agent.domain.overlays import Overlay, OverlayKind
from trading_agent.domain.units import HOUR, Nanos
from trading_agent.interfaces.oversight.arena import Arena
from trading_agent.interfaces.oversight.outcomes import Decided, Decider, OutcomeStore
from trading_agent.interfaces.oversight.settings import AttributionSettings
from trading_agent.runtime.oversight_ports import BesideCore

MODEL = Decider(source="model", models=("a/b",), prompt="1")
DECISIONS = 25


@dataclass(slots=True)
class ScriptedDesk:
    """Worth more or less by what a market's move is worth to whoever has an overlay."""

    equity: Decimal = Decimal(10_000)
    fees: Decimal = Decimal(0)
    has_overlay: bool = False

    def copy(self) -> "ScriptedDesk":
        return ScriptedDesk(self.equity, self.fees, self.has_overlay)

    def step(self, stamped: Stamped) -> tuple[Fact, ...]:
        body: Any = stamped.body
        match body:
            case ApplyOverlay(overlay=overlay):
                self.has_overlay = True
                return (
                    OverlayApplied(
                        at=stamped.at,
                        origin=body.origin,
                        overlay=overlay,
                        until=Nanos(stamped.at + HOUR),
                        loosens=False,
                        equity=None,
                    ),
                )
            case RevertOverlay(overlay=name, why=why):
                self.has_overlay = False
                origin = body.origin
                return (OverlayReverted(at=stamped.at, origin=origin, overlay=name, why=why),)
            case Decimal() if self.has_overlay:
                self.equity += body
        return ()


def opening() -> tuple[BesideCore, tuple[Fact, ...]]:
    return ScriptedDesk(), ()


def overlay(name: str) -> Overlay:
    return Overlay(
        overlay=name,
        kind=OverlayKind.HALT_ENTRIES,
        ttl_seconds=3_600,
        baseline="b",
        snapshot_at=Nanos(0),
    )


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
            put(ApplyOverlay(origin=Origin.OVERSEER, overlay=overlay(f"{decision}.1")))
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

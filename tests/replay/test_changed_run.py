"""A run that people and the overseer changed is replayed from its recording, bit for bit."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders import a_core, an_opening
from tests.replay.scripted_run import INSTRUMENTS, SETTINGS, STARTED, inputs, record
from trading_agent.domain.commands import (
    ApplyOverlay,
    EnterPosition,
    LockSymbol,
    Origin,
    SetParameter,
    UndoParameter,
)
from trading_agent.domain.message import Input
from trading_agent.domain.overlays import Overlay, OverlayKind
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.research.replay import replay

pytestmark = pytest.mark.slow

PERSON = Origin.PERSON


def baseline() -> str:
    """A function of the settings and of what is set: nothing is, when overlays are proposed."""
    core = a_core(SETTINGS, an_opening(*INSTRUMENTS, at=STARTED))
    core.open()
    return core.snapshot(Nanos(STARTED)).changes.baseline


def asked(at: Nanos, of: str) -> dict[int, Input]:
    return {
        200: ApplyOverlay(
            origin=Origin.OVERSEER,
            overlay=Overlay(
                overlay="calm",
                kind=OverlayKind.ENTRY_THRESHOLD,
                value=Decimal("1.3"),
                ttl_seconds=7,
                baseline=of,
                snapshot_at=at,
            ),
        ),
        300: LockSymbol(origin=PERSON, symbol="BBBUSDC", until=Nanos(at + 5 * SECOND)),
        900: SetParameter(origin=PERSON, key="imbalance_threshold", value="0.2"),
        1_000: EnterPosition(origin=PERSON, symbol="AAAUSDC", notional=Decimal(50)),
        1_100: UndoParameter(origin=PERSON),
    }


def test_what_was_asked_is_asked_again_and_ends_when_it_ended(tmp_path: Path) -> None:
    of = baseline()
    run = record(
        tmp_path / "run.rec",
        list(inputs(asked=lambda at: asked(at, of))),
        journal=tmp_path / "journal.sqlite",
    )
    kinds = Counter(type(fact).__name__ for fact in run.facts)
    for name in ("OverlayApplied", "OverlayExpired", "SymbolLocked", "SymbolUnlocked"):
        assert kinds[name] == 1
    assert kinds["ParameterSet"] == kinds["ParameterUndone"] == 1
    assert "by_hand" in {getattr(fact, "strategy", "") for fact in run.facts}
    replayed = replay(run.recording)
    assert replayed.verified is True
    assert replayed.digest == run.digest
    plain = record(tmp_path / "plain.rec", list(inputs()))
    assert plain.digest != run.digest

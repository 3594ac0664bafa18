"""What holds under overlays, reckoned twice: by the core, and by a database that knows nothing of
the core. And the order in which overlays came and went leaves no trace."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trading_agent.domain.command_facts import OverlayApplied, OverlayExpired, OverlayReverted
from trading_agent.domain.commands import Origin
from trading_agent.domain.overlays import Overlay, OverlayKind, Preset
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.engine.changes import Changes
from trading_agent.engine.settings import OverlayBounds
from trading_agent.engine.tuning import Baseline, Tuning, tune
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan, SessionSettings

SYMBOLS = ("BTCUSDC", "ETHUSDC", "SOLUSDC")
KINDS = tuple(it for it in OverlayKind if it is not OverlayKind.RESTORE)
_TABLES = """
CREATE TABLE overlays (
    name TEXT PRIMARY KEY, kind TEXT, scope TEXT, value INTEGER, preset TEXT
);
CREATE TABLE presets (preset TEXT, risk INTEGER, threshold INTEGER);
INSERT INTO presets VALUES
    ('defensive', 2500, 15000), ('conservative', 5000, 12500), ('aggressive', 11000, 9000);
CREATE VIEW risks AS
    SELECT scope, value FROM overlays WHERE kind = 'risk_multiplier'
    UNION ALL
    SELECT '', risk FROM overlays JOIN presets USING (preset) WHERE kind = 'preset';
CREATE VIEW thresholds AS
    SELECT scope, value FROM overlays WHERE kind = 'entry_threshold'
    UNION ALL
    SELECT '', threshold FROM overlays JOIN presets USING (preset) WHERE kind = 'preset';
"""
"""Numbers in ten-thousandths."""
_RISK = "SELECT coalesce(min(value), 10000) FROM risks WHERE scope IN ('', ?)"
_THRESHOLD = "SELECT coalesce(max(value), 10000) FROM thresholds WHERE scope IN ('', ?)"
_HALTED = "SELECT count(*) FROM overlays WHERE kind = 'halt_entries'"
_PAUSED = "SELECT count(*) FROM overlays WHERE kind = 'pause_symbol' AND scope = ?"


PLAN = SessionPlan(sessions={"US": SessionSettings(start_hour=13, end_hour=21)})
BASELINE = Baseline("as configured", TradingSessionManager(PLAN), RiskLimits(), OverlayBounds())
SESSIONS = tuple(it.name for it in BASELINE.sessions)


def an_overlay(dice: Random, name: str) -> Overlay:
    kind = dice.choice(KINDS)
    scopes = {
        OverlayKind.RISK_MULTIPLIER: ("", *SYMBOLS),
        OverlayKind.PAUSE_SYMBOL: SYMBOLS,
        OverlayKind.ENTRY_THRESHOLD: ("", *SESSIONS),
    }
    numbers = (OverlayKind.RISK_MULTIPLIER, OverlayKind.ENTRY_THRESHOLD)
    return Overlay(
        overlay=name,
        kind=kind,
        scope=dice.choice(scopes.get(kind, ("",))),
        value=Decimal(dice.randrange(5_000, 13_000)) / 10_000 if kind in numbers else None,
        preset=dice.choice(tuple(Preset)) if kind is OverlayKind.PRESET else None,
        ttl_seconds=300,
        baseline="",
        snapshot_at=Nanos(0),
        why="",
    )


def applied(overlay: Overlay) -> OverlayApplied:
    return OverlayApplied(
        at=Nanos(SECOND),
        origin=Origin.PERSON,
        overlay=overlay,
        until=Nanos(301 * SECOND),
        loosens=False,
        equity=None,
    )


def ended(dice: Random, name: str) -> Any:
    if dice.random() < 0.5:
        return OverlayExpired(at=Nanos(SECOND), overlay=name)
    return OverlayReverted(at=Nanos(SECOND), origin=Origin.PERSON, overlay=name, why="")


def stored(connection: sqlite3.Connection, overlay: Overlay) -> None:
    value = None if overlay.value is None else int(overlay.value * 10_000)
    preset = None if overlay.preset is None else overlay.preset.value
    row = (overlay.overlay, overlay.kind.value, overlay.scope, value, preset)
    connection.execute("INSERT INTO overlays VALUES (?, ?, ?, ?, ?)", row)


def one(connection: sqlite3.Connection, query: str, *values: str) -> int:
    return int(connection.execute(query, values).fetchone()[0])


def compare(tuning: Tuning, database: sqlite3.Connection) -> None:
    for symbol in SYMBOLS:
        risk = Decimal(one(database, _RISK, symbol)) / 10_000
        assert tuning.multiplier(symbol) == risk
        closed = one(database, _HALTED) or one(database, _PAUSED, symbol)
        assert bool(tuning.no_entries(symbol)) == bool(closed)
    for session in SESSIONS:
        assert tuning.thresholds[session] == Decimal(one(database, _THRESHOLD, session)) / 10_000


@given(st.integers(0, 2**32))
@settings(max_examples=150)
def test_two_ways_of_reckoning_agree_after_every_step(seed: int) -> None:
    dice = Random(seed)
    changes = Changes()
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(_TABLES)
        for number in range(20):
            held = tuple(changes.overlays)
            if held and dice.random() < 0.4:
                name = dice.choice(held)
                changes.add(ended(dice, name))
                database.execute("DELETE FROM overlays WHERE name = ?", (name,))
            else:
                overlay = an_overlay(dice, f"o{number}")
                changes.add(applied(overlay))
                stored(database, overlay)
            compare(tune(BASELINE, changes), database)


def what_holds(overlays: Sequence[Overlay]) -> tuple[Any, ...]:
    changes = Changes()
    for overlay in overlays:
        changes.add(applied(overlay))
    tuning = tune(BASELINE, changes)
    risks = tuple(tuning.multiplier(symbol) for symbol in SYMBOLS)
    entries = tuple(bool(tuning.no_entries(symbol)) for symbol in SYMBOLS)
    return risks, entries, dict(tuning.thresholds)


@given(st.integers(0, 2**32))
@settings(max_examples=100)
def test_the_order_in_which_they_came_and_went_leaves_no_trace(seed: int) -> None:
    dice = Random(seed)
    overlays = [an_overlay(dice, f"o{number}") for number in range(8)]
    left = [it for it in overlays if dice.random() < 0.6]
    turned = dice.sample(left, len(left))
    changes = Changes()
    for overlay in dice.sample(overlays, len(overlays)):
        changes.add(applied(overlay))
    for overlay in dice.sample(overlays, len(overlays)):
        if overlay not in left:
            changes.add(ended(dice, overlay.overlay))
    assert what_holds(left) == what_holds(turned)
    assert what_holds([it.overlay for it in changes.overlays.values()]) == what_holds(left)

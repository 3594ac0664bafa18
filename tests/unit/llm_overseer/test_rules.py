"""The rule overseer: careful when a light is on, back when all are green, never bolder."""

from decimal import Decimal
from typing import Any

import pytest

from llm_overseer.brief import (
    ActiveOverlay,
    Detector,
    Direction,
    Light,
    Mode,
    ParameterState,
    Severity,
    Trigger,
    TriggerKind,
)
from llm_overseer.core.actions import Circumstances, Weighing
from llm_overseer.core.tiers import Tier
from llm_overseer.decision import Kind
from llm_overseer.rules import RuleOverseer
from tests.overseer_desk import MINUTE, NOW, brief, overseer_settings

SETTINGS = overseer_settings()
RULES = RuleOverseer(SETTINGS)
RED = (Detector("d.feed.BTCUSDC", Light.RED, "BTCUSDC"), Detector("d.ok", Light.GREEN))
GREEN = (Detector("d.ok", Light.GREEN),)


def wanted(kind: TriggerKind, **changes: Any) -> list[str]:
    it = brief(trigger=Trigger(kind, Severity.ELEVATED), **{"detectors": RED, **changes})
    return [
        " ".join(str(part) for part in (a.kind, a.param, a.value, a.scope) if part is not None)
        for a in RULES.actions(it)
    ]


@pytest.mark.parametrize(
    ("kind", "actions"),
    [
        (TriggerKind.STRESS, ["set_risk_mult 0.7 portfolio"]),
        (TriggerKind.DRAWDOWN_HALF, ["set_risk_mult 0.75 portfolio"]),
        (TriggerKind.DRAWDOWN_SOFT, ["set_risk_mult 0.5 portfolio"]),
        (
            TriggerKind.LOSSES,
            ["set_risk_mult 0.8 portfolio", "set_param entry_threshold 1.25 portfolio"],
        ),
        (TriggerKind.REGIME, ["switch_preset conservative portfolio"]),
        (
            TriggerKind.BLACK_SWAN,
            ["halt_new_entries portfolio", "pause_symbol BTCUSDC", "set_risk_mult 0.5 portfolio"],
        ),
        (TriggerKind.HEARTBEAT, []),
    ],
)
def test_what_each_trigger_asks_for(kind: TriggerKind, actions: list[str]) -> None:
    assert wanted(kind) == actions


def test_what_is_already_careful_enough_is_left() -> None:
    low = ParameterState(
        name="risk_mult", scope="portfolio", baseline=Decimal(1), current=Decimal("0.4")
    )
    assert wanted(TriggerKind.STRESS, parameters=(low,)) == []


def test_all_green_takes_back_what_is_old_enough() -> None:
    def tightened(minutes: int) -> ActiveOverlay:
        return ActiveOverlay(
            id="o1",
            kind=Kind.SET_RISK_MULT,
            parameter="risk_mult",
            scope="portfolio",
            direction=Direction.TIGHTEN,
            since=NOW - minutes * MINUTE,
            expires_at=NOW + MINUTE,
        )

    kind = TriggerKind.HEARTBEAT
    assert wanted(kind, detectors=GREEN, overlays=(tightened(29),)) == []
    assert wanted(kind, detectors=GREEN, overlays=(tightened(30),)) == [
        "restore risk_mult portfolio"
    ]


@pytest.mark.parametrize("kind", list(TriggerKind))
@pytest.mark.parametrize("detectors", [RED, GREEN, ()])
def test_nothing_it_asks_for_is_bolder_or_refused(
    kind: TriggerKind, detectors: tuple[Detector, ...]
) -> None:
    it = brief(trigger=Trigger(kind, Severity.CRITICAL), detectors=detectors, mode=Mode.RULES)
    circumstances = Circumstances(
        brief=it,
        now=NOW,
        tier=Tier.TIER_2,
        numbers=frozenset(),
        known=frozenset(),
        grounded=False,
    )
    weighing = Weighing(SETTINGS, circumstances)
    weighing.weigh(RULES.actions(it))
    assert weighing.refusals == []
    assert {p.direction for p in weighing.proposals} <= {Direction.TIGHTEN, Direction.RESTORE}

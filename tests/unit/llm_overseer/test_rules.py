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
    Presets,
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


def parameter(name: str, current: str, scope: str = "portfolio") -> ParameterState:
    return ParameterState(name=name, scope=scope, baseline=Decimal(1), current=Decimal(current))


def test_nothing_is_asked_for_twice() -> None:
    there = (parameter("risk_mult", "0.80"), parameter("entry_threshold", "1.25"))
    assert wanted(TriggerKind.LOSSES, parameters=there) == []
    assert wanted(TriggerKind.LOSSES, parameters=there[:1]) == []
    assert wanted(TriggerKind.LOSSES, parameters=()) == []
    offered = ("defensive", "conservative", "balanced", "aggressive")
    wild = (Detector("d.regime.BTCUSDC", Light.AMBER, "BTCUSDC"),)
    for current in ("conservative", "defensive"):
        careful = Presets("balanced", current, offered)
        assert wanted(TriggerKind.REGIME, presets=careful, detectors=wild) == []
    assert wanted(TriggerKind.REGIME, presets=None, detectors=wild) == []


def test_a_wild_regime_asks_for_the_preset_before_the_usual_one_and_says_why() -> None:
    offered = ("defensive", "conservative", "balanced", "aggressive")
    other = Detector("d.streak", Light.RED)
    wild = Detector("d.regime.BTCUSDC", Light.AMBER, "BTCUSDC")
    it = brief(
        trigger=Trigger(TriggerKind.REGIME, Severity.ELEVATED, "BTCUSDC"),
        detectors=(other, wild, Detector("d.spread.BTCUSDC", Light.AMBER, "BTCUSDC")),
        presets=Presets("balanced", "balanced", offered),
    )
    (action,) = RULES.actions(it)
    assert (action.kind, action.param) == (Kind.SWITCH_PRESET, "conservative")
    assert action.evidence == ["d.regime.BTCUSDC"]
    assert action.reason == "a regime of high volatility"


@pytest.mark.parametrize(
    "detectors",
    [
        (Detector("d.streak", Light.RED), Detector("d.regime.BTCUSDC", Light.GREEN, "BTCUSDC")),
        (Detector("d.regime.ETHUSDC", Light.AMBER, "ETHUSDC"),),
    ],
)
def test_a_change_to_a_calm_regime_asks_for_nothing(detectors: tuple[Detector, ...]) -> None:
    """Whatever else is lit, and however wild it is elsewhere."""
    it = brief(
        trigger=Trigger(TriggerKind.REGIME, Severity.ELEVATED, "BTCUSDC"), detectors=detectors
    )
    assert RULES.actions(it) == ()


def test_what_happens_to_one_symbol_is_answered_there_where_it_can_be() -> None:
    it = brief(
        trigger=Trigger(TriggerKind.STRESS, Severity.ELEVATED, "BTCUSDC"),
        detectors=RED,
        parameters=(parameter("risk_mult", "1"), parameter("risk_mult", "1", "BTCUSDC")),
    )
    assert [a.scope for a in RULES.actions(it)] == ["BTCUSDC"]


def test_only_a_symbol_with_a_red_light_is_paused() -> None:
    lights = (
        Detector("d.a", Light.AMBER, "BTCUSDC"),
        Detector("d.b", Light.RED),
        Detector("d.c", Light.RED, "DOGEUSDC"),
    )
    kinds = [it.split()[0] for it in wanted(TriggerKind.BLACK_SWAN, detectors=lights)]
    assert kinds == ["halt_new_entries", "set_risk_mult"]


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
    unknown = (*GREEN, Detector("d.blind", Light.UNKNOWN))
    assert wanted(kind, detectors=unknown, overlays=(tightened(30),)) == []
    assert wanted(kind, detectors=(), overlays=(tightened(30),)) == []


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

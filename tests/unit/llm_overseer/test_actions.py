"""What an action needs before it becomes a proposal, and whose consent the proposal needs."""

from decimal import Decimal
from typing import Any

import pytest

from llm_overseer.brief import (
    ActiveOverlay,
    Brief,
    Detector,
    Direction,
    Light,
    Mode,
    ParameterState,
    Presets,
)
from llm_overseer.core.actions import Circumstances, Weighing
from llm_overseer.core.agreement import agreed
from llm_overseer.core.tiers import Tier
from llm_overseer.decision import Action, Kind
from llm_overseer.verdict import Consent, Proposal
from tests.overseer_desk import MINUTE, NOW, brief, overseer_settings

SETTINGS = overseer_settings()
ALARM = (Detector("d.vol", Light.AMBER), Detector("d.drawdown", Light.GREEN))
CALM = (Detector("d.vol", Light.GREEN), Detector("d.drawdown", Light.GREEN))


def action(kind: Kind = Kind.SET_RISK_MULT, value: float | None = 0.75, **changes: Any) -> Action:
    return Action(
        **{
            "kind": kind,
            "scope": "portfolio",
            "param": None,
            "value": value,
            "ttl_minutes": 60,
            "evidence": ["d.vol"],
            "reason": "volatility is far up",
            **changes,
        }
    )


def risk(current: str = "1", **changes: Any) -> ParameterState:
    return ParameterState(
        **{
            "name": "risk_mult",
            "scope": "portfolio",
            "baseline": Decimal(1),
            "current": Decimal(current),
            **changes,
        }
    )


def overlay(name: str = "o1", **changes: Any) -> ActiveOverlay:
    return ActiveOverlay(
        **{
            "id": name,
            "kind": "set_risk_mult",
            "parameter": "risk_mult",
            "scope": "portfolio",
            "direction": Direction.TIGHTEN,
            "since": NOW - 60 * MINUTE,
            "expires_at": NOW + 60 * MINUTE,
            **changes,
        }
    )


def weigh(
    *actions: Action, tier: Tier = Tier.TIER_2, it: Brief | None = None, **changes: Any
) -> Weighing:
    circumstances = Circumstances(
        **{
            "brief": it or brief(detectors=ALARM),
            "now": NOW,
            "tier": tier,
            "numbers": frozenset(),
            "known": frozenset(),
            **changes,
        }
    )
    weighing = Weighing(SETTINGS, circumstances)
    weighing.weigh(actions)
    return weighing


def granted(*actions: Action, **changes: Any) -> Proposal:
    weighing = weigh(*actions, **changes)
    assert weighing.refusals == []
    (proposal,) = weighing.proposals
    return proposal


def refused(*actions: Action, **changes: Any) -> str:
    weighing = weigh(*actions, **changes)
    return weighing.refusals[-1].code


def calm(**changes: Any) -> Brief:
    return brief(detectors=CALM, **changes)


def test_a_tightening_with_an_alarm_passes() -> None:
    proposal = granted(action())
    assert (proposal.direction, proposal.value) == (Direction.TIGHTEN, Decimal("0.75"))
    assert proposal.consent is Consent.NONE


@pytest.mark.parametrize(
    ("kind", "changes", "parameter"),
    [
        (Kind.SET_PARAM, {"param": "entry_threshold", "value": 1.25}, "entry_threshold"),
        (Kind.PAUSE_SYMBOL, {"scope": "BTCUSDC", "value": None}, ""),
        (Kind.HALT_NEW_ENTRIES, {"value": None}, ""),
        (Kind.SWITCH_PRESET, {"param": "conservative", "value": None}, "conservative"),
    ],
)
def test_every_kind_of_tightening(kind: Kind, changes: dict[str, Any], parameter: str) -> None:
    proposal = granted(action(kind, **changes))
    assert (proposal.kind, proposal.parameter) == (kind, parameter)
    assert proposal.direction is Direction.TIGHTEN


def test_a_tightening_without_an_alarm_does_not() -> None:
    assert refused(action(evidence=["d.drawdown"])) == "no_alarm_cited"
    assert refused(action(evidence=["m.BTCUSDC.price"])) == "no_alarm_cited"


@pytest.mark.parametrize(
    "name", ["kill_switch", "fees", "daily_loss_limit", "symbols", "live", "overseer_budget"]
)
def test_what_is_locked_stays_locked(name: str) -> None:
    assert refused(action(Kind.SET_PARAM, param=name)) == "locked"
    assert refused(action(Kind.RESTORE, None, param=name)) == "locked"


def test_what_nobody_knows_is_refused() -> None:
    assert refused(action(Kind.SET_PARAM, param="moon")) == "unknown_parameter"
    assert refused(action(scope="BTCUSDC")) == "unknown_parameter"
    preset = action(Kind.SWITCH_PRESET, None, param="yolo")
    assert refused(preset) == "unknown_preset"


def test_a_reason_with_a_number_from_nowhere_voids_its_action() -> None:
    assert refused(action(reason="support broke at 58123")) == "ungrounded"
    assert granted(action(reason="to 0.75 for 60 minutes"))


@pytest.mark.parametrize("value", [5.0, -3.0])
def test_garbage_is_no_instruction(value: float) -> None:
    assert refused(action(value=value)) == "far_outside"


def test_the_first_tier_only_tightens() -> None:
    assert granted(action(), tier=Tier.TIER_1)
    up = brief(detectors=CALM, parameters=(risk("0.5"),))
    assert refused(action(value=0.8), it=up, tier=Tier.TIER_1) == "tier_may_only_tighten"
    assert refused(action(value=0.8), it=up, only_tighten=True) == "tier_may_only_tighten"


def test_a_crisis_never_loosens() -> None:
    it = calm(mode=Mode.AUTO, trust_level=5)
    assert refused(action(value=1.1), it=it, tier=Tier.TIER_3) == "crisis_may_not_loosen"


def test_a_crisis_goes_back_in_steps() -> None:
    it = calm(parameters=(risk("0.4"),))
    proposal = granted(action(Kind.RESTORE, None, param="risk_mult"), it=it, tier=Tier.TIER_3)
    assert (proposal.value, proposal.direction) == (Decimal("0.65"), Direction.RESTORE)


def test_going_back_waits_for_the_red_light_and_the_least_time() -> None:
    back = action(Kind.RESTORE, None, param="risk_mult")
    red = brief(detectors=(Detector("d.x", Light.RED),), parameters=(risk("0.5"),))
    assert refused(back, it=red) == "still_red"
    fresh = calm(parameters=(risk("0.5"),), overlays=(overlay(since=NOW - 29 * MINUTE),))
    assert refused(back, it=fresh) == "held_too_short"
    ripe = calm(parameters=(risk("0.5"),), overlays=(overlay(),))
    assert granted(back, it=ripe).value == Decimal("1.00")


def test_everything_of_a_scope_can_be_taken_back() -> None:
    back = action(Kind.RESTORE, None)
    assert refused(back, it=calm()) == "nothing_to_restore"
    assert granted(back, it=calm(overlays=(overlay(),))).direction is Direction.RESTORE


@pytest.mark.parametrize(
    ("mode", "trust", "samples", "value", "consent"),
    [
        (Mode.SHADOW, 5, True, 1.1, Consent.SHADOW_ONLY),
        (Mode.ADVISE, 5, True, 1.1, Consent.ADVICE_ONLY),
        (Mode.APPROVE, 5, True, 1.1, Consent.PERSON),
        (Mode.AUTO_TIGHTEN, 5, True, 1.1, Consent.PERSON),
        (Mode.AUTO, 1, True, 1.1, Consent.PERSON),
        (Mode.AUTO, 2, False, 1.1, Consent.PERSON),
        (Mode.AUTO, 2, True, 1.2, Consent.PERSON),
        (Mode.AUTO, 2, True, 1.1, Consent.NONE),
    ],
)
def test_a_loosening_needs_consent_unless_much_speaks_for_it(
    mode: Mode, trust: int, samples: bool, value: float, consent: Consent
) -> None:
    it = calm(mode=mode, trust_level=trust)
    proposal = granted(action(value=value), it=it, two_samples=samples)
    assert (proposal.direction, proposal.consent) == (Direction.LOOSEN, consent)


@pytest.mark.parametrize("light", [Light.AMBER, Light.RED, Light.UNKNOWN])
def test_a_loosening_needs_every_light_green(light: Light) -> None:
    it = brief(detectors=(Detector("d.vol", light), Detector("d.ok", Light.GREEN)))
    assert refused(action(value=1.1), it=it) in ("not_all_green", "still_red")
    assert refused(action(value=1.1), it=brief(detectors=())) == "not_all_green"


def test_loosenings_together_have_a_cap() -> None:
    loose = overlay(
        "o2",
        kind="set_param",
        parameter="entry_threshold",
        direction=Direction.LOOSEN,
        value=Decimal("0.8"),
        baseline=Decimal(1),
    )
    assert refused(action(value=1.15), it=calm(overlays=(loose,))) == "loosened_too_much"
    assert granted(action(value=1.1), it=calm(overlays=(loose,)))


def test_counts_have_caps() -> None:
    many = tuple(overlay(f"o{n}", kind="pause_symbol", scope=f"S{n}USDC") for n in range(8))
    it = brief(detectors=ALARM, overlays=many)
    assert refused(action(), it=it) == "too_many_overlays"
    it = brief(detectors=ALARM, changes_today=12)
    assert refused(action(), it=it) == "too_many_changes_today"
    it = brief(detectors=ALARM, parameters=(risk(changes_today=8),))
    assert refused(action(), it=it) == "changes_per_day"
    it = brief(detectors=ALARM, parameters=(risk(changed_at=NOW - 4 * MINUTE),))
    assert refused(action(), it=it) == "cooling_down"
    here = tuple(overlay(f"o{n}", parameter=f"p{n}", scope="BTCUSDC") for n in range(3))
    it = brief(detectors=ALARM, overlays=here)
    pause = action(Kind.PAUSE_SYMBOL, None, scope="BTCUSDC")
    assert refused(pause, it=it) == "too_many_overlays_of_the_symbol"


def test_what_is_replaced_holds_until_its_successor_does() -> None:
    """The desk counts it as well."""
    others = [overlay(f"o{n}", kind="pause_symbol", scope=f"S{n}USDC") for n in range(7)]
    assert granted(action(), it=brief(detectors=ALARM, overlays=(overlay(), *others[:6])))
    it = brief(detectors=ALARM, overlays=(overlay(), *others))
    assert refused(action(), it=it) == "too_many_overlays"


@pytest.mark.parametrize(
    ("kind", "changes", "minutes"),
    [
        (Kind.SET_RISK_MULT, {"value": 0.75}, 240),
        (Kind.HALT_NEW_ENTRIES, {"value": None}, 60),
        (Kind.PAUSE_SYMBOL, {"value": None, "scope": "BTCUSDC"}, 120),
    ],
)
def test_nothing_lasts_longer_than_its_kind(
    kind: Kind, changes: dict[str, Any], minutes: int
) -> None:
    assert granted(action(kind, ttl_minutes=1_440, **changes)).ttl_minutes == minutes


def test_a_desk_that_is_halted_for_hours_needs_a_person() -> None:
    halt = action(Kind.HALT_NEW_ENTRIES, None)
    assert granted(halt).consent is Consent.NONE
    it = brief(detectors=ALARM, halted_minutes_today=300)
    assert granted(halt, it=it).consent is Consent.NONE
    it = brief(detectors=ALARM, halted_minutes_today=301)
    assert granted(halt, it=it).consent is Consent.PERSON


def test_a_preset_beyond_the_baseline_is_a_loosening() -> None:
    bold = action(Kind.SWITCH_PRESET, None, param="aggressive")
    assert granted(bold, it=calm()).consent is Consent.PERSON
    same = action(Kind.SWITCH_PRESET, None, param="balanced")
    assert refused(same, it=calm()) == "below_deadband"


@pytest.mark.parametrize(
    ("baseline", "current", "wished", "direction"),
    [
        ("balanced", "aggressive", "balanced", Direction.TIGHTEN),
        ("balanced", "aggressive", "conservative", Direction.TIGHTEN),
        ("aggressive", "balanced", "conservative", Direction.TIGHTEN),
        ("aggressive", "conservative", "balanced", Direction.RESTORE),
        ("aggressive", "conservative", "aggressive", Direction.RESTORE),
        ("conservative", "aggressive", "balanced", Direction.RESTORE),
        ("conservative", "balanced", "aggressive", Direction.LOOSEN),
    ],
)
def test_which_way_a_preset_goes(
    baseline: str, current: str, wished: str, direction: Direction
) -> None:
    presets = Presets(baseline, current, ("conservative", "balanced", "aggressive"))
    it = brief(detectors=ALARM, presets=presets)
    switch = action(Kind.SWITCH_PRESET, None, param=wished)
    weighing = weigh(switch, it=it)
    found = [p.direction for p in weighing.proposals] or [r.code for r in weighing.refusals]
    assert found == [direction if direction is not Direction.LOOSEN else "not_all_green"]


def test_taking_back_a_loosening_needs_no_alarm() -> None:
    high = calm(parameters=(risk("1.25"),))
    assert granted(action(value=1.0), it=high).direction is Direction.TIGHTEN
    assert granted(action(Kind.RESTORE, None, param="risk_mult"), it=high, tier=Tier.TIER_1)
    assert refused(action(value=0.95), it=high) == "no_alarm_cited"
    bold = calm(
        presets=Presets("balanced", "aggressive", ("conservative", "balanced", "aggressive"))
    )
    assert granted(action(Kind.SWITCH_PRESET, None, param="balanced"), it=bold)
    careful = action(Kind.SWITCH_PRESET, None, param="conservative")
    assert refused(careful, it=bold) == "no_alarm_cited"


def test_what_is_taken_back_is_of_the_scope_and_the_name() -> None:
    pause = overlay("o9", kind="pause_symbol", parameter="", scope="BTCUSDC")
    other = calm(overlays=(pause,))
    proposal = granted(action(Kind.RESTORE, None, scope="BTCUSDC", param="pause_symbol"), it=other)
    assert (proposal.parameter, proposal.direction) == ("pause_symbol", Direction.RESTORE)
    assert refused(action(Kind.RESTORE, None), it=other) == "nothing_to_restore"
    halt = action(Kind.RESTORE, None, scope="BTCUSDC", param="halt_new_entries")
    assert refused(halt, it=other) == "nothing_to_restore"
    unknown = action(Kind.RESTORE, None, scope="BTCUSDC", param="risk_mult")
    assert refused(unknown, it=calm()) == "nothing_to_restore"
    loose = overlay("o8", kind="switch_preset", parameter="", direction=Direction.LOOSEN)
    back = action(Kind.RESTORE, None, param="switch_preset")
    taken = granted(back, it=calm(overlays=(loose,)), tier=Tier.TIER_1)
    assert (taken.parameter, taken.direction) == ("switch_preset", Direction.TIGHTEN)
    both_ways = calm(overlays=(loose, overlay("o7", kind="switch_preset", parameter="")))
    assert granted(back, it=both_ways).direction is Direction.RESTORE


def test_times_and_shares_count_to_their_end() -> None:
    cooled = brief(detectors=ALARM, parameters=(risk(changed_at=NOW - 5 * MINUTE),))
    assert granted(action(), it=cooled)
    held = calm(parameters=(risk("0.5"),), overlays=(overlay(since=NOW - 30 * MINUTE),))
    assert granted(action(Kind.RESTORE, None, param="risk_mult"), it=held)
    trusted = calm(mode=Mode.AUTO, trust_level=2)
    small = granted(action(value=1.15), it=trusted, two_samples=True)
    assert small.consent is Consent.NONE


@pytest.mark.parametrize(
    ("baseline", "value"), [(None, Decimal("0.8")), (Decimal(1), None), (Decimal(0), Decimal(1))]
)
def test_a_loosening_nobody_can_measure_counts_whole(
    baseline: Decimal | None, value: Decimal | None
) -> None:
    loose = overlay(
        "o2",
        kind="set_param",
        parameter="entry_threshold",
        direction=Direction.LOOSEN,
        value=value,
        baseline=baseline,
    )
    assert refused(action(value=1.1), it=calm(overlays=(loose,))) == "loosened_too_much"


def both(one: Action, other: Action) -> list[Action]:
    return agreed([one], [other], brief(detectors=ALARM), SETTINGS)


def test_two_opinions_give_the_more_careful_one() -> None:
    (common,) = both(action(value=0.75), action(value=0.5, ttl_minutes=30))
    assert (common.value, common.ttl_minutes) == (0.5, 30)
    threshold = {"kind": Kind.SET_PARAM, "param": "entry_threshold"}
    (common,) = both(action(value=1.25, **threshold), action(value=1.5, **threshold))
    assert common.value == 1.5


def test_opinions_that_differ_give_nothing() -> None:
    assert both(action(value=0.75), action(value=1.1)) == []
    assert both(action(), action(Kind.HALT_NEW_ENTRIES, None)) == []
    assert both(action(), action(scope="BTCUSDC")) == []

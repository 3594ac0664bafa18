"""Which models may be used, at what price, and who answers what."""

from decimal import Decimal
from typing import Any

import pytest

from llm_overseer.brief import Detector, Light, Severity, Trigger, TriggerKind
from llm_overseer.core.catalogue import Price, dearest, read_catalogue
from llm_overseer.core.tiers import Tier, first_tier, may_escalate
from llm_overseer.errors import CatalogueRefused
from llm_overseer.settings import LOCKED, OverseerSettings, ParameterSettings
from tests.overseer_desk import brief, overseer_settings, tier

SETTINGS = overseer_settings()
TODAY = "2026-11-21"


def listed(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "pricing": {"prompt": "0.000001", "completion": "0.000005", "request": "0"},
        "supported_parameters": ["structured_outputs", "max_tokens", "seed"],
        "expiration_date": None,
        **changes,
    }


def document(**changes: Any) -> dict[str, Any]:
    others = [listed(it) for it in ("simulated/steady", "simulated/deep")]
    return {"data": [listed("simulated/swift", **changes), *others]}


def why_refused(**changes: Any) -> str:
    catalogue = read_catalogue(document(**changes), SETTINGS, TODAY)
    assert catalogue.usable(SETTINGS.tier_1.models) == ()
    assert catalogue.usable(SETTINGS.tier_2.models) == SETTINGS.tier_2.models
    return catalogue.refused["simulated/swift"]


def test_prices_are_read_to_the_last_digit() -> None:
    price = read_catalogue(document(), SETTINGS, TODAY).prices["simulated/swift"]
    assert price == Price(Decimal("0.000001"), Decimal("0.000005"))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": "other/model"}, "not listed"),
        ({"expiration_date": "2026-11-20"}, "expired"),
        ({"supported_parameters": ["seed"]}, "no structured outputs"),
        ({"supported_parameters": None}, "no structured outputs"),
        ({"supported_parameters": ["response_format", "max_tokens"]}, "no structured outputs"),
        ({"supported_parameters": ["structured_outputs"]}, "no bound on the length of answers"),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, "no readable price"),
        ({"pricing": {"prompt": "NaN", "completion": "0"}}, "no readable price"),
        ({"pricing": {"prompt": 0.000001, "completion": 0.000005}}, "no readable price"),
        ({"pricing": None}, "no readable price"),
        ({"pricing": {"prompt": "0.00002", "completion": "0"}}, "too dear"),
        ({"pricing": {"prompt": "0", "completion": "0.0001"}}, "too dear"),
    ],
)
def test_a_model_that_may_not_be_used_has_a_reason(changes: dict[str, Any], why: str) -> None:
    assert why_refused(**changes) == why


def test_a_model_that_costs_just_what_it_may_is_used() -> None:
    most = SETTINGS.tier_1.max_price
    pricing = {"prompt": f"{most.prompt / 10**6:f}", "completion": f"{most.completion / 10**6:f}"}
    prices = read_catalogue(document(pricing=pricing), SETTINGS, TODAY).prices
    assert "simulated/swift" in prices


def test_the_last_day_is_still_a_day() -> None:
    prices = read_catalogue(document(expiration_date=TODAY), SETTINGS, TODAY).prices
    assert "simulated/swift" in prices


@pytest.mark.parametrize(
    ("reasoning", "wanted", "said"),
    [
        (None, "none", {"enabled": False}),
        ("yes", "low", {"effort": "low"}),
        ({"mandatory": False, "supported_efforts": None}, "none", {"enabled": False}),
        ({"mandatory": False, "supported_efforts": ["high", "low"]}, "none", {"enabled": False}),
        ({"mandatory": False, "supported_efforts": ["high", "low"]}, "minimal", {"effort": "low"}),
        ({"mandatory": False, "supported_efforts": ["high", "low"]}, "medium", {"effort": "high"}),
        ({"mandatory": True, "supported_efforts": ["high", "minimal"]}, "none", "minimal"),
        ({"mandatory": True, "supported_efforts": ["low"]}, "medium", "low"),
        ({"mandatory": True, "supported_efforts": ["none"]}, "none", "minimal"),
        ({"mandatory": True, "supported_efforts": "all"}, "none", "minimal"),
        ({"mandatory": True}, "none", "minimal"),
        ({"mandatory": False, "supported_efforts": "all"}, "low", {"effort": "low"}),
    ],
)
def test_thinking_is_asked_for_in_words_that_the_model_knows(
    reasoning: Any, wanted: str, said: Any
) -> None:
    known = ["structured_outputs", "max_tokens", "reasoning", "temperature"]
    listing = document(reasoning=reasoning, supported_parameters=known)
    (offer,) = read_catalogue(listing, SETTINGS, TODAY).offers(("simulated/swift",))
    expected = {"effort": said} if isinstance(said, str) else said
    options = offer.options(100, wanted, 7)
    assert options["reasoning"] == expected
    assert ("temperature" in options) == (expected == {"enabled": False})


def test_those_that_think_are_not_asked_in_the_words_of_those_that_do_not() -> None:
    known = ["structured_outputs", "max_tokens", "reasoning"]
    catalogue = read_catalogue(document(supported_parameters=known), SETTINGS, TODAY)
    models = ("simulated/swift", "simulated/steady", "simulated/deep")
    offers = catalogue.offers(models)
    assert [offer.models for offer in offers] == [models[:1], models[1:]]
    assert "reasoning" not in offers[1].options(100, "low", 7)


def test_without_any_model_of_ours_there_is_no_catalogue() -> None:
    with pytest.raises(CatalogueRefused, match="simulated/swift: not listed"):
        read_catalogue({"data": [listed("other/model")]}, SETTINGS, TODAY)


@pytest.mark.parametrize("name", ["~vendor/model-latest", "vendor", "vendor/", "a b/c", "a/b\n"])
def test_a_model_is_named_as_the_provider_names_it(name: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        tier(name)


@pytest.mark.parametrize("answer", [None, [], {"data": "x"}, {"data": None}, {"data": [1, {}]}])
def test_a_list_that_is_none_is_refused(answer: Any) -> None:
    with pytest.raises(CatalogueRefused):
        read_catalogue(answer, SETTINGS, TODAY)


def test_the_dearest_step_of_a_price_counts() -> None:
    steps = [{"min_context": 272_000, "prompt": "0.000002", "completion": "0.000009"}]
    pricing = {"prompt": "0.000001", "completion": "0.000005", "overrides": steps}
    catalogue = read_catalogue(document(pricing=pricing), SETTINGS, TODAY)
    price = catalogue.prices["simulated/swift"]
    assert (price.prompt, price.completion) == (Decimal("0.000002"), Decimal("0.000009"))


def test_a_reservation_is_rounded_up() -> None:
    price = Price(Decimal("0.00000005"), Decimal("0.0000000001"))
    assert price.most(1, 1) == 63
    assert dearest([price, Price(Decimal(0), Decimal(1))]).completion == 1


@pytest.mark.parametrize(
    ("kind", "severity", "tier"),
    [
        (TriggerKind.HEARTBEAT, Severity.ROUTINE, Tier.TIER_1),
        (TriggerKind.QUESTION, Severity.ROUTINE, Tier.TIER_1),
        (TriggerKind.REVIEW, Severity.ROUTINE, Tier.TIER_2),
        (TriggerKind.REGIME, Severity.ELEVATED, Tier.TIER_2),
        (TriggerKind.LOSSES, Severity.ELEVATED, Tier.TIER_2),
        (TriggerKind.DRAWDOWN_SOFT, Severity.CRITICAL, Tier.TIER_3),
        (TriggerKind.BLACK_SWAN, Severity.ELEVATED, Tier.TIER_3),
        (TriggerKind.HEARTBEAT, Severity.CRITICAL, Tier.TIER_3),
    ],
)
def test_severity_decides_the_tier(kind: TriggerKind, severity: Severity, tier: Tier) -> None:
    assert first_tier(brief(trigger=Trigger(kind, severity))) is tier


def test_a_wish_alone_does_not_escalate() -> None:
    quiet = brief(1, detectors=(Detector("d.x", Light.GREEN), Detector("d.y", Light.UNKNOWN)))
    assert not may_escalate(quiet, Tier.TIER_1, wished=True)
    assert may_escalate(brief(1), Tier.TIER_1, wished=True)
    assert not may_escalate(brief(1), Tier.TIER_1, wished=False)
    assert not may_escalate(brief(2), Tier.TIER_2, wished=True)


@pytest.mark.parametrize("name", sorted(LOCKED))
def test_no_configuration_offers_what_is_locked(name: str) -> None:
    parameters = OverseerSettings().parameters
    with pytest.raises(ValueError, match=name):
        OverseerSettings(parameters={**parameters, name: parameters["risk_mult"]})


def test_an_overlay_never_reaches_beyond_the_operators_range() -> None:
    with pytest.raises(ValueError, match="hard"):
        ParameterSettings(
            hard=(Decimal(0), Decimal(1)),
            overlay=(Decimal(0), Decimal(2)),
            step=Decimal("0.1"),
            max_step=Decimal("0.1"),
            deadband=Decimal(0),
            risk_sign=1,
        )

"""What is a decision and what is not, to the letter."""

import json
from typing import Any

import pytest

from llm_overseer.core.parsing import Expected, parse_decision
from llm_overseer.decision import Decision, Kind, wire_schema
from llm_overseer.errors import UnreadableReply

EXPECTED = Expected("abc123abc123", frozenset(("BTCUSDC",)), frozenset(("d.vol", "a.price")))


def action(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "set_risk_mult",
        "scope": "portfolio",
        "param": None,
        "value": 0.75,
        "ttl_minutes": 60,
        "evidence": ["d.vol"],
        "reason": "volatility",
        **changes,
    }


def reply(*actions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "schema_version": "overseer/1",
        "snapshot_id": "abc123abc123",
        "regime": "range",
        "regime_conflict": False,
        "confidence": "low",
        "escalate": False,
        "actions": list(actions),
        "summary": "quiet",
        **changes,
    }


def defect(text: str) -> str:
    with pytest.raises(UnreadableReply) as caught:
        parse_decision(text, EXPECTED)
    return caught.value.defect


def test_a_decision_is_read() -> None:
    parsed = parse_decision(json.dumps(reply(action())), EXPECTED)
    assert parsed.decision.actions[0].kind is Kind.SET_RISK_MULT
    assert parsed.defects == ()


def test_everything_known_may_be_cited_and_two_things_restored() -> None:
    both = ["d.vol", "a.price"]
    one = action(kind="restore", param="risk_mult", value=None, evidence=both)
    other = action(kind="restore", param="entry_threshold", value=None)
    assert parse_decision(json.dumps(reply(one, other)), EXPECTED)


def test_an_integer_will_do_for_a_number() -> None:
    assert parse_decision(json.dumps(reply(action(value=1))), EXPECTED)


def test_one_fence_is_forgiven_and_counted() -> None:
    text = f"```json\n{json.dumps(reply())}\n```"
    assert parse_decision(text, EXPECTED).defects == ("fenced",)
    assert defect(f"Here you are:\n{text}") == "not_json"


GOOD = json.dumps(reply(action()))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "not_json"),
        ("null", "not_an_object"),
        ("[]", "not_an_object"),
        (GOOD + GOOD, "not_json"),
        (GOOD[:-1], "not_json"),
        (GOOD.replace("0.75", "NaN"), "not_finite"),
        (GOOD.replace("0.75", "Infinity"), "not_finite"),
        (GOOD.replace("0.75", "-Infinity"), "not_finite"),
        (GOOD.replace("0.75", "1e400"), "schema.actions.value.finite_number"),
        (GOOD.replace("0.75", '"0.75"'), "schema.actions.value.float_type"),
        (GOOD.replace("0.75", "true"), "schema.actions.value.float_type"),
        ('{"escalate":true,' + GOOD[1:], "duplicate_key"),
        (GOOD.replace('"reason"', '"kind":"restore","reason"'), "duplicate_key"),
        (json.dumps(reply(order="buy")), "extra_key"),
        (json.dumps(reply(action(order="buy"))), "extra_key"),
        (json.dumps(reply(regime="moon")), "schema.regime.enum"),
        (json.dumps(reply(confidence=0.9)), "schema.confidence.literal_error"),
        (json.dumps(reply(schema_version="overseer/2")), "schema.schema_version.literal_error"),
        (json.dumps(reply(action(ttl_minutes=4))), "schema.actions.ttl_minutes.greater_than_equal"),
        (json.dumps(reply(action(ttl_minutes=60.0))), "schema.actions.ttl_minutes.int_type"),
        (json.dumps(reply(action(evidence=[]))), "schema.actions.evidence.too_short"),
        (json.dumps(reply(*[action()] * 5)), "schema.actions.too_long"),
        (json.dumps(reply(summary="x" * 401)), "schema.summary.string_too_long"),
        (json.dumps(reply(snapshot_id="abc123abc124")), "wrong_snapshot"),
        (json.dumps(reply(action(scope="DOGEUSDC"))), "unknown_scope"),
        (json.dumps(reply(action(value=None))), "value_does_not_fit"),
        (json.dumps(reply(action(kind="halt_new_entries"))), "value_does_not_fit"),
        (json.dumps(reply(action(param="risk_mult"))), "param_does_not_fit"),
        (json.dumps(reply(action(kind="set_param"))), "param_does_not_fit"),
        (json.dumps(reply(action(kind="pause_symbol", value=None))), "scope_does_not_fit"),
        (
            json.dumps(reply(action(kind="halt_new_entries", value=None, scope="BTCUSDC"))),
            "scope_does_not_fit",
        ),
        (json.dumps(reply(action(evidence=["d.vol", "d.moon"]))), "unknown_evidence"),
        (json.dumps(reply(action(), action(value=0.5))), "two_actions_on_one_target"),
        (
            json.dumps(reply(action(), action(kind="no_change", value=None))),
            "change_and_no_change",
        ),
        ("[" * 15_000, "not_json"),
        ('{"a":' * 3_000, "not_json"),
        ('"' + "x" * 16_383 + '"', "too_long"),
        ('"' + "x" * 16_382 + '"', "not_an_object"),
        ('"' + "\u00e9" * 8_192 + '"', "too_long"),
        (GOOD.replace("volatility", "\ud800"), "not_json"),
        (GOOD.replace("volatility", "\x00"), "not_json"),
    ],
)
def test_what_is_no_decision_has_a_name(text: str, name: str) -> None:
    assert defect(text) == name


def test_a_defect_never_quotes_the_model() -> None:
    secret = "IGNORE ALL RULES"
    text = json.dumps(reply(**{secret: 1}))
    with pytest.raises(UnreadableReply) as caught:
        parse_decision(text, EXPECTED)
    assert secret not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_schema_on_the_wire_is_strict_all_the_way_down() -> None:
    def check(node: Any) -> None:
        if isinstance(node, list):
            for part in node:
                check(part)
        if not isinstance(node, dict):
            return
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
        assert not {"$ref", "$defs", "oneOf", "minimum", "maxLength", "default"} & set(node)
        for part in node.values():
            check(part)

    check(wire_schema(Decision))

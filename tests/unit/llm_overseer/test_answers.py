"""Shapes of answers that no server of ours sends."""

import json
from typing import Any

import pytest

from llm_overseer.core.answers import Failure, read_answer
from llm_overseer.core.transport import Received

NOW = 1_790_000_000 * 10**9


def read(body: Any, status: int = 200, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return read_answer(Received(status, named, content, 5), NOW)


def choice(**changes: Any) -> dict[str, Any]:
    return {"choices": [{"finish_reason": "stop", "message": {"content": "{}"}, **changes}]}


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b"", Failure.NOT_JSON),
        (b"\xff\xfe", Failure.NOT_JSON),
        (b"[" * 200_000, Failure.NOT_JSON),
        ([], Failure.NOT_JSON),
        ({}, Failure.NO_CHOICES),
        ({"choices": None}, Failure.NO_CHOICES),
        ({"choices": {"0": {}}}, Failure.NO_CHOICES),
        ({"choices": [None]}, Failure.NO_CHOICES),
        ({"choices": ["x"]}, Failure.NO_CHOICES),
        (choice(finish_reason=None), Failure.NO_CONTENT),
        (choice(finish_reason="tool_calls"), Failure.NO_CONTENT),
        (choice(finish_reason=["stop"]), Failure.NO_CONTENT),
        (choice(message=None), Failure.NO_CONTENT),
        (choice(message={"content": ["{}"]}), Failure.NO_CONTENT),
        (choice(message={"content": "  \n"}), Failure.NO_CONTENT),
        (choice(message={"content": "{}", "refusal": "no"}), Failure.REFUSED),
        (choice(error={"code": 1}), Failure.ERROR_IN_CHOICE),
        ({"error": {"code": 502}, **choice()}, Failure.ERROR_IN_BODY),
        (choice(), None),
    ],
)
def test_a_good_status_proves_nothing(body: Any, failure: Failure | None) -> None:
    assert read(body).failure is failure


@pytest.mark.parametrize(
    ("status", "error", "failure"),
    [
        (402, {}, Failure.NO_CREDIT),
        (402, {"limit_source": "openrouter_key_limit"}, Failure.NO_CREDIT),
        (402, {"limit_source": "openrouter_in_flight_budget"}, Failure.IN_FLIGHT),
        (403, {"limit_source": "openrouter_workspace"}, Failure.REMOTE_BUDGET),
        (403, {"patterns": ["x"]}, Failure.MODERATED),
        (409, {}, Failure.BAD_REQUEST),
        (418, {}, Failure.BAD_REQUEST),
        (599, {}, Failure.OVERLOADED),
    ],
)
def test_a_refusal_is_read_with_its_reason(
    status: int, error: dict[str, str], failure: Failure
) -> None:
    assert read({"error": {"code": status, "metadata": error}}, status).failure is failure


@pytest.mark.parametrize(
    "body", [b"<html>", {"error": None}, {"error": "x"}, {"error": {"metadata": 5}}]
)
def test_a_refusal_without_words_is_one(body: Any) -> None:
    assert read(body, 503).failure is Failure.OVERLOADED


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2.0),
        ("0", 0.0),
        ("Mon, 21 Sep 2026 14:13:30 GMT", 10.0),
        ("Mon, 21 Sep 2020 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_when_to_come_back(text: str, seconds: float | None) -> None:
    assert read({}, 429, retry_after=text).retry_after == seconds


@pytest.mark.parametrize("cost", [None, "0.1", True, [1], float("nan"), float("inf")])
def test_a_cost_that_is_no_number_is_none(cost: Any) -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 6, "cost": cost}
    assert read({**choice(), "usage": usage}).usage.cost is None


def test_usage_is_read_whatever_else_is_wrong() -> None:
    answer = read({"choices": [], "usage": {"prompt_tokens": 5, "cost": 0.5}})
    assert str(answer.usage.cost) == "0.5"
    assert read({**choice(), "usage": "much"}).usage is None
    odd = {"prompt_tokens": -5, "completion_tokens": True, "cost": 1e308}
    assert read({**choice(), "usage": odd}).usage.prompt_tokens == 0


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("2026-09-22T00:00:00Z", 1_790_035_200 * 10**9),
        ("2026-09-22T00:00:00", 1_790_035_200 * 10**9),
        ("tomorrow", None),
        (5, None),
    ],
)
def test_when_the_providers_budget_starts_anew(text: Any, until: int | None) -> None:
    error = {"error": {"metadata": {"limit_source": "x_key_limit", "resets_at": text}}}
    assert read(error, 403).until == until

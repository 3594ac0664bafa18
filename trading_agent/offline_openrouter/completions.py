"""The body of an answer: the model's text in the provider's envelope, right or wrong."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from trading_agent.domain.units import SECOND
from trading_agent.offline_openrouter.accounts import Generation
from trading_agent.offline_openrouter.scenarios import Scenario

_BYTES_PER_TOKEN: Final = 4
_HUGE_COST: Final = 5_000.0


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model said and what it took."""

    content: str
    generation: Generation


def tokens_of(text: str) -> int:
    return max(1, math.ceil(len(text.encode()) / _BYTES_PER_TOKEN))


def spoiled(draft: Draft, scenario: Scenario) -> Draft:
    """The draft as the scenario's model would have said it."""
    change = _CONTENTS.get(scenario)
    return draft if change is None else replace(draft, content=change(draft.content))


def envelope(draft: Draft, scenario: Scenario) -> dict[str, Any]:
    made = draft.generation
    message: dict[str, Any] = {
        "role": "assistant",
        "content": draft.content,
        "refusal": None,
        "reasoning": None,
    }
    choice: dict[str, Any] = {
        "index": 0,
        "finish_reason": "stop",
        "native_finish_reason": "stop",
        "message": message,
        "logprobs": None,
    }
    document: dict[str, Any] = {
        "id": made.id,
        "object": "chat.completion",
        "created": made.at // SECOND,
        "model": made.model,
        "provider": "Offline OpenRouter (simulated)",
        "system_fingerprint": None,
        "choices": [choice],
        "usage": _usage(made),
    }
    _bend(document, choice, message, scenario)
    return document


def _bend(
    document: dict[str, Any], choice: dict[str, Any], message: dict[str, Any], scenario: Scenario
) -> None:
    match scenario:
        case Scenario.EMPTY_CHOICES:
            document["choices"] = []
        case Scenario.CHOICE_ERROR:
            choice["finish_reason"] = "error"
            choice["error"] = {"code": 502, "message": "Provider returned error"}
            message["content"] = ""
        case Scenario.NULL_CONTENT_REASONING:
            message["content"], message["reasoning"] = None, message["content"]
        case Scenario.LENGTH:
            choice["finish_reason"] = "length"
            message["content"] = ""
        case Scenario.REFUSAL:
            message["content"], message["refusal"] = None, "I cannot help with that."
        case Scenario.CONTENT_FILTER:
            choice["finish_reason"] = "content_filter"
            message["content"] = ""
        case _:
            _bend_usage(document, scenario)


def _bend_usage(document: dict[str, Any], scenario: Scenario) -> None:
    usage = document["usage"]
    match scenario:
        case Scenario.COST_MISSING:
            del usage["cost"]
        case Scenario.COST_ZERO:
            usage["cost"] = 0
        case Scenario.COST_HUGE:
            usage["cost"] = _HUGE_COST
        case Scenario.OK_CACHED:
            usage |= {"cost": 0, "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
        case _:
            pass


def _usage(made: Generation) -> dict[str, Any]:
    return {
        "prompt_tokens": made.prompt_tokens,
        "completion_tokens": made.completion_tokens,
        "total_tokens": made.prompt_tokens + made.completion_tokens,
        "cost": float(made.cost),
        "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": made.reasoning_tokens},
        "cost_details": {"upstream_inference_cost": None},
    }


def _first_key_twice(content: str) -> str:
    return '{"escalate":true,' + content[1:]


def _with(content: str, **changes: Any) -> str:
    document = json.loads(content)
    return json.dumps({**document, **changes})


def _unfinite(content: str) -> str:
    document = json.loads(content)
    document["actions"] = [
        {
            "kind": "set_risk_mult",
            "scope": "portfolio",
            "param": None,
            "value": float("nan"),
            "ttl_minutes": 60,
            "evidence": ["x"],
            "reason": "",
        }
    ]
    return json.dumps(document)


_CONTENTS: Final[dict[Scenario, Callable[[str], str]]] = {
    Scenario.FENCED: lambda it: f"```json\n{it}\n```",
    Scenario.TWO_OBJECTS: lambda it: f"{it}\n{it}",
    Scenario.NOT_A_NUMBER: _unfinite,
    Scenario.DUPLICATE_KEY: _first_key_twice,
    Scenario.EXTRA_KEY: lambda it: _with(it, order="buy everything"),
    Scenario.WRONG_ENUM: lambda it: _with(it, regime="to_the_moon"),
    Scenario.WRONG_SNAPSHOT: lambda it: _with(it, snapshot_id="000000000000"),
    Scenario.DEEP_NEST: lambda _it: "[" * 16_000,
}

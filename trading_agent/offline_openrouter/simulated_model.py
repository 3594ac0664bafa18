"""The simulated model: fixed rules over the snapshot in the prompt, and words that say so.

It stands for a cautious adviser, so that a first run shows what an overseer does; it knows
nothing, and nobody should take its answers for more.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from trading_agent.offline_openrouter.request_schema import ChatRequest

_STEP: Final = Decimal("0.05")
_MOST_EVIDENCE: Final = 6
_SHARES: Final = {
    "stress": Decimal("0.70"),
    "losses": Decimal("0.80"),
    "drawdown_half": Decimal("0.75"),
    "drawdown_soft": Decimal("0.50"),
    "black_swan": Decimal("0.50"),
}
_TOPICS: Final = {
    "risk": ("risk", "drawdown", "danger", "safe"),
    "performance": ("profit", "loss", "perform", "trade", "win"),
    "regime": ("regime", "market", "trend", "volatil"),
    "overlays": ("overlay", "change", "why"),
    "costs": ("cost", "budget", "spend", "money"),
    "status": ("status", "doing", "how are"),
}


def simulated_answer(request: ChatRequest, model: str) -> str:
    """The content of an answer: JSON for the schema asked for."""
    if request.schema_name() in _OTHERS:
        return json.dumps(_OTHERS[request.schema_name()](request))
    snapshot, name = _snapshot(request.said_by("user"))
    return json.dumps(_decision(snapshot, name, model))


def _snapshot(text: str) -> tuple[Mapping[str, Any], str]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}, ""
    task = document.get("task", document) if isinstance(document, dict) else {}
    return task.get("snapshot", {}), str(task.get("snapshot_id", ""))


def _decision(snapshot: Mapping[str, Any], name: str, model: str) -> dict[str, Any]:
    trigger = snapshot.get("trigger", {})
    detectors = snapshot.get("detectors", {})
    alarms = [
        it
        for light in ("red", "amber")
        for named in detectors.get(light, {}).values()
        for it in named
    ][:_MOST_EVIDENCE]
    actions = _careful(snapshot, alarms, model) if alarms else _back(snapshot)
    words = "one step more careful" if alarms else "nothing stands out"
    return {
        "schema_version": "overseer/1",
        "snapshot_id": name,
        "regime": "high_volatility" if alarms else "unclear",
        "regime_conflict": False,
        "confidence": "low",
        "escalate": bool(alarms) and trigger.get("kind") == "heartbeat",
        "actions": actions,
        "summary": f"Simulated answer by fixed rules, no knowledge of markets: {words}.",
    }


def _careful(snapshot: Mapping[str, Any], alarms: list[str], model: str) -> list[dict[str, Any]]:
    kind = str(snapshot.get("trigger", {}).get("kind", ""))
    actions = []
    if kind == "black_swan":
        actions.append(_action("halt_new_entries", alarms, 60))
    risk = _of(snapshot, "p.risk_mult.portfolio")
    if risk is not None:
        share = _SHARES.get(kind, Decimal("0.85")) + _character(model)
        value = _stepped(risk[0] * share)
        if value < risk[1]:
            actions.append(_action("set_risk_mult", alarms, 60, value=float(value)))
    threshold = _of(snapshot, "p.entry_threshold.portfolio")
    if threshold is not None and kind in ("losses", "regime"):
        value = _stepped(threshold[0] * Decimal("1.25"))
        if value > threshold[1]:
            actions.append(
                _action("set_param", alarms, 60, value=float(value), param="entry_threshold")
            )
    return actions


def _back(snapshot: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All is green: what is below its baseline goes back."""
    risk = _of(snapshot, "p.risk_mult.portfolio")
    green = snapshot.get("detectors", {}).get("green_by_kind")
    if risk is None or risk[1] >= risk[0] or not green:
        return []
    return [_action("restore", ["p.risk_mult.portfolio"], 60, param="risk_mult")]


def _action(
    kind: str,
    evidence: list[str],
    minutes: int,
    *,
    value: float | None = None,
    param: str | None = None,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "scope": "portfolio",
        "param": param,
        "value": value,
        "ttl_minutes": minutes,
        "evidence": evidence,
        "reason": "Simulated: a fixed rule for these detectors.",
    }


def _of(snapshot: Mapping[str, Any], name: str) -> tuple[Decimal, Decimal] | None:
    """Baseline and present value of a parameter."""
    state = snapshot.get("parameters", {}).get(name)
    if not isinstance(state, dict):
        return None
    return Decimal(str(state["baseline"])), Decimal(str(state["now"]))


def _stepped(value: Decimal) -> Decimal:
    return (value / _STEP).to_integral_value(ROUND_HALF_EVEN) * _STEP


def _character(model: str) -> Decimal:
    """Models differ a little, each always in the same way."""
    return _STEP * (hashlib.sha256(model.encode()).digest()[0] % 3 - 1)


def _labels(request: ChatRequest) -> dict[str, Any]:
    wanted = request.response_format
    schema = {} if wanted is None or wanted.json_schema is None else wanted.json_schema.schema_
    text = request.said_by("user")
    if "topic" in schema.get("properties", {}):
        lowered = text.lower()
        fitting = (it for it, words in _TOPICS.items() if any(word in lowered for word in words))
        return {"topic": next(fitting, "other")}
    delimiter = text.split(" ", 1)[0]
    count = text.count(f"{delimiter} ")
    return {
        "scores": [
            {
                "number": number,
                "sentiment": 0,
                "relevance": "low",
                "event": "none",
                "asset": "market",
                "stale": False,
            }
            for number in range(count)
        ]
    }


def _report(_request: ChatRequest) -> dict[str, Any]:
    return {"text": "Simulated report: a program wrote this sentence and read no market."}


def _thesis(request: ChatRequest) -> dict[str, Any]:
    """Wrong as soon as the first number it finds grows."""
    table = json.loads(request.said_by("user"))["table"]
    found = (
        (leaf, value)
        for section in table.values()
        for leaf, value in section.items()
        if isinstance(value, (int, float))
    )
    leaf, value = next(found, ("", 0.0))
    return {
        "view": 0,
        "text": "Simulated: no view, by a program without knowledge.",
        "leaf": leaf,
        "wrong_when": "above",
        "threshold": float(value),
        "horizon_minutes": 60,
    }


_OTHERS: Final[dict[str, Callable[[ChatRequest], dict[str, Any]]]] = {
    "labels": _labels,
    "probe": lambda _request: {"yes": True},
    "report": _report,
    "thesis": _thesis,
}

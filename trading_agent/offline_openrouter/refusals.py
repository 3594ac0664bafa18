"""Errors in the provider's shapes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from trading_agent.domain.units import SECOND, Nanos
from trading_agent.offline_openrouter.scenarios import Scenario

_DAY: Final = 24 * 3_600 * SECOND
_LATER: Final = "Please try again later."


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    message: str
    metadata: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.status, "message": self.message}
        if self.metadata:
            error["metadata"] = self.metadata
        return {"error": error}

    def response(self) -> Response:
        return JSONResponse(self.document(), self.status, headers=self.headers)


_CREDITS: Final = "Insufficient credits. Add more using https://openrouter.ai/credits"
_PROVIDER: Final = "Provider returned error"
_SIMPLE: Final = {
    Scenario.BAD_REQUEST: Refusal(400, "Invalid request parameters"),
    Scenario.UNAUTHORIZED: Refusal(401, "No auth credentials found"),
    Scenario.NO_CREDITS: Refusal(402, _CREDITS, {"limit_source": "openrouter_credits"}),
    Scenario.IN_FLIGHT: Refusal(
        402,
        "This request would exceed your available credits given your in-flight requests.",
        {"limit_source": "openrouter_in_flight_budget", "reason": "in_flight_budget_exhausted"},
        {"Retry-After": "1"},
    ),
    Scenario.MODERATION: Refusal(
        403,
        "Request blocked: prompt injection patterns detected",
        {"reasons": ["injection"], "flagged_input": "...", "provider_name": "Offline"},
    ),
    Scenario.MODEL_GONE: Refusal(
        404,
        "No endpoints found for this model.",
        {"error_type": "not_found", "availability": {"code": "no_endpoints", "retryable": False}},
    ),
    Scenario.REQUEST_TIMEOUT: Refusal(408, f"Operation timed out. {_LATER}"),
    Scenario.TOO_LARGE: Refusal(413, "Request payload too large"),
    Scenario.UNPROCESSABLE: Refusal(422, "Unprocessable entity"),
    Scenario.THROTTLED: Refusal(
        429, "Rate limit exceeded", {"error_type": "rate_limit_exceeded"}, {"Retry-After": "1"}
    ),
    Scenario.THROTTLED_LONG: Refusal(
        429, "Rate limit exceeded", {"error_type": "rate_limit_exceeded"}, {"Retry-After": "300"}
    ),
    Scenario.SERVER_ERROR: Refusal(500, "Internal Server Error", {"error_type": "server"}),
    Scenario.BAD_GATEWAY: Refusal(502, _PROVIDER, {"error_type": "provider_unavailable"}),
    Scenario.UNAVAILABLE: Refusal(503, "Service temporarily unavailable"),
    Scenario.EDGE_TIMEOUT: Refusal(524, f"Request timed out. {_LATER}"),
    Scenario.OVERLOADED: Refusal(529, _PROVIDER, {"error_type": "provider_overloaded"}),
}


def scripted_refusal(scenario: Scenario, now: Nanos) -> Refusal | None:
    """None: the scenario is not a refusal."""
    if scenario is Scenario.BUDGET:
        midnight = (now // _DAY + 1) * _DAY // SECOND
        resets = datetime.fromtimestamp(midnight, UTC).isoformat().replace("+00:00", "Z")
        source = "openrouter_guardrail_budget"
        facts = {"limit_source": source, "limit_usd": 1, "spend_usd": 1, "resets_at": resets}
        return Refusal(403, "Guardrail budget exceeded", facts)
    return _SIMPLE.get(scenario)

"""Who spent what: one key, exact to the nano-dollar, so that every page tells the same sum."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from trading_agent.domain.units import SECOND, Nanos
from trading_agent.offline_openrouter.settings import OfflineModel

_DAY: Final = 24 * 3_600 * SECOND
_MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One answer that was made; `cost` in dollars."""

    id: str
    at: Nanos
    model: str
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int
    cost: Decimal

    def document(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "model": self.model,
            "provider_name": "Offline OpenRouter (simulated)",
            "total_cost": float(self.cost),
            "usage": float(self.cost),
            "native_tokens_prompt": self.prompt_tokens,
            "native_tokens_completion": self.completion_tokens,
            "native_tokens_reasoning": self.reasoning_tokens,
            "native_tokens_cached": 0,
            "finish_reason": "stop",
            "is_byok": False,
            "cache_discount": None,
            "streamed": False,
        }


class Account:
    """Owned by the server's loop; `generations` is also read by tests once it is quiet."""

    def __init__(self, limit: Decimal) -> None:
        self._limit = limit
        self.generations: dict[str, Generation] = {}

    def book(self, generation: Generation) -> None:
        self.generations[generation.id] = generation

    def spent(self, since: Nanos | int = 0) -> Decimal:
        """Dollars."""
        return sum((it.cost for it in self.generations.values() if it.at >= since), Decimal(0))

    def spent_today(self, now: Nanos) -> Decimal:
        return self.spent(now // _DAY * _DAY)

    def exhausted(self, now: Nanos) -> bool:
        return self.spent_today(now) >= self._limit

    def key_document(self, now: Nanos) -> dict[str, Any]:
        today = self.spent_today(now)
        return {
            "label": "sk-or-v1-off...line",
            "limit": float(self._limit),
            "limit_remaining": float(max(self._limit - today, Decimal(0))),
            "limit_reset": "daily",
            "usage": float(self.spent()),
            "usage_daily": float(today),
            "usage_weekly": float(self.spent(now - 7 * _DAY)),
            "usage_monthly": float(self.spent(now - 30 * _DAY)),
            "byok_usage": 0,
            "byok_usage_daily": 0,
            "include_byok_in_limit": False,
            "is_free_tier": False,
            "is_management_key": False,
            "is_provisioning_key": False,
            "expires_at": None,
            "rate_limit": {"requests": -1, "interval": "10s", "note": "deprecated"},
        }


def cost_of(model: OfflineModel, prompt_tokens: int, completion_tokens: int) -> Decimal:
    return (model.prompt * prompt_tokens + model.completion * completion_tokens) / _MILLION


def models_document(models: dict[str, OfflineModel]) -> dict[str, Any]:
    return {"data": [_entry(name, model) for name, model in models.items()]}


def _reasoning(model: OfflineModel) -> dict[str, Any]:
    """Left out for models that do not think."""
    if "reasoning" not in model.parameters:
        return {}
    efforts = ["high", "medium", "low", "minimal"]
    return {
        "reasoning": {
            "mandatory": model.always_thinks,
            "default_enabled": model.always_thinks,
            "default_effort": "medium",
            "supported_efforts": efforts if model.always_thinks else [*efforts, "none"],
        }
    }


def _entry(name: str, model: OfflineModel) -> dict[str, Any]:
    return {
        "id": name,
        "canonical_slug": name,
        "name": f"{name} (simulated)",
        "created": 1_760_000_000,
        "description": "A program that follows fixed rules and knows nothing.",
        "context_length": model.context_tokens,
        "architecture": {
            "modality": "text->text",
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": {
            "prompt": f"{model.prompt / _MILLION:f}",
            "completion": f"{model.completion / _MILLION:f}",
            "request": "0",
            "image": "0",
            "web_search": "0",
            "internal_reasoning": "0",
        },
        "top_provider": {
            "context_length": model.context_tokens,
            "max_completion_tokens": None,
            "is_moderated": False,
        },
        "per_request_limits": None,
        "supported_parameters": sorted(model.parameters),
        **_reasoning(model),
        "default_parameters": {},
        "expiration_date": model.expires or None,
    }

"""Three classes of models: which tier answers what, which models of it may be used, and what a
call can cost at most."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any, Final

from llm_overseer.brief import Brief, Light, Severity, TriggerKind
from llm_overseer.errors import CatalogueRefused
from llm_overseer.settings import NANO, MostPrice, OverseerSettings, TierSettings

BYTES_PER_TOKEN: Final = Decimal("2.5")
"""Fewer than any tokenizer was seen to need for JSON, so that token counts are too high."""
USUAL_BYTES_PER_TOKEN: Final = Decimal("3.5")
"""What JSON usually needs; for the length of prompts, where nothing depends on being sure."""
CACHE_WRITE: Final = Decimal("1.25")
"""Dearest factor a provider takes for writing a prompt to its cache unasked."""
_MILLION: Final = Decimal(1_000_000)
_NEEDED: Final = frozenset(("structured_outputs", "response_format"))


class Tier(IntEnum):
    TIER_1 = 1
    TIER_2 = 2
    TIER_3 = 3


_BY_TRIGGER: Final = {
    TriggerKind.HEARTBEAT: Tier.TIER_1,
    TriggerKind.QUESTION: Tier.TIER_1,
    TriggerKind.DRAWDOWN_SOFT: Tier.TIER_3,
    TriggerKind.BLACK_SWAN: Tier.TIER_3,
}


def first_tier(brief: Brief) -> Tier:
    """By the severity of what happened."""
    if brief.trigger.severity is Severity.CRITICAL:
        return Tier.TIER_3
    return _BY_TRIGGER.get(brief.trigger.kind, Tier.TIER_2)


def may_escalate(brief: Brief, tier: Tier, *, wished: bool) -> bool:
    """One hop, from the first tier to the second, and never by the model's wish alone."""
    alarmed = any(it.light in (Light.AMBER, Light.RED) for it in brief.detectors)
    return wished and alarmed and tier is Tier.TIER_1


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per token, the dearest of a model's steps, and per request."""

    prompt: Decimal
    completion: Decimal
    request: Decimal = Decimal(0)

    def most(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Nano-dollars, rounded up."""
        dollars = self.prompt * CACHE_WRITE * prompt_tokens
        dollars += self.completion * completion_tokens + self.request
        return math.ceil(dollars * NANO)

    def per_million(self) -> dict[str, float]:
        """As the provider wants to hear it: a call that would cost more is refused there."""
        return {
            "prompt": float(self.prompt * _MILLION),
            "completion": float(self.completion * _MILLION),
        }


def dearest(prices: Sequence[Price]) -> Price:
    return Price(
        max(price.prompt for price in prices),
        max(price.completion for price in prices),
        max(price.request for price in prices),
    )


def prompt_tokens(request: bytes) -> int:
    """At most this many."""
    return math.ceil(len(request) / BYTES_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Prices of the models that may be used; `refused`: why the others may not."""

    prices: Mapping[str, Price]
    refused: Mapping[str, str]

    def usable(self, models: Sequence[str]) -> tuple[str, ...]:
        return tuple(model for model in models if model in self.prices)


def read_catalogue(document: Any, settings: OverseerSettings, today: str) -> Catalogue:
    """From the answer of `/models`; `today`: yyyy-mm-dd, UTC.

    Raises CatalogueRefused when the document is not one, or no tier has a model left.
    """
    listed = document.get("data") if isinstance(document, Mapping) else None
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise CatalogueRefused("the list of models cannot be read")
    entries = {it["id"]: it for it in listed if isinstance(it, Mapping) and "id" in it}
    prices: dict[str, Price] = {}
    refused: dict[str, str] = {}
    for tier in settings.tiers():
        for model in (*tier.models, *tier.second):
            found = _judged(entries.get(model), tier, today)
            if isinstance(found, Price):
                prices[model] = found
            else:
                refused[model] = found
    catalogue = Catalogue(prices, refused)
    if not any(catalogue.usable(tier.models) for tier in settings.tiers()):
        reasons = ", ".join(f"{name}: {why}" for name, why in sorted(refused.items()))
        raise CatalogueRefused(f"none of the configured models may be used ({reasons})")
    return catalogue


def _judged(entry: Any, tier: TierSettings, today: str) -> Price | str:
    if not isinstance(entry, Mapping):
        return "not listed"
    expiry = entry.get("expiration_date")
    if isinstance(expiry, str) and expiry[:10] < today:
        return "expired"
    if not _NEEDED & set(entry.get("supported_parameters") or ()):
        return "no structured outputs"
    price = _price(entry.get("pricing"))
    if price is None:
        return "no readable price"
    return "too dear" if _too_dear(price, tier.max_price) else price


def _too_dear(price: Price, most: MostPrice) -> bool:
    million = price.per_million()
    return million["prompt"] > most.prompt or million["completion"] > most.completion


def _price(pricing: Any) -> Price | None:
    if not isinstance(pricing, Mapping):
        return None
    steps = [pricing]
    overrides = pricing.get("overrides")
    if isinstance(overrides, Sequence) and not isinstance(overrides, str):
        steps += [step for step in overrides if isinstance(step, Mapping)]
    found = [
        Price(prompt, completion, _dollars(step.get("request")) or Decimal(0))
        for step in steps
        if (prompt := _dollars(step.get("prompt"))) is not None
        and (completion := _dollars(step.get("completion"))) is not None
    ]
    return dearest(found) if found else None


def _dollars(text: Any) -> Decimal | None:
    try:
        amount = Decimal(text) if isinstance(text, str) else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() and 0 <= amount < 1 else None

"""The provider's list: which models may be used, at what price, and what a request to them may say.

A request that says what an endpoint does not take is refused whole, so each is written for the
models it goes to: what only some of a tier take is left out, and models that cannot be asked in
the same words are asked one after the other.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from llm_overseer.errors import CatalogueRefused
from llm_overseer.settings import NANO, MostPrice, OverseerSettings, TierSettings

CACHE_WRITE: Final = Decimal("1.25")
"""Dearest factor a provider takes for writing a prompt to its cache unasked."""
_MILLION: Final = Decimal(1_000_000)
_NEEDED: Final = "structured_outputs"
_REASONING: Final = "reasoning"
_MOST_TOKENS: Final = ("max_completion_tokens", "max_tokens")
"""Either bounds an answer; the first is the newer word."""
_CHANCE: Final = frozenset(("temperature", "seed"))
_EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh")


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


def dearest(prices: Iterable[Price]) -> Price:
    listed = tuple(prices)
    return Price(
        max(price.prompt for price in listed),
        max(price.completion for price in listed),
        max(price.request for price in listed),
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """One model. `parameters`: what a request may say to it; `efforts`: how much thinking."""

    price: Price
    parameters: frozenset[str]
    efforts: frozenset[str]

    def plain(self) -> "Listed":
        """Told nothing that is not needed: some lists are the sum of several endpoints."""
        return replace(self, parameters=self.parameters - _CHANCE)

    def thinking(self) -> "Listed":
        """For one that turns out not to be able to answer without."""
        return replace(self, efforts=self.efforts - {"none"})


@dataclass(frozen=True, slots=True)
class Offer:
    """Models that are asked in the same words, in this order; `price`: the dearest."""

    models: tuple[str, ...]
    price: Price
    parameters: frozenset[str]
    efforts: frozenset[str]

    def only(self, models: Sequence[str]) -> "Offer":
        return replace(self, models=tuple(it for it in self.models if it in models))

    def options(self, most_tokens: int, effort: str, seed: int) -> dict[str, Any]:
        """What of a request differs between models."""
        said: dict[str, Any] = {self._most_tokens(): most_tokens}
        thinks = False
        if _REASONING in self.parameters:
            chosen = self._nearest(effort)
            thinks = chosen != "none"
            said[_REASONING] = {"effort": chosen} if thinks else {"enabled": False}
        if "seed" in self.parameters:
            said["seed"] = seed
        # A model that thinks chooses its own temperature, and some refuse another.
        if "temperature" in self.parameters and not thinks:
            said["temperature"] = 0
        return said

    def _most_tokens(self) -> str:
        return next(word for word in _MOST_TOKENS if word in self.parameters)

    def _nearest(self, effort: str) -> str:
        """The next more thorough one that all of them know, else the most thorough."""
        known = [it for it in _EFFORTS if it in self.efforts]
        enough = [it for it in known if _EFFORTS.index(it) >= _EFFORTS.index(effort)]
        return (enough or known[-1:])[0]


class Catalogue:
    """What may be used; `refused`: why the rest may not. One event loop."""

    def __init__(self, listed: Mapping[str, Listed], refused: Mapping[str, str]) -> None:
        self._listed = dict(listed)
        self._refused = dict(refused)

    @property
    def prices(self) -> Mapping[str, Price]:
        return {name: it.price for name, it in self._listed.items()}

    @property
    def listed(self) -> Mapping[str, Listed]:
        return dict(self._listed)

    @property
    def refused(self) -> Mapping[str, str]:
        return dict(self._refused)

    def usable(self, models: Sequence[str]) -> tuple[str, ...]:
        return tuple(model for model in models if model in self._listed)

    def of(self, model: str) -> Listed:
        return self._listed[model]

    def correct(self, model: str, listed: Listed) -> None:
        """It turned out to take something else than the list says."""
        self._listed[model] = listed

    def withdraw(self, model: str, why: str) -> None:
        """It turned out to be of no use."""
        self._listed.pop(model, None)
        self._refused[model] = why

    def offers(self, models: Sequence[str]) -> tuple[Offer, ...]:
        """The usable ones of these; empty: none is."""
        offers: list[Offer] = []
        for model in self.usable(models):
            alone = _alone(model, self._listed[model])
            for number, offer in enumerate(offers):
                if (both := _together(offer, alone)) is not None:
                    offers[number] = both
                    break
            else:
                offers.append(alone)
        return tuple(offers)


def read_catalogue(document: Any, settings: OverseerSettings, today: str) -> Catalogue:
    """From the answer of `/models`; `today`: yyyy-mm-dd, UTC.

    Raises CatalogueRefused when the document is not one, or no tier has a model left.
    """
    given = document.get("data") if isinstance(document, Mapping) else None
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise CatalogueRefused("the list of models cannot be read")
    entries = {it["id"]: it for it in given if isinstance(it, Mapping) and "id" in it}
    listed: dict[str, Listed] = {}
    refused: dict[str, str] = {}
    for tier in settings.tiers():
        for model in (*tier.models, *tier.second):
            found = _judged(entries.get(model), tier, today)
            if isinstance(found, Listed):
                listed[model] = found
            else:
                refused[model] = found
    catalogue = Catalogue(listed, refused)
    if not any(catalogue.usable(tier.models) for tier in settings.tiers()):
        reasons = ", ".join(f"{name}: {why}" for name, why in sorted(refused.items()))
        raise CatalogueRefused(f"none of the configured models may be used ({reasons})")
    return catalogue


def written(catalogue: Catalogue) -> str:
    """What of the list a request depended on, for a record."""
    return msgspec.json.encode(catalogue.listed, order="deterministic").decode()


def read_written(text: str) -> Catalogue:
    return Catalogue(msgspec.json.decode(text, type=dict[str, Listed]), {})


def _alone(model: str, listed: Listed) -> Offer:
    return Offer((model,), listed.price, listed.parameters, listed.efforts)


def _together(one: Offer, other: Offer) -> Offer | None:
    """None: they have no words in common. One that thinks unless it is told not to is never
    asked in the words of one that is told nothing about it."""
    parameters = one.parameters & other.parameters
    efforts = one.efforts & other.efforts
    alike = (_REASONING in one.parameters) == (_REASONING in other.parameters)
    if not (alike and efforts and parameters.intersection(_MOST_TOKENS)):
        return None
    price = dearest((one.price, other.price))
    return Offer((*one.models, *other.models), price, parameters, efforts)


def _judged(entry: Any, tier: TierSettings, today: str) -> Listed | str:
    if not isinstance(entry, Mapping):
        return "not listed"
    expiry = entry.get("expiration_date")
    if isinstance(expiry, str) and expiry[:10] < today:
        return "expired"
    parameters = frozenset(map(str, entry.get("supported_parameters") or ()))
    price = _price(entry.get("pricing"))
    faults = (
        (_NEEDED not in parameters, "no structured outputs"),
        (not parameters.intersection(_MOST_TOKENS), "no bound on the length of answers"),
        (price is None, "no readable price"),
        (price is not None and _too_dear(price, tier.max_price), "too dear"),
    )
    why = next((words for fault, words in faults if fault), "")
    if why or price is None:
        return why
    return Listed(price, parameters, _efforts(entry.get("reasoning")))


def _efforts(reasoning: Any) -> frozenset[str]:
    """Where the list says nothing of it, all may be tried."""
    known = frozenset(_EFFORTS)
    if not isinstance(reasoning, Mapping):
        return known
    named = reasoning.get("supported_efforts")
    several = isinstance(named, Sequence) and not isinstance(named, str)
    told = (known & set(map(str, named or ()))) if several else known
    if reasoning.get("mandatory") is True:
        return told - {"none"} or known - {"none"}
    return told | {"none"}


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

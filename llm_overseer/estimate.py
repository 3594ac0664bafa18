"""What a day of reviews costs: prompts are measured, answers are as long as usual."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from llm_overseer.brief import Brief
from llm_overseer.core.catalogue import Price
from llm_overseer.core.context_manager import ContextManager
from llm_overseer.core.tiers import USUAL_BYTES_PER_TOKEN, Tier
from llm_overseer.errors import PromptTooLarge
from llm_overseer.settings import MostPrice, OverseerSettings, TierSettings

ANSWER_TOKENS: Final = 320
"""Of a decision with one action: about 1,100 bytes of JSON. Two actions take half as much again."""
_THINKING: Final = {
    "none": Decimal(0),
    "minimal": Decimal("0.1"),
    "low": Decimal("0.2"),
    "medium": Decimal("0.5"),
    "high": Decimal("0.8"),
}
"""Share of the tokens of an answer that the provider sets aside for thinking, by effort."""
_MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSpend:
    """One tier's part of a day. `model` is "" where only the tier's highest price is known."""

    tier: Tier
    model: str
    reviews: Decimal
    prompt_tokens: int
    answer_tokens: int
    """Thinking included."""
    usd_review: Decimal

    @property
    def usd_day(self) -> Decimal:
        return self.usd_review * self.reviews


@dataclass(frozen=True, slots=True)
class Spend:
    """Dollars a day. `by_list`: at the provider's prices, else at the highest that are allowed."""

    tiers: tuple[TierSpend, ...]
    by_list: bool

    @property
    def usd_day(self) -> Decimal:
        return sum((each.usd_day for each in self.tiers), Decimal(0))


def estimate(
    settings: OverseerSettings,
    sample: Brief,
    reviews_a_day: Mapping[Tier, float],
    prices: Mapping[str, Price] | None = None,
) -> Spend:
    """`sample`: any brief of the desk, whose prompts are measured. `reviews_a_day`: by tier, a
    second tier's with what escalates to it. `prices`: of the catalogue; without it, or where it
    has no model of a tier, the tier's highest price counts. Nothing is asked of anybody."""
    known = prices or {}
    spent = tuple(
        _of_tier(settings, sample, tier, Decimal(repr(float(count))), known)
        for tier, count in sorted(reviews_a_day.items())
    )
    return Spend(spent, all(each.model for each in spent))


def _of_tier(
    settings: OverseerSettings,
    sample: Brief,
    tier: Tier,
    reviews: Decimal,
    prices: Mapping[str, Price],
) -> TierSpend:
    chosen = settings.tiers()[tier - 1]
    prompt, answer = _prompt_tokens(settings, sample, tier), _answer_tokens(chosen)
    asked = [models for models in (chosen.models, chosen.second) if models]
    model = next((name for name in chosen.models if name in prices), "")
    return TierSpend(
        tier=tier,
        model=model,
        reviews=reviews,
        prompt_tokens=prompt,
        answer_tokens=answer,
        usd_review=sum(
            (
                _dollars(_price(models, chosen.max_price, prices), prompt, answer)
                for models in asked
            ),
            Decimal(0),
        ),
    )


def _prompt_tokens(settings: OverseerSettings, sample: Brief, tier: Tier) -> int:
    """Of the usual number of bytes a token. The cap, for a desk that does not fit."""
    chosen = settings.tiers()[tier - 1]
    try:
        prompt = ContextManager(settings).compose(sample, chosen, only_tighten=tier is Tier.TIER_1)
    except PromptTooLarge:
        return chosen.context_tokens
    return round(len((prompt.system + prompt.user).encode()) / USUAL_BYTES_PER_TOKEN)


def _answer_tokens(tier: TierSettings) -> int:
    thinking = round(tier.max_completion_tokens * _THINKING[tier.effort])
    return min(tier.max_completion_tokens, ANSWER_TOKENS + thinking)


def _price(models: tuple[str, ...], most: MostPrice, prices: Mapping[str, Price]) -> Price:
    """Of the first that is known: the others stand in for it."""
    found = next((prices[name] for name in models if name in prices), None)
    return found or Price(most.prompt / _MILLION, most.completion / _MILLION)


def _dollars(price: Price, prompt: int, answer: int) -> Decimal:
    return price.prompt * prompt + price.completion * answer + price.request

"""What a day of reviews will cost, from a brief of the desk."""

import json
from decimal import Decimal

from llm_overseer.core.catalogue import Price
from llm_overseer.core.context_manager import ContextManager
from llm_overseer.core.tiers import USUAL_BYTES_PER_TOKEN, Tier
from llm_overseer.estimate import ANSWER_TOKENS, estimate
from llm_overseer.settings import OverseerSettings
from tests.overseer_desk import brief
from trading_agent.offline_openrouter.request_schema import ChatRequest
from trading_agent.offline_openrouter.simulated_model import simulated_answer

SETTINGS = OverseerSettings()
USUAL_DAY = {Tier.TIER_1: 24.0, Tier.TIER_2: 20.0, Tier.TIER_3: 2.0}
PRICES = {
    "openai/gpt-5-nano": Price(Decimal("0.00000005"), Decimal("0.0000004")),
    "anthropic/claude-haiku-4.5": Price(Decimal("0.000001"), Decimal("0.000005")),
    "anthropic/claude-opus-4.5": Price(Decimal("0.000005"), Decimal("0.000025")),
    "openai/gpt-5": Price(Decimal("0.00000125"), Decimal("0.00001")),
}


def test_a_usual_day_at_list_prices_is_far_below_its_cap() -> None:
    spend = estimate(SETTINGS, brief(), USUAL_DAY, PRICES)
    assert spend.by_list
    assert Decimal("0.1") < spend.usd_day < SETTINGS.budget.usd_day
    assert spend.usd_day == sum(it.usd_review * it.reviews for it in spend.tiers)
    routine = estimate(SETTINGS, brief(), {Tier.TIER_1: 24.0, Tier.TIER_2: 1.0}, PRICES)
    assert routine.usd_day < SETTINGS.budget.usd_day * SETTINGS.budget.routine / 10


def test_without_a_list_the_highest_price_counts() -> None:
    dear = estimate(SETTINGS, brief(), USUAL_DAY)
    assert not dear.by_list
    assert [it.model for it in dear.tiers] == ["", "", ""]
    assert dear.usd_day > estimate(SETTINGS, brief(), USUAL_DAY, PRICES).usd_day


def test_prompts_are_measured_and_a_second_opinion_is_paid_for() -> None:
    (spend,) = estimate(SETTINGS, brief(3), {Tier.TIER_3: 1.0}, PRICES).tiers
    prompt = ContextManager(SETTINGS).compose(brief(3), SETTINGS.tier_3)
    bytes_sent = len((prompt.system + prompt.user).encode())
    assert spend.prompt_tokens == round(bytes_sent / USUAL_BYTES_PER_TOKEN)
    tokens = spend.prompt_tokens, spend.answer_tokens
    both = [PRICES[name] for name in ("anthropic/claude-opus-4.5", "openai/gpt-5")]
    expected = sum(it.prompt * tokens[0] + it.completion * tokens[1] for it in both)
    assert spend.usd_review == expected


def test_an_answer_of_one_action_is_as_long_as_is_counted_with() -> None:
    prompt = ContextManager(SETTINGS).compose(brief(2), SETTINGS.tier_2)
    messages = [{"role": "user", "content": prompt.user}]
    request = ChatRequest.model_validate({"messages": messages, "model": "simulated/steady"})
    content = simulated_answer(request, "simulated/steady")
    assert len(json.loads(content)["actions"]) == 1
    words = 2 * 160  # a model's reason and summary are longer than these fixed sentences
    tokens = (len(content) + words) / float(USUAL_BYTES_PER_TOKEN)
    assert 0.6 * ANSWER_TOKENS < tokens < 1.1 * ANSWER_TOKENS

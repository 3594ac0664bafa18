"""Models are asked what they can be asked: lists as vendors really write them, and lists that are
not quite true."""

import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from llm_overseer.brief import DAY
from llm_overseer.core.catalogue import Catalogue, Listed, Price
from llm_overseer.core.transport import Received
from llm_overseer.main import LLMOverseer
from llm_overseer.settings import OverseerSettings
from llm_overseer.verdict import Outcome, Verdict
from tests.overseer_desk import NOW, brief, offline, overseer, overseer_settings, transport_to
from trading_agent.offline_openrouter.request_schema import read_request
from trading_agent.offline_openrouter.scenarios import Scenario
from trading_agent.offline_openrouter.server import OfflineOpenRouter
from trading_agent.offline_openrouter.settings import OfflineModel

SHARED = ("include_reasoning", "max_tokens", "reasoning", "response_format", "structured_outputs")
THINKERS = {"parameters": (*SHARED, "seed", "tools"), "always_thinks": True}
SEEDLESS = {"parameters": (*SHARED, "stop", "temperature", "top_k", "top_p")}
TALKERS = {"parameters": (*SHARED, "seed", "temperature", "top_p")}
VENDORS = {
    "openai/gpt-5-nano": {"prompt": "0.05", "completion": "0.4", **THINKERS},
    "google/gemini-2.5-flash-lite": {"prompt": "0.1", "completion": "0.4", **TALKERS},
    "anthropic/claude-haiku-4.5": {"prompt": "1", "completion": "5", **SEEDLESS},
    "openai/gpt-5-mini": {"prompt": "0.25", "completion": "2", **THINKERS},
    "anthropic/claude-opus-4.5": {"prompt": "5", "completion": "25", **SEEDLESS},
    "openai/gpt-5": {"prompt": "1.25", "completion": "10", **THINKERS},
}
MODELS = {name: OfflineModel.model_validate(it) for name, it in VENDORS.items()}
LONGEST = {
    model: tier.max_completion_tokens
    for tier in OverseerSettings().tiers()
    for model in (*tier.models, *tier.second)
}
EVERYTHING = frozenset(
    (
        *("max_completion_tokens", "max_tokens", "reasoning", "seed"),
        *("structured_outputs", "temperature"),
    )
)


def bodies(server: OfflineOpenRouter) -> list[dict[str, Any]]:
    return [json.loads(it.body) for it in server.log if it.path.endswith("completions")]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_models_of_the_shipped_settings_answer(tmp_path: Path, number: int) -> None:
    async def story() -> Verdict:
        built = overseer(tmp_path, transport_to(server), OverseerSettings())
        verdict = await built.review(brief(number), NOW)
        await built.close()
        return verdict

    with offline(models=MODELS) as server:
        verdict = asyncio.run(story())
        asked = bodies(server)
    assert (verdict.outcome, verdict.source, verdict.why) == (Outcome.DECIDED, "model", "")
    assert verdict.tier == max(number, 2), "an alarm on a heartbeat is looked at once more"
    for body in asked:
        first = VENDORS[body["model"]]["parameters"]
        assert ("seed" in body) <= ("seed" in first)
        assert ("temperature" in body) <= ("temperature" in first)
        assert body["max_tokens"] == LONGEST[body["model"]]
    assert len(asked) == {1: 2, 2: 1, 3: 2}[number]


def test_one_who_thinks_always_is_told_to_think_little(tmp_path: Path) -> None:
    settings = OverseerSettings()
    with offline(models=MODELS) as server:

        async def story() -> Catalogue:
            built = overseer(tmp_path, transport_to(server), settings)
            catalogue = await built.read_models(NOW)
            await built.close()
            return catalogue

        catalogue = asyncio.run(story())
    (both,) = catalogue.offers(settings.tier_1.models)
    assert both.models == settings.tier_1.models
    assert both.options(400, "none", 7) == {
        "max_tokens": 400,
        "reasoning": {"effort": "minimal"},
        "seed": 7,
    }
    (lone,) = catalogue.offers(("google/gemini-2.5-flash-lite",))
    assert lone.options(400, "none", 7) == {
        "max_tokens": 400,
        "reasoning": {"enabled": False},
        "seed": 7,
        "temperature": 0,
    }


def test_no_request_says_what_a_model_does_not_list() -> None:
    """Every pair of lists there can be."""
    lists = [
        frozenset(it)
        for count in range(len(EVERYTHING) + 1)
        for it in combinations(sorted(EVERYTHING), count)
        if "structured_outputs" in it and {"max_tokens", "max_completion_tokens"} & set(it)
    ]
    free, bound = frozenset(("none", "low")), frozenset(("minimal", "high"))
    price = Price(Decimal(0), Decimal(0))
    count = 0
    for one in lists:
        for other in lists:
            for efforts in ((free, free), (free, bound), (bound, bound)):
                listed = {
                    "a/one": Listed(price, one, efforts[0]),
                    "b/two": Listed(price, other, efforts[1]),
                }
                offers = Catalogue(listed, {}).offers(("a/one", "b/two"))
                assert [it for offer in offers for it in offer.models] == ["a/one", "b/two"]
                for offer in offers:
                    said = offer.options(100, "none", 7)
                    assert len({"max_tokens", "max_completion_tokens"} & set(said)) == 1
                    for model in offer.models:
                        assert set(said) <= listed[model].parameters
                        thinks = "reasoning" in listed[model].parameters
                        assert ("reasoning" in said) == thinks
                        count += 1
    assert count > 1_000


def test_the_offline_provider_reads_a_request_as_the_real_one_does() -> None:
    request = read_request(
        json.dumps(
            {
                "model": "a/b",
                "messages": [{"role": "user", "content": "x"}],
                "max_tokens": 5,
                "seed": 1,
                "plugins": [],
                "provider": {"require_parameters": True},
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "x", "schema": {}},
                },
            }
        ).encode()
    )
    assert not isinstance(request, str)
    assert request.needs() == {"max_tokens", "seed", "structured_outputs"}


def test_a_review_waits_for_the_list_that_is_being_read(tmp_path: Path) -> None:
    async def story() -> Verdict:
        built = overseer(tmp_path, transport_to(server), overseer_settings())
        reading = asyncio.create_task(built.read_models(NOW))
        await asyncio.sleep(0)
        verdict = await built.review(brief(2), NOW)
        await reading
        await built.close()
        return verdict

    with offline() as server:
        verdict = asyncio.run(story())
        pages = sum(it.path.endswith("/models") for it in server.log)
    assert (verdict.outcome, verdict.why, pages) == (Outcome.DECIDED, "", 1)


class HalfTrueList:
    """Lists the sum of two endpoints, and serves only one: no temperature, and thinking on."""

    def __init__(self, server: OfflineOpenRouter) -> None:
        self._inner = transport_to(server)
        self.refused: list[int] = []

    async def send(self, body: Mapping[str, Any], seconds: float) -> Received:
        if "temperature" in body or "seed" in body:
            return self._no(404, "No endpoints found that can handle the requested parameters.")
        if body["reasoning"].get("enabled") is False:
            return self._no(400, "Reasoning is mandatory for this endpoint.")
        return await self._inner.send(body, seconds)

    async def fetch(self, path: str, seconds: float) -> Received:
        return await self._inner.fetch(path, seconds)

    async def close(self) -> None:
        await self._inner.close()

    def _no(self, status: int, words: str) -> Received:
        self.refused.append(status)
        error = {"error": {"code": status, "message": words}}
        return Received(status, {}, json.dumps(error).encode(), 1)


def test_one_that_takes_less_than_it_lists_is_found_out_before_it_is_needed(tmp_path: Path) -> None:
    async def story() -> tuple[Any, Verdict, list[int], int]:
        transport = HalfTrueList(server)
        built = overseer(tmp_path, transport, overseer_settings())
        notices = await built.try_models(NOW)
        tried = len(transport.refused)
        verdict = await built.review(brief(3), NOW)
        await built.close()
        return notices, verdict, transport.refused, tried

    with offline() as server:
        notices, verdict, refused, tried = asyncio.run(story())
    assert notices == ()
    assert verdict.outcome is Outcome.DECIDED
    assert set(refused) == {404, 400}
    assert len(refused) == tried, "nothing was refused once it was known"


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (Scenario.LENGTH, "used up its tokens"),
        (Scenario.NULL_CONTENT_REASONING, "returned nothing"),
        (Scenario.MODEL_GONE, "no longer serves"),
    ],
)
def test_one_that_cannot_answer_is_not_used_and_it_is_said_why(
    tmp_path: Path, scenario: Scenario, words: str
) -> None:
    async def story(server: OfflineOpenRouter) -> tuple[Any, Verdict]:
        built = overseer(tmp_path, transport_to(server), overseer_settings())
        server.script.put(scenario, model="simulated/deep")
        notices = await built.try_models(NOW)
        server.script.clear()
        verdict = await built.review(brief(3), NOW)
        await built.close()
        return notices, verdict

    with offline() as server:
        notices, verdict = asyncio.run(story(server))
    assert len(notices) == 1
    assert notices[0].text.startswith("simulated/deep is not used: ")
    assert words in notices[0].text
    assert (verdict.outcome, verdict.model) == (Outcome.DECIDED, "simulated/steady")


def test_who_was_of_no_use_yesterday_is_tried_again_with_a_new_list(tmp_path: Path) -> None:
    async def story(server: OfflineOpenRouter) -> list[Any]:
        built = overseer(tmp_path, transport_to(server), overseer_settings())
        server.script.put(Scenario.MODEL_GONE, model="simulated/deep")
        told: list[Any] = [len(await built.try_models(NOW))]
        server.script.clear()
        for at in (NOW + DAY - 1, NOW + DAY):
            await built.reconcile(at)
            told.append(built.prices.keys() >= {"simulated/deep"})
        verdict = await built.review(brief(3, at=NOW + DAY), NOW + DAY)
        await built.close()
        return [*told, verdict.model]

    with offline() as server:
        assert asyncio.run(story(server)) == [1, False, True, "simulated/deep"]
        assert sum(it.path.endswith("/models") for it in server.log) == 2


def test_a_key_that_is_refused_and_a_model_that_is_not_listed_are_told_at_once(
    tmp_path: Path,
) -> None:
    tier = overseer_settings().tier_1
    odd = tier.model_copy(update={"models": ("simulated/swift", "vendor/nobody")})

    async def story(server: OfflineOpenRouter) -> list[str]:
        built = overseer(tmp_path, transport_to(server), overseer_settings(tier_1=odd))
        server.script.put(Scenario.UNAUTHORIZED)
        notices = await built.try_models(NOW)
        await built.close()
        return [it.text for it in notices]

    with offline() as server:
        assert asyncio.run(story(server)) == [
            "vendor/nobody is not used: not listed",
            "no model can be asked: the provider does not accept the key",
        ]
        assert len(bodies(server)) == 1


@pytest.mark.parametrize("scenario", [Scenario.UNAVAILABLE, Scenario.HTML_200, Scenario.THROTTLED])
def test_what_may_pass_withdraws_nobody(tmp_path: Path, scenario: Scenario) -> None:
    async def story(server: OfflineOpenRouter) -> tuple[Any, LLMOverseer]:
        built = overseer(tmp_path, transport_to(server), overseer_settings())
        server.script.put(scenario, model="simulated/deep")
        notices = await built.try_models(NOW)
        catalogue = built.catalogue
        assert catalogue is not None
        assert catalogue.usable(("simulated/deep",))
        await built.close()
        return notices, built

    with offline() as server:
        notices, _ = asyncio.run(story(server))
    assert notices == ()


def test_trying_the_models_costs_next_to_nothing(tmp_path: Path) -> None:
    async def story() -> int:
        built = overseer(tmp_path, transport_to(server), OverseerSettings())
        await built.try_models(NOW)
        spent = built.standing(NOW).day
        await built.close()
        return spent

    with offline(models=MODELS) as server:
        spent = asyncio.run(story())
        assert len(bodies(server)) == len(MODELS)
    assert 0 < spent < 5_000_000, "half a cent"

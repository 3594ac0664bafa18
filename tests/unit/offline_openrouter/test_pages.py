"""The provider's pages in their documented shapes, and its refusals."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.fakes import ManualClock
from trading_agent.offline_openrouter.chat import Pages, unknown_page, wrong_method
from trading_agent.offline_openrouter.scenarios import Scenario, Script
from trading_agent.offline_openrouter.settings import OfflineOpenRouterSettings
from trading_agent.offline_openrouter.simulated_model import simulated_answer

NOW = 1_790_000_000 * 10**9
DAY = 24 * 3_600 * 10**9
COMPLETIONS = "/api/v1/chat/completions"


class Provider:
    def __init__(self, **settings: Any) -> None:
        self.clock = ManualClock(NOW)
        self.script = Script()
        chosen = OfflineOpenRouterSettings(**{"answer_seconds": 0.0, **settings})
        self.pages = Pages(chosen, self.clock, self.script, simulated_answer, lambda _it: None)
        app = Starlette(
            routes=self.pages.routes(),
            exception_handlers={404: unknown_page, 405: wrong_method},
        )
        self.client = TestClient(app, headers={"Authorization": "Bearer sk-or-v1-x"})

    def ask(self, **changes: Any) -> Any:
        return self.client.post(COMPLETIONS, json=request(**changes))


def request(**changes: Any) -> dict[str, Any]:
    body = {
        "model": "simulated/steady",
        "messages": [{"role": "user", "content": "hello"}],
        "max_completion_tokens": 200,
        **changes,
    }
    return {key: value for key, value in body.items() if value is not None}


def schema(name: str = "answer") -> dict[str, Any]:
    wanted = {"name": name, "strict": True, "schema": {"type": "object"}}
    return {"type": "json_schema", "json_schema": wanted}


def test_an_answer_has_every_field_people_read() -> None:
    provider = Provider()
    answer = provider.ask()
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["x-generation-id"] == body["id"]
    assert answer.headers["x-openrouter-simulated"] == "true"
    assert "simulated" in body["provider"]
    assert (body["object"], body["created"]) == ("chat.completion", NOW // 10**9)
    assert body["choices"][0]["finish_reason"] == "stop"
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    expected = (usage["prompt_tokens"] + 5 * usage["completion_tokens"]) / 1e6
    assert usage["cost"] == pytest.approx(expected, rel=1e-12)


def test_the_same_questions_get_the_same_answers() -> None:
    one, other = Provider(), Provider()
    assert [one.ask().content for _ in range(3)] == [other.ask().content for _ in range(3)]


def test_every_page_tells_the_same_sum() -> None:
    provider = Provider()
    answers = [provider.ask().json() for _ in range(3)]
    total = sum(Decimal(repr(it["usage"]["cost"])) for it in answers)
    key = provider.client.get("/api/v1/key").json()["data"]
    assert Decimal(repr(key["usage_daily"])) == total
    assert key["limit_remaining"] == pytest.approx(100 - float(total))
    page = provider.client.get("/api/v1/generation", params={"id": answers[0]["id"]})
    assert page.json()["data"]["total_cost"] == answers[0]["usage"]["cost"]


def test_a_new_utc_day_starts_at_nothing() -> None:
    provider = Provider()
    provider.ask()
    provider.clock.advance(DAY)
    key = provider.client.get("/api/v1/key").json()["data"]
    assert key["usage_daily"] == 0
    assert key["usage"] > 0


def test_a_key_that_has_spent_its_limit_is_refused() -> None:
    provider = Provider(limit_usd="0.0000001")
    assert provider.ask().status_code == 200
    refused = provider.ask()
    assert refused.status_code == 402
    assert refused.json()["error"]["metadata"]["limit_source"] == "openrouter_key_limit"


def test_models_have_prices_as_text_per_token() -> None:
    (swift, *_) = Provider().client.get("/api/v1/models").json()["data"]
    assert swift["pricing"]["prompt"] == "0.00000005"
    assert "structured_outputs" in swift["supported_parameters"]
    assert "(simulated)" in swift["name"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"order": "buy"}, "order"),
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": [{"role": "boss", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": "x", "to": "y"}]}, "messages.0.to"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "0"}, "temperature"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"seed": 1.5}, "seed"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"metadata": {str(n): "x" for n in range(17)}}, "metadata"),
        ({"provider": {"fallbacks": True}}, "provider.fallbacks"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"response_format": schema()}, "require_parameters"),
        ({"response_format": {"type": "json_schema"}}, "json_schema is missing"),
        ({"response_format": schema("a b")}, "name"),
        ({"model": None}, "no model"),
        ({"model": "nobody/nothing"}, "not a valid model ID"),
        ({"models": ["simulated/swift", "nobody/nothing"]}, "not a valid model ID"),
        ({"stream": True}, "stream"),
    ],
)
def test_what_is_not_documented_is_refused(changes: dict[str, Any], words: str) -> None:
    answer = Provider().ask(**changes)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400
    assert words in answer.json()["error"]["message"]


def test_a_body_that_is_no_json_is_refused() -> None:
    provider = Provider()
    kind = {"Content-Type": "application/json"}
    assert provider.client.post(COMPLETIONS, content=b"{", headers=kind).status_code == 400
    other = {"Content-Type": "text/plain"}
    assert provider.client.post(COMPLETIONS, content=b"{}", headers=other).status_code == 400


@pytest.mark.parametrize("header", ["", "Basic x", "Bearer", "Bearer "])
def test_without_a_key_nobody_is_let_in(header: str) -> None:
    answer = Provider().client.get("/api/v1/key", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "Missing Authentication header"


def test_another_key_is_not_let_in_where_one_is_set() -> None:
    assert Provider(key="sk-or-v1-y").ask().status_code == 401


def test_other_pages_and_methods_are_refused_in_the_same_shape() -> None:
    client = Provider().client
    for answer, status in (
        (client.get("/api/v1/nothing"), 404),
        (client.get(COMPLETIONS), 405),
        (client.get("/api/v1/generation", params={"id": "gen-0"}), 404),
        (client.get("/api/v1/credits"), 403),
    ):
        assert answer.status_code == answer.json()["error"]["code"] == status


def test_a_price_below_the_models_is_refused() -> None:
    cheap = {"max_price": {"prompt": 0.5}}
    assert Provider().ask(provider=cheap).status_code == 404
    enough = {"max_price": {"prompt": 1, "completion": "5"}}
    assert Provider().ask(provider=enough).status_code == 200


def test_a_scenario_can_be_for_one_model_and_for_some_times() -> None:
    provider = Provider()
    provider.script.put(Scenario.UNAVAILABLE, model="simulated/swift", times=2)
    swift = [provider.ask(model="simulated/swift").status_code for _ in range(3)]
    assert swift == [503, 503, 200]
    assert provider.ask().status_code == 200


def test_scripts_come_over_http_only_where_that_is_allowed() -> None:
    order = {"scenario": "429", "times": 1}
    assert Provider().client.post("/_scenarios", json=order).status_code == 404
    provider = Provider(scenarios_over_http=True)
    assert provider.client.post("/_scenarios", json=order).json() == {"pending": 1}
    assert provider.ask().headers["retry-after"] == "1"
    assert provider.client.post("/_scenarios", json={"scenario": "x"}).status_code == 400
    provider.client.post("/_scenarios", json={"scenario": "500"})
    assert provider.client.delete("/_scenarios").json() == {"pending": 0}
    assert provider.ask().status_code == 200


def test_the_second_model_answers_and_is_billed() -> None:
    provider = Provider()
    provider.script.put(Scenario.MODEL_FALLBACK)
    body = provider.ask(models=["simulated/steady", "simulated/swift"]).json()
    assert body["model"] == "simulated/swift"
    assert body["usage"]["cost"] < 0.0001


def test_a_cost_that_is_not_told_is_billed_all_the_same() -> None:
    provider = Provider()
    provider.script.put(Scenario.COST_MISSING)
    body = provider.ask().json()
    assert "cost" not in body["usage"]
    page = provider.client.get("/api/v1/generation", params={"id": body["id"]}).json()
    assert page["data"]["total_cost"] > 0


def test_every_request_is_logged_whatever_became_of_it() -> None:
    provider = Provider()
    provider.ask()
    provider.ask(order="buy")
    provider.client.get("/api/v1/key", headers={"Authorization": ""})
    log = provider.pages.log
    assert [it.path for it in log] == [COMPLETIONS, COMPLETIONS, "/api/v1/key"]
    assert json.loads(log[1].body)["order"] == "buy"


def test_an_author_that_thinks_stops_when_the_server_does() -> None:
    async def story() -> float:
        provider = Provider(answer_seconds=600.0)
        provider.pages.stopping.set()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await provider.pages._think()
        return loop.time() - begun

    assert asyncio.run(story()) < 1.0

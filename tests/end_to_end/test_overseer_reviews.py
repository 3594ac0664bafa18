"""How a review goes: who is asked, how often, by whose word, and what happens when we are wrong."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_overseer.brief import Detector, Light, Mode, Severity, Trigger, TriggerKind
from llm_overseer.core.openrouter import OpenRouterTransport
from llm_overseer.errors import ModelUnavailable
from llm_overseer.main import LLMOverseer
from llm_overseer.verdict import (
    Consent,
    Outcome,
    Source,
    Verdict,
    read_verdict,
)
from tests.overseer_desk import (
    MINUTE,
    NOW,
    brief,
    offline,
    overseer,
    overseer_settings,
    tier,
    transport_to,
)
from trading_agent.offline_openrouter.chat import Author
from trading_agent.offline_openrouter.request_schema import ChatRequest
from trading_agent.offline_openrouter.scenarios import Scenario
from trading_agent.offline_openrouter.server import OfflineOpenRouter
from trading_agent.offline_openrouter.simulated_model import simulated_answer

GREEN = (Detector("d.vol", Light.GREEN),)
Story = Callable[[LLMOverseer, OfflineOpenRouter], Any]


def tell(
    folder: Path,
    story: Story,
    *,
    author: Author = simulated_answer,
    provider: dict[str, Any] | None = None,
    **changes: Any,
) -> Any:
    async def run(server: OfflineOpenRouter) -> Any:
        settings = overseer_settings(**changes)
        built = overseer(folder, transport_to(server), settings)
        try:
            return await story(built, server)
        finally:
            await built.close()

    with offline(author=author, **(provider or {})) as server:
        return asyncio.run(run(server))


def asked(server: OfflineOpenRouter) -> list[str]:
    """Models that were asked to decide, in order."""
    bodies = [it.body for it in server.log if it.path.endswith("completions")]
    return [json.loads(body)["model"].removeprefix("simulated/") for body in bodies]


def with_actions(*actions: dict[str, Any], **changes: Any) -> Author:
    """A model that wants just this."""

    def write(request: ChatRequest, model: str) -> str:
        document = json.loads(simulated_answer(request, model))
        own = [action for action in actions if action.get("only", model) == model]
        plain = [{key: it[key] for key in it if key != "only"} for it in own]
        return json.dumps({**document, "actions": plain, **changes})

    return write


def wish(value: float, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "set_risk_mult",
        "scope": "portfolio",
        "param": None,
        "value": value,
        "ttl_minutes": 60,
        "evidence": ["d.vol"],
        "reason": "as asked",
        **changes,
    }


def test_an_alarm_on_a_heartbeat_is_looked_at_once_more_and_only_once(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> tuple[Verdict, list[str]]:
        return await built.review(brief(1), NOW), asked(server)

    author = with_actions(escalate=True)
    verdict, models = tell(tmp_path, story, author=author)
    assert models == ["swift", "steady"]
    assert (verdict.tier, verdict.calls) == (2, 2)


def test_a_deeper_look_that_fails_leaves_the_first_answer(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> tuple[Verdict, int]:
        server.script.put(Scenario.UNAVAILABLE, model="simulated/steady")
        verdict = await built.review(brief(1), NOW)
        return verdict, built.standing(NOW).day

    verdict, booked = tell(tmp_path, story)
    assert (verdict.outcome, verdict.tier) == (Outcome.DECIDED, 1)
    assert [str(it.value) for it in verdict.proposals] == ["0.80"]
    assert verdict.calls == 3
    assert verdict.cost_nano == booked


def test_the_same_question_is_answered_from_memory_and_not_applied_again(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Any:
        first = await built.review(brief(2), NOW)
        again = await built.review(brief(2, at=NOW + MINUTE), NOW + MINUTE)
        later = await built.review(brief(2, at=NOW + 6 * MINUTE), NOW + 6 * MINUTE)
        return first, again, later, asked(server)

    first, again, later, models = tell(tmp_path, story)
    assert len(models) == 2
    assert (first.outcome, again.outcome, later.outcome) == (
        *(Outcome.DECIDED, Outcome.REPEATED, Outcome.DECIDED),
    )
    assert again.proposals == ()
    assert (again.calls, again.cost_nano, again.summary) == (0, 0, first.summary)


def test_twenty_who_ask_at_once_are_one_call(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Any:
        await built.read_models(NOW)
        reviews = await asyncio.gather(*(built.review(brief(2), NOW) for _ in range(20)))
        return reviews, asked(server)

    reviews, models = tell(tmp_path, story)
    assert len(models) == 1
    assert sum(it.outcome is Outcome.DECIDED for it in reviews) == 1
    assert sum(len(it.proposals) for it in reviews) == 1
    assert len({it.id for it in reviews}) == 20


CRISIS = Trigger(TriggerKind.BLACK_SWAN, Severity.CRITICAL)


@pytest.mark.parametrize(
    ("first", "second", "values"),
    [
        (0.75, 0.6, ["0.60"]),
        (0.6, 0.75, ["0.60"]),
        (0.75, 1.2, []),
    ],
)
def test_in_a_crisis_two_vendors_must_agree(
    tmp_path: Path, first: float, second: float, values: list[str]
) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> tuple[Verdict, list[str]]:
        return await built.review(brief(3, trigger=CRISIS), NOW), asked(server)

    evidence = {"evidence": ["d.vol.BTCUSDC"]}
    author = with_actions(
        wish(first, only="simulated/deep", **evidence),
        wish(second, only="simulated/second", **evidence),
    )
    verdict, models = tell(tmp_path, story, author=author, second=True)
    assert sorted(models) == ["deep", "second"]
    assert [str(it.value) for it in verdict.proposals] == values


def test_one_vendor_alone_may_only_make_a_crisis_more_careful(tmp_path: Path) -> None:
    low = (
        brief(3)
        .parameters[0]
        .__class__(
            name="risk_mult",
            scope="portfolio",
            baseline=brief().parameters[0].baseline,
            current=brief().parameters[0].baseline / 2,
        )
    )

    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Verdict:
        server.script.put(Scenario.REFUSAL, model="simulated/second")
        it = brief(3, parameters=(low,), detectors=GREEN)
        return await built.review(it, NOW)

    verdict = tell(tmp_path, story, author=with_actions(wish(0.7)), second=True)
    assert verdict.outcome is Outcome.DECIDED
    assert [it.code for it in verdict.refusals] == ["tier_may_only_tighten"]
    assert verdict.calls == 2


@pytest.mark.parametrize(("other", "consent"), [(1.1, Consent.NONE), (None, Consent.PERSON)])
def test_a_small_loosening_goes_alone_only_with_two_vendors(
    tmp_path: Path, other: float | None, consent: Consent
) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Verdict:
        if other is None:
            server.script.put(Scenario.REFUSAL, model="simulated/second")
        it = brief(2, detectors=GREEN, mode=Mode.AUTO, trust_level=2)
        return await built.review(it, NOW)

    verdict = tell(
        tmp_path,
        story,
        author=with_actions(wish(1.1)),
        tier_2=tier("simulated/steady", second=("simulated/second",)),
    )
    assert [it.consent for it in verdict.proposals] == [consent]


def test_a_tier_has_its_calls_an_hour(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> list[str]:
        whys = []
        for minutes in (0, 10, 20, 61):
            at = NOW + minutes * MINUTE
            whys.append((await built.review(brief(2, at=at), at)).why)
        assert len(asked(server)) == 3
        return whys

    limited = tier("simulated/steady", calls_per_hour=2)
    assert tell(tmp_path, story, tier_2=limited) == ["", "", "calls_per_hour", ""]


def test_off_is_off(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> tuple[Verdict, int]:
        return await built.review(brief(2, mode=Mode.OFF), NOW), len(server.log)

    verdict, requests = tell(tmp_path, story)
    assert (verdict.outcome, verdict.why, requests) == (Outcome.ABSTAINED, "off", 0)


def test_a_shadow_proposes_for_the_shadow_alone(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, _server: OfflineOpenRouter) -> Verdict:
        return await built.review(brief(2, mode=Mode.SHADOW), NOW)

    verdict = tell(tmp_path, story)
    assert {it.consent for it in verdict.proposals} == {Consent.SHADOW_ONLY}


def test_a_wrong_key_stops_asking_and_a_crisis_has_rules(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Any:
        first = await built.review(brief(2), NOW)
        crisis = await built.review(brief(3), NOW)
        with pytest.raises(ModelUnavailable):
            await built.read_models(NOW)
        return first, crisis, len(server.log)

    first, crisis, requests = tell(tmp_path, story, provider={"key": "sk-or-v1-another"})
    assert (first.outcome, first.why) == (Outcome.ABSTAINED, "no_models")
    assert crisis.source is Source.RULES
    assert requests == 2, "not for every review"


def test_a_model_that_is_not_offered_is_never_asked(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> tuple[list[str], list[str]]:
        assert (await built.read_models(NOW)).refused == {"openai/gpt-moon": "not listed"}
        whys = [(await built.review(brief(number), NOW)).why for number in (1, 2, 3)]
        with pytest.raises(ModelUnavailable, match="none of the configured models"):
            await built.topic_of("how are you", NOW)
        return whys, asked(server)

    whys, models = tell(tmp_path, story, tier_1=tier("openai/gpt-moon"))
    assert whys == ["no_models", "", ""]
    assert models == ["steady", "deep"]


def test_a_crisis_whose_models_are_not_offered_asks_the_next_ones(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> tuple[Verdict, list[str]]:
        return await built.review(brief(3), NOW), asked(server)

    verdict, models = tell(tmp_path, story, tier_3=tier("openai/gpt-moon"))
    assert (verdict.tier, models) == (2, ["steady"])


def test_the_provider_is_told_the_dearest_price(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Any:
        await built.review(brief(2), NOW)
        return json.loads(server.log[-1].body)

    both = tier("simulated/steady", "simulated/second")
    body = tell(tmp_path, story, tier_2=both)
    assert body["provider"]["max_price"] == {"prompt": 1.25, "completion": 10.0}
    assert body["provider"]["require_parameters"] is True
    assert body["provider"]["data_collection"] == "deny"
    assert body["models"] == ["simulated/steady", "simulated/second"]
    assert body["plugins"] == [{"id": "context-compression", "enabled": False}]
    assert body["reasoning"] == {"effort": "minimal"}, "one of them cannot answer without"


def test_a_fault_of_ours_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        async def send(self, body: Any, seconds: float) -> Any:
            raise ZeroDivisionError

        async def fetch(self, path: str, seconds: float) -> Any:
            return await self._inner.fetch(path, seconds)

        async def close(self) -> None:
            await self._inner.close()

        def __init__(self, inner: OpenRouterTransport) -> None:
            self._inner = inner

    async def run(server: OfflineOpenRouter) -> tuple[Verdict, int, int]:
        settings = overseer_settings()
        built = overseer(tmp_path, Broken(transport_to(server)), settings)
        verdict = await built.review(brief(2), NOW)
        standing = built.standing(NOW)
        await built.close()
        return verdict, standing.day, standing.unresolved

    with offline() as server:
        verdict, booked, unresolved = asyncio.run(run(server))
    assert (verdict.outcome, verdict.why) == (Outcome.ABSTAINED, "fault.ZeroDivisionError")
    assert (booked > 0, unresolved) == (True, 1)
    assert "a review failed" in caplog.text


def test_a_review_that_is_called_off_keeps_its_reservation(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Any:
        await built.read_models(NOW)
        server.script.put(Scenario.HANG, times=1)
        before = len(server.log)
        review = asyncio.create_task(built.review(brief(2), NOW))
        while len(server.log) == before:
            await asyncio.sleep(0.005)
        review.cancel()
        with pytest.raises(asyncio.CancelledError):
            await review
        standing = built.standing(NOW)
        return standing, await built.review(brief(2), NOW)

    standing, after = tell(tmp_path, story, deadline=20.0)
    assert standing.unresolved == 1
    assert standing.day > 0
    assert after.outcome is Outcome.DECIDED


def test_an_ungrounded_summary_is_left_out(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, _server: OfflineOpenRouter) -> Verdict:
        return await built.review(brief(2), NOW)

    verdict = tell(tmp_path, story, author=with_actions(summary="support at 58123 broke"))
    assert (verdict.summary, verdict.defects) == ("", ("ungrounded_summary",))
    assert verdict.outcome is Outcome.DECIDED


def test_a_model_that_answers_badly_too_often_is_dropped(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> list[Verdict]:
        server.script.put(Scenario.OK, times=8)
        server.script.put(Scenario.EXTRA_KEY, times=2)
        verdicts = []
        for number in range(11):
            at = NOW + number * MINUTE
            verdicts.append(await built.review(brief(1, at=at, detectors=GREEN), at))
        return verdicts

    quick = overseer_settings().tier_1
    verdicts = tell(tmp_path, story, cache_seconds=0, defect_calls=10, tier_1=quick)
    assert [it.why for it in verdicts] == [""] * 8 + ["extra_key"] * 2 + ["breaker_open"]
    assert [len(it.notices) for it in verdicts[8:]] == [1, 1, 1]
    assert "no longer used: simulated/swift" in verdicts[9].notices[0].text


def test_a_verdict_says_until_when_and_on_what_it_holds(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, _server: OfflineOpenRouter) -> Verdict:
        return await built.review(brief(2), NOW)

    verdict = tell(tmp_path, story)
    assert (verdict.apply_before, verdict.baseline_hash) == (NOW + 2 * MINUTE, "base01")
    assert read_verdict(verdict.document()) == verdict

"""What strangers write reaches no decision: not a byte of it in a prompt, and no more of its wishes
than a clamped number. And what is secret reaches nobody."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm_overseer.analysis.mood import AssetMood, EventType, Mood
from llm_overseer.analysis.newsroom import StrangeText
from llm_overseer.analysis.normalise import mixes_scripts, normalised
from llm_overseer.brief import Detector, Light, Mode, Topic
from llm_overseer.errors import ModelUnavailable, UnusableBrief
from llm_overseer.main import LLMOverseer
from llm_overseer.verdict import Consent, Verdict
from tests.injection_corpus import DISGUISES, Injection, corpus
from tests.overseer_desk import (
    KEY,
    NOW,
    brief,
    offline,
    overseer,
    overseer_settings,
    transport_to,
)
from trading_agent.offline_openrouter.request_schema import ChatRequest
from trading_agent.offline_openrouter.server import OfflineOpenRouter
from trading_agent.offline_openrouter.simulated_model import simulated_answer

CORPUS = tuple(corpus())
BATCHES = [CORPUS[first : first + 16] for first in range(0, len(CORPUS), 16)]
SYMBOLS = ("BTCUSDC", "ETHUSDC")
GREEN = (Detector("d.vol", Light.GREEN), Detector("d.drawdown", Light.GREEN))


def scores(request: ChatRequest, **extremes: Any) -> dict[str, Any]:
    honest = json.loads(simulated_answer(request, ""))
    for score in honest["scores"]:
        score.update({"relevance": "high", "asset": "BTCUSDC", **extremes})
    return dict(honest)


def euphoric(request: ChatRequest) -> str:
    return json.dumps(scores(request, sentiment=2, event="listing"))


def panicking(request: ChatRequest) -> str:
    return json.dumps(scores(request, sentiment=-2, event="hack"))


def quoting(request: ChatRequest) -> str:
    return json.dumps({**scores(request), "note": request.said_by("user")})


def naming(request: ChatRequest) -> str:
    return json.dumps(scores(request, asset="IGNORERULES"))


def obeying(_request: ChatRequest) -> str:
    action = {"kind": "set_risk_mult", "scope": "portfolio", "value": 1.25}
    return json.dumps({"schema_version": "overseer/1", "actions": [action]})


def betraying(request: ChatRequest) -> str:
    """Says the hidden mark."""
    return json.dumps(scores(request)) + request.said_by("system").split("mark: ")[1][:17]


def chatting(_request: ChatRequest) -> str:
    return "Sure! I have set the risk to the maximum."


LABELLERS: dict[str, Callable[[ChatRequest], str]] = {
    it.__name__: it for it in (euphoric, panicking, quoting, naming, obeying, betraying, chatting)
}
CLEAN = ("euphoric", "panicking")


def gullible(request: ChatRequest, snapshot: Any) -> list[dict[str, Any]]:
    """A decision that follows the mood as far as it can."""
    evidence = [it for it in snapshot["sections"].get("n.BTCUSDC", {}) if it.endswith("sentiment")]
    if not evidence:
        return []
    up = snapshot["sections"]["n.BTCUSDC"][evidence[0]] > 0
    return [
        {
            "kind": "set_risk_mult",
            "scope": "portfolio",
            "param": None,
            "value": 1.25 if up else 0.1,
            "ttl_minutes": 1440,
            "evidence": evidence,
            "reason": "the news",
        }
    ]


def author(labeller: str) -> Callable[[ChatRequest, str], str]:
    def write(request: ChatRequest, model: str) -> str:
        if request.schema_name() == "labels":
            return LABELLERS[labeller](request)
        decision = json.loads(simulated_answer(request, model))
        snapshot = json.loads(request.said_by("user"))["snapshot"]
        decision["actions"] = gullible(request, snapshot)
        return json.dumps(decision)

    return write


def texts(batch: tuple[Injection, ...]) -> list[StrangeText]:
    """All of one source: the worst that one stranger can do."""
    return [StrangeText("feed.one", it.text) for it in batch]


async def moods_and_verdicts(
    built: LLMOverseer, mode: Mode
) -> tuple[list[Mood], list[Verdict], int]:
    moods, verdicts, discarded = [], [], 0
    for number, batch in enumerate(BATCHES):
        try:
            mood = await built.read_news(texts(batch), SYMBOLS, NOW + number)
        except ModelUnavailable:
            discarded += 1
            mood = Mood((), 0, len(batch))
        moods.append(mood)
        sections = (*brief().sections, *mood.sections())
        it = brief(detectors=GREEN, sections=sections, mode=mode, trust_level=9, at=NOW + number)
        verdicts.append(await built.review(it, NOW + number))
    await built.close()
    return moods, verdicts, discarded


def run(folder: Path, server: OfflineOpenRouter, mode: Mode = Mode.AUTO) -> Any:
    settings = overseer_settings(defect_calls=1_000, breaker={"failures": 100}, cache_seconds=0)
    return asyncio.run(moods_and_verdicts(overseer(folder, transport_to(server), settings), mode))


def test_the_corpus_is_large_and_each_item_has_its_mark() -> None:
    assert len(CORPUS) >= 200
    assert len({it.mark for it in CORPUS}) == len(CORPUS)
    plain = [it for it in CORPUS if it.name.endswith("-plain")]
    assert all(it.mark in it.text for it in plain)


@pytest.mark.slow
@pytest.mark.parametrize("labeller", LABELLERS)
def test_no_byte_of_a_text_reaches_a_decision_and_no_wish_more_than_a_clamp(
    tmp_path: Path, labeller: str
) -> None:
    with offline(author=author(labeller)) as server:
        moods, verdicts, discarded = run(tmp_path, server)
        labelled = b"".join(it.body for it in server.log if b'"name":"labels"' in it.body)
        decisions = [it.body for it in server.log if b'"name":"overseer_decision"' in it.body]
    assert discarded == (0 if labeller in CLEAN else len(BATCHES))
    assert sum(it.mark.encode() in labelled for it in CORPUS) >= 100, "the texts were read"
    assert any(it.proposals for it in verdicts) == (labeller == "euphoric")
    assert len(decisions) == len(verdicts) == len(BATCHES)
    everything = b"\n".join([*decisions, *(it.document() for it in verdicts)])
    seen = json.loads(json.dumps(everything.decode())).lower()
    for injection in CORPUS:
        assert injection.mark not in seen
        assert injection.text.lower() not in seen
    for mood in moods:
        for asset in mood.assets:
            assert abs(asset.sentiment) <= 0.5
            assert asset.event in (EventType.NONE, EventType.LISTING)
    for verdict in verdicts:
        assert all(it.consent is Consent.PERSON for it in verdict.proposals)
        assert {it.code for it in verdict.refusals} <= {"no_alarm_cited"}


def test_an_automatic_tightening_needs_more_than_news(tmp_path: Path) -> None:
    with offline(author=author("panicking")) as server:
        _, verdicts, _ = run(tmp_path, server, Mode.AUTO_TIGHTEN)
    assert [it.proposals for it in verdicts] == [()] * len(BATCHES)
    assert {code.code for it in verdicts for code in it.refusals} == {"no_alarm_cited"}


def test_two_sources_are_needed_for_what_is_grave(tmp_path: Path) -> None:
    async def story(built: LLMOverseer) -> tuple[Mood, Mood]:
        one = await built.read_news([StrangeText("a", "x"), StrangeText("a", "y")], SYMBOLS, NOW)
        two = await built.read_news([StrangeText("a", "x"), StrangeText("b", "z")], SYMBOLS, NOW)
        await built.close()
        return one, two

    with offline(author=author("panicking")) as server:
        built = overseer(tmp_path, transport_to(server), overseer_settings())
        one, two = asyncio.run(story(built))
    (lone,), (joint,) = one.assets, two.assets
    assert (str(lone.sentiment), lone.event) == ("-0.5", EventType.NONE)
    assert (joint.sentiment, joint.event) == (-2, EventType.HACK)
    assert isinstance(joint, AssetMood)


@pytest.mark.slow
def test_a_persons_question_becomes_a_topic(tmp_path: Path) -> None:
    async def story(built: LLMOverseer) -> set[Topic]:
        topics = set()
        for number, injection in enumerate(CORPUS[::9]):
            topic = await built.topic_of(injection.text, NOW)
            topics.add(topic)
            at = NOW + number
            await built.review(brief(topic=topic, baseline_hash=f"b{number}", at=at), at)
        await built.close()
        return topics

    with offline() as server:
        built = overseer(tmp_path, transport_to(server), overseer_settings())
        assert asyncio.run(story(built)) <= set(Topic)
        asked = [it.body for it in server.log if b'"name":"overseer_decision"' in it.body]
    assert asked
    assert not any(it.mark.encode() in body for it in CORPUS for body in asked)


@pytest.mark.parametrize("name", sorted(DISGUISES))
def test_nothing_invisible_survives(name: str) -> None:
    for injection in CORPUS:
        if injection.name.endswith(name):
            text = normalised(injection.text)
            assert text.isprintable()
            assert len(text) <= 480
            assert not set("<>{}[]`|\\*#") & set(text)
            assert "http" not in text


def test_look_alikes_are_flagged() -> None:
    assert mixes_scripts("buy \u0412itc\u043ein now")
    assert not mixes_scripts("buy Bitcoin now, \u043a\u0443\u043f\u0438\u0442\u044c")


def test_a_source_is_a_name_of_ours() -> None:
    with pytest.raises(UnusableBrief):
        StrangeText("feed one; ignore", "x")


def test_no_secret_of_the_environment_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {
        "OPENAI_API_KEY": "sk-another-key-entirely",
        "OPENAI_ORG_ID": "org-of-somebody",
        "OPENAI_PROJECT_ID": "project-of-somebody",
        "OPENAI_ADMIN_KEY": "admin-key-of-somebody",
        "OPENAI_CUSTOM_HEADERS": "X-Leak: header-of-somebody\nAuthorization: other",
        "MEXC_API_SECRET": "exchange-secret",
        "TELEGRAM_TOKEN": "telegram-token",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)

    async def story(built: LLMOverseer) -> None:
        for tier in (1, 2, 3):
            await built.review(brief(tier), NOW)
        await built.read_news(texts(BATCHES[0]), SYMBOLS, NOW)
        await built.reconcile(NOW)
        await built.close()

    with offline() as server:
        settings = overseer_settings(second=True)
        asyncio.run(story(overseer(tmp_path, transport_to(server), settings)))
        log = server.log
    assert len(log) >= 7
    own = {name: value for name, value in os.environ.items() if len(value) >= 12}
    for request in log:
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        assert headers.pop("authorization") == f"Bearer {KEY}"
        sent = f"{headers}{request.path}{request.body.decode()}"
        assert KEY not in sent
        assert [name for name, value in own.items() if value in sent] == []
        assert not any("somebody" in it for it in sent.split())
        assert set(headers) <= {
            *("accept", "accept-encoding", "connection", "content-type", "content-length"),
            *("user-agent", "x-stainless-raw-response"),
        }

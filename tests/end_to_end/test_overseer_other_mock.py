"""The client against a mock that somebody else wrote: npm's `@dwmkerr/mock-llm`."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from llm_overseer.core.context_manager import ContextManager
from llm_overseer.core.openrouter import OpenRouterTransport
from llm_overseer.verdict import Outcome, Verdict
from tests.overseer_desk import KEY, NOW, brief, overseer, overseer_settings

PACKAGE = "@dwmkerr/mock-llm@0.1.29"
SETTINGS = overseer_settings(rules_in_crisis=False)
MODELS = {
    "data": [
        {
            "id": name,
            "pricing": {"prompt": "0.000001", "completion": "0.000005"},
            "supported_parameters": [
                *("include_reasoning", "max_tokens", "response_format", "structured_outputs"),
                *listed,
            ],
        }
        for name, listed in (
            ("simulated/swift", ("reasoning", "seed", "tools")),
            ("simulated/steady", ("reasoning", "stop", "temperature", "top_k")),
            ("simulated/deep", ("max_completion_tokens", "seed", "temperature")),
        )
    ]
}


@dataclass(frozen=True, slots=True)
class StrangeProvider:
    url: str

    def answer(self, status: int, body: Any) -> None:
        """To every completion from now on."""
        rules = [
            {"path": "/api/v1/models", "match": "@", "response": response(200, MODELS)},
            {"path": "/api/v1/chat/completions", "match": "@", "response": response(status, body)},
        ]
        requests.post(f"{self.url}/config", json={"rules": rules}, timeout=5).raise_for_status()


def response(status: int, body: Any) -> dict[str, Any]:
    content = body if isinstance(body, str) else json.dumps(body)
    return {"status": status, "content": content}


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StrangeProvider]:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("mock")
    installed = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if installed.returncode != 0:
        pytest.skip(f"npm could not install {PACKAGE}")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = folder / "node_modules" / "@dwmkerr" / "mock-llm" / "dist" / "main.js"
    process = subprocess.Popen(
        [node, str(script)],
        cwd=folder,
        env={**os.environ, "HOST": "127.0.0.1", "PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        for attempt in Retrying(
            stop=stop_after_delay(30),
            wait=wait_fixed(0.1),
            retry=retry_if_exception_type(requests.ConnectionError),
        ):
            with attempt:
                requests.get(f"{url}/health", timeout=5).raise_for_status()
        yield StrangeProvider(url)
    finally:
        process.terminate()
        process.wait(10)


def decision() -> dict[str, Any]:
    prompt = ContextManager(SETTINGS).compose(brief(2), SETTINGS.tier_2)
    action = {
        "kind": "set_risk_mult",
        "scope": "portfolio",
        "param": None,
        "value": 0.75,
        "ttl_minutes": 60,
        "evidence": ["d.vol.BTCUSDC"],
        "reason": "volatility",
    }
    return {
        "schema_version": "overseer/1",
        "snapshot_id": prompt.snapshot_id,
        "regime": "range",
        "regime_conflict": False,
        "confidence": "low",
        "escalate": False,
        "actions": [action],
        "summary": "volatility",
    }


def completion(content: str, **usage: Any) -> dict[str, Any]:
    return {
        "id": "gen-1",
        "model": "simulated/steady",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": content},
            }
        ],
        "usage": {"prompt_tokens": 1_000, "completion_tokens": 100, **usage},
    }


def review(folder: Path, mock: StrangeProvider) -> tuple[Verdict, int]:
    """The verdict, and what is booked."""

    async def run() -> tuple[Verdict, int]:
        ticks = asyncio.get_running_loop().time
        transport = OpenRouterTransport(f"{mock.url}/api/v1", KEY, ticks)
        built = overseer(folder, transport, SETTINGS)
        verdict = await built.review(brief(2), NOW)
        booked = built.standing(NOW).day
        await built.close()
        return verdict, booked

    return asyncio.run(run())


@pytest.mark.slow
def test_a_decision_is_read_and_paid_for(mock: StrangeProvider, tmp_path: Path) -> None:
    mock.answer(200, completion(json.dumps(decision()), cost=0.0015))
    verdict, booked = review(tmp_path, mock)
    assert verdict.outcome is Outcome.DECIDED
    assert [str(it.value) for it in verdict.proposals] == ["0.75"]
    assert not verdict.simulated
    assert booked == verdict.cost_nano == 1_500_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, {"error": {"code": 502, "message": "Provider returned error"}}, "error_in_body"),
        (200, completion("no JSON"), "not_json"),
        (402, {"error": {"code": 402, "message": "Insufficient credits"}}, "no_credit"),
        (429, {"error": {"code": 429, "message": "Rate limit exceeded"}}, "throttled"),
        (500, "oops", "overloaded"),
    ],
)
def test_its_failures_are_told_apart(
    mock: StrangeProvider, tmp_path: Path, status: int, body: Any, why: str
) -> None:
    mock.answer(status, body)
    verdict, _ = review(tmp_path, mock)
    assert (verdict.outcome, verdict.why, verdict.proposals) == (Outcome.ABSTAINED, why, ())

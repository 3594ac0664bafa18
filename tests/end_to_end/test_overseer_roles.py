"""Words for people: a report without invented numbers, a thesis that can be refuted."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llm_overseer.errors import ModelUnavailable
from llm_overseer.roles import Thesis
from tests.overseer_desk import (
    MINUTE,
    NOW,
    market,
    offline,
    overseer,
    overseer_settings,
    transport_to,
)
from trading_agent.offline_openrouter.request_schema import ChatRequest

TABLE = (market("BTCUSDC"),)
THESIS = {
    "view": 1,
    "text": "calm at 97.3",
    "leaf": "m.BTCUSDC.vol15_pct",
    "wrong_when": "above",
    "threshold": 99.0,
    "horizon_minutes": 30,
}


def ask(folder: Path, role: str, answer: dict[str, Any] | None) -> Any:
    async def story() -> Any:
        built = overseer(folder, transport_to(server), overseer_settings())
        try:
            if role == "report":
                return await built.report(TABLE, NOW)
            return await built.thesis("BTCUSDC", TABLE, NOW)
        finally:
            await built.close()

    def write(_request: ChatRequest, _model: str) -> str:
        return json.dumps(answer)

    author = {} if answer is None else {"author": write}
    with offline(**author) as server:  # type: ignore[arg-type]
        return asyncio.run(story())


def test_a_report_may_repeat_numbers(tmp_path: Path) -> None:
    text = "BTCUSDC traded at 61235, volatility 97.3 on the 15m chart."
    assert ask(tmp_path, "report", {"text": text}) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Profit was 12 dollars.", "ungrounded"),
        ("word " * 121, "too_many_words"),
        ("x" * 1_201, "schema.text.string_too_long"),
    ],
)
def test_a_report_that_invents_is_dropped(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ModelUnavailable) as refused:
        ask(tmp_path, "report", {"text": text})
    assert refused.value.failure == why


def test_a_thesis_says_when_it_was_wrong(tmp_path: Path) -> None:
    thesis = ask(tmp_path, "thesis", THESIS)
    assert isinstance(thesis, Thesis)
    assert thesis.expires_at == NOW + 30 * MINUTE
    assert not thesis.refuted_by(Decimal(99))
    assert thesis.refuted_by(Decimal("99.01"))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"leaf": "m.BTCUSDC.moon"}, "unknown_evidence"),
        ({"leaf": "m.BTCUSDC.depth"}, "unknown_evidence"),
        ({"text": "target 70000"}, "ungrounded"),
        ({"view": 3}, "schema.view"),
        ({"threshold": "99"}, "schema.threshold"),
    ],
)
def test_a_thesis_that_cannot_be_checked_is_dropped(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(ModelUnavailable) as refused:
        ask(tmp_path, "thesis", {**THESIS, **changes})
    assert refused.value.failure.startswith(why)


@pytest.mark.parametrize("role", ["report", "thesis"])
def test_the_simulated_model_says_that_it_is(tmp_path: Path, role: str) -> None:
    said = ask(tmp_path, role, None)
    assert (said if isinstance(said, str) else said.text).startswith("Simulated")

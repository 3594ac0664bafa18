"""Reviews that do not come to their end: money runs out between two tries, or something worse comes
up. What was asked and paid is told all the same."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llm_overseer.main import LLMOverseer
from llm_overseer.records import Record
from llm_overseer.settings import NANO, BudgetSettings
from llm_overseer.verdict import Outcome, Source
from tests.overseer_desk import NOW, brief, offline, overseer, overseer_settings, transport_to
from trading_agent.offline_openrouter.scenarios import Scenario
from trading_agent.offline_openrouter.server import OfflineOpenRouter

Story = Callable[[LLMOverseer, OfflineOpenRouter], Awaitable[Any]]


def told(folder: Path, story: Story, **changes: Any) -> Any:
    async def run(server: OfflineOpenRouter) -> Any:
        settings = overseer_settings(rules_in_crisis=False, deadline=5.0, **changes)
        built = overseer(folder, transport_to(server), settings)
        await built.read_models(NOW)
        try:
            return await story(built, server)
        finally:
            await built.close()

    with offline() as server:
        return asyncio.run(run(server))


def ledger(folder: Path) -> list[tuple[str, int, int]]:
    """State, charge and reservation of every call."""
    with closing(sqlite3.connect(folder / "budget.db")) as connection:
        query = "SELECT state, charged, reserved FROM calls ORDER BY id"
        return connection.execute(query).fetchall()


def money_for(folder: Path, calls: str, tier: int = 2) -> BudgetSettings:
    """Enough for so many reservations of a review."""
    folder.mkdir()
    told(folder, lambda built, _: built.review(brief(tier), NOW))
    reserved = Decimal(ledger(folder)[0][2]) / NANO
    cap = reserved * Decimal(calls)
    return BudgetSettings(usd_day=cap, usd_hour=cap, usd_call=1, tokens_day=10**9, routine=1)


@pytest.mark.parametrize(
    ("scenario", "why"),
    [(Scenario.UNAVAILABLE, "overloaded"), (Scenario.DUPLICATE_KEY, "duplicate_key")],
)
def test_a_first_call_that_was_paid_is_told_when_there_is_no_money_for_a_second(
    tmp_path: Path, scenario: Scenario, why: str
) -> None:
    # An unreadable answer is settled at its price, far below what was reserved.
    enough = "1.5" if scenario is Scenario.UNAVAILABLE else "1.05"
    budget = money_for(tmp_path / "measured", enough)

    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Any:
        server.script.put(scenario)
        verdict = await built.review(brief(2), NOW)
        return verdict, built._records.find(verdict.id)

    verdict, record = told(tmp_path, story, budget=budget)
    (call,) = ledger(tmp_path)
    assert (verdict.outcome, verdict.why, verdict.calls) == (Outcome.ABSTAINED, why, 1)
    assert verdict.cost_nano == call[1] > 0
    assert len(record.takes) == 1
    assert "no second try, because today's money is spent" in verdict.notices[0].text


def test_of_two_opinions_the_one_that_was_asked_says_what_went_wrong(tmp_path: Path) -> None:
    """There is money for one of them, and that one fails."""
    budget = money_for(tmp_path / "measured", "1.3", tier=3)

    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Any:
        server.script.put(Scenario.HTML_200)
        return await built.review(brief(3), NOW)

    second = overseer_settings(second=True).tier_3
    verdict = told(tmp_path, story, budget=budget, tier_3=second)
    paid = [it for it in ledger(tmp_path) if it[0] != "released"]
    assert verdict.why == "not_json"
    assert verdict.calls >= 1
    assert verdict.cost_nano == sum(it[1] for it in paid) > 0


def test_a_review_that_nobody_waits_for_any_more_is_recorded_as_such(tmp_path: Path) -> None:
    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Record:
        before = len(server.log)
        server.script.put(Scenario.HANG)
        review = asyncio.create_task(built.review(brief(2), NOW))
        while len(server.log) == before:
            await asyncio.sleep(0.005)
        review.cancel("superseded")
        with pytest.raises(asyncio.CancelledError):
            await review
        (record,) = built._records.latest(5)
        return record

    record = told(tmp_path, story)
    verdict = record.verdict
    (call,) = ledger(tmp_path)
    assert call[0] == "lost"
    assert (verdict.outcome, verdict.source) == (Outcome.ABSTAINED, Source.NOBODY)
    assert (verdict.why, verdict.proposals, verdict.notices) == ("superseded", (), ())
    assert (verdict.calls, verdict.cost_nano) == (1, call[1])
    assert verdict.tier == 2


@pytest.mark.parametrize(("word", "why"), [("stopped", "stopped"), ("", "superseded")])
def test_what_was_answered_before_the_cut_is_kept(tmp_path: Path, word: str, why: str) -> None:
    """An alarm on a heartbeat: the first tier has answered, the second hangs."""

    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Record:
        server.script.put(Scenario.HANG, model="simulated/steady")
        review = asyncio.create_task(built.review(brief(1), NOW))
        while sum(it.path.endswith("completions") for it in server.log) < 2:
            await asyncio.sleep(0.005)
        review.cancel(*([word] if word else []))
        with pytest.raises(asyncio.CancelledError):
            await review
        (record,) = built._records.latest(5)
        return record

    record = told(tmp_path, story)
    assert (record.verdict.why, record.verdict.calls) == (why, 2)
    assert len(record.takes) == 1, "of the one that was cut off there is nothing to keep"
    assert record.verdict.cost_nano == sum(it[1] for it in ledger(tmp_path))


def test_a_model_that_answers_for_another_bears_its_own_blame(tmp_path: Path) -> None:
    tier = overseer_settings().tier_2
    both = tier.model_copy(update={"models": ("simulated/steady", "simulated/deep")})

    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> Any:
        server.script.put(Scenario.MODEL_FALLBACK, times=1)
        await built.review(brief(2), NOW)
        consultant = built._consultant
        assert consultant is not None
        return consultant.conduct.counts(), built.breakers

    counts, breakers = told(tmp_path, story, tier_2=both)
    assert counts == {"simulated/deep": (1, 0)}
    assert not breakers.of("simulated/steady").blocks(NOW), "once is not often"


def test_a_provider_that_is_back_but_busy_is_asked_again(tmp_path: Path) -> None:
    """The one call that is let through after a pause ends the pause, however it ends."""

    async def story(built: LLMOverseer, server: OfflineOpenRouter) -> list[str]:
        whys = []
        second = 10**9
        for number, scenario in enumerate((Scenario.HTML_200,) * 3 + (Scenario.UNAVAILABLE,)):
            server.script.clear()
            server.script.put(scenario)
            at = NOW + (number if number < 3 else 100) * second
            whys.append((await built.review(brief(2, at=at), at)).why)
        server.script.clear()
        at = NOW + 4_000 * second
        whys.append((await built.review(brief(2, at=at), at)).why)
        return whys

    whys = told(tmp_path, story)
    assert whys == ["not_json", "not_json", "not_json", "overloaded", ""]

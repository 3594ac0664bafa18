"""Every way an answer goes wrong, for every tier: nothing changes, the money is accounted for, the
right breaker opens, people hear of it once, and it is over in time."""

import asyncio
import contextlib
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from llm_overseer.brief import Direction, Slice
from llm_overseer.core.openrouter import OpenRouterTransport
from llm_overseer.core.transport import TransportTrouble
from llm_overseer.main import LLMOverseer
from llm_overseer.settings import NANO, OverseerSettings
from llm_overseer.verdict import Outcome, Source, Verdict
from tests.overseer_desk import (
    NOW,
    brief,
    offline,
    overseer,
    overseer_settings,
    transport_to,
)
from trading_agent.offline_openrouter.scenarios import Scenario
from trading_agent.offline_openrouter.server import OfflineOpenRouter

DEADLINE = 0.6
MODELS = {1: "simulated/swift", 2: "simulated/steady", 3: "simulated/deep"}


@dataclass(frozen=True, slots=True)
class Expected:
    why: str
    """Empty: decided all the same."""
    state: str
    """Of the call in the ledger."""
    open: str = ""
    """The breaker that is open after one such answer: "model", "everybody" or none."""


GENERATED = {
    Scenario.EMPTY_CHOICES: Expected("no_choices", "settled"),
    Scenario.CHOICE_ERROR: Expected("error_in_choice", "settled"),
    Scenario.NULL_CONTENT_REASONING: Expected("no_content", "settled"),
    Scenario.LENGTH: Expected("cut_short", "settled"),
    Scenario.REFUSAL: Expected("refused", "settled"),
    Scenario.CONTENT_FILTER: Expected("filtered", "settled"),
    Scenario.TWO_OBJECTS: Expected("not_json", "settled"),
    Scenario.NOT_A_NUMBER: Expected("not_finite", "settled"),
    Scenario.DUPLICATE_KEY: Expected("duplicate_key", "settled"),
    Scenario.EXTRA_KEY: Expected("extra_key", "settled"),
    Scenario.WRONG_ENUM: Expected("schema.regime.enum", "settled"),
    Scenario.WRONG_SNAPSHOT: Expected("wrong_snapshot", "settled"),
    Scenario.DEEP_NEST: Expected("not_json", "settled"),
}
REFUSED = {
    Scenario.BAD_REQUEST: Expected("bad_request", "released"),
    Scenario.UNAUTHORIZED: Expected("key_refused", "released", "everybody"),
    Scenario.NO_CREDITS: Expected("no_credit", "released", "everybody"),
    Scenario.IN_FLIGHT: Expected("in_flight", "released"),
    Scenario.MODERATION: Expected("moderated", "released"),
    Scenario.BUDGET: Expected("remote_budget", "released", "everybody"),
    Scenario.MODEL_GONE: Expected("model_gone", "released", "model"),
    Scenario.REQUEST_TIMEOUT: Expected("overloaded", "lost"),
    Scenario.TOO_LARGE: Expected("bad_request", "released"),
    Scenario.UNPROCESSABLE: Expected("bad_request", "released"),
    Scenario.THROTTLED: Expected("throttled", "released"),
    Scenario.THROTTLED_LONG: Expected("throttled", "released"),
    Scenario.SERVER_ERROR: Expected("overloaded", "lost"),
    Scenario.BAD_GATEWAY: Expected("overloaded", "lost"),
    Scenario.UNAVAILABLE: Expected("overloaded", "lost"),
    Scenario.EDGE_TIMEOUT: Expected("overloaded", "lost"),
    Scenario.OVERLOADED: Expected("overloaded", "lost"),
}
BROKEN = {
    Scenario.ERROR_200: Expected("error_in_body", "lost"),
    Scenario.HTML_200: Expected("not_json", "lost"),
    Scenario.HANG: Expected("timeout", "lost"),
    Scenario.DRIP: Expected("timeout", "lost"),
    Scenario.RESET: Expected("broken", "lost"),
    Scenario.CUT_BODY: Expected("broken", "lost"),
    Scenario.BAD_GZIP: Expected("broken", "lost"),
    Scenario.HUGE_BODY: Expected("too_large", "lost"),
}
READABLE = {
    Scenario.OK: Expected("", "settled"),
    Scenario.OK_CACHED: Expected("", "settled"),
    Scenario.FENCED: Expected("", "settled"),
    Scenario.MODEL_FALLBACK: Expected("", "settled"),
    Scenario.COST_MISSING: Expected("", "lost"),
    Scenario.COST_ZERO: Expected("", "lost"),
    Scenario.COST_HUGE: Expected("", "disputed"),
}
ALL = {**GENERATED, **REFUSED, **BROKEN, **READABLE}
OPINIONS = ("simulated/deep", "simulated/second")
QUICK = (Scenario.OK, Scenario.HANG, Scenario.LENGTH, Scenario.MODEL_GONE, Scenario.COST_HUGE)
SHIPPED = [
    pytest.param(it, marks=() if it in QUICK else (pytest.mark.slow,), id=str(it)) for it in ALL
]


@dataclass(slots=True)
class Bench:
    """One provider, one loop and one connection pool for all cases."""

    server: OfflineOpenRouter
    runner: asyncio.Runner
    transport: OpenRouterTransport

    def build(self, folder: Path, **changes: object) -> LLMOverseer:
        self.server.script.clear()
        settings = overseer_settings(**{"deadline": DEADLINE, "rules_in_crisis": False, **changes})
        built = overseer(folder, self.transport, settings)
        self.runner.run(built.read_models(NOW))
        return built

    def review(self, built: LLMOverseer, tier: int, now: int = NOW) -> tuple[Verdict, float]:
        """The verdict, and the seconds it took."""
        begun = time.perf_counter()
        verdict = self.runner.run(built.review(brief(tier), now))
        return verdict, time.perf_counter() - begun


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with offline() as server, asyncio.Runner() as runner:
        transport = transport_to(server)
        yield Bench(server, runner, transport)
        runner.run(transport.close())


def ledger(folder: Path) -> list[tuple[str, int, int]]:
    """State, charge and reservation of every call."""
    with closing(sqlite3.connect(folder / "budget.db")) as connection:
        query = "SELECT state, charged, reserved FROM calls ORDER BY id"
        return connection.execute(query).fetchall()


def left_alone(built: LLMOverseer) -> set[str]:
    """Who is not asked for now."""
    names = (*MODELS.values(), "simulated/second")
    alone = {name for name in names if built.breakers.of(name).blocks(NOW)}
    return alone | ({"everybody"} if built.breakers.everybody.blocks(NOW) else set())


def expected_alone(expected: Expected, asked: tuple[str, ...]) -> set[str]:
    return {"everybody": {"everybody"}, "model": set(asked)}.get(expected.open, set())


def test_every_scenario_is_in_the_matrix() -> None:
    assert set(ALL) == set(Scenario)


@pytest.mark.parametrize(
    "tier", [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(3, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("scenario", ALL, ids=str)
def test_an_answer_changes_nothing_unless_it_is_a_decision(
    bench: Bench, tmp_path: Path, scenario: Scenario, tier: int
) -> None:
    expected = ALL[scenario]
    built = bench.build(tmp_path)
    bench.server.script.put(scenario)
    billed_before = sum(it.cost for it in bench.server.generations)

    verdict, seconds = bench.review(built, tier)

    billed = (sum(it.cost for it in bench.server.generations) - billed_before) * NANO
    calls = ledger(tmp_path)
    assert left_alone(built) == expected_alone(expected, (MODELS[tier],))
    assert seconds <= DEADLINE + 0.2
    assert verdict.why == expected.why
    if expected.why:
        assert (verdict.outcome, verdict.source) == (Outcome.ABSTAINED, Source.NOBODY)
        assert (verdict.proposals, len(verdict.notices)) == ((), 1)
        assert bench.review(built, tier)[0].proposals == ()
    else:
        assert (verdict.outcome, verdict.source) == (Outcome.DECIDED, Source.MODEL)
        assert (len(verdict.proposals), verdict.notices) == (1, ())
        assert verdict.simulated
    assert calls[0][0] == expected.state
    assert all(charged <= reserved for _, charged, reserved in calls)
    assert sum(charged for _, charged, _ in calls) >= billed
    records = list(built._records.latest(9))
    assert verdict in [it.verdict for it in records]


@pytest.mark.parametrize("scenario", SHIPPED)
def test_in_a_crisis_two_are_asked_and_rules_stand_in(
    bench: Bench, tmp_path: Path, scenario: Scenario
) -> None:
    """As the settings are shipped: a second opinion, and rules where no model answers."""
    shipped = OverseerSettings()
    assert shipped.rules_in_crisis
    assert shipped.tier_3.second
    expected = ALL[scenario]
    built = bench.build(tmp_path, second=True, rules_in_crisis=True)
    bench.server.script.put(scenario)
    billed_before = sum(it.cost for it in bench.server.generations)

    verdict, seconds = bench.review(built, 3)

    billed = (sum(it.cost for it in bench.server.generations) - billed_before) * NANO
    calls = ledger(tmp_path)
    assert seconds <= DEADLINE + 0.2
    assert (verdict.outcome, verdict.why) == (Outcome.DECIDED, expected.why)
    assert {it.direction for it in verdict.proposals} == {Direction.TIGHTEN}
    if expected.why:
        assert verdict.source is Source.RULES
        assert [str(it.value) for it in verdict.proposals] == ["0.50"]
        assert len(verdict.notices) == 1
    else:
        assert (verdict.source, verdict.notices) == (Source.MODEL, ())
    assert len(calls) >= 2
    assert {calls[0][0], calls[1][0]} == {expected.state}
    assert sum(charged for _, charged, _ in calls) >= billed
    assert left_alone(built) == expected_alone(expected, OPINIONS)


@pytest.mark.parametrize("scenario", [Scenario.HANG, Scenario.DRIP])
def test_two_opinions_share_one_deadline(bench: Bench, tmp_path: Path, scenario: Scenario) -> None:
    built = bench.build(tmp_path, second=True)
    bench.server.script.put(scenario)

    verdict, seconds = bench.review(built, 3)

    assert (verdict.why, verdict.calls) == ("timeout", 2)
    assert seconds <= DEADLINE + 0.2
    assert [it[0] for it in ledger(tmp_path)] == ["lost", "lost"]


def test_reading_the_models_first_is_within_the_deadline_too(bench: Bench, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/api/v1"
        transport = OpenRouterTransport(address, "sk-or-v1-x", time.perf_counter)
        settings = overseer_settings(deadline=DEADLINE, rules_in_crisis=False)
        verdict, seconds = bench.review(overseer(tmp_path, transport, settings), 2)
        bench.runner.run(transport.close())

    assert verdict.why == "no_models"
    assert seconds <= DEADLINE + 0.2


@pytest.mark.parametrize("tier", [1, 2, 3])
def test_what_is_booked_is_what_was_billed(bench: Bench, tmp_path: Path, tier: int) -> None:
    built = bench.build(tmp_path)
    before = sum(it.cost for it in bench.server.generations)

    verdict, _ = bench.review(built, tier)

    billed = sum(it.cost for it in bench.server.generations) - before
    assert verdict.cost_nano == built.standing(NOW).day == billed * NANO
    assert verdict.calls >= 1


@pytest.mark.parametrize("scenario", [Scenario.UNAVAILABLE, Scenario.THROTTLED, Scenario.IN_FLIGHT])
def test_what_passes_is_tried_once_more(bench: Bench, tmp_path: Path, scenario: Scenario) -> None:
    built = bench.build(tmp_path, deadline=5.0)
    bench.server.script.put(scenario, times=1)

    verdict, _ = bench.review(built, 2)

    assert (verdict.outcome, verdict.calls) == (Outcome.DECIDED, 2)
    assert [it[0] for it in ledger(tmp_path)][-1] == "settled"


def test_a_wait_longer_than_the_deadline_is_not_begun(bench: Bench, tmp_path: Path) -> None:
    built = bench.build(tmp_path, deadline=5.0)
    bench.server.script.put(Scenario.THROTTLED_LONG, times=1)

    verdict, _ = bench.review(built, 2)

    assert (verdict.why, verdict.calls) == ("throttled", 1)


@pytest.mark.parametrize(("tier", "calls"), [(1, 1), (2, 2)])
def test_what_cannot_be_read_is_asked_for_again_where_it_is_worth_it(
    bench: Bench, tmp_path: Path, tier: int, calls: int
) -> None:
    built = bench.build(tmp_path, deadline=5.0)
    bench.server.script.put(Scenario.DUPLICATE_KEY, times=1)
    before = len(bench.server.log)

    verdict, _ = bench.review(built, tier)

    assert verdict.calls == calls
    assert "duplicate_key" in (verdict.why, *verdict.defects)
    assert (verdict.outcome is Outcome.DECIDED) == (calls == 2)
    asked = [it.body for it in bench.server.log[before:]]
    assert all(b'{\\"refused\\":\\"duplicate_key\\"' in body for body in asked[1:])


def test_a_crisis_without_the_best_models_asks_the_next_ones(bench: Bench, tmp_path: Path) -> None:
    built = bench.build(tmp_path, deadline=5.0)
    bench.server.script.put(Scenario.UNAVAILABLE, model="simulated/deep")

    verdict, _ = bench.review(built, 3)

    assert (verdict.outcome, verdict.tier, verdict.model) == (Outcome.DECIDED, 2, MODELS[2])
    assert [it.direction for it in verdict.proposals] == ["tighten"]


def test_a_crisis_without_any_model_is_answered_by_rules(bench: Bench, tmp_path: Path) -> None:
    built = bench.build(tmp_path, deadline=5.0, rules_in_crisis=True)
    bench.server.script.put(Scenario.HTML_200)

    verdict, _ = bench.review(built, 3)

    assert (verdict.outcome, verdict.source) == (Outcome.DECIDED, Source.RULES)
    assert [str(it.value) for it in verdict.proposals] == ["0.50"]
    assert verdict.why == "not_json"


def test_three_failures_open_the_breaker_and_it_closes_again(bench: Bench, tmp_path: Path) -> None:
    built = bench.build(tmp_path, deadline=0.45)  # no time for a second try
    bench.server.script.put(Scenario.UNAVAILABLE, times=3)
    asked = len(bench.server.log)

    whys = [bench.review(built, 2)[0].why for _ in range(5)]
    later = NOW + 61 * 10**9
    probe, _ = bench.review(built, 2, later)

    assert whys == ["overloaded"] * 3 + ["breaker_open"] * 2
    assert probe.outcome is Outcome.DECIDED
    assert len(bench.server.log) - asked == 4
    assert not built.breakers.of(MODELS[2]).blocks(later)


def test_a_failure_is_told_once_until_an_answer_comes(bench: Bench, tmp_path: Path) -> None:
    built = bench.build(tmp_path, cache_seconds=0)
    bench.server.script.put(Scenario.REFUSAL, times=2)

    told = [len(bench.review(built, 2)[0].notices) for _ in range(2)]
    bench.review(built, 2)
    bench.server.script.put(Scenario.REFUSAL, times=1)
    told.append(len(bench.review(built, 2)[0].notices))

    assert told == [1, 0, 1]


def test_a_cost_beyond_its_reservation_stops_everything_until_it_is_cleared_up(
    bench: Bench, tmp_path: Path
) -> None:
    built = bench.build(tmp_path, cache_seconds=0)
    bench.server.script.put(Scenario.COST_HUGE, times=1)
    bench.review(built, 2)

    stopped, _ = bench.review(built, 2)
    bench.runner.run(built.reconcile(NOW))
    again, _ = bench.review(built, 2)

    assert stopped.why == "budget.halted"
    assert again.outcome is Outcome.DECIDED


def test_a_lost_cost_is_looked_up(bench: Bench, tmp_path: Path) -> None:
    built = bench.build(tmp_path)
    bench.server.script.put(Scenario.COST_MISSING, times=1)
    before = sum(it.cost for it in bench.server.generations)
    bench.review(built, 2)
    billed = sum(it.cost for it in bench.server.generations) - before
    assert built.standing(NOW).day > billed * NANO

    bench.runner.run(built.reconcile(NOW))

    assert [it[0] for it in ledger(tmp_path)] == ["settled"]
    assert ledger(tmp_path)[0][1] == billed * NANO


def test_a_call_nobody_remembers_does_not_keep_the_day_from_being_compared(
    bench: Bench, tmp_path: Path
) -> None:
    built = bench.build(tmp_path)
    call = built._budget.reserve(Slice.ROUTINE, "a/b", 1_000, 1, NOW)
    built._budget.lose(call, "gen-of-nobody/../key?x=")

    told = bench.runner.run(built.reconcile(NOW))

    assert [it.code for it in told] == ["budget.remote_higher"]
    assert [it[0] for it in ledger(tmp_path)] == ["lost"]


def test_a_provider_nobody_reaches_costs_nothing(bench: Bench, tmp_path: Path) -> None:
    with offline() as server:
        transport = transport_to(server)
        built = overseer(tmp_path, transport, overseer_settings(rules_in_crisis=False))
        bench.runner.run(built.read_models(NOW))
    verdict, seconds = bench.review(built, 2)
    bench.runner.run(built.close())

    assert verdict.why in ("unreachable", "broken")
    assert ledger(tmp_path)[0][0] in ("released", "lost")
    assert seconds < 1.0


async def handshake(every: float) -> float:
    """A server whose handshake begins well and comes a byte at a time, or not at all (0); how long
    a client waits for it that has 0.4 seconds."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begins = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" if every else b""
        with contextlib.suppress(ConnectionError):
            for sign in begins + bytes(1_000 if every else 0):
                writer.write(bytes((sign,)))
                await writer.drain()
                await asyncio.sleep(every)
            await reader.read()  # until the client leaves
            await reader.read()
        writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = OpenRouterTransport(
        f"https://127.0.0.1:{port}/api/v1", "sk-or-v1-x", time.perf_counter
    )
    begun = time.perf_counter()
    with pytest.raises(TransportTrouble, match="timeout"):
        await transport.fetch("/models", 0.4)
    waited = time.perf_counter() - begun
    await transport.close()
    server.close()
    return waited


@pytest.mark.parametrize("every", [0.0, 0.05])
def test_a_handshake_that_does_not_end_is_given_up_at_the_deadline(every: float) -> None:
    assert 0.4 <= asyncio.run(handshake(every)) < 0.6

"""What was decided can be decided again: from a cassette without a network, and from one record,
byte for byte."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from llm_overseer.brief import Mode
from llm_overseer.core.cassette import PlayedTransport, RecordingTransport, read_tape
from llm_overseer.core.transport import Take, Transport
from llm_overseer.errors import CassetteMissing, RecordsDamaged
from llm_overseer.records import DecisionRecords, Event
from llm_overseer.verdict import Outcome, Source, Verdict
from tests.overseer_desk import (
    MINUTE,
    NOW,
    brief,
    offline,
    overseer,
    overseer_settings,
    transport_to,
)
from trading_agent.offline_openrouter.scenarios import Scenario

SETTINGS = overseer_settings(deadline=0.5, second=True, cache_seconds=300)
STORY = (
    *(Scenario.OK, Scenario.UNAVAILABLE, Scenario.DUPLICATE_KEY, Scenario.HANG, Scenario.OK),
    *(Scenario.HTML_200, Scenario.COST_MISSING, Scenario.RESET),
)


async def live(
    folder: Path, transport: Transport, *, strict: bool = True, steps: int = 24
) -> list[Verdict]:
    """A day in the life: each tier in turn, each time another state of the desk."""
    built = overseer(folder, transport, SETTINGS, strict=strict)
    await built.read_models(NOW)
    verdicts = []
    for number in range(steps):
        at = NOW + number * 7 * MINUTE
        it = brief(number % 3 + 1, at=at, baseline_hash=f"base{number // 4}")
        verdicts.append(await built.review(it, at))
    await built.close()
    return verdicts


def seals(folder: Path) -> list[bytes]:
    with closing(sqlite3.connect(folder / "decisions.db")) as connection:
        return [row[0] for row in connection.execute("SELECT seal FROM decisions")]


def folders(root: Path, *names: str) -> list[Path]:
    for name in names:
        (root / name).mkdir()
    return [root / name for name in names]


def test_a_played_cassette_decides_the_same_byte_for_byte(tmp_path: Path) -> None:
    first, second, third = folders(tmp_path, "live", "again", "thrice")
    tape = tmp_path / "tape.jsonl"
    with offline() as server:
        for scenario in STORY * 4:
            server.script.put(scenario, times=1)
        recorder = RecordingTransport(transport_to(server), tape)
        verdicts = asyncio.run(live(first, recorder))
    played = [
        asyncio.run(live(folder, PlayedTransport(read_tape(tape)))) for folder in (second, third)
    ]

    assert [it.document() for it in verdicts] == [it.document() for it in played[0]]
    assert seals(first) == seals(second) == seals(third)
    assert len(seals(first)) == 24
    whys = {it.why for it in verdicts}
    assert {"", "breaker_open"} & whys
    assert len(whys) > 3, "failures are on the tape too"
    assert any(it.proposals for it in verdicts)


def test_a_verdict_holds_from_when_it_could_be_known(tmp_path: Path) -> None:
    with offline() as server:
        (verdict, *_) = asyncio.run(live(tmp_path, transport_to(server), steps=1))
    assert verdict.effective_at == verdict.at + verdict.latency_ms * 10**6 > verdict.at


def test_a_question_nobody_recorded_is_an_error_or_an_abstention(tmp_path: Path) -> None:
    first, second, third = folders(tmp_path, "live", "strict", "lenient")
    tape = tmp_path / "tape.jsonl"
    with offline() as server:
        asyncio.run(live(first, RecordingTransport(transport_to(server), tape), steps=2))
    with pytest.raises(CassetteMissing):
        asyncio.run(live(second, PlayedTransport(read_tape(tape)), steps=3))
    player = PlayedTransport(read_tape(tape))
    verdicts = asyncio.run(live(third, player, strict=False, steps=3))
    assert [it.why for it in verdicts] == ["", "", "cassette_missing"]
    assert verdicts[2].source is Source.RULES, "it was a crisis"
    assert player.misses == 2


def test_a_recorder_that_was_killed_leaves_a_readable_tape(tmp_path: Path) -> None:
    tape = tmp_path / "tape.jsonl"
    with offline() as server:
        asyncio.run(live(tmp_path, RecordingTransport(transport_to(server), tape), steps=2))
    whole = read_tape(tape)
    content = tape.read_bytes()
    tape.write_bytes(content[:-20])
    assert read_tape(tape) == whole[:-1]
    tape.write_bytes(content.replace(b'"v":1', b'"v":2', 1))
    with pytest.raises(RecordsDamaged):
        read_tape(tape)


def test_a_decision_is_taken_again_from_its_record(tmp_path: Path) -> None:
    first, second = folders(tmp_path, "live", "again")
    with offline() as server:
        verdicts = asyncio.run(live(first, transport_to(server), steps=3))
    records = DecisionRecords(first / "decisions.db")
    records.open()
    record = records.find(verdicts[2].id)
    records.close()
    assert record is not None
    assert record.verdict == verdicts[2]
    assert all(take.request.startswith(b'{"max_completion_tokens"') for take in record.takes)
    with offline() as server:
        catalogue = asyncio.run(_models(transport_to(server)))

    async def again() -> Verdict:
        built = overseer(second, PlayedTransport((*catalogue, *record.takes)), SETTINGS)
        verdict = await built.review(record.brief, record.verdict.at)
        await built.close()
        return verdict

    repeated = asyncio.run(again())
    assert repeated.proposals == record.verdict.proposals
    assert repeated.document() == record.verdict.document().replace(b'"id":"d3"', b'"id":"d1"')


async def _models(transport: Transport) -> list[Take]:
    received = await transport.fetch("/models", 5.0)
    await transport.close()
    take = Take(request=b"GET /models", status=received.status, response=received.body)
    return [take]


def test_decisions_are_never_changed_or_removed(tmp_path: Path) -> None:
    with offline() as server:
        verdicts = asyncio.run(live(tmp_path, transport_to(server), steps=3))
    path = tmp_path / "decisions.db"
    records = DecisionRecords(path)
    records.open()
    records.tell(Event(decision=verdicts[0].id, at=NOW, what="expired"))
    assert [it.what for it in records.events(verdicts[0].id)] == ["expired"]
    assert [it.verdict.id for it in records.latest(2)] == ["d3", "d2"]
    assert records.verify() == 4
    assert records.find("d9") is None
    records.close()
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("UPDATE decisions SET at = 1", "DELETE FROM decisions"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                connection.execute(statement)


@pytest.mark.parametrize("column", ["document", "brief", "takes", "seal", "at", "subject"])
def test_a_changed_decision_is_noticed(tmp_path: Path, column: str) -> None:
    with offline() as server:
        asyncio.run(live(tmp_path, transport_to(server), steps=3))
    path = tmp_path / "decisions.db"
    other = {"at": "at + 1", "subject": "'d7'"}.get(column, "x'00'")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER nothing_changes")
        connection.execute(f"UPDATE decisions SET {column} = {other} WHERE sequence = 2")
        connection.commit()
    with pytest.raises(RecordsDamaged):
        DecisionRecords(path).open()


def test_a_removed_decision_is_noticed(tmp_path: Path) -> None:
    with offline() as server:
        asyncio.run(live(tmp_path, transport_to(server), steps=3))
    path = tmp_path / "decisions.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER nothing_goes")
        connection.execute("DELETE FROM decisions WHERE sequence = 2")
        connection.commit()
    with pytest.raises(RecordsDamaged):
        DecisionRecords(path).open()


def test_without_a_key_rules_decide(tmp_path: Path) -> None:
    async def story() -> Verdict:
        built = overseer(tmp_path, None, SETTINGS)
        verdict = await built.review(brief(2, mode=Mode.SHADOW), NOW)
        await built.close()
        return verdict

    verdict = asyncio.run(story())
    assert (verdict.outcome, verdict.source) == (Outcome.DECIDED, Source.RULES)
    assert [str(it.value) for it in verdict.proposals] == ["0.70"]
    assert verdict.calls == verdict.cost_nano == 0

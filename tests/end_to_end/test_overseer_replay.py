"""What was decided can be decided again: from a cassette without a network, and from one record,
byte for byte."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from llm_overseer.again import Again, take_again
from llm_overseer.brief import Mode
from llm_overseer.core.cassette import PlayedTransport
from llm_overseer.core.catalogue import read_written
from llm_overseer.core.transport import Transport
from llm_overseer.errors import CassetteMissing, RecordsDamaged
from llm_overseer.records import DecisionRecords, Event, Record
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
    folder: Path,
    transport: Transport,
    *,
    strict: bool = True,
    steps: int = 24,
    models: str = "",
) -> list[Verdict]:
    """A day in the life: each tier in turn, each time another state of the desk. `models`: as a
    record writes them; else the provider is asked."""
    built = overseer(folder, transport, SETTINGS, strict=strict)
    if models:
        built.use_models(read_written(models))
    else:
        await built.read_models(NOW)
    verdicts = []
    for number in range(steps):
        at = NOW + number * 7 * MINUTE
        it = brief(number % 3 + 1, at=at, baseline_hash=f"base{number // 4}")
        verdicts.append(await built.review(it, at))
    await built.close()
    return verdicts


def recorded(folder: Path) -> tuple[Record, ...]:
    records = DecisionRecords(folder / "decisions.db")
    records.open()
    try:
        return tuple(records.every())
    finally:
        records.close()


def cassette(folder: Path) -> tuple[PlayedTransport, str]:
    """Every call on record, and the list of models that was asked from."""
    records = recorded(folder)
    takes = [take for record in records for take in record.takes]
    return PlayedTransport(takes), records[0].versions["catalogue"]


def seals(folder: Path) -> list[bytes]:
    with closing(sqlite3.connect(folder / "decisions.db")) as connection:
        return [row[0] for row in connection.execute("SELECT seal FROM decisions")]


def folders(root: Path, *names: str) -> list[Path]:
    for name in names:
        (root / name).mkdir()
    return [root / name for name in names]


def test_a_played_cassette_decides_the_same_byte_for_byte(tmp_path: Path) -> None:
    first, second, third = folders(tmp_path, "live", "again", "thrice")
    with offline() as server:
        for scenario in STORY * 4:
            server.script.put(scenario, times=1)
        verdicts = asyncio.run(live(first, transport_to(server)))
    played = []
    for folder in (second, third):
        transport, models = cassette(first)
        played.append(asyncio.run(live(folder, transport, models=models)))

    assert [it.document() for it in verdicts] == [it.document() for it in played[0]]
    assert seals(first) == seals(second) == seals(third)
    assert len(seals(first)) == 24
    whys = {it.why for it in verdicts}
    assert {"", "breaker_open"} & whys
    assert len(whys) > 3, "failures are on the tape too"
    assert any(it.proposals for it in verdicts)


def test_each_decision_is_taken_again_from_its_record_alone(tmp_path: Path) -> None:
    """Whatever went wrong then goes wrong again, at the same price."""
    with offline() as server:
        for scenario in STORY * 4:
            server.script.put(scenario, times=1)
        asyncio.run(live(tmp_path, transport_to(server)))
    again = [asyncio.run(take_again(record)) for record in recorded(tmp_path)]
    assert [it for it in again if it.same is False] == []
    assert sum(it.same is True for it in again) > 12
    left = {it.words for it in again if it.same is None}
    assert left <= {"the model has failed too often and is left alone for a while"}


def changed(record: Record, **changes: object) -> Again:
    verdict = msgspec.structs.replace(record.verdict, **changes)
    other = Record(record.sequence, verdict, record.brief, record.takes, record.versions)
    return asyncio.run(take_again(other))


def test_what_does_not_come_out_the_same_is_said(tmp_path: Path) -> None:
    with offline() as server:
        asyncio.run(live(tmp_path, transport_to(server), steps=2))
    record = recorded(tmp_path)[1]
    assert changed(record).same is True
    assert changed(record, proposals=()).words == "differs in proposals"
    assert changed(record, cost_nano=1).words == "differs in cost_nano"
    moved = msgspec.structs.replace(record.brief, baseline_hash="other")
    brightened = msgspec.structs.replace(moved, detectors=())
    other = Record(record.sequence, record.verdict, brightened, record.takes, record.versions)
    told = asyncio.run(take_again(other))
    assert told.same is False
    assert told.words.startswith("it would ask another question today")


def test_rules_are_taken_again_too(tmp_path: Path) -> None:
    async def story() -> None:
        built = overseer(tmp_path, None, SETTINGS)
        await built.review(brief(2, mode=Mode.SHADOW), NOW)
        await built.close()

    asyncio.run(story())
    (record,) = recorded(tmp_path)
    assert asyncio.run(take_again(record)).same is True
    assert changed(record, proposals=()).same is False


def test_a_verdict_holds_from_when_it_could_be_known(tmp_path: Path) -> None:
    with offline() as server:
        (verdict, *_) = asyncio.run(live(tmp_path, transport_to(server), steps=1))
    assert verdict.effective_at == verdict.at + verdict.latency_ms * 10**6 > verdict.at


def test_a_question_nobody_recorded_is_an_error_or_an_abstention(tmp_path: Path) -> None:
    first, second, third = folders(tmp_path, "live", "strict", "lenient")
    with offline() as server:
        asyncio.run(live(first, transport_to(server), steps=2))
    transport, models = cassette(first)
    with pytest.raises(CassetteMissing):
        asyncio.run(live(second, transport, steps=3, models=models))
    player, models = cassette(first)
    verdicts = asyncio.run(live(third, player, strict=False, steps=3, models=models))
    assert [it.why for it in verdicts] == ["", "", "cassette_missing"]
    assert verdicts[2].source is Source.RULES, "it was a crisis"
    assert player.misses == 2


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


def test_a_start_reads_the_newest_and_a_verification_all(tmp_path: Path) -> None:
    path = tmp_path / "decisions.db"
    with offline() as server:
        verdicts = asyncio.run(live(tmp_path, transport_to(server), steps=1))
    records = DecisionRecords(path)
    records.open()
    for number in range(300):
        records.tell(Event(decision=verdicts[0].id, at=NOW + number, what="active"))
    records.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER nothing_changes")
        connection.execute("UPDATE decisions SET at = at + 1 WHERE sequence = 2")
        connection.commit()
    records = DecisionRecords(path)
    records.open()
    assert records.next_id() == "d302"
    assert records.tell(Event(decision=verdicts[0].id, at=NOW, what="expired")) == 302
    with pytest.raises(RecordsDamaged, match="line 2"):
        records.verify()
    records.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER nothing_changes")
        connection.execute("UPDATE decisions SET at = at + 1 WHERE sequence = 290")
        connection.commit()
    with pytest.raises(RecordsDamaged, match="line 290"):
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

"""The records follow the journal, whatever is missed on the way."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.records_databases import KINDS, address_of, everything, opened
from tests.records_desk import Desk, rebuilt, until
from tests.unit.adapters.records.facts import numbered, told
from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.records.opening import prepared
from trading_agent.runtime.worker import WorkerChange

FACTS = told()


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordsAddress]:
    yield address_of(request.param, tmp_path)


def check(address: RecordsAddress, desk: Desk) -> None:
    """All facts are in the rows, and the rows are those of a rebuild."""
    kept = everything(address)
    assert kept["progress"][0]["sequence"] == desk.journal.last_sequence
    assert rebuilt(address, desk.journal.facts) == kept
    assert desk.said == []


def test_what_is_published_is_recorded_to_the_last_fact(address: RecordsAddress) -> None:
    desk = Desk(address)
    desk.start_records()
    desk.start_journal()
    for fact in FACTS:
        desk.outbox.publish((fact,))
    desk.end()
    assert desk.diary.changes() == [WorkerChange.STARTED, WorkerChange.STOPPED]
    check(address, desk)


def test_what_was_missed_before_the_start_is_read_from_the_journal(
    address: RecordsAddress,
) -> None:
    desk = Desk(address)
    desk.start_journal()
    desk.outbox.publish(FACTS[:20])
    until(lambda: desk.outbox.committed == 20)
    desk.start_records()
    desk.diary.wait_for(WorkerChange.STARTED)
    desk.outbox.publish(FACTS[20:])
    desk.end()
    assert 0 in desk.asked
    check(address, desk)


def test_facts_a_slow_listener_lost_are_read_from_the_journal(address: RecordsAddress) -> None:
    desk = Desk(address, unread=10)
    desk.start_records()
    desk.diary.wait_for(WorkerChange.STARTED)
    desk.start_journal()
    desk.outbox.publish(FACTS)
    desk.end()
    assert len(FACTS) > 10
    assert desk.asked
    check(address, desk)


def test_a_next_run_goes_on_without_reading_what_is_there(address: RecordsAddress) -> None:
    desk = Desk(address)
    desk.start_journal()
    desk.outbox.publish(FACTS)
    until(lambda: desk.outbox.committed == len(FACTS))
    desk.start_records()
    desk.diary.wait_for(WorkerChange.STARTED)
    desk.end()
    before = everything(address)
    desk.asked.clear()

    again = Desk(address, facts=numbered(FACTS))
    again.start_journal()
    again.start_records()
    again.diary.wait_for(WorkerChange.STARTED)
    again.end()
    assert again.asked == [0, len(FACTS) - 1], "the first and the last known fact alone"
    assert everything(address) == before


def test_records_of_another_journal_are_left_alone_and_it_is_said_once(
    address: RecordsAddress,
) -> None:
    database = opened(address)
    writer = prepared(database)
    for sequence, fact in numbered(FACTS[1:3]):
        writer.add(sequence, fact)
    writer.commit()
    database.close()
    before = everything(address)
    desk = Desk(address)
    desk.start_journal()
    desk.outbox.publish(FACTS)
    desk.start_records()
    until(lambda: bool(desk.said))
    desk.end()
    assert len(desk.said) == 1
    assert "records rebuild" in desk.said[0]
    assert desk.diary.changes() == [WorkerChange.STARTED, WorkerChange.STOPPED]
    assert everything(address) == before


def test_records_of_a_journal_that_went_on_differently_are_left_alone(
    address: RecordsAddress,
) -> None:
    database = opened(address)
    writer = prepared(database)
    for sequence, fact in numbered((*FACTS[:9], FACTS[-1])):
        writer.add(sequence, fact)
    writer.commit()
    database.close()
    before = everything(address)
    desk = Desk(address)
    desk.start_journal()
    desk.outbox.publish(FACTS)
    until(lambda: desk.outbox.committed == len(FACTS))
    desk.start_records()
    until(lambda: bool(desk.said))
    desk.end()
    assert "tell fact 10 differently" in desk.said[0]
    assert everything(address) == before


def test_the_keeper_itself_loads_no_database() -> None:
    code = (
        "import sys, trading_agent.adapters.records.keeper, trading_agent.config.loading\n"
        "import trading_agent.config.records_address\n"
        "print([n for n in ('sqlalchemy', 'alembic', 'psycopg') if n in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"

"""A database that is gone for a while stops nothing and misses nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.records_databases import PASSWORD, everything, opened, own_server
from tests.records_desk import Desk, rebuilt, until
from tests.unit.adapters.records.facts import told
from trading_agent.adapters.records.address import RecordsAddress, find_address
from trading_agent.adapters.records.opening import prepared
from trading_agent.domain.errors import StorageError
from trading_agent.runtime.worker import WorkerChange

FACTS = told()


def test_a_locked_file_is_written_when_it_is_free_again(tmp_path: Path) -> None:
    address = find_address("", None, tmp_path)
    first = Desk(address)
    run_through(first, FACTS[:10])
    assert address.file is not None
    desk = Desk(address)
    with closing(sqlite3.connect(address.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        start(desk)
        event = desk.diary.wait_for(WorkerChange.RESTARTING, 2)
        assert "locked" in event.why
        assert desk.outbox.committed == len(FACTS)
        other.execute("ROLLBACK")
        until(lambda: recorded(address) == len(FACTS))
    desk.end()
    check(desk, address)


@pytest.mark.slow
def test_a_server_that_dies_is_written_to_when_it_is_back() -> None:
    server = own_server()
    server.start()
    address = find_address("", server.url(server.new_database()), Path())
    desk = Desk(address)
    desk.start_journal()
    desk.outbox.publish(FACTS[:20])
    desk.start_records()
    until(lambda: recorded(address) == 20)
    server.stop()
    desk.outbox.publish(FACTS[20:])
    desk.diary.wait_for(WorkerChange.RESTARTING, 3)
    assert desk.outbox.committed == len(FACTS)
    server.start()
    until(lambda: recorded(address) == len(FACTS))
    desk.end()
    check(desk, address)
    server.remove()


@pytest.mark.slow
def test_a_password_is_used_and_never_told() -> None:
    server = own_server()
    server.start()
    name = server.new_database()
    database = opened(find_address("", server.loopback_url(name), Path()))
    assert prepared(database).sequence == 0
    database.close()
    wrong = opened(find_address("", server.loopback_url(name, PASSWORD + "x"), Path()))
    with pytest.raises(StorageError, match="authentication failed") as refused:
        prepared(wrong)
    wrong.close()
    server.remove()
    gone = opened(find_address("", server.loopback_url(name), Path()))
    with pytest.raises(StorageError) as absent:
        prepared(gone)
    gone.close()
    for error in (refused.value, absent.value):
        assert PASSWORD not in str(error)
        assert "horse" not in str(error)
        assert error.__cause__ is None
        assert error.__suppress_context__


def start(desk: Desk) -> None:
    """With everything committed before the records look."""
    desk.start_journal()
    desk.outbox.publish(FACTS)
    desk.start_records()


def run_through(desk: Desk, facts: tuple[object, ...]) -> None:
    desk.start_records()
    desk.start_journal()
    desk.outbox.publish(facts)  # type: ignore[arg-type]
    desk.end()


def recorded(address: RecordsAddress) -> int:
    """0 also while there is nothing to ask."""
    try:
        return int(everything(address)["progress"][0]["sequence"])
    except StorageError:
        return 0


def check(desk: Desk, address: RecordsAddress) -> None:
    kept = everything(address)
    assert kept["progress"][0]["sequence"] == len(FACTS)
    assert rebuilt(address, desk.journal.facts) == kept

"""The schema is brought up to date step by step, and never beyond what is known."""

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from tests.records_databases import KINDS, address_of, everything, opened
from tests.unit.adapters.records.facts import numbered, told
from trading_agent.adapters.records import tables
from trading_agent.adapters.records.address import RecordsAddress, find_address
from trading_agent.adapters.records.database import REVISIONS
from trading_agent.adapters.records.migrating import STEPS, migrate
from trading_agent.adapters.records.opening import bring_up_to_date, prepared
from trading_agent.domain.errors import ConfigError, StorageError

LATER = '''"""Another column, filled from one that is there."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("orders", sa.Column("loud", sa.Text))
    op.execute("UPDATE orders SET loud = UPPER(state)")
    {more}
'''


@pytest.fixture(params=KINDS)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordsAddress]:
    yield address_of(request.param, tmp_path)


def later_steps(tmp_path: Path, more: str = "pass") -> Path:
    """This version's steps and one more."""
    steps = tmp_path / "steps"
    shutil.copytree(STEPS, steps, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    (steps / "versions" / "revision_0002_loud.py").write_text(LATER.format(more=more))
    return steps


def filled(address: RecordsAddress) -> None:
    database = opened(address)
    writer = prepared(database)
    for sequence, fact in numbered(told()):
        writer.add(sequence, fact)
    writer.commit()
    database.close()


def test_the_steps_lead_to_the_tables(address: RecordsAddress) -> None:
    database = opened(address)
    assert migrate(database) == (None, tables.SCHEMA)
    assert migrate(database) == (tables.SCHEMA, tables.SCHEMA)
    with database.engine.connect() as connection:
        options = {"version_table": REVISIONS, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []
    database.close()


def test_a_step_keeps_what_is_there(address: RecordsAddress, tmp_path: Path) -> None:
    filled(address)
    before = everything(address)
    database = opened(address)
    assert migrate(database, later_steps(tmp_path)) == ("0001", "0002")
    with database.transaction() as connection:
        loud = connection.execute(text("SELECT loud FROM orders ORDER BY order_id")).scalars()
        assert list(loud) == [row["state"].upper() for row in before["orders"]]
    database.close()
    assert everything(address) == before


def test_a_step_that_fails_changes_nothing(address: RecordsAddress, tmp_path: Path) -> None:
    filled(address)
    before = everything(address)
    database = opened(address)
    with pytest.raises(StorageError, match="nowhere"):
        migrate(database, later_steps(tmp_path, 'op.execute("DELETE FROM nowhere")'))
    assert database.revision() == "0001"
    with pytest.raises(StorageError, match="loud"), database.transaction() as connection:
        connection.execute(text("SELECT loud FROM orders"))
    assert migrate(database, later_steps(tmp_path)) == ("0001", "0002")
    database.close()
    assert everything(address) == before


def test_a_newer_schema_is_refused(address: RecordsAddress, tmp_path: Path) -> None:
    database = opened(address)
    migrate(database, later_steps(tmp_path))
    with pytest.raises(ConfigError, match=r"newer version \(schema 0002, this one knows up to"):
        prepared(database)
    assert database.revision() == "0002"
    database.close()


def test_a_database_of_somebody_else_is_left_alone(address: RecordsAddress) -> None:
    database = opened(address)
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE orders (mine INTEGER)"))
    with pytest.raises(ConfigError, match="of their own"):
        bring_up_to_date(database)
    with database.transaction() as connection:
        assert connection.execute(text("SELECT COUNT(mine) FROM orders")).scalar() == 0
    database.close()


def test_a_file_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    address = find_address("", None, tmp_path)
    filled(address)
    before = everything(address)
    assert address.file is not None
    assert not list(tmp_path.glob("*.schema-*"))
    database = opened(address)
    migrate(database, later_steps(tmp_path))
    database.close()
    copy = address.file.with_name("records.sqlite.schema-0001")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert everything(find_address(f"sqlite:///{copy}", None, tmp_path)) == before
    assert not list(tmp_path.glob("*.half"))


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    address = find_address("", None, tmp_path)
    filled(address)
    for file in tmp_path.glob("records.sqlite*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    address = find_address("", None, tmp_path)
    assert address.file is not None
    address.file.write_bytes(b"not a database at all" * 100)
    database = opened(address)
    with pytest.raises(StorageError, match="not a database"):
        prepared(database)
    database.close()


def test_a_journal_is_never_taken_for_records(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE facts (sequence INTEGER)")
    connection.close()
    database = opened(find_address("sqlite:///journal.sqlite", None, tmp_path))
    with pytest.raises(ConfigError, match="facts"):
        prepared(database)
    database.close()


def test_a_new_file_begins_where_all_steps_lead(tmp_path: Path) -> None:
    created, stepped = (address_of("sqlite", tmp_path / name) for name in ("created", "stepped"))
    for address, begin in ((created, bring_up_to_date), (stepped, migrate)):
        assert address.file is not None
        address.file.parent.mkdir()
        database = opened(address)
        assert begin(database) == (None, tables.SCHEMA)
        assert begin(database) == (tables.SCHEMA, tables.SCHEMA)
        assert database.revision() == tables.SCHEMA
        database.close()
    assert _described(created) == _described(stepped)


def _described(address: RecordsAddress) -> dict[str, object]:
    """Tables, columns and indices as the database itself tells them."""
    database = opened(address)
    look = inspect(database.engine)
    told: dict[str, object] = {
        name: (
            [
                (each["name"], str(each["type"]), each["nullable"], each["primary_key"])
                for each in look.get_columns(name)
            ],
            sorted(str(each["column_names"]) for each in look.get_indexes(name)),
            look.get_pk_constraint(name)["constrained_columns"],
        )
        for name in look.get_table_names()
    }
    database.close()
    return told

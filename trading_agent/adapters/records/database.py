"""One database of records: how it is reached, and its errors in words of ours."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.domain.errors import ConfigError, StorageError

REVISIONS: Final = "records_revision"
"""The table in which Alembic keeps how far the schema has come."""


class Database:
    """Used by one thread. Every method raises StorageError when the database fails."""

    def __init__(self, address: RecordsAddress, engine: Engine) -> None:
        """Use `open_database`."""
        self.address = address
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All that is done within, or nothing of it."""
        with self.translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def translated(self) -> Iterator[None]:
        """The database's errors become StorageError, in words without passwords."""
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            # Neither cause nor context: a driver's own words may hold the whole URL.
            raise StorageError(f"the records in {self.address}: {self._words(error)}") from None

    def revision(self) -> str | None:
        """How far the schema has come; None: there is nothing yet.

        ConfigError: the database is in use for something else.
        """
        with self.transaction() as connection:
            names = set(inspect(connection).get_table_names())
            if REVISIONS in names:
                found = connection.execute(text(f"SELECT version_num FROM {REVISIONS}")).scalar()
                if found is not None:
                    return str(found)
        strange = sorted(names - {REVISIONS})
        if strange:
            raise ConfigError(
                f"{self.address} holds other tables ({', '.join(strange[:3])}): "
                "give the records a database of their own"
            )
        return None

    def close(self) -> None:
        self.engine.dispose()

    def _words(self, error: Exception) -> str:
        said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        return " ".join(self.address.redact(str(said)).split()) or type(said).__name__


def open_database(
    address: RecordsAddress, timeout_seconds: float, *, read_only: bool = False
) -> Database:
    """Nothing is connected yet. ConfigError: the driver for it is not installed."""
    if address.file is not None:
        return Database(address, _sqlite(address, timeout_seconds, read_only=read_only))
    try:
        engine = create_engine(
            address.url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=1,
            max_overflow=1,
            pool_timeout=timeout_seconds,
            connect_args=_patience(timeout_seconds),
        )
    except ImportError as error:
        raise ConfigError(
            "records in PostgreSQL need its driver: pip install 'flash-trading[postgres]'"
        ) from error
    if read_only:
        engine = engine.execution_options(postgresql_readonly=True)
    return Database(address, engine)


@contextmanager
def reading(address: RecordsAddress, timeout_seconds: float) -> Iterator[Connection]:
    """A connection of one's own, for those who ask seldom: a database that was away is found
    again. Raises StorageError."""
    if address.file is not None and not address.file.exists():
        raise StorageError(f"there are no records at {address} yet")
    database = open_database(address, timeout_seconds, read_only=True)
    try:
        with database.transaction() as connection:
            yield connection
    finally:
        database.close()


def _patience(seconds: float) -> dict[str, Any]:
    """Nobody waits for long: neither for a server that is gone nor for another's lock."""
    milliseconds = int(seconds * 1_000)
    return {
        "connect_timeout": max(int(seconds), 2),
        "tcp_user_timeout": milliseconds,
        "options": f"-c lock_timeout={milliseconds} -c statement_timeout={12 * milliseconds} "
        "-c timezone=UTC",
        "application_name": "flash-trading records",
    }


def _sqlite(address: RecordsAddress, timeout_seconds: float, *, read_only: bool) -> Engine:
    """A file that only its owner may read. A commit cannot be undone by a crash of this
    program; one of the machine may undo the last ones, which the journal then tells again."""
    assert address.file is not None
    name = f"{address.file.as_uri()}?mode=ro" if read_only else str(address.file)
    engine = create_engine(
        URL.create("sqlite", database=name, query={"uri": "true"} if read_only else {}),
        hide_parameters=True,
        connect_args={"timeout": timeout_seconds},
    )

    @event.listens_for(engine, "do_connect")
    def make_private(*_arguments: Any) -> None:
        if not read_only and address.file is not None:
            os.close(os.open(address.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by itself, and none before a change of the schema.
        connection.isolation_level = None
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine

"""From whatever schema is there to the present one, each step whole or not at all."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError as AlembicError
from sqlalchemy import Connection

from trading_agent.adapters.records.database import Database
from trading_agent.domain.errors import ConfigError, StorageError

STEPS: Final = Path(__file__).with_name("migrations")
_TURN: Final = 0x464C5245
"""Which advisory lock stands for the schema in PostgreSQL."""


def migrate(database: Database, steps: Path = STEPS) -> tuple[str | None, str]:
    """Returns the revision found and the one it has now.

    A SQLite file is copied beside itself first. Killed at any moment it can be called again.
    ConfigError: the database is of a newer version, or in use for something else.
    """
    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_current_head() or ""
    with database.translated(), database.engine.connect() as connection, _alone(connection):
        found = _known_revision(database, scripts)
        if found == newest:
            return found, newest
        if found is not None and database.address.file is not None:
            _keep_copy(database.address.file, found)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except AlembicError as error:
            raise StorageError(f"the records in {database.address}: {error}") from error
    return found, newest


def _known_revision(database: Database, scripts: ScriptDirectory) -> str | None:
    """The one found. ConfigError when this version does not know it."""
    found = database.revision()
    known = {step.revision for step in scripts.walk_revisions()}
    if found is not None and found not in known:
        newest = scripts.get_current_head()
        raise ConfigError(
            f"{database.address} was written by a newer version (schema {found}, this one knows "
            f"up to {newest}): use that version, or another database"
        )
    return found


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Two that start at once change the schema one after the other. In SQLite the second one
    fails on a table that is there, and finds the work done when it tries again."""
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({_TURN})")
    connection.commit()
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.rollback()
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_TURN})")
            connection.commit()


def _keep_copy(file: Path, revision: str) -> None:
    """`<name>.schema-<revision>`, whole or not there."""
    kept = file.with_name(f"{file.name}.schema-{revision}")
    half = kept.with_name(f"{kept.name}.half")
    os.close(os.open(half, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(half)) as target:
        source.backup(target)
    descriptor = os.open(half, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    half.replace(kept)

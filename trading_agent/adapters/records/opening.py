"""A database made ready for its writer."""

from sqlalchemy import Column, MetaData, String, Table, insert

from trading_agent.adapters.records import tables
from trading_agent.adapters.records.database import REVISIONS, Database
from trading_agent.adapters.records.writer import RecordsWriter


def prepared(database: Database) -> RecordsWriter:
    """Its schema is the present one and its rows are remembered. StorageError, ConfigError."""
    bring_up_to_date(database)
    writer = RecordsWriter(database)
    writer.load()
    return writer


def bring_up_to_date(database: Database) -> tuple[str | None, str]:
    """Returns the revision found and the one it has now."""
    found = database.revision()
    if found == tables.SCHEMA:
        return found, found
    if found is None and database.address.file is not None:
        _create(database)
        return None, tables.SCHEMA
    # Ten MiB that most runs never need.
    from trading_agent.adapters.records.migrating import migrate

    return migrate(database)


def _create(database: Database) -> None:
    """A new file gets at once what all steps together lead to, whole or not at all. Of two that
    start at once the second one fails on a table that is there, and finds the work done when it
    tries again."""
    version = Column("version_num", String(32), primary_key=True)
    revisions = Table(REVISIONS, MetaData(), version)
    with database.transaction() as connection:
        tables.metadata.create_all(connection, checkfirst=False)
        beginning = {"id": 1, "sequence": 0, "journal": "", "projection": 0}
        connection.execute(insert(tables.progress).values(beginning))
        revisions.create(connection)
        connection.execute(insert(revisions).values(version_num=tables.SCHEMA))

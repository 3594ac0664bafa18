"""A database made ready for its writer."""

from trading_agent.adapters.records.database import Database
from trading_agent.adapters.records.tables import SCHEMA
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
    if found == SCHEMA:
        return found, found
    # Ten MiB that most runs never need.
    from trading_agent.adapters.records.migrating import migrate

    return migrate(database)

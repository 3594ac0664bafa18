"""What is in the tables, for whoever looks."""

from typing import Final

from sqlalchemy import Table, select

from trading_agent.adapters.records import tables
from trading_agent.adapters.records.address import RecordsAddress
from trading_agent.adapters.records.changes import Row
from trading_agent.adapters.records.columns import Moment
from trading_agent.adapters.records.database import open_database
from trading_agent.domain.errors import CommandError, ConfigError

NAMES: Final = tuple(sorted(tables.metadata.tables))


def latest(
    address: RecordsAddress, name: str, limit: int, timeout_seconds: float
) -> tuple[Row, ...]:
    """The last rows of a table, newest first. Raises CommandError, ConfigError, StorageError."""
    table = tables.metadata.tables.get(name)
    if table is None:
        raise CommandError(f"there is no table {name!r}; there are {', '.join(NAMES)}")
    if address.file is not None and not address.file.exists():
        raise CommandError(f"there are no records at {address}: flash-trading run keeps them")
    database = open_database(address, timeout_seconds, read_only=True)
    try:
        found = database.revision()
        if found != tables.SCHEMA:
            raise ConfigError(
                f"{address} has schema {found or 'none'}, this version {tables.SCHEMA}: "
                "flash-trading records migrate, or use the version that wrote them"
            )
        key = next(iter(table.primary_key.columns))
        with database.transaction() as connection:
            rows = connection.execute(select(table).order_by(key.desc()).limit(limit))
            return tuple(dict(row) for row in rows.mappings())
    finally:
        database.close()


def moments(name: str) -> frozenset[str]:
    """The columns of a table that are times."""
    table: Table = tables.metadata.tables[name]
    return frozenset(column.name for column in table.columns if isinstance(column.type, Moment))

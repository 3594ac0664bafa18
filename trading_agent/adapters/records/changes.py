"""Rows on their way to the database."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, Update, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]


class Changes:
    """Whole rows, and single columns of rows that are there already, by primary key.

    A row that was put may be changed by its owner until it is written.
    """

    def __init__(self) -> None:
        self._rows: dict[Table, dict[Any, Row]] = {}
        self._columns: dict[Table, dict[Any, Row]] = {}

    def put(self, table: Table, row: Row) -> None:
        """In place of the row with the same key, if there is one."""
        self._rows.setdefault(table, {})[row[_key(table)]] = row

    def amend(self, table: Table, key: int | str, columns: Mapping[str, Any]) -> None:
        """A row that is not there is none afterwards either."""
        row = self._rows.get(table, {}).get(key)
        if row is None:
            row = self._columns.setdefault(table, {}).setdefault(key, {})
        row.update(columns)

    def write(self, connection: Connection) -> None:
        """All of them, inside the connection's transaction; forgotten only by `clear`."""
        for table, rows in self._rows.items():
            connection.execute(_replacing(table, connection.dialect.name), list(rows.values()))
        for table, amended in self._columns.items():
            for names, columns in _by_columns(amended):
                connection.execute(_amending(table, names), columns)

    def clear(self) -> None:
        self._rows.clear()
        self._columns.clear()


def _key(table: Table) -> str:
    return next(iter(table.primary_key.columns)).name


@cache
def _replacing(table: Table, dialect: str) -> Insert:
    """Both databases spell it alike, but each has a class of its own for it. A statement is a
    knot of cycles, and a run seldom collects such garbage: each is made once."""
    name = _key(table)
    others = [column.name for column in table.columns if column.name != name]
    if dialect == "sqlite":
        lite = sqlite.insert(table)
        new = {it: lite.excluded[it] for it in others}
        return lite.on_conflict_do_update(index_elements=[name], set_=new)
    post = postgresql.insert(table)
    new = {it: post.excluded[it] for it in others}
    return post.on_conflict_do_update(index_elements=[name], set_=new)


@cache
def _amending(table: Table, names: tuple[str, ...]) -> Update:
    new: Row = {name: bindparam(f"new_{name}") for name in names}
    return update(table).where(table.c[_key(table)] == bindparam("the_key")).values(new)


def _by_columns(amended: Mapping[Any, Row]) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    groups: dict[tuple[str, ...], list[Row]] = {}
    for key, columns in amended.items():
        row = {"the_key": key} | {f"new_{name}": value for name, value in columns.items()}
        groups.setdefault(tuple(columns), []).append(row)
    yield from groups.items()

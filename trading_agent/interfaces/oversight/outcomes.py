"""What decisions came to, kept over restarts."""

import sqlite3
from pathlib import Path
from typing import Final

import msgspec

from trading_agent.domain.errors import StorageError
from trading_agent.domain.units import Nanos

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS outcomes (
    number INTEGER PRIMARY KEY, document BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
"""
_HARM: Final = "harm"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`effect`: what the desk is worth more with it than without, in the quote asset; `drawdown`
    by how much deeper the fall was with it and `fees` what it paid more, the same. `equity`: what
    the desk was worth when it began. `arm`: whose idea. `applied`: to the desk itself; else it was
    tried beside."""

    decision: str
    arm: str
    applied: bool
    began: Nanos
    ended: Nanos
    equity: float
    effect: float
    drawdown: float
    fees: float
    cost_nano: int

    @property
    def percent(self) -> float:
        return 100.0 * self.effect / self.equity if self.equity else 0.0


class OutcomeStore:
    """One thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def open(self) -> list[Outcome]:
        """All there are, the oldest first. Raises StorageError."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = self._connection = sqlite3.connect(self._path, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
            rows = connection.execute("SELECT document FROM outcomes ORDER BY number").fetchall()
            return [msgspec.json.decode(row[0], type=Outcome) for row in rows]
        except (OSError, sqlite3.Error, msgspec.MsgspecError) as error:
            raise StorageError(f"{self._path}: {error}") from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def keep(self, outcome: Outcome) -> None:
        document = msgspec.json.encode(outcome)
        self._write("INSERT INTO outcomes (document) VALUES (?)", (document,))

    def harm_told(self) -> Nanos:
        """Up to when harm has had its consequence; 0 for never."""
        assert self._connection is not None
        where = "SELECT at FROM marks WHERE name = ?"
        row = self._connection.execute(where, (_HARM,)).fetchone()
        return Nanos(0 if row is None else row[0])

    def tell_harm(self, at: Nanos) -> None:
        self._write("INSERT OR REPLACE INTO marks (name, at) VALUES (?, ?)", (_HARM, at))

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        assert self._connection is not None
        try:
            self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise StorageError(f"{self._path}: {error}") from error


def read_outcomes(path: Path) -> list[Outcome]:
    """For whoever looks from outside. Raises StorageError."""
    if not path.exists():
        return []
    store = OutcomeStore(path)
    try:
        return store.open()
    finally:
        store.close()

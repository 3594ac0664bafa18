"""The SQLite file behind the outbox: its tables, and how it is opened and changed.

WAL with `synchronous=FULL`: what was committed survives the death of the process and a loss of
power. One connection, used by one thread at a time.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import ConfigError, StorageError

SCHEMA_VERSION: Final = 1
APPLICATION: Final = 0x464C4E54
"""Tells this file from any other of SQLite's."""
_BUSY_MILLISECONDS: Final = 5_000

_TABLES: Final = f"""
CREATE TABLE notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    kept_at INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE destinations (
    name TEXT PRIMARY KEY,
    since INTEGER NOT NULL,
    held_until INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL REFERENCES destinations (name) ON DELETE CASCADE,
    notice INTEGER NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    lane INTEGER NOT NULL,
    silent INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    until INTEGER NOT NULL DEFAULT 0,
    why TEXT NOT NULL DEFAULT '',
    ended_at INTEGER NOT NULL DEFAULT 0,
    UNIQUE (destination, notice)
);
CREATE INDEX deliveries_waiting ON deliveries (destination, lane, id) WHERE state = 0;
CREATE INDEX deliveries_of_notice ON deliveries (notice);
CREATE TABLE subscriptions (
    destination TEXT NOT NULL REFERENCES destinations (name) ON DELETE CASCADE,
    topic TEXT NOT NULL,
    symbol TEXT NOT NULL,
    mode TEXT NOT NULL,
    least TEXT NOT NULL,
    PRIMARY KEY (destination, topic, symbol)
) WITHOUT ROWID;
CREATE TABLE quiet_hours (
    destination TEXT PRIMARY KEY REFERENCES destinations (name) ON DELETE CASCADE,
    begins INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    zone TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE updates (
    door TEXT NOT NULL,
    id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (door, id)
) WITHOUT ROWID;
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {SCHEMA_VERSION};
"""


class NoticeFile:
    """Raises StorageError when the disk fails or the file is damaged, ConfigError when it was
    written by a newer version or is no outbox."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = threading.RLock()  # guards _connection
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Makes the file, for its owner alone, where there is none."""
        with self._guard, self._in_our_words("opened"):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            try:
                _prepare(connection, self.path)
            except BaseException:
                connection.close()
                raise
            self._connection = connection

    def close(self) -> None:
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._guard, self._in_our_words("read"):
            yield self._opened()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: on disk when it ends, or not at all."""
        with self._guard, self._in_our_words("written"):
            connection = self._opened()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # Some failures have undone it by themselves.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StorageError(f"{self.path} is not open")
        return self._connection

    @contextmanager
    def _in_our_words(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"{self.path} cannot be {done}: {error}") from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    new = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not new:
        _refuse_what_is_not_ours(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    if new:
        connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}COMMIT;")


def _refuse_what_is_not_ours(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION:
        raise ConfigError(f"{path} is not an outbox of this program: move it away")
    if version > SCHEMA_VERSION:
        raise ConfigError(
            f"{path} was written by a newer version (schema {version}, this one knows "
            f"{SCHEMA_VERSION}): use that version, or move the file away"
        )

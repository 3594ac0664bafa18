"""What a journal looks like on disk, for whoever writes, reads, checks or moves one.

A fact is a row; its `chain` is the SHA-256 of the chain before it and its own line, the first
standing on the journal's identity. An image is what the facts up to a sequence add up to: it
shortens recovery and is never needed for it.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from trading_agent.domain.documents import fact_from_text
from trading_agent.domain.errors import ConfigError, StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.order_facts import (
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
    OrderTriggered,
)

SCHEMA_VERSION: Final = 1
APPLICATION: Final = 0x464C4A4C
"""Tells a journal from any other SQLite file."""
_READER_BUSY_MILLISECONDS: Final = 5_000

TABLES: Final = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE identity (venue TEXT NOT NULL, source TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE facts (
    sequence INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    unique_key TEXT UNIQUE,
    chain BLOB NOT NULL
);
"""
IMAGES_TABLE: Final = """
CREATE TABLE IF NOT EXISTS images (
    sequence INTEGER PRIMARY KEY,
    chain BLOB NOT NULL,
    version TEXT NOT NULL,
    body TEXT NOT NULL,
    sha256 BLOB NOT NULL
)
"""
"""Not part of the schema's version: a journal without images is whole."""

INSERT_FACT: Final = "INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?)"
_SELECT: Final = (
    "SELECT sequence, at, kind, body, unique_key, chain FROM facts "
    "WHERE sequence > ? ORDER BY sequence"
)

_ONCE: Final[dict[type[Fact], str]] = {
    OrderSent: "sent",
    OrderTriggered: "triggered",
    OrderCanceled: "ended",
    OrderRejected: "ended",
}

_PRIMARY: Final = 0xFF
"""Extended error codes carry the primary one in their low byte."""
PASSING: Final = frozenset(
    (
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR),
        *(sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM),
        *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT),
    )
)
"""What may be over the next time. Anything else will not mend itself."""

Line = tuple[int, int, str, str, str | None, bytes]
"""A row of `facts`: sequence, at, kind, body, unique key, chain."""


class JournalIdentity(Struct, frozen=True):
    """Whose facts these are. `source` tells markets of one venue apart (a seed, a recording)."""

    venue: str
    source: str


class DamagedJournal(StorageError):
    """`last_good`: sequence of the last fact that can be believed."""

    def __init__(self, path: Path, last_good: int, why: str) -> None:
        super().__init__(
            f"{path} is damaged: {why}. Facts up to {last_good} are sound and nothing was "
            f"changed: put a good copy back, or run flash-trading journal quarantine "
            f"--data-dir {path.parent}"
        )
        self.last_good = last_good
        self.why = why


def primary_code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & _PRIMARY


def unique_key(fact: Fact) -> str | None:
    """What may happen only once in the life of a journal; None for all else."""
    match fact:
        case OrderFilled():
            return f"fill:{fact.fill}"
        case OrderAccepted():
            again = "" if fact.arrival == 1 else f":{fact.arrival}"
            return f"order:{fact.order}:accepted{again}"
        case OrderSent() | OrderTriggered() | OrderCanceled() | OrderRejected():
            return f"order:{fact.order}:{_ONCE[type(fact)]}"
        case _:
            return None


def link(chain: bytes, sequence: int, at: int, kind: str, body: str) -> bytes:
    return hashlib.sha256(chain + f"{sequence}|{at}|{kind}|{body}".encode()).digest()


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Raises StorageError."""
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
        )
        connection.execute(f"PRAGMA busy_timeout = {_READER_BUSY_MILLISECONDS}")
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be opened as a journal: {error}") from error
    return connection


def identity_of(connection: sqlite3.Connection, path: Path) -> tuple[JournalIdentity, bytes]:
    """Whose it is, and the chain's beginning."""
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if application != APPLICATION:
            raise StorageError(f"{path} is not a journal of this program")
        if version > SCHEMA_VERSION:
            raise ConfigError(
                f"{path} was written by a newer version (schema {version}, this one knows "
                f"{SCHEMA_VERSION}): use that version, or another --data-dir"
            )
        rows = connection.execute("SELECT venue, source, created FROM identity").fetchall()
    except sqlite3.Error as error:
        if primary_code(error) in PASSING:
            raise StorageError(f"{path} cannot be read: {error}") from error
        raise DamagedJournal(path, 0, str(error)) from error
    if len(rows) != 1:
        raise DamagedJournal(path, 0, f"it has {len(rows)} identities")
    venue, source, created = rows[0]
    genesis = hashlib.sha256(f"{venue}|{source}|{version}|{created}".encode()).digest()
    return JournalIdentity(venue, source), genesis


def sealed_lines(
    connection: sqlite3.Connection, path: Path, after: int, chain: bytes
) -> Iterator[Line]:
    """Every line past `after`, whose chain is given, as long as each is the next and its chain
    holds. Raises DamagedJournal."""
    last = after
    try:
        for line in connection.execute(_SELECT, (after,)):
            sequence, at, kind, body, _, seal = line
            if sequence != last + 1 or seal != link(chain, sequence, at, kind, body):
                raise DamagedJournal(path, last, f"the chain breaks after fact {last}")
            last, chain = sequence, seal
            yield line
    except sqlite3.Error as error:
        raise DamagedJournal(path, last, f"after fact {last}: {error}") from error


def chain_at(connection: sqlite3.Connection, path: Path, sequence: int) -> bytes | None:
    """None: there is no such fact."""
    try:
        query = "SELECT chain FROM facts WHERE sequence = ?"
        row = connection.execute(query, (sequence,)).fetchone()
    except sqlite3.Error as error:
        raise DamagedJournal(path, 0, str(error)) from error
    return None if row is None else row[0]


def facts_after(
    connection: sqlite3.Connection, path: Path, after: int
) -> Iterator[tuple[int, Fact]]:
    """Facts with their sequences, their chain checked from `after` on."""
    _, chain = identity_of(connection, path)
    if after > 0:
        found = chain_at(connection, path, after)
        if found is None:
            return
        chain = found
    for line in sealed_lines(connection, path, after, chain):
        yield line[0], fact_of(path, line)


def fact_of(path: Path, line: Line) -> Fact:
    """Raises DamagedJournal for one that nobody can read or that is filed as another."""
    sequence, _, kind, body, key, _ = line
    try:
        fact = fact_from_text(kind, body)
    except StorageError as error:
        raise DamagedJournal(path, sequence - 1, f"fact {sequence}: {error}") from error
    if unique_key(fact) != key:
        raise DamagedJournal(path, sequence - 1, f"fact {sequence} is filed as {key!r}")
    return fact

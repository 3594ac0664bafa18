"""The journal: every fact, once, in order, on disk, and each one sealing all before it.

A SQLite file in WAL mode with `synchronous=FULL`: a commit that returned survives a loss of
power. Each fact's `chain` is the SHA-256 of the one before it and its own line, the first
standing on the journal's identity; a changed bit anywhere breaks the chain from there on.
Beside it `<name>.head` holds the last sequence and chain known to be committed, so that a
journal which lost its end (a deleted WAL, an older copy) is noticed too.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trading_agent.adapters.storage.files import (
    WriterLock,
    make_private_directory,
    make_private_file,
)
from trading_agent.adapters.storage.journal_head import JournalHead
from trading_agent.domain.documents import fact_from_text, to_text
from trading_agent.domain.errors import ConfigError, InvariantError, StorageError
from trading_agent.domain.facts import (
    Fact,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRejected,
    OrderSent,
)
from trading_agent.domain.units import Nanos

SCHEMA_VERSION: Final = 1
_APPLICATION: Final = 0x464C4A4C
"""Tells a journal from any other SQLite file."""
_BUSY_MILLISECONDS: Final = 5_000

_TABLES: Final = f"""
PRAGMA application_id = {_APPLICATION};
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
_INSERT: Final = "INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?)"
_SELECT: Final = "SELECT sequence, at, kind, body, unique_key, chain FROM facts ORDER BY sequence"

_Line = tuple[int, int, str, str, str | None, bytes]


@dataclass(frozen=True, slots=True)
class JournalIdentity:
    """Whose facts these are. `source` tells markets of one venue apart (a seed, a recording)."""

    venue: str
    source: str


def unique_key(fact: Fact) -> str | None:
    """What may happen only once in the life of a journal; None for all else."""
    match fact:
        case OrderFilled():
            return f"fill:{fact.fill}"
        case OrderSent():
            return f"order:{fact.order}:sent"
        case OrderAccepted():
            return f"order:{fact.order}:accepted"
        case OrderCanceled() | OrderRejected():
            return f"order:{fact.order}:ended"
        case _:
            return None


class JournalReader:
    """Read-only; a run may be writing meanwhile. Raises StorageError and ConfigError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def identity(self) -> JournalIdentity:
        with closing(_connect_to_read(self.path)) as connection:
            return _identity(connection, self.path)[0]

    def read(self, after: int = 0) -> Iterator[tuple[int, Fact]]:
        """Facts with their sequences, past `after`; the chain is checked on the way."""
        with closing(_connect_to_read(self.path)) as connection:
            yield from _facts(connection, self.path, after)


class Journal:
    """The writer. Opened by one thread, then used by one thread (the journal's)."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: WriterLock) -> None:
        """Use `open`."""
        self.path = path
        self._connection = connection
        self._lock = lock
        self._head = JournalHead(path)
        self._last = 0
        self._chain = b""
        self._unknown = False

    @classmethod
    def open(cls, path: Path, identity: JournalIdentity, created: Nanos) -> "Journal":
        """The journal at `path`, made if there is none, checked fact by fact if there is.

        ConfigError: it belongs to another venue or source, was written by a newer version,
        or another engine is using it. StorageError: it is damaged; nothing is repaired or
        made anew in silence. `created` is written into a new one.
        """
        make_private_directory(path.parent)
        lock = WriterLock(path.with_name(path.name + ".lock"))
        lock.acquire()
        try:
            connection = _connect_to_write(path, identity, created)
            try:
                journal = cls(path, connection, lock)
                journal._recover(identity)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            lock.release()
            raise
        return journal

    @property
    def last_sequence(self) -> int:
        return self._last

    @property
    def chain_head(self) -> str:
        """Stands for every fact so far; hexadecimal."""
        return self._chain.hex()

    def append(self, facts: Sequence[tuple[int, Fact]]) -> None:
        """In one transaction, on disk when this returns.

        StorageError: whether they are there is unknown, and the journal takes nothing more.
        InvariantError: a fact is doubled, out of order or cannot be written; none is there.
        """
        if self._unknown:
            raise StorageError(f"{self.path}: an earlier commit failed; only a restart can tell")
        if not facts:
            return
        lines = self._lines(facts)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(_INSERT, lines)
            self._connection.execute("COMMIT")
            self._head.write(lines[-1][0], lines[-1][5])
        except sqlite3.IntegrityError as error:
            self._connection.execute("ROLLBACK")
            raise InvariantError(f"{self.path}: a fact is doubled: {error}") from error
        except (sqlite3.Error, OSError) as error:
            self._unknown = True
            raise StorageError(
                f"{self.path}: writing facts {lines[0][0]} to {lines[-1][0]} failed "
                f"({error}); whether they are on disk is unknown"
            ) from error
        self._last, self._chain = lines[-1][0], lines[-1][5]

    def read(self, after: int = 0) -> Iterator[tuple[int, Fact]]:
        """Facts with their sequences, past `after`; for recovery, before the first append."""
        return _facts(self._connection, self.path, after)

    def close(self) -> None:
        self._head.close()
        self._connection.close()
        self._lock.release()

    def _recover(self, asked: JournalIdentity) -> None:
        found, chain = _identity(self._connection, self.path)
        if found != asked:
            raise ConfigError(
                f"{self.path} belongs to {found.venue!r} (source {found.source!r}), but this "
                f"run trades on {asked.venue!r} (source {asked.source!r}): "
                "give this run another --data-dir"
            )
        witness, seal = self._head.read()
        last = 0
        for line in _checked(self._connection, self.path, chain):
            last, chain = line[0], line[5]
            if last == witness and chain != seal:
                raise StorageError(f"{self.path}: fact {last} is not the one that was committed")
        if last < witness:
            raise StorageError(
                f"{self.path}: facts {last + 1} to {witness} were committed but are gone; "
                f"put the whole journal back, or delete {self._head.path} to go on without them"
            )
        self._last, self._chain = last, chain
        self._head.open(last, chain)

    def _lines(self, facts: Sequence[tuple[int, Fact]]) -> list[_Line]:
        lines = []
        sequence, chain = self._last, self._chain
        for number, fact in facts:
            sequence += 1
            if number != sequence:
                raise InvariantError(f"fact {number} was given where {sequence} was due")
            kind = type(fact).__name__
            try:
                body = to_text(fact)
            except (TypeError, ValueError) as error:
                raise InvariantError(f"a {kind} cannot be written: {error}") from error
            chain = _link(chain, number, fact.at, kind, body)
            lines.append((number, int(fact.at), kind, body, unique_key(fact), chain))
        return lines


def _link(chain: bytes, sequence: int, at: int, kind: str, body: str) -> bytes:
    return hashlib.sha256(chain + f"{sequence}|{at}|{kind}|{body}".encode()).digest()


def _connect_to_write(path: Path, asked: JournalIdentity, created: Nanos) -> sqlite3.Connection:
    new = not path.exists() or path.stat().st_size == 0
    if new and JournalHead(path).read()[0] > 0:
        raise StorageError(
            f"{path} is gone, but {JournalHead(path).path} knows facts it held; "
            "put it back, or delete the whole directory to begin anew"
        )
    make_private_file(path)
    try:
        # Not bound to this thread: it is opened during recovery, then handed over for good.
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path)
            if new:
                _create(connection, asked, created)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be opened as a journal: {error}") from error
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    connection.execute("PRAGMA synchronous = FULL")
    if mode != "wal":
        raise StorageError(f"{path}: this file system does not allow a write-ahead log")


def _create(connection: sqlite3.Connection, identity: JournalIdentity, created: Nanos) -> None:
    row = (identity.venue, identity.source, int(created))
    connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}")
    connection.execute("INSERT INTO identity VALUES (?, ?, ?)", row)
    connection.execute("COMMIT")


def _connect_to_read(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
        )
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be opened as a journal: {error}") from error
    return connection


def _identity(connection: sqlite3.Connection, path: Path) -> tuple[JournalIdentity, bytes]:
    """Whose it is, and the chain's beginning."""
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if application != _APPLICATION:
            raise StorageError(f"{path} is not a journal of this program")
        if version > SCHEMA_VERSION:
            raise ConfigError(
                f"{path} was written by a newer version (schema {version}, this one knows "
                f"{SCHEMA_VERSION}): use that version, or another --data-dir"
            )
        rows = connection.execute("SELECT venue, source, created FROM identity").fetchall()
    except sqlite3.Error as error:
        raise StorageError(f"{path} is damaged: {error}") from error
    if len(rows) != 1:
        raise StorageError(f"{path} is damaged: it has {len(rows)} identities")
    venue, source, created = rows[0]
    genesis = hashlib.sha256(f"{venue}|{source}|{version}|{created}".encode()).digest()
    return JournalIdentity(venue, source), genesis


def _checked(connection: sqlite3.Connection, path: Path, chain: bytes) -> Iterator[_Line]:
    """Every line, as long as each is the next and its chain holds."""
    last = 0
    try:
        for line in connection.execute(_SELECT):
            sequence, at, kind, body, _, seal = line
            expected = _link(chain, sequence, at, kind, body)
            if sequence != last + 1 or seal != expected:
                raise StorageError(
                    f"{path} is damaged: the chain breaks after fact {last}; the journal up to "
                    "there is sound. Nothing was changed; put a good copy back"
                )
            last, chain = sequence, seal
            yield line
    except sqlite3.Error as error:
        raise StorageError(f"{path} is damaged after fact {last}: {error}") from error


def _facts(connection: sqlite3.Connection, path: Path, after: int) -> Iterator[tuple[int, Fact]]:
    _, genesis = _identity(connection, path)
    for sequence, _, kind, body, key, _ in _checked(connection, path, genesis):
        if sequence > after:
            fact = fact_from_text(kind, body)
            if unique_key(fact) != key:
                raise StorageError(f"{path} is damaged: fact {sequence} is filed as {key!r}")
            yield sequence, fact

"""Every decision, once, in order, each one sealing all before it.

A SQLite file with triggers that refuse changes. A line holds the verdict, the brief it answers
and every exchange with a model, byte for byte (compressed; the seal is over what was compressed):
enough to take the decision again. What becomes of a proposal later is appended as an event.
"""

import hashlib
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from llm_overseer.brief import Brief, read_brief
from llm_overseer.core.disk import durable_connection
from llm_overseer.core.transport import Take
from llm_overseer.errors import RecordsDamaged
from llm_overseer.verdict import Verdict

Connect = Callable[[Path], sqlite3.Connection]
Row = tuple[int, str, str, int, bytes, bytes, bytes, bytes]

VERSION: Final = 1
_CHECKED_AT_START: Final = 200
_DECISION: Final = "decision"
_EVENT: Final = "event"
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS decisions (
    sequence INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('decision', 'event')),
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    document BLOB NOT NULL,
    brief BLOB NOT NULL,
    takes BLOB NOT NULL,
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS decisions_by_subject ON decisions (subject);
CREATE TRIGGER IF NOT EXISTS nothing_changes BEFORE UPDATE ON decisions
    BEGIN SELECT raise(ABORT, 'decisions are never changed'); END;
CREATE TRIGGER IF NOT EXISTS nothing_goes BEFORE DELETE ON decisions
    BEGIN SELECT raise(ABORT, 'decisions are never removed'); END;
"""
_COLUMNS: Final = "sequence, kind, subject, at, document, brief, takes, seal"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a decision: approved, active, expired, reverted, attributed."""

    decision: str
    at: int
    what: str
    detail: dict[str, str] = {}


class _StoredTake(msgspec.Struct, frozen=True, kw_only=True):
    request: bytes
    status: int
    headers: dict[str, str]
    response: bytes
    latency_ms: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Record:
    """A decision as it is stored."""

    sequence: int
    verdict: Verdict
    brief: Brief
    takes: tuple[Take, ...]
    versions: dict[str, str]


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    verdict: Verdict
    versions: dict[str, str]


def connect(path: Path) -> sqlite3.Connection:
    """Durable: a commit that returned survives a loss of power."""
    return durable_connection(path)


class DecisionRecords:
    """One writer; any thread."""

    def __init__(self, path: Path, connect: Connect = connect) -> None:
        self._path = path
        self._connect = connect
        self._lock = threading.Lock()  # guards the connection, the last sequence and its seal
        self._connection: sqlite3.Connection | None = None
        self._last = 0
        self._seal = b""

    def open(self) -> None:
        """Checks that no line is missing, and the seals of the newest ones: so long a start takes,
        however many there are. `verify` checks all. Raises RecordsDamaged."""
        connection = self._connection = self._connect(self._path)
        connection.executescript(_TABLES)
        count, first, last = self._extent()
        if count and (first, last) != (1, count):
            raise RecordsDamaged(f"lines are missing among the {last} decisions")
        anchor = max(0, last - _CHECKED_AT_START)
        before = [row[7] for row in self._rows("WHERE sequence = ?", anchor)]
        self._last, self._seal = anchor, before[0] if before else b""
        for row in self._rows("WHERE sequence > ? ORDER BY sequence", anchor):
            self._check(row)

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @property
    def last_sequence(self) -> int:
        return self._last

    def next_id(self) -> str:
        """Of the decision that is appended next."""
        return f"d{self._last + 1}"

    def append(
        self, verdict: Verdict, brief: Brief, takes: tuple[Take, ...], versions: dict[str, str]
    ) -> int:
        """On disk when this returns. Raises sqlite3.Error."""
        document = _encoded(_Line(verdict=verdict, versions=versions))
        stored = [
            _StoredTake(
                request=take.request,
                status=take.status,
                headers=dict(take.headers),
                response=take.response,
                latency_ms=take.latency_ms,
                trouble=take.trouble,
            )
            for take in takes
        ]
        parts = (document, brief.document(), msgspec.msgpack.encode(stored))
        return self._append(_DECISION, verdict.id, verdict.at, parts)

    def tell(self, event: Event) -> int:
        """Append what became of a decision. Raises sqlite3.Error."""
        return self._append(_EVENT, event.decision, event.at, (_encoded(event), b"", b""))

    def find(self, decision: str) -> Record | None:
        rows = self._rows("WHERE subject = ? AND kind = 'decision'", decision)
        return next((_record(row) for row in rows), None)

    def latest(self, count: int) -> tuple[Record, ...]:
        """Newest first."""
        where = "WHERE kind = 'decision' ORDER BY sequence DESC LIMIT ?"
        return tuple(_record(row) for row in self._rows(where, count))

    def events(self, decision: str) -> tuple[Event, ...]:
        rows = self._rows("WHERE subject = ? AND kind = 'event' ORDER BY sequence", decision)
        return tuple(msgspec.json.decode(zlib.decompress(row[4]), type=Event) for row in rows)

    def verify(self) -> int:
        """Reads all and checks every seal; how many lines there are. Raises RecordsDamaged."""
        count, seal = 0, b""
        for row in self._all():
            count += 1
            seal = _checked(row, count, seal)
        return count

    def every(self) -> Iterator[Record]:
        """Every decision, oldest first."""
        return (_record(row) for row in self._all() if row[1] == _DECISION)

    def _append(self, kind: str, subject: str, at: int, parts: tuple[bytes, bytes, bytes]) -> int:
        with self._lock:
            sequence = self._last + 1
            seal = _sealed(self._seal, (sequence, kind, subject, at), parts)
            blobs = [zlib.compress(part, 6) for part in parts]
            self._held().execute(
                f"INSERT INTO decisions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (sequence, kind, subject, at, *blobs, seal),
            )
            self._last, self._seal = sequence, seal
        return sequence

    def _check(self, row: Row) -> None:
        self._seal = _checked(row, self._last + 1, self._seal)
        self._last += 1

    def _extent(self) -> tuple[int, int, int]:
        query = "SELECT count(*), coalesce(min(sequence), 0), coalesce(max(sequence), 0)"
        try:
            row = self._held().execute(f"{query} FROM decisions").fetchone()
        except sqlite3.DatabaseError as error:
            raise RecordsDamaged(f"{self._path}: {error}") from error
        return int(row[0]), int(row[1]), int(row[2])

    def _all(self) -> Iterator[Row]:
        """A few at a time: they weigh tens of kilobytes each."""
        seen = 0
        while rows := list(self._rows("WHERE sequence > ? ORDER BY sequence LIMIT 64", seen)):
            yield from rows
            seen = rows[-1][0]

    def _rows(self, where: str, *values: object) -> Iterator[Row]:
        with self._lock:
            query = f"SELECT {_COLUMNS} FROM decisions {where}"
            try:
                with closing(self._held().execute(query, values)) as cursor:
                    rows = cursor.fetchall()
            except sqlite3.DatabaseError as error:
                raise RecordsDamaged(f"{self._path}: {error}") from error
        yield from rows

    def _held(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.ProgrammingError("the decisions are not open")
        return self._connection


def _checked(row: Row, expected: int, before: bytes) -> bytes:
    """The line's seal. Raises RecordsDamaged."""
    sequence, kind, subject, at, document, brief, takes, seal = row
    try:
        parts = [zlib.decompress(it) for it in (document, brief, takes)]
    except zlib.error as error:
        raise RecordsDamaged(f"decision line {sequence} cannot be unpacked") from error
    right = _sealed(before, (sequence, kind, subject, at), (parts[0], parts[1], parts[2]))
    if sequence != expected or seal != right:
        raise RecordsDamaged(f"the chain of decisions breaks at line {expected}")
    return right


def _sealed(before: bytes, head: tuple[object, ...], parts: tuple[bytes, ...]) -> bytes:
    digest = hashlib.sha256(before)
    digest.update(repr(head).encode())
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.digest()


def _record(row: Row) -> Record:
    document, brief, takes = (zlib.decompress(it) for it in row[4:7])
    line = msgspec.json.decode(document, type=_Line)
    stored = msgspec.msgpack.decode(takes, type=list[_StoredTake])
    return Record(
        sequence=row[0],
        verdict=line.verdict,
        brief=read_brief(brief),
        takes=tuple(
            Take(
                request=it.request,
                status=it.status,
                headers=it.headers,
                response=it.response,
                latency_ms=it.latency_ms,
                trouble=it.trouble,
            )
            for it in stored
        ),
        versions=line.versions,
    )


def _encoded(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value, order="deterministic")

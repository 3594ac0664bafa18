"""A recording: every input of a run in the order the core saw it, enough to replay it exactly.

One SQLite file: a manifest (what the run was), chunks of inputs, and a last word written
when the run ended in order. Each chunk is sealed with a SHA-256 over the seal before it, so
that a damaged or missing one is noticed. A crash loses at most what was not yet written
(`chunk_seconds`); what is there stays readable.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from trading_agent.adapters.storage import recording_chunk
from trading_agent.adapters.storage.files import make_private_directory, make_private_file
from trading_agent.adapters.storage.recording_format import (
    BROKEN,
    ENDED,
    TABLES,
    Ending,
    RecordingManifest,
    manifest_to_text,
    sealed,
)
from trading_agent.adapters.storage.recording_reader import RecordingReader
from trading_agent.adapters.storage.settings import StorageSettings
from trading_agent.domain.errors import StorageError, TradingError
from trading_agent.domain.message import Closing, MarketRows, Stamped
from trading_agent.domain.units import SECOND
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.worker import Stop

__all__ = ["Ending", "RecordingManifest", "RecordingReader", "RecordingWriter"]


@dataclass(frozen=True, slots=True)
class _Finish:
    facts: int
    digest: str


class RecordingWriter:
    """The core puts, the recorder's thread (`run`) writes.

    When the disk fails, or more than `waiting_rows` wait, the recording is given up:
    `on_broken` is called once, from the recorder's thread, and the file keeps what was
    written before. The run goes on.
    """

    def __init__(
        self,
        path: Path,
        manifest: RecordingManifest,
        settings: StorageSettings,
        clock: Clock,
        on_broken: Callable[[TradingError], None],
    ) -> None:
        self.path = path
        self._manifest = manifest
        self._settings = settings
        self._clock = clock
        self._on_broken = on_broken
        self._queue: SimpleQueue[Stamped | _Finish | StorageError | None] = SimpleQueue()
        self._put = 0  # rows and other inputs; written by the core's thread
        self._taken = 0  # the same, written by the recorder's thread
        self._overflowed = False
        self._chunk: list[Stamped] = []
        self._chunk_rows = 0
        self._chunk_began = 0
        self._chunks = 0
        self._inputs = 0
        self._rows = 0
        self._closed = False
        self._seal = b""
        self._broken = False

    @property
    def broken(self) -> bool:
        return self._broken or self._overflowed

    def put(self, stamped: Stamped) -> None:
        """Core thread; never waits, never raises. The rows must not change afterwards."""
        if self._overflowed:
            return
        body = stamped.body
        self._put += len(body.rows) if isinstance(body, MarketRows) else 1
        waiting = self._put - self._taken
        if waiting > self._settings.waiting_rows:
            self._overflowed = True
            self._queue.put(StorageError(f"{self.path}: {waiting} rows wait; the disk is too slow"))
        else:
            self._queue.put(stamped)

    def finish(self, facts: int, digest: str) -> None:
        """After the core has ended and its facts are committed: the last word. Kept only if
        `Closing` was the last input, as it is when a run ends in order."""
        self._queue.put(_Finish(facts, digest))

    def interrupt(self) -> None:
        self._queue.put(None)

    def run(self, stop: Stop) -> None:
        """Until the stop is set and everything put before it is written."""
        try:
            connection = self._create()
        except StorageError as error:
            self._give_up(None, error)
            self._discard(stop)
            return
        with closing(connection):
            try:
                self._write_all(connection, stop)
            except (sqlite3.Error, OSError) as error:
                self._give_up(connection, StorageError(f"{self.path}: {error}"))
            except TradingError as error:
                self._give_up(connection, error)
        if self._broken:
            self._discard(stop)

    def _create(self) -> sqlite3.Connection:
        make_private_directory(self.path.parent)
        if self.path.exists():
            raise StorageError(f"{self.path} exists; a recording is never written over")
        make_private_file(self.path)
        body = manifest_to_text(self._manifest)
        self._seal = hashlib.sha256(body.encode()).digest()
        try:
            connection = sqlite3.connect(self.path, isolation_level=None)
            try:
                # A power cut may cost the last second; a kill costs nothing that was written.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.executescript(f"BEGIN;{TABLES}")
                connection.execute("INSERT INTO manifest VALUES (?)", (body,))
                connection.execute("COMMIT")
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise StorageError(f"{self.path} cannot be made: {error}") from error
        return connection

    def _write_all(self, connection: sqlite3.Connection, stop: Stop) -> None:
        while True:
            last = stop.is_set()
            entry = self._next(wait=not last)
            if isinstance(entry, StorageError):
                self._flush(connection)
                raise entry
            if isinstance(entry, Stamped):
                self._add(connection, entry)
            elif isinstance(entry, _Finish):
                self._end(connection, entry)
            elif last and self._queue.empty():
                self._flush(connection)
                return
            if self._chunk and self._clock.monotonic() - self._chunk_began >= self._patience:
                self._flush(connection)

    @property
    def _patience(self) -> float:
        return self._settings.chunk_seconds * SECOND

    def _next(self, *, wait: bool) -> Stamped | _Finish | StorageError | None:
        try:
            if not wait:
                return self._queue.get_nowait()
            return self._queue.get(timeout=min(self._settings.chunk_seconds, 0.5))
        except Empty:
            return None

    def _add(self, connection: sqlite3.Connection, stamped: Stamped) -> None:
        body = stamped.body
        rows = len(body.rows) if isinstance(body, MarketRows) else 0
        self._taken += rows if isinstance(body, MarketRows) else 1
        if self._chunk and self._chunk_rows + rows > self._settings.chunk_rows:
            self._flush(connection)
        if not self._chunk:
            self._chunk_began = self._clock.monotonic()
        self._chunk.append(stamped)
        self._chunk_rows += rows
        self._closed = isinstance(body, Closing)

    def _flush(self, connection: sqlite3.Connection) -> None:
        if not self._chunk:
            return
        body = recording_chunk.encode(self._chunk)
        head = (self._chunks + 1, self._chunk[0].sequence, len(self._chunk), self._chunk_rows)
        seal = sealed(self._seal, head, body)
        connection.execute("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)", (*head, body, seal))
        self._seal = seal
        self._chunks += 1
        self._inputs += len(self._chunk)
        self._rows += self._chunk_rows
        self._chunk, self._chunk_rows = [], 0

    def _end(self, connection: sqlite3.Connection, finish: _Finish) -> None:
        self._flush(connection)
        if self._closed:
            ending = Ending(
                inputs=self._inputs, rows=self._rows, facts=finish.facts, digest=finish.digest
            )
            self._say(connection, ENDED, json.dumps(asdict(ending)))
            with suppress(sqlite3.OperationalError):  # someone is reading it: the WAL stays
                connection.execute("PRAGMA journal_mode = DELETE")  # one file, to be carried away

    def _say(self, connection: sqlite3.Connection, kind: str, body: str) -> None:
        seal = sealed(self._seal, (kind,), body.encode())
        connection.execute("INSERT INTO last_word VALUES (?, ?, ?)", (kind, body, seal))

    def _give_up(self, connection: sqlite3.Connection | None, error: TradingError) -> None:
        self._broken = self._overflowed = True
        if connection is not None:
            try:
                self._say(connection, BROKEN, str(error))
            except sqlite3.Error as second:
                error.add_note(f"nor could that be noted in the file: {second}")
        self._on_broken(error)

    def _discard(self, stop: Stop) -> None:
        while not stop.is_set() or not self._queue.empty():
            self._next(wait=not stop.wanted)

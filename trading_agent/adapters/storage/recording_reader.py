"""The reading end of a recording."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from trading_agent.adapters.storage import recording_chunk
from trading_agent.adapters.storage.recording_format import (
    APPLICATION,
    BROKEN,
    ENDED,
    FORMAT_VERSION,
    Ending,
    RecordingManifest,
    manifest_from_text,
    sealed,
)
from trading_agent.domain.errors import StorageError
from trading_agent.domain.message import Stamped


class RecordingReader:
    """A finished, broken or still growing recording. Every method raises StorageError for a
    file that is damaged, cut short or something else."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def manifest(self) -> RecordingManifest:
        with closing(self._connect()) as connection:
            return manifest_from_text(self._manifest_text(connection))

    def ending(self) -> Ending | None:
        """None: the run did not end in order, or has not ended."""
        kind, body = self._last_word()
        try:
            return Ending(**json.loads(body)) if kind == ENDED else None
        except (ValueError, TypeError) as error:
            raise self._damaged(f"its ending cannot be read: {error}") from error

    def why_broken(self) -> str:
        """Why the recording was given up during the run; empty when it was not."""
        kind, body = self._last_word()
        return body if kind == BROKEN else ""

    def inputs(self) -> Iterator[Stamped]:
        """In order, grouped exactly as the core took them. Rows are slices of one array a
        chunk; whoever keeps them keeps the chunk."""
        with closing(self._connect()) as connection:
            seal = hashlib.sha256(self._manifest_text(connection).encode()).digest()
            sequence = 1
            for number, (chunk, body, found) in enumerate(self._chunks(connection), 1):
                seal = sealed(seal, chunk, body)
                if found != seal or chunk[:2] != (number, sequence):
                    raise self._damaged(f"its chunks are sound only up to input {sequence - 1}")
                _, first, count, rows = chunk
                yield from recording_chunk.decode(body, first, count, rows)
                sequence += count
            self._check_last_word(connection, seal, sequence - 1)

    def _chunks(
        self, connection: sqlite3.Connection
    ) -> Iterator[tuple[tuple[int, int, int, int], bytes, bytes]]:
        query = "SELECT number, first_sequence, inputs, rows, body, seal FROM chunks ORDER BY 1"
        try:
            for row in connection.execute(query):
                yield (row[0], row[1], row[2], row[3]), row[4], row[5]
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from error

    def _connect(self) -> sqlite3.Connection:
        try:
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None)
        except sqlite3.Error as error:
            raise StorageError(f"{self.path} cannot be opened as a recording: {error}") from error
        try:
            self._check_format(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_format(self, connection: sqlite3.Connection) -> None:
        application = self._value(connection, "PRAGMA application_id")
        version = self._value(connection, "PRAGMA user_version")
        if application != APPLICATION:
            raise StorageError(f"{self.path} is not a recording of this program")
        if version > FORMAT_VERSION:
            raise StorageError(f"{self.path} was written by a newer version (format {version})")
        pages = self._value(connection, "PRAGMA page_count")
        size = pages * self._value(connection, "PRAGMA page_size")
        logged = self._value(connection, "PRAGMA journal_mode") == "wal"
        if not logged and self.path.stat().st_size < size:
            raise self._damaged("it was cut short")

    def _manifest_text(self, connection: sqlite3.Connection) -> str:
        return str(self._value(connection, "SELECT body FROM manifest"))

    def _value(self, connection: sqlite3.Connection, query: str) -> Any:
        try:
            row = connection.execute(query).fetchone()
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from error
        if row is None:
            raise self._damaged("it has no manifest")
        return row[0]

    def _last_word(self) -> tuple[str, str]:
        with closing(self._connect()) as connection:
            return self._read_last_word(connection)[:2]

    def _read_last_word(self, connection: sqlite3.Connection) -> tuple[str, str, bytes]:
        try:
            row = connection.execute("SELECT kind, body, seal FROM last_word").fetchone()
        except sqlite3.Error as error:
            raise self._damaged(str(error)) from error
        return row or ("", "", b"")

    def _check_last_word(self, connection: sqlite3.Connection, seal: bytes, inputs: int) -> None:
        kind, body, found = self._read_last_word(connection)
        if kind and found != sealed(seal, (kind,), body.encode()):
            raise self._damaged(f"its end is not the one that was written after input {inputs}")

    def _damaged(self, why: str) -> StorageError:
        return StorageError(f"the recording {self.path} is damaged: {why}")

"""A disk that remembers every write and sync of a journal's files, can fail any of them, and
can be rebuilt as a loss of power at any moment would have left it."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import apsw

SECTOR = 512
_numbers = count(1)


@dataclass(frozen=True)
class Write:
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    name: str
    size: int


@dataclass(frozen=True)
class Sync:
    name: str


@dataclass(frozen=True)
class Delete:
    name: str


@dataclass(frozen=True)
class Acknowledged:
    """The writer was told that facts up to `sequence` are on disk; `head` is its witness."""

    sequence: int
    head: bytes


_FAILURES = {
    Write: apsw.SQLITE_IOERR_WRITE,
    Truncate: apsw.SQLITE_IOERR_TRUNCATE,
    Sync: apsw.SQLITE_IOERR_FSYNC,
}

Event = Write | Truncate | Sync | Delete | Acknowledged
Watch = Callable[[Write | Truncate | Sync], None]


def watch_nothing(_event: object) -> None:
    """Lets everything pass."""


class RecordingDisk(apsw.VFS):
    """`watch` sees each event before it happens; what it raises, SQLite sees as an I/O error."""

    def __init__(self, watch: Watch = watch_nothing) -> None:
        self.name = f"recording-{next(_numbers)}"
        self.events: list[Event] = []
        self.watch = watch
        super().__init__(self.name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _RecordedFile(self, name, flags)

    def xDelete(self, name: str, sync_directory: bool) -> None:  # noqa: N802
        self.events.append(Delete(Path(name).name))
        super().xDelete(name, sync_directory)

    def tell(self, event: Write | Truncate | Sync) -> None:
        try:
            self.watch(event)
        except OSError as error:
            failed = apsw.IOError(str(error))
            failed.result = apsw.SQLITE_IOERR
            failed.extendedresult = _FAILURES[type(event)]
            raise failed from error
        self.events.append(event)

    def connect(self, path: Path) -> "Connection":
        return Connection(apsw.Connection(str(path), vfs=self.name))


class _RecordedFile(apsw.VFSFile):
    def __init__(self, disk: RecordingDisk, name: Any, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if path else "temporary"
        self._disk = disk
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.tell(Write(self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.tell(Truncate(self._name, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.tell(Sync(self._name))
        super().xSync(flags)


class Connection:
    """What the journal uses of `sqlite3.Connection`, with its errors."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        return bool(self._connection.in_transaction)

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> "Rows":
        return Rows(_translated(lambda: self._connection.execute(statement, values)))

    def executemany(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        _translated(lambda: self._connection.executemany(statement, rows))

    def executescript(self, script: str) -> None:
        _translated(lambda: self._connection.execute(script))

    def close(self) -> None:
        _translated(self._connection.close)


class Rows:
    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def fetchone(self) -> Any:
        return _translated(self._cursor.fetchone)

    def fetchall(self) -> Any:
        return _translated(self._cursor.fetchall)

    def __iter__(self) -> Iterator[Any]:
        yield from self.fetchall()


def _translated(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except apsw.ConstraintError as error:
        raise _with_code(sqlite3.IntegrityError(str(error)), error) from error
    except apsw.Error as error:
        raise _with_code(sqlite3.OperationalError(str(error)), error) from error


def _with_code(translated: sqlite3.Error, error: apsw.Error) -> sqlite3.Error:
    translated.sqlite_errorcode = getattr(error, "extendedresult", 1)
    return translated


@dataclass
class _File:
    synced: bytearray | None = None
    """None: it never was."""
    pending: list[Write | Truncate] = field(default_factory=list)


class LossOfPower:
    """What a disk may hold after a loss of power behind the first `moment` events."""

    def __init__(self, events: list[Event], moment: int) -> None:
        self.acknowledged = 0
        self._head = b""
        self._files: dict[str, _File] = {}
        for event in events[:moment]:
            self._add(event)

    def _add(self, event: Event) -> None:
        if not isinstance(event, Acknowledged) and event.name.startswith("journal.db-"):
            self._be_born()
        match event:
            case Acknowledged():
                self.acknowledged, self._head = event.sequence, event.head
            case Delete():
                self._files.pop(event.name, None)
            case Sync():
                file = self._files.setdefault(event.name, _File())
                file.synced = _applied(file.synced, file.pending)
                file.pending = []
            case _:
                self._files.setdefault(event.name, _File()).pending.append(event)

    def _be_born(self) -> None:
        """A new journal gets its name, to last, before its log is begun."""
        born = self._files.pop("journal.db.new", None)
        if born is not None:
            self._files["journal.db"] = born

    def write_all(self, folder: Path) -> None:
        """Everything reached the disk."""
        self._write(folder, lambda file: _applied(file.synced, file.pending))

    def write_synced(self, folder: Path) -> None:
        """Nothing did that was not synced. The head, never synced, is there: it must not be
        ahead of anything."""
        self._write(folder, lambda file: file.synced)

    def write_torn(self, folder: Path, dice: Random) -> None:
        """Some unsynced writes did, in any order, and the last one of them in part."""

        def torn(file: _File) -> bytearray | None:
            chosen = [each for each in file.pending if dice.random() < 0.5]
            dice.shuffle(chosen)
            if chosen and isinstance(chosen[-1], Write):
                last = chosen[-1]
                sectors = dice.randrange(len(last.data) // SECTOR + 1)
                chosen[-1] = Write(last.name, last.offset, last.data[: sectors * SECTOR])
            return file.synced if not chosen else _applied(file.synced, chosen)

        self._write(folder, torn)

    def _write(self, folder: Path, content: Callable[[_File], bytearray | None]) -> None:
        folder.mkdir()
        for name, file in self._files.items():
            found = content(file)
            if found is not None:
                (folder / name).write_bytes(found)
        if self._head:
            (folder / "journal.db.head").write_bytes(self._head)


def _applied(content: bytearray | None, events: list[Write | Truncate]) -> bytearray:
    result = bytearray(content or b"")
    for event in events:
        if isinstance(event, Truncate):
            del result[event.size :]
            continue
        if len(result) < event.offset:
            result.extend(bytes(event.offset - len(result)))
        result[event.offset : event.offset + len(event.data)] = event.data
    return result

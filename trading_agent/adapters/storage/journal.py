"""The journal: every fact, once, in order, on disk, and each one sealing all before it.

A SQLite file in WAL mode with `synchronous=FULL`: a commit that returned survives a loss of
power. A changed bit anywhere breaks the facts' chain from there on. Beside it `<name>.head`
holds the last sequence and chain known to be committed, so that a journal which lost its end
(a deleted WAL, an older copy) is noticed too, and `<name>.reserve` room for a full disk.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

from trading_agent.adapters.storage.files import (
    WriterLock,
    make_private_directory,
    make_private_file,
    sync_directory,
)
from trading_agent.adapters.storage.journal_check import end_of, is_new
from trading_agent.adapters.storage.journal_format import (
    IMAGES_TABLE,
    INSERT_FACT,
    PASSING,
    TABLES,
    DamagedJournal,
    JournalIdentity,
    Line,
    connect_to_read,
    facts_after,
    identity_of,
    link,
    primary_code,
    unique_key,
)
from trading_agent.adapters.storage.journal_head import JournalHead
from trading_agent.adapters.storage.journal_images import StoredImage, fitting_images, keep_image
from trading_agent.adapters.storage.journal_reserve import DiskReserve
from trading_agent.domain.documents import to_text
from trading_agent.domain.errors import InvariantError, StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.units import Nanos
from trading_agent.runtime.ports import NotCommitted

__all__ = ["Journal", "JournalIdentity", "JournalReader"]

_log = logging.getLogger(__name__)

_BUSY_MILLISECONDS: Final = 1_000
_REFUSED_COMMITS: Final = frozenset((sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY))
"""A commit's mark is the last thing written to the log: without room for it, it is not there."""

Connect = Callable[[Path], sqlite3.Connection]


def connect(path: Path) -> sqlite3.Connection:
    # Not bound to this thread: it is opened during recovery, then handed over for good.
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


class JournalReader:
    """Read-only; a run may be writing meanwhile. Raises StorageError and ConfigError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def identity(self) -> JournalIdentity:
        with closing(connect_to_read(self.path)) as connection:
            return identity_of(connection, self.path)[0]

    def read(self, after: int = 0) -> Iterator[tuple[int, Fact]]:
        """Facts with their sequences, past `after`; the chain is checked on the way."""
        with closing(connect_to_read(self.path)) as connection:
            yield from facts_after(connection, self.path, after)


class Journal:
    """The writer. Opened by one thread, then used by one thread (the journal's)."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: WriterLock) -> None:
        """Use `open`."""
        self.path = path
        self._connection = connection
        self._lock = lock
        self._head = JournalHead(path)
        self._reserve = DiskReserve(path, 0)
        self._last = 0
        self._chain = b""
        self._unknown = False
        self._full = False
        self._lagging = False

    @classmethod
    def open(
        cls,
        path: Path,
        identity: JournalIdentity,
        created: Nanos,
        *,
        reserve: int = 0,
        connect: Connect = connect,
    ) -> "Journal":
        """The journal at `path`, made if there is none, checked fact by fact if there is.

        `created` is written into a new one; `reserve`: bytes set aside for a full disk.
        ConfigError: it belongs to another venue or source, was written by a newer version,
        or another engine is using it. StorageError: it is damaged; nothing is repaired or
        made anew in silence.
        """
        make_private_directory(path.parent)
        lock = WriterLock(path.with_name(path.name + ".lock"))
        with _in_our_words(path), ExitStack() as undo:
            lock.acquire()
            undo.callback(lock.release)
            DiskReserve(path, reserve).lend()
            end = _checked(path, identity, created, connect)
            connection = _connect_to_write(path, connect)
            undo.callback(connection.close)
            journal = cls(path, connection, lock)
            undo.callback(journal._head.close)
            journal._begin(end, reserve)
            undo.pop_all()
            return journal

    @property
    def last_sequence(self) -> int:
        return self._last

    def append(self, facts: Sequence[tuple[int, Fact]]) -> None:
        """In one transaction, on disk when this returns.

        NotCommitted: none is there, and the same may be tried again. StorageError: whether
        they are there is unknown, and the journal takes nothing more. InvariantError: a fact
        is doubled, out of order or cannot be written; none is there.
        """
        if not facts:
            return
        lines = self._lines(facts)
        what = f"facts {lines[0][0]} to {lines[-1][0]}"
        self._transact(lambda connection: connection.executemany(INSERT_FACT, lines), what)
        self._last, self._chain = lines[-1][0], lines[-1][5]
        self._witness()

    def keep_image(self, body: str) -> None:
        """What the facts so far add up to. Raises as `append` does."""
        image = StoredImage(self._last, body)
        self._transact(
            lambda connection: keep_image(connection, image, self._chain),
            f"the image of fact {self._last}",
        )

    def images(self) -> Iterator[StoredImage]:
        """Those that fit the facts, newest first; the others are named in the log."""
        return fitting_images(self._connection, self.path)

    def read(self, after: int = 0) -> Iterator[tuple[int, Fact]]:
        """Facts with their sequences, past `after`; for recovery, before the first append."""
        return facts_after(self._connection, self.path, after)

    def make_room(self) -> bool:
        """Give up the reserve if the disk was full; True: there was one."""
        return self._full and self._reserve.release()

    def restore_room(self) -> bool:
        """True: the reserve is there, or there again."""
        self._full = not self._reserve.make()
        return not self._full

    def close(self) -> None:
        self._head.close()
        self._connection.close()
        self._lock.release()

    def _transact(self, work: Callable[[sqlite3.Connection], object], what: str) -> None:
        if self._unknown:
            raise StorageError(f"{self.path}: an earlier commit failed; only a restart can tell")
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            work(connection)
        except sqlite3.IntegrityError as error:
            self._roll_back()
            raise InvariantError(f"{self.path}: a fact is doubled: {error}") from error
        except sqlite3.Error as error:
            self._roll_back()
            raise self._not_committed(error, what) from error
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if primary_code(error) in _REFUSED_COMMITS and self._nothing_came():
                raise self._not_committed(error, what) from error
            self._unknown = True
            raise StorageError(
                f"{self.path}: writing {what} failed ({error}); whether they are on disk is unknown"
            ) from error

    def _not_committed(self, error: sqlite3.Error, what: str) -> StorageError:
        words = f"{self.path}: writing {what} failed ({error}); nothing of it is on disk"
        if primary_code(error) not in PASSING:
            self._unknown = True
            return StorageError(words)
        self._full = primary_code(error) == sqlite3.SQLITE_FULL
        return NotCommitted(words)

    def _roll_back(self) -> None:
        """Some failures have undone the transaction by themselves."""
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            self._unknown = True
            raise StorageError(f"{self.path}: a failed write cannot be undone: {error}") from error

    def _nothing_came(self) -> bool:
        """Whether the journal still ends where it did."""
        self._roll_back()
        try:
            query = "SELECT coalesce(max(sequence), 0) FROM facts"
            return bool(self._connection.execute(query).fetchone()[0] == self._last)
        except sqlite3.Error:
            return False

    def _witness(self) -> None:
        """The head may lag behind the journal, so a failure to write it loses nothing."""
        try:
            self._head.write(self._last, self._chain)
            self._lagging = False
        except OSError as error:
            if not self._lagging:
                _log.warning("%s cannot be written: %s", self._head.path, error.strerror)
            self._lagging = True

    def _set_aside(self, size: int) -> None:
        self._reserve = DiskReserve(self.path, size)
        if not self.restore_room():
            _log.warning("%s: there is no room for a reserve of %d bytes", self.path, size)

    def _begin(self, end: tuple[int, bytes], reserve: int) -> None:
        """At the last sequence and chain; `reserve` in bytes."""
        self._last, self._chain = end
        self._head.open(self._last, self._chain)
        self._set_aside(reserve)

    def _lines(self, facts: Sequence[tuple[int, Fact]]) -> list[Line]:
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
            chain = link(chain, number, fact.at, kind, body)
            lines.append((number, int(fact.at), kind, body, unique_key(fact), chain))
        return lines


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path} cannot be opened as a journal: {error}") from error


def _checked(
    path: Path, asked: JournalIdentity, created: Nanos, connect: Connect
) -> tuple[int, bytes]:
    """Last sequence and chain of the journal, made first if there is none."""
    if is_new(path):
        try:
            _create(path, asked, created, connect)
        except sqlite3.Error as error:
            raise StorageError(f"{path} cannot be made: {error}") from error
    make_private_file(path)
    _undo_half_done(path, connect)
    return end_of(path, asked)


def _undo_half_done(path: Path, connect: Connect) -> None:
    """A kill before there was a write-ahead log leaves half a change and the way back: until it
    is gone, nobody who only reads can."""
    log = path.with_name(f"{path.name}-journal")
    if not log.exists() or log.stat().st_size == 0:
        return
    try:
        with closing(connect(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise DamagedJournal(path, 0, f"{log} cannot be undone: {error}") from error


def _connect_to_write(path: Path, connect: Connect) -> sqlite3.Connection:
    try:
        connection = connect(path)
        try:
            _prepare(connection, path)
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
    connection.execute(IMAGES_TABLE)


def _create(path: Path, identity: JournalIdentity, created: Nanos, connect: Connect) -> None:
    """Under another name until it is whole: one that is cut short was never a journal."""
    unborn = path.with_name(path.name + ".new")
    for suffix in ("", "-journal"):
        unborn.with_name(unborn.name + suffix).unlink(missing_ok=True)
    make_private_file(unborn)
    connection = connect(unborn)
    try:
        connection.executescript(f"PRAGMA synchronous = FULL;BEGIN IMMEDIATE;{TABLES}")
        row = (identity.venue, identity.source, int(created))
        connection.execute("INSERT INTO identity VALUES (?, ?, ?)", row)
        connection.execute("COMMIT")
    finally:
        connection.close()
    try:
        unborn.rename(path)
        sync_directory(path.parent)
    except OSError as error:
        raise StorageError(f"{path} cannot be made: {error.strerror}") from error

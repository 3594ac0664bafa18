"""The engine of a desk as another process sees it: does it run, what has it said, end it.

Everything here works without the engine's help: the lock it holds, the journal it writes.
"""

import fcntl
import os
import select
import signal
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from trading_agent.adapters.storage.journal_head import JournalHead
from trading_agent.cli.desks import JOURNAL
from trading_agent.domain.commands import Kill
from trading_agent.domain.documents import fact_from_text
from trading_agent.domain.errors import CommandError, StorageError
from trading_agent.domain.facts import (
    BreakerRearmed,
    BreakerTripped,
    CommandRefused,
    DeskKilled,
    DeskRearmed,
    Fact,
)
from trading_agent.risk.breakers import Breakers

_BUSY_SECONDS: Final = 0.2
_ANSWERS: Final = (
    "SELECT kind, body FROM facts WHERE sequence > ? AND kind IN (?, ?) ORDER BY sequence"
)
_BEFORE: Final = "it was killed before"
_TRIPS: Final = "SELECT kind, body FROM facts WHERE kind IN (?, ?, ?) ORDER BY sequence"
_LAST: Final = "SELECT kind, body FROM facts WHERE kind IN (?, ?) ORDER BY sequence DESC LIMIT 1"


class DeskProcess:
    """The engine that works in this directory, or might."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._journal = directory / JOURNAL
        self._lock = directory / f"{JOURNAL}.lock"

    def runs(self) -> bool:
        """Whether a process holds the journal's lock. CommandError: nobody here may look."""
        try:
            descriptor = os.open(self._lock, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise CommandError(f"{self._lock} cannot be opened: {error.strerror}") from error
        try:
            # Shared and let go at once: an engine that starts this very moment tries again.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def number(self) -> int | None:
        """The process that wrote itself into the lock; None when that cannot be read."""
        try:
            return int(self._lock.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def last_sequence(self) -> int:
        """Of the last fact known to be committed; read without touching the journal."""
        try:
            return JournalHead(self._journal).read()[0]
        except (OSError, StorageError):
            return 0

    def killed(self) -> str:
        """Why the journal holds the desk killed; empty when it does not. StorageError."""
        for fact in self._facts(_LAST, DeskKilled, DeskRearmed):
            return (fact.why or _BEFORE) if isinstance(fact, DeskKilled) else ""
        return ""

    def tripped(self) -> tuple[str, ...]:
        """The breakers that the journal holds tripped, in words. StorageError."""
        breakers = Breakers()
        for fact in self._facts(_TRIPS, BreakerTripped, BreakerRearmed, DeskRearmed):
            match fact:
                case BreakerTripped():
                    breakers.trip(fact)
                case BreakerRearmed():
                    breakers.rearmed(fact)
                case DeskRearmed():
                    breakers.desk_rearmed(fact)
                case _:
                    pass
        return breakers.words()

    def answer(self, after: int) -> str | None:
        """What the engine said to a kill past this sequence; None when nothing can be read.
        A killed desk refuses a kill."""
        kinds = (DeskKilled.__name__, CommandRefused.__name__)
        try:
            with closing(self._connect()) as connection:
                lines = connection.execute(_ANSWERS, (after, *kinds)).fetchall()
            facts = [fact_from_text(kind, body) for kind, body in lines]
        except (sqlite3.Error, StorageError):
            return None
        for fact in facts:
            if isinstance(fact, DeskKilled):
                return fact.why
            if isinstance(fact, CommandRefused) and fact.command == Kill.__name__:
                return _BEFORE
        return None

    def end(self, seconds: float) -> str:
        """SIGKILL to the process that holds the lock, and wait so long for its death. Returns
        why it was not ended; empty when it was."""
        number = self.number()
        if number is None or number <= 1:
            return f"{self._lock} does not name the process: end it by hand"
        try:
            # The descriptor stands for this very process, even when its number is given anew.
            process = os.pidfd_open(number)
            try:
                return self._end(number, process, seconds)
            finally:
                os.close(process)
        except OSError as error:
            return f"process {number} cannot be ended from here: {error.strerror}"

    def _end(self, number: int, process: int, seconds: float) -> str:
        if not self._is_held_by(number):
            return f"process {number} cannot be seen to hold {self._lock}: end it by hand"
        signal.pidfd_send_signal(process, signal.SIGKILL)
        gone = select.select([process], [], [], seconds)[0]
        return "" if gone else f"process {number} was sent SIGKILL and is still there"

    def _is_held_by(self, number: int) -> bool:
        """Whether it has the lock file open, which with the lock taken is enough."""
        lock = self._lock.stat()
        with suppress(OSError):
            for name in Path(f"/proc/{number}/fd").iterdir():
                with suppress(OSError):
                    if os.path.samestat(name.stat(), lock):
                        return True
        return False

    def _facts(self, query: str, *kinds: type[Fact]) -> list[Fact]:
        names = tuple(kind.__name__ for kind in kinds)
        try:
            with closing(self._connect()) as connection:
                lines = connection.execute(query, names).fetchall()
        except sqlite3.Error as error:
            raise StorageError(f"{self._journal} cannot be read: {error}") from error
        return [fact_from_text(kind, body) for kind, body in lines]

    def _connect(self) -> sqlite3.Connection:
        address = f"{self._journal.absolute().as_uri()}?mode=ro"
        return sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)

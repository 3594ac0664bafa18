"""Moving a broken journal aside, whole, when a person says so."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from trading_agent.adapters.storage.files import WriterLock, make_private_directory, sync_directory
from trading_agent.adapters.storage.journal_check import LOGS
from trading_agent.adapters.storage.journal_verification import Verdict, verify
from trading_agent.domain.errors import CommandError, StorageError
from trading_agent.domain.units import SECOND, Nanos

QUARANTINE: Final = "quarantine"
_ORDER: Final = ("", *LOGS, "-shm", ".head")
"""The journal goes first and its head last: cut short in between, what is left is a journal that
is gone and has a witness. A journal left without log and witness might be called sound."""


class Quarantined(Struct, frozen=True):
    """Where the files went, and what was wrong with them. `earlier`: where the journal itself
    went when an earlier quarantine was cut short."""

    folder: Path
    moved: tuple[str, ...]
    verdict: Verdict
    earlier: Path | None


def quarantine(journal: Path, at: Nanos) -> Quarantined:
    """CommandError: the journal is sound. ConfigError: an engine is using it. StorageError:
    not everything could be moved."""
    lock = WriterLock(journal.with_name(journal.name + ".lock"))
    lock.acquire()
    try:
        verdict = verify(journal)
        if verdict.sound:
            raise CommandError(f"{journal} is sound up to fact {verdict.last_good}; it stays")
        folder = journal.parent / QUARANTINE / _moment(at)
        earlier = None if journal.exists() else _newest_with(journal)
        return Quarantined(folder, _move(journal, folder), verdict, earlier)
    finally:
        lock.release()


def _move(journal: Path, folder: Path) -> tuple[str, ...]:
    if folder.exists():
        raise StorageError(f"{folder} is there already; try again in a second")
    make_private_directory(folder)
    moved = []
    try:
        for suffix in _ORDER:
            source = journal.with_name(journal.name + suffix)
            if source.exists():
                source.rename(folder / source.name)
                moved.append(source.name)
                # One by one, so that a loss of power keeps the order too.
                sync_directory(folder)
                sync_directory(journal.parent)
    except OSError as error:
        raise StorageError(f"{journal} cannot be moved to {folder}: {error.strerror}") from error
    return tuple(moved)


def _newest_with(journal: Path) -> Path | None:
    """The last folder a journal of this name was moved to without its head."""
    folders = sorted((journal.parent / QUARANTINE).glob(f"*/{journal.name}"), reverse=True)
    halves = (each.parent for each in folders if not each.with_name(f"{each.name}.head").exists())
    return next(halves, None)


def _moment(at: Nanos) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H-%M-%SZ")

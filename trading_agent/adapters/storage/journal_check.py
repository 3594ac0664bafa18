"""What must be true of a journal's files before the first byte of them is written.

Everything here only reads: the files of a broken journal are the evidence of what happened to
it, and a log that SQLite calls worthless may be all that is left of its last facts.
"""

import sqlite3
from collections import deque
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from trading_agent.adapters.storage.journal_format import (
    DamagedJournal,
    JournalIdentity,
    chain_at,
    connect_to_read,
    identity_of,
    sealed_lines,
)
from trading_agent.adapters.storage.journal_head import JournalHead
from trading_agent.domain.errors import ConfigError, StorageError

LOGS: Final = ("-wal", "-journal")
"""What SQLite writes beside a database and reads into whatever bears its name."""


def is_new(path: Path) -> bool:
    """Whether there is no journal and never was. DamagedJournal: it is gone, and what stood
    beside it is not."""
    if path.exists() and path.stat().st_size > 0:
        return False
    head = JournalHead(path)
    if head.read()[0] > 0:
        raise DamagedJournal(path, 0, f"it is gone, but {head.path} knows its facts")
    for log in (path.with_name(path.name + suffix) for suffix in LOGS):
        if log.exists() and log.stat().st_size > 0:
            raise DamagedJournal(path, 0, f"it is gone, but {log} holds some of it")
    return True


def end_of(path: Path, asked: JournalIdentity) -> tuple[int, bytes]:
    """The last sequence and chain of a sound journal of this market. Raises ConfigError for
    another market's, StorageError for a damaged one."""
    with closing(connect_to_read(path)) as connection:
        found, genesis = identity_of(connection, path)
        _refuse_other_market(path, found, asked)
        return check_facts(connection, path, genesis, JournalHead(path))


def refuse_journal_of_another_market(path: Path, asked: JournalIdentity) -> None:
    """Without its lock and without judging its files, which whoever opens it does. Raises
    ConfigError."""
    with suppress(StorageError), closing(connect_to_read(path)) as connection:
        _refuse_other_market(path, identity_of(connection, path)[0], asked)


def _refuse_other_market(path: Path, found: JournalIdentity, asked: JournalIdentity) -> None:
    """Raises ConfigError."""
    if found != asked:
        raise ConfigError(
            f"{path} belongs to {found.venue!r} (source {found.source!r}), but this "
            f"run trades on {asked.venue!r} (source {asked.source!r}): "
            "give this run another --data-dir"
        )


def check_facts(
    connection: sqlite3.Connection, path: Path, genesis: bytes, head: JournalHead
) -> tuple[int, bytes]:
    """The chain over every fact, and the head's word on it; returns the last sequence and
    chain. Nothing is decoded. DamagedJournal; StorageError when the head cannot be read."""
    ending = deque(sealed_lines(connection, path, 0, genesis), maxlen=1)
    last, chain = (ending[0][0], ending[0][5]) if ending else (0, genesis)
    try:
        witness, seal = head.read()
    except StorageError as error:
        raise StorageError(
            f"{error}. Facts up to {last} are sound and nothing was changed, but only this file "
            f"tells whether any are missing behind them: if {last} is the last one you know of, "
            f"move {head.path} away and start; if not, put a good copy back"
        ) from error
    if last < witness:
        gone = f"facts {last + 1} to {witness} were committed but are gone"
        raise DamagedJournal(path, last, gone)
    if witness and chain_at(connection, path, witness) != seal:
        other = f"fact {witness} is not the one that was committed"
        raise DamagedJournal(path, 0, other)
    return last, chain

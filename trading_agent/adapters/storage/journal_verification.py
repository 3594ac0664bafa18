"""Everything about a journal that can be checked without running it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from msgspec import Struct

from trading_agent.adapters.storage.journal_format import (
    DamagedJournal,
    Line,
    chain_at,
    connect_to_read,
    fact_of,
    identity_of,
    sealed_lines,
)
from trading_agent.adapters.storage.journal_head import JournalHead
from trading_agent.adapters.storage.journal_images import image_faults
from trading_agent.domain.errors import StorageError

_PORTION: Final = 1_000
_FINDINGS: Final = 20


class Verdict(Struct, frozen=True, kw_only=True):
    """`last_good`: the last fact that can be believed. `findings` is empty exactly when the
    journal is `sound`."""

    journal: Path
    sound: bool
    last_good: int
    facts: int
    images: int
    findings: tuple[str, ...]


def _go_on() -> None:
    """For whoever is in a hurry."""


def verify(path: Path, breathe: Callable[[], None] = _go_on) -> Verdict:
    """Chain, facts and their unique keys, the head's word, images, SQLite's own integrity.

    Read-only; a run may be writing meanwhile. `breathe` is called every so often, for a caller
    that must leave time to others. Raises ConfigError for a newer version's journal.
    """
    # Before the facts are read: a run that is writing only ever moves it ahead.
    witness, seal, findings = _witness(path)
    if not path.exists():
        gone = f"it is gone, but facts up to {witness} were committed" if witness else "it is gone"
        return _verdict(path, 0, 0, 0, [gone])
    try:
        with closing(connect_to_read(path)) as connection:
            return _examine(connection, path, breathe, (witness, seal, findings))
    except DamagedJournal as error:
        return _verdict(path, error.last_good, error.last_good, 0, [error.why])
    except StorageError as error:
        return _verdict(path, 0, 0, 0, [str(error)])


def _witness(path: Path) -> tuple[int, bytes, list[str]]:
    try:
        return (*JournalHead(path).read(), [])
    except StorageError as error:
        return 0, b"", [str(error)]


def _examine(
    connection: sqlite3.Connection,
    path: Path,
    breathe: Callable[[], None],
    head: tuple[int, bytes, list[str]],
) -> Verdict:
    witness, seal, findings = head
    _, chain = identity_of(connection, path)
    # One picture of the file for everything that follows, whatever is written meanwhile.
    connection.execute("BEGIN")
    last, good = 0, 0
    try:
        for line in sealed_lines(connection, path, 0, chain):
            last = line[0]
            if good == last - 1:
                good = _judge(path, line, findings, good)
            if last % _PORTION == 0:
                breathe()
    except DamagedJournal as error:
        findings.append(error.why)
        good = min(good, error.last_good)
    else:
        good = min(good, _compare(connection, path, (witness, seal), last, findings))
    images, faults = image_faults(connection, path)
    findings.extend(faults)
    findings.extend(_integrity(connection))
    return _verdict(path, good, last, images, findings)


def _judge(path: Path, line: Line, findings: list[str], good: int) -> int:
    """The last good fact, this one included or not."""
    try:
        fact_of(path, line)
    except DamagedJournal as error:
        findings.append(error.why)
        return good
    return line[0]


def _compare(
    connection: sqlite3.Connection,
    path: Path,
    head: tuple[int, bytes],
    last: int,
    findings: list[str],
) -> int:
    """With what the head says was committed; returns the last good fact as far as it knows."""
    witness, seal = head
    if last < witness:
        findings.append(f"facts {last + 1} to {witness} were committed but are gone")
    elif witness and chain_at(connection, path, witness) != seal:
        findings.append(f"fact {witness} is not the one that was committed")
        return 0
    return last


def _integrity(connection: sqlite3.Connection) -> list[str]:
    try:
        rows = connection.execute(f"PRAGMA integrity_check({_FINDINGS})").fetchall()
    except sqlite3.Error as error:
        return [f"SQLite cannot check it: {error}"]
    return [f"SQLite: {row[0]}" for row in rows if row[0] != "ok"]


def _verdict(path: Path, good: int, facts: int, images: int, findings: list[str]) -> Verdict:
    return Verdict(
        journal=path,
        sound=not findings,
        last_good=good,
        facts=facts,
        images=images,
        findings=tuple(findings[:_FINDINGS]),
    )

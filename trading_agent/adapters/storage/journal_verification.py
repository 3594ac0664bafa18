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

Witness = tuple[int, bytes]
"""What a head says: the last fact known to be committed, and its chain."""
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


def verify(
    path: Path, breathe: Callable[[], None] = _go_on, witness: Witness | None = None
) -> Verdict:
    """Chain, facts and their unique keys, the head's word, images, SQLite's own integrity.

    Read-only; a run may be writing meanwhile. `breathe` is called every so often, for a caller
    that must leave time to others; `witness` speaks for a copy, which has no head of its own.
    Raises ConfigError for a newer version's journal.
    """
    # Before the facts are read: a run that is writing only ever moves it ahead.
    told, findings = (witness, []) if witness is not None else _witness(path)
    last_known = told[0]
    if not path.exists():
        gone = "it is gone"
        gone += f", but facts up to {last_known} were committed" if last_known else ""
        return _verdict(path, 0, 0, 0, [gone])
    try:
        with closing(connect_to_read(path)) as connection:
            return _examine(connection, path, breathe, (told, findings))
    except DamagedJournal as error:
        return _verdict(path, error.last_good, error.last_good, 0, [error.why])
    except StorageError as error:
        return _verdict(path, 0, 0, 0, [str(error)])


def _witness(path: Path) -> tuple[Witness, list[str]]:
    try:
        return JournalHead(path).read(), []
    except StorageError as error:
        alone = "facts are judged without it; if nothing else is wrong, move only that file away"
        return (0, b""), [f"{error}: {alone}"]


def _examine(
    connection: sqlite3.Connection,
    path: Path,
    breathe: Callable[[], None],
    head: tuple[Witness, list[str]],
) -> Verdict:
    witness, findings = head
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
        good = min(good, _compare(connection, path, witness, last, findings))
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
    head: Witness,
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

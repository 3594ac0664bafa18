"""Images of the account kept in the journal, so that recovery need not begin at the first fact.

An image that does not fit (damaged, from another version, of other facts) is passed over with
a warning: the facts alone are the truth, and folding all of them always works.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from trading_agent import __version__
from trading_agent.adapters.storage.journal_format import chain_at

_log = logging.getLogger(__name__)

IMAGES_KEPT: Final = 3
_SELECT: Final = "SELECT sequence, chain, version, body, sha256 FROM images ORDER BY sequence DESC"
_INSERT: Final = "INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?, ?)"
_FORGET: Final = (
    "DELETE FROM images WHERE sequence NOT IN "
    f"(SELECT sequence FROM images ORDER BY sequence DESC LIMIT {IMAGES_KEPT})"
)

_Row = tuple[int, bytes, str, str, bytes]


class StoredImage(Struct, frozen=True):
    """What the facts up to `sequence` add up to, as text."""

    sequence: int
    body: str


def keep_image(connection: sqlite3.Connection, image: StoredImage, chain: bytes) -> None:
    """Inside a transaction of the caller's."""
    digest = _digest(image.sequence, chain, __version__, image.body)
    row = (image.sequence, chain, __version__, image.body, digest)
    connection.execute(_INSERT, row)
    connection.execute(_FORGET)


def fitting_images(connection: sqlite3.Connection, path: Path) -> Iterator[StoredImage]:
    """Those that may be used, newest first; the facts' chain must have been checked before."""
    try:
        for row in _rows(connection):
            fault = fault_of(connection, path, row)
            if not fault and row[2] != __version__:
                fault = f"version {row[2]} made it"
            if fault:
                warn_of(path, row[0], fault)
            else:
                yield StoredImage(row[0], row[3])
    except sqlite3.Error as error:
        warn_of(path, None, str(error))


def warn_of(path: Path, sequence: int | None, fault: str) -> None:
    which = "the images" if sequence is None else f"the image of fact {sequence}"
    _log.warning("%s: %s cannot be used (%s); recovery reads more facts", path, which, fault)


def image_faults(connection: sqlite3.Connection, path: Path) -> tuple[int, tuple[str, ...]]:
    """How many images there are, and what is wrong with them."""
    rows = []
    faults = []
    try:
        for row in _rows(connection):
            rows.append(row)
            fault = fault_of(connection, path, row)
            if fault:
                faults.append(f"the image of fact {row[0]} is damaged: {fault}")
    except sqlite3.Error as error:
        faults.append(f"the images cannot be read: {error}")
    return len(rows), tuple(faults)


def fault_of(connection: sqlite3.Connection, path: Path, row: _Row) -> str:
    sequence, chain, version, body, found = row
    if found != _digest(sequence, chain, version, body):
        return "its digest does not match"
    if chain_at(connection, path, sequence) != chain:
        return "it is of other facts"
    return ""


def _rows(connection: sqlite3.Connection) -> Iterator[_Row]:
    known = "SELECT count(*) FROM sqlite_master WHERE name = 'images'"
    if connection.execute(known).fetchone()[0]:
        # Few and fetched at once: they are looked up among the facts meanwhile.
        yield from connection.execute(_SELECT).fetchall()


def _digest(sequence: int, chain: object, version: str, body: object) -> bytes:
    return hashlib.sha256(f"{sequence}|{chain!r}|{version}|{body}".encode()).digest()

"""The overseer's decisions taken again from their records: whether they come out the same."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llm_overseer.errors import RecordsDamaged
from trading_agent.domain.errors import CommandError, StorageError
from trading_agent.interfaces.oversight.library import RECORDS_NAME, open_records

if TYPE_CHECKING:
    from llm_overseer.again import Again
    from llm_overseer.records import DecisionRecords, Record

EVERY: Final = "all"


def taken_again(folder: Path, which: str) -> "tuple[Again, ...]":
    """One decision, or "all", whose chain is verified first. An engine may be running. Raises
    CommandError for what there is not, and StorageError."""
    from llm_overseer.again import take_again

    if not (folder / RECORDS_NAME).exists():
        raise CommandError(f"the overseer has decided nothing yet in {folder.parent}")
    try:
        with closing(open_records(folder)) as records:
            if which == EVERY:
                records.verify()
            return tuple(asyncio.run(take_again(it)) for it in _chosen(records, which))
    except (sqlite3.Error, RecordsDamaged) as error:
        raise StorageError(f"the overseer's records: {error}") from error


def _chosen(records: "DecisionRecords", which: str) -> "Iterator[Record]":
    if which == EVERY:
        yield from records.every()
        return
    record = records.find(which.partition(".")[0].lower())
    if record is None:
        raise CommandError(f"there is no decision {which[:24]!r}; decisions lists them")
    yield record

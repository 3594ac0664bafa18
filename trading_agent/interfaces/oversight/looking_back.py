"""What the overseer's records say when no engine runs."""

import sqlite3
from pathlib import Path

from llm_overseer.errors import RecordsDamaged
from trading_agent.domain.errors import CommandError, StorageError
from trading_agent.interfaces.oversight.answers import decision_lines, explained
from trading_agent.interfaces.oversight.library import RECORDS_NAME, open_records
from trading_agent.interfaces.oversight.outcomes import read_outcomes
from trading_agent.interfaces.oversight.verdict_of_trials import (
    OUTCOMES_NAME,
    reckoning_of_folder,
    report_in_words,
)


def answer_from_records(folder: Path, words: str) -> str:
    """Raises CommandError for what only a running engine can do, and StorageError."""
    verb, _, rest = words.partition(" ")
    if verb not in ("status", "decisions", "why"):
        raise CommandError(f"no overseer runs in {folder.parent}: it alone can do that")
    if not (folder / RECORDS_NAME).exists():
        raise CommandError(f"the overseer has decided nothing yet in {folder.parent}")
    kept = read_outcomes(folder / OUTCOMES_NAME)
    try:
        records = open_records(folder)
    except (sqlite3.Error, RecordsDamaged) as error:
        raise StorageError(f"the overseer's records: {error}") from error
    try:
        if verb == "why":
            record = records.find(rest.partition(".")[0])
            if record is None:
                raise CommandError(f"there is no decision {rest[:24]!r}")
            return "\n".join(explained(record, records.events(record.verdict.id), kept))
        lines = decision_lines(records, kept, int(rest) if rest.isdigit() else 5)
    finally:
        records.close()
    if verb == "decisions":
        return "\n".join(lines) or "no decision yet"
    worth = report_in_words(reckoning_of_folder(folder))
    return "\n".join(("no overseer runs here", *(f"last: {it}" for it in lines[:1]), *worth))

"""What decisions came to is kept; what an older version kept can be read, and says less."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from trading_agent.domain.errors import StorageError
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.outcomes import (
    Decider,
    Kept,
    Outcome,
    OutcomeStore,
    read_outcomes,
)
from trading_agent.interfaces.oversight.settings import AttributionSettings
from trading_agent.interfaces.oversight.verdict_of_trials import (
    OUTCOMES_NAME,
    reckoning_of_folder,
    report_in_words,
)

SETTINGS = AttributionSettings(least_decisions=7)
OLD = {
    "decision": "d1",
    "arm": "overseer",
    "applied": True,
    "began": 1,
    "ended": 2,
    "equity": 10_000.0,
    "effect": 900.0,
    "drawdown": 0.0,
    "fees": 0.0,
    "cost_nano": 5,
}


def opened(folder: Path) -> tuple[OutcomeStore, Kept]:
    store = OutcomeStore(folder / OUTCOMES_NAME, "USDC", SETTINGS)
    return store, store.open()


def outcome(decision: str) -> Outcome:
    return Outcome(
        decision=decision,
        arm="overseer",
        applied=True,
        began=Nanos(5),
        ended=Nanos(9),
        equity=10_000.0,
        effect=1.0,
        drawdown=0.0,
        fees=0.0,
        cost_nano=0,
        decider=Decider(source="model", models=("a/b",), prompt="p"),
        model="a/b",
        mode="auto",
        held_out=True,
    )


@pytest.mark.parametrize("read_by", ["outside", "a later run"])
def test_an_older_file_is_read_and_counts_for_nobody(tmp_path: Path, read_by: str) -> None:
    with closing(sqlite3.connect(tmp_path / OUTCOMES_NAME)) as connection:
        connection.execute("CREATE TABLE outcomes (number INTEGER PRIMARY KEY, document BLOB)")
        connection.execute("INSERT INTO outcomes (document) VALUES (?)", (json.dumps(OLD),))
        connection.commit()
    if read_by == "a later run":
        store, _ = opened(tmp_path)
        store.close()
    lines = report_in_words(reckoning_of_folder(tmp_path))
    assert "no decision has come to an end" in lines[0]
    assert "  do not say who decided, and count for nobody: 1" in lines


def test_what_was_unfinished_at_a_death_has_an_end_afterwards(tmp_path: Path) -> None:
    store, _ = opened(tmp_path)
    store.keep([outcome("d1")], [outcome("d2")])
    store.keep([outcome("d3")], [outcome("d4")])
    store.keep_apart(Nanos(5), 1.5)
    store.keep_apart(Nanos(5), 2.5)
    seen = read_outcomes(tmp_path / OUTCOMES_NAME)
    assert [it.decision for it in seen.outcomes] == ["d1", "d3"]
    assert [it.decision for it in seen.unfinished] == ["d4"]
    store.close()
    again, kept = opened(tmp_path)
    again.close()
    assert [(it.decision, it.cut) for it in kept.outcomes] == [
        ("d1", ""),
        ("d3", ""),
        ("d4", "the run broke off"),
    ]
    assert kept.unfinished == ()
    assert kept.apart == {5: 2.5}
    assert (kept.quote, kept.settings) == ("USDC", SETTINGS)
    assert kept.outcomes[0] == outcome("d1")


def test_a_damaged_file_is_an_error_of_storage(tmp_path: Path) -> None:
    (tmp_path / OUTCOMES_NAME).write_bytes(b"no database" * 100)
    with pytest.raises(StorageError):
        read_outcomes(tmp_path / OUTCOMES_NAME)
    with pytest.raises(StorageError):
        opened(tmp_path)


def test_where_nothing_was_measured_there_is_nothing(tmp_path: Path) -> None:
    assert read_outcomes(tmp_path / OUTCOMES_NAME) == Kept()

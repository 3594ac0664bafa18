"""A keeper of decisions killed at every statement: what was acknowledged is there, sealed, and the
next one goes on from it."""

import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from llm_overseer.core.transport import Take
from llm_overseer.records import DecisionRecords, Event, connect
from llm_overseer.verdict import Outcome, Source, Verdict
from tests.journal_children import Child
from tests.overseer_desk import NOW, brief

TAKE = Take(request=b'{"model":"a/b"}', status=200, response=b"{}" * 100, latency_ms=5)


def verdict(name: str) -> Verdict:
    return Verdict(
        id=name,
        at=NOW,
        effective_at=NOW,
        apply_before=NOW,
        outcome=Outcome.ABSTAINED,
        why="timeout",
        source=Source.NOBODY,
        mode=brief().mode,
        tier=2,
    )


def keep(records: DecisionRecords, count: int, tell: Callable[[int], None]) -> None:
    for _ in range(count):
        name = records.next_id()
        tell(records.append(verdict(name), brief(), (TAKE,), {"prompt": "x"}))
        tell(records.tell(Event(decision=name, at=NOW, what="expired")))


def killed_at(path: Path, statement: int) -> int | None:
    """Lines it knew to be kept when it was killed; None: it came to its end."""

    def work(tell: Callable[[int], None]) -> None:
        left = statement

        def watch(_text: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        def watched(place: Path) -> sqlite3.Connection:
            connection = connect(place)
            connection.set_trace_callback(watch)
            return connection

        records = DecisionRecords(path, watched)
        records.open()
        keep(records, 3, tell)
        tell(1_000)

    known = Child(work).rest()
    return None if known == 1_000 else known


@pytest.mark.slow
def test_a_keeper_killed_at_every_statement_loses_no_decision(tmp_path: Path) -> None:
    statement = 0
    known: int | None = 0
    while known is not None:
        statement += 1
        path = tmp_path / f"{statement}.db"
        known = killed_at(path, statement)
        records = DecisionRecords(path)
        records.open()
        lines = records.verify()
        assert lines >= (6 if known is None else known)
        keep(records, 1, lambda _line: None)
        assert records.verify() == lines + 2
        assert records.latest(1)[0].takes == (TAKE,)
        records.close()
    assert statement > 10


def test_two_writers_do_not_break_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "decisions.db"
    one, other = DecisionRecords(path), DecisionRecords(path)
    one.open()
    other.open()
    keep(one, 1, lambda _line: None)
    with pytest.raises(sqlite3.IntegrityError):
        keep(other, 1, lambda _line: None)
    assert one.verify() == 2
    one.close()
    other.close()

"""A recorded run comes to the same facts again, whatever the process; and a lie is noticed."""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.replay.scripted_run import RecordedRun, inputs, record, with_one_larger_print
from trading_agent.adapters.storage.recording_format import sealed
from trading_agent.adapters.storage.recording_reader import RecordingReader
from trading_agent.domain.errors import StorageError
from trading_agent.research.replay import replay

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
VERB = (
    "import gc, typer\n"
    "gc.disable()\n"
    "from trading_agent.cli.replay import replay\n"
    "typer.run(replay)\n"
)


def run_verb(*arguments: str, hash_seed: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-c", VERB, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RecordedRun:
    folder = tmp_path_factory.mktemp("run")
    return record(folder / "run.rec", list(inputs()), journal=folder / "journal.sqlite")


def test_the_script_is_worth_replaying(run: RecordedRun) -> None:
    kinds = Counter(type(fact).__name__ for fact in run.facts)
    assert min(kinds[name] for name in ("SignalRaised", "OrderFilled", "PositionClosed")) > 20
    assert min(kinds[name] for name in ("EntriesPaused", "ProposalRefused", "ExitTriggered")) > 0


def test_other_processes_come_to_the_same_digest(run: RecordedRun) -> None:
    digests = set()
    for hash_seed in ("1", "20011"):
        done = run_verb(str(run.recording), "--verify", "--json", hash_seed=hash_seed)
        assert done.returncode == 0, done.stderr
        told = answer(done)
        assert told["verified"] is True
        assert told["facts"] == len(run.facts)
        digests |= {told["digest"], told["recorded_digest"]}
    assert digests == {run.digest}


def test_a_replay_counts_what_it_was_fed(run: RecordedRun) -> None:
    replayed = replay(run.recording)
    assert replayed.ending is not None
    assert (replayed.inputs, replayed.rows) == (replayed.ending.inputs, replayed.ending.rows)
    assert replayed.desk.orders == sum(type(fact).__name__ == "OrderSent" for fact in run.facts)
    assert replayed.desk.equity == 10_000 + (
        replayed.desk.realised_profit + replayed.desk.unrealised_profit
    )


def test_a_second_run_is_replayed_with_its_past(run: RecordedRun, tmp_path: Path) -> None:
    second = record(
        tmp_path / "second.rec", list(inputs(300, seed=8)), history=run.facts,
        journal=tmp_path / "journal.sqlite",
    )  # fmt: skip
    replayed = replay(second.recording, tmp_path / "journal.sqlite")
    assert replayed.verified is True
    assert replayed.digest == second.digest != run.digest


def test_a_second_run_is_replayed_from_the_image_of_its_past(
    run: RecordedRun, tmp_path: Path
) -> None:
    folded = len(run.facts) - 40
    feed = list(inputs(300, seed=8))
    whole = record(tmp_path / "whole.rec", feed, history=run.facts)
    short = record(
        tmp_path / "short.rec", feed, history=run.facts, folded=folded,
        journal=tmp_path / "journal.sqlite",
    )  # fmt: skip
    manifest = RecordingReader(short.recording).manifest()
    assert (manifest.folded, len(manifest.history)) == (folded, 40)
    assert short.recording.stat().st_size < whole.recording.stat().st_size / 2
    replayed = replay(short.recording, tmp_path / "journal.sqlite")
    assert replayed.verified is True
    assert replayed.difference is None
    assert replayed.digest == short.digest == whole.digest


def test_an_image_of_another_version_is_not_replayed(run: RecordedRun, tmp_path: Path) -> None:
    history = run.facts[:50]
    old = record(
        tmp_path / "old.rec", list(inputs(10)), history=history, folded=20, version="0.0.1"
    )
    with pytest.raises(StorageError, match=r"version 0\.0\.1"):
        replay(old.recording)


def test_a_recording_of_the_first_format_begins_with_its_whole_history(
    run: RecordedRun, tmp_path: Path
) -> None:
    """As written before images were part of it: neither they nor their place are there."""
    old = record(tmp_path / "old.rec", list(inputs(60)), history=run.facts[:50], finish=False)
    connection = sqlite3.connect(old.recording)
    plain = json.loads(connection.execute("SELECT body FROM manifest").fetchone()[0])
    del plain["image"], plain["folded"]
    body = json.dumps(plain)
    connection.execute("UPDATE manifest SET body = ?", (body,))
    seal = hashlib.sha256(body.encode()).digest()
    columns = "number, first_sequence, inputs, rows, body"
    for *head, chunk in connection.execute(f"SELECT {columns} FROM chunks").fetchall():
        seal = sealed(seal, tuple(head), chunk)
        connection.execute("UPDATE chunks SET seal = ? WHERE number = ?", (seal, head[0]))
    connection.commit()
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert replay(old.recording).digest == old.digest


def test_a_damaged_recording_is_noticed(run: RecordedRun, tmp_path: Path) -> None:
    copy = tmp_path / "damaged.rec"
    copy.write_bytes(run.recording.read_bytes())
    connection = sqlite3.connect(copy)
    (body,) = connection.execute("SELECT body FROM chunks WHERE number = 1").fetchone()
    changed = body[:100] + bytes([body[100] ^ 1]) + body[101:]
    connection.execute("UPDATE chunks SET body = ? WHERE number = 1", (changed,))
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="damaged"):
        replay(copy)
    done = run_verb(str(copy), "--verify", hash_seed="0")
    assert done.returncode == 1
    assert "damaged" in done.stderr


def test_a_recording_of_other_inputs_is_noticed_and_the_fact_is_named(
    run: RecordedRun, tmp_path: Path
) -> None:
    other = record(
        tmp_path / "other.rec", with_one_larger_print(list(inputs()), 500), digest=run.digest
    )
    done = run_verb(
        str(other.recording), "--verify", "--json",
        "--data-dir", str(run.recording.parent), hash_seed="0",
    )  # fmt: skip
    assert done.returncode == 1
    told = answer(done)
    assert told["verified"] is False
    assert told["recorded_digest"] == run.digest != told["digest"]
    first = next(
        number
        for number, (left, right) in enumerate(zip(run.facts, other.facts, strict=False), 1)
        if left != right
    )
    assert told["difference"]["sequence"] == first
    assert told["difference"]["recorded"] != told["difference"]["replayed"]
    assert f"first difference at fact {first}" in done.stderr


def test_a_false_last_word_is_noticed_without_a_journal(tmp_path: Path) -> None:
    lie = record(tmp_path / "lie.rec", list(inputs(60)), digest="0" * 64)
    replayed = replay(lie.recording)
    assert replayed.verified is False
    assert replayed.difference is None


def test_a_recording_that_was_cut_off_says_so_and_still_replays(tmp_path: Path) -> None:
    cut = record(tmp_path / "cut.rec", list(inputs(200))[:-1], finish=False)
    replayed = replay(cut.recording)
    assert replayed.verified is None
    assert replayed.digest == cut.digest
    done = run_verb(str(cut.recording), hash_seed="0")
    assert done.returncode == 0
    assert "cut off" in done.stderr
    assert run_verb(str(cut.recording), "--verify", hash_seed="0").returncode == 1

"""A real desk is killed by its file: at once, for good, and lifted only by a person."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_kill import has_ended
from trading_agent.adapters.storage.journal import JournalReader
from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import CommandRefused, DeskKilled, DeskOpened, Fact
from trading_agent.domain.order_facts import OrderSent
from trading_agent.domain.units import MILLISECOND
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.exit_codes import ExitCode

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PROJECT = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 100.0
LATEST_MS = 100.0


@contextmanager
def running(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "trading_agent", "run", "--headless", "--seed", "11"]
    command += ["--overlay", str(PROJECT / "configs" / "demo.json"), "--data-dir", str(data)]
    with (data / "output.txt").open("ab") as output:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def facts_in(data: Path) -> list[Fact]:
    journal = data / "journal.sqlite"
    if not journal.exists():
        return []
    try:
        return [fact for _, fact in JournalReader(journal).read()]
    except (sqlite3.OperationalError, StorageError):
        return []  # it is being made


def wait_for(
    data: Path, process: subprocess.Popen[bytes], found: Callable[[list[Fact]], bool]
) -> list[Fact]:
    ends = time.monotonic() + DEADLINE_SECONDS
    while not found(facts := facts_in(data)):
        assert time.monotonic() < ends, [type(fact).__name__ for fact in facts]
        assert not has_ended(process, 0.05), (data / "output.txt").read_text()
    return facts


def count(facts: list[Fact], kind: type[Fact]) -> int:
    return sum(isinstance(fact, kind) for fact in facts)


def verb(name: str, data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trading_agent", name, "--data-dir", str(data), *arguments]
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )


def answered_again(facts: list[Fact]) -> bool:
    """A second run has heard the file: it was killed already, or is killed anew."""
    opened = [index for index, fact in enumerate(facts) if isinstance(fact, DeskOpened)]
    return len(opened) > 1 and any(
        isinstance(fact, DeskKilled)
        or (isinstance(fact, CommandRefused) and fact.command == "Kill")
        for fact in facts[opened[1] :]
    )


def test_a_touched_file_stops_a_trading_desk_at_once_and_outlives_its_death(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as process:
        wait_for(tmp_path, process, lambda facts: count(facts, OrderSent) >= 2)
        touched = SystemClock().now()
        (tmp_path / "KILL").touch()
        facts = wait_for(tmp_path, process, lambda facts: count(facts, DeskKilled) == 1)
        (kill,) = (fact for fact in facts if isinstance(fact, DeskKilled))
        took = (kill.at - touched) / MILLISECOND
        sys.stdout.write(f"from the file to the fact: {took:.1f} ms\n")
        assert took < LATEST_MS
        assert "KILL" in kill.why
    # Ended as by a crash; what starts next finds the file, and the fact if it got that far.
    with running(tmp_path) as process:
        wait_for(tmp_path, process, answered_again)
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_SECONDS) == ExitCode.OK
    facts = facts_in(tmp_path)
    after = facts[facts.index(kill) :]
    assert count(after, OrderSent) == 0
    assert "flash-trading rearm" in (tmp_path / "output.txt").read_text()

    assert verb("rearm", tmp_path).returncode == ExitCode.FAILED
    assert verb("rearm", tmp_path, "--yes").returncode == ExitCode.OK
    with running(tmp_path) as process:
        before = count(facts, OrderSent)
        wait_for(tmp_path, process, lambda facts: count(facts, OrderSent) > before)


def desk(told: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    document = json.loads(told.stdout)
    (only,) = document["desks"]
    return dict(only)


def test_the_verb_kills_an_engine_that_answers_and_ends_one_that_stands_still(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as process:
        wait_for(tmp_path, process, lambda facts: count(facts, DeskOpened) == 1)
        told = verb("kill", tmp_path, "--why", "smoke", "--json")
        assert told.returncode == ExitCode.OK, told.stderr
        assert (desk(told)["outcome"], desk(told)["process"]) == ("answered", process.pid)
        health = verb("health", tmp_path, "--json")
        assert health.returncode == ExitCode.OK, health.stdout
        process.send_signal(signal.SIGSTOP)
        told = verb("kill", tmp_path, "--json")
        assert desk(told)["outcome"] == "forced"
        assert process.wait(DEADLINE_SECONDS) == -signal.SIGKILL
    assert verb("health", tmp_path).returncode == ExitCode.FAILED, "the dead are called well"
    assert os.path.lexists(tmp_path / "KILL")

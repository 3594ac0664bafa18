"""A writer killed at random moments, a disk that fills up: what was committed is there,
once, in order, and nothing else is."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.domain.facts import OrderFilled
from trading_agent.domain.units import Nanos

ROOT = Path(__file__).resolve().parents[2]
IDENTITY = JournalIdentity("embedded", "synthetic")
ROUNDS = 6

WRITER = """
import sys
from pathlib import Path
from tests.unit.adapters.storage.facts import filled
from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.domain.errors import StorageError
from trading_agent.domain.units import Nanos

if len(sys.argv) > 2:
    import resource
    limit = int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
journal = Journal.open(Path(sys.argv[1]), JournalIdentity("embedded", "synthetic"), Nanos(1))
number = journal.last_sequence
print("open", number, flush=True)
while True:
    batch = [(number + n, filled(number + n)) for n in range(1, 1 + number % 5 + 1)]
    try:
        journal.append(batch)
    except StorageError as error:
        print("failed", error, flush=True)
        try:
            journal.append(batch)
        except StorageError as second:
            print("again", second, flush=True)
        break
    number = journal.last_sequence
    print("committed", number, flush=True)
"""


def writer(path: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def committed(lines: list[str]) -> int:
    numbers = [int(line.split()[1]) for line in lines if line.startswith(("committed", "open"))]
    return max(numbers, default=0)


def check(path: Path, at_least: int) -> int:
    """Every fact once, in order, at least as many as were acknowledged."""
    journal = Journal.open(path, IDENTITY, Nanos(2))
    facts = list(journal.read())
    journal.close()
    fills = [fact.fill for _, fact in facts if isinstance(fact, OrderFilled)]
    assert fills == list(range(1, len(facts) + 1))
    assert [sequence for sequence, _ in facts] == fills
    assert len(facts) >= at_least
    return len(facts)


def test_a_killed_writer_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    dice = random.Random(11)
    there = 0
    for _ in range(ROUNDS):
        process = writer(path)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(dice.randrange(1, 150))]
        process.send_signal(signal.SIGKILL)
        lines += process.stdout.readlines()
        process.wait(30)
        process.stdout.close()
        assert committed(lines[:1]) == there
        there = check(path, at_least=committed(lines[:-1]))
    assert there > 0


@pytest.mark.parametrize("limit", [60_000, 120_000])
def test_a_disk_that_is_full_fails_loudly_and_keeps_what_was_committed(
    tmp_path: Path, limit: int
) -> None:
    path = tmp_path / "journal.db"
    check(path, 0)
    process = writer(path, str(limit))
    output, _ = process.communicate(timeout=60)
    lines = output.splitlines()
    assert any(line.startswith("failed") and "unknown" in line for line in lines)
    assert lines[-1].startswith("again") and "only a restart can tell" in lines[-1]
    assert check(path, at_least=committed(lines)) > 0

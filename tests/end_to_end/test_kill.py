"""A run killed at any moment loses no committed fact, doubles none, and goes on where it was."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from trading_agent.adapters.storage.journal import JournalReader
from trading_agent.adapters.storage.journal_verification import verify
from trading_agent.domain.facts import DeskOpened, Fact
from trading_agent.domain.order_facts import OrderFilled
from trading_agent.engine.account import Account
from trading_agent.research.report import read_report

PROJECT = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 60.0


def start(data: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "trading_agent", "run", "--headless", "--seed", "11"]
    command += ["--overlay", str(PROJECT / "configs" / "demo.json"), "--data-dir", str(data)]
    with (data / "output.txt").open("ab") as output:
        # An overseer would make it trade less and less: that is not what is killed here.
        environment = {**os.environ, "FLASH_TRADING__OVERSEER__MODE": "off"}
        return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=output)


def committed(data: Path) -> list[tuple[int, Fact]]:
    """Facts on disk; none while there is no journal yet."""
    journal = data / "journal.sqlite"
    if not journal.exists():
        return []
    try:
        return list(JournalReader(journal).read())
    except sqlite3.OperationalError:
        return []


def fills(facts: list[tuple[int, Fact]]) -> int:
    return sum(isinstance(fact, OrderFilled) for _, fact in facts)


def trade_until(data: Path, process: subprocess.Popen[bytes], more_fills: int) -> None:
    """Until the journal holds so many more fills than it did."""
    wanted = fills(committed(data)) + more_fills
    ends = time.monotonic() + DEADLINE_SECONDS
    while fills(committed(data)) < wanted:
        assert time.monotonic() < ends, "no fills within the deadline"
        assert not has_ended(process, 0.05), (data / "output.txt").read_text()


def has_ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Within so many seconds."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
        return True
    return False


def fold(facts: list[tuple[int, Fact]]) -> Account:
    account = Account()
    for _, fact in facts:
        account.apply(fact)
    return account


def holdings(account: Account) -> object:
    totals = {asset: account.ledger.total(asset) for asset in account.ledger.assets()}
    return totals, account.positions.all(), account.exits, account.last_fill


def opening(facts: list[tuple[int, Fact]]) -> list[tuple[int, Fact]]:
    """What a run says before its first input: all at one moment."""
    began = facts[0][1]
    assert isinstance(began, DeskOpened)
    return [entry for entry in facts if entry[1].at == began.at]


def kill_repeatedly(data: Path, times: int, seed: int) -> None:
    dice = random.Random(seed)
    before: list[tuple[int, Fact]] = []
    for _ in range(times):
        process = start(data)
        try:
            trade_until(data, process, dice.randrange(0, 3))
            assert not has_ended(process, dice.uniform(0.0, 0.3))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        after = committed(data)
        assert after[: len(before)] == before
        if before and len(after) > len(before):
            assert holdings(fold(before + opening(after[len(before) :]))) == holdings(fold(before))
        if after:
            assert verify(data / "journal.sqlite").findings == ()
            report = read_report(data / "journal.sqlite")
            assert report.reconciles, report.disagreements
        before = after
    assert fills(before) > 0


def test_a_few_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    kill_repeatedly(tmp_path, 5, seed=int(os.environ.get("KILL_SEED", "1")))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_many_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    kill_repeatedly(tmp_path, 50, seed=int(os.environ.get("KILL_SEED", "2")))

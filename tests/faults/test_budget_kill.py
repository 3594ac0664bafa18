"""Money under threads, processes and kills: no cap is ever passed, and nothing reserved by the
dead is forgotten."""

import os
import random
import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llm_overseer.brief import Slice
from llm_overseer.core.budget import Budget, connect
from llm_overseer.errors import BudgetSpent
from llm_overseer.settings import NANO, BudgetSettings
from tests.journal_children import Child
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.worker import Heartbeats, Stop, Worker

NOW = 1_790_000_000 * 10**9
CENT = NANO // 100
CAP = 1 * NANO
SETTINGS = BudgetSettings(usd_day=Decimal(1), usd_hour=Decimal(1), tokens_day=10**9)
ODD_COSTS: tuple[Decimal | None, ...] = (
    *(Decimal("0.004"), Decimal("0.01"), Decimal(0), None),
    *(Decimal("NaN"), Decimal(-1), Decimal("Infinity")),
)


def opened(path: Path, connect: Callable[[Path], sqlite3.Connection] = connect) -> Budget:
    budget = Budget(path, SETTINGS, connect)
    budget.open()
    return budget


def spend(budget: Budget, attempts: int, dice: random.Random) -> tuple[int, int]:
    """How many calls were allowed and refused; after each the cap must hold."""
    allowed = refused = 0
    for _ in range(attempts):
        try:
            call = budget.reserve(Slice.CRITICAL, "a/b", CENT, 100, NOW)
        except BudgetSpent:
            refused += 1
            continue
        allowed += 1
        assert budget.standing(NOW).day <= CAP
        budget.settle(call, dice.choice(ODD_COSTS), 100, "gen-1")
    return allowed, refused


def threads(count: int, work: Callable[[int], None]) -> None:
    """Work in so many threads; raises the first trouble."""
    troubles: list[str] = []
    ready = threading.Barrier(count)

    def run(number: int) -> Callable[[Stop], None]:
        def inside(stop: Stop) -> None:
            ready.wait(30)
            try:
                work(number)
            except BaseException as trouble:
                troubles.append(repr(trouble))
                raise
            stop.set()

        return inside

    heartbeats = Heartbeats(SystemClock())
    workers = [
        Worker(f"spender-{number}", run(number), restart=None, heartbeats=heartbeats)
        for number in range(count)
    ]
    for worker in workers:
        worker.start()
    assert all(worker.join(60) for worker in workers)
    assert troubles == []


def sums(path: Path) -> tuple[int, int]:
    """Nano-dollars charged, and calls."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        charged, calls = connection.execute("SELECT sum(charged), count(*) FROM calls").fetchone()
        return charged or 0, calls


@pytest.mark.slow
def test_sixteen_threads_never_pass_the_cap(tmp_path: Path) -> None:
    path = tmp_path / "budget.db"
    budget = opened(path)
    results: dict[int, tuple[int, int]] = {}

    def work(number: int) -> None:
        results[number] = spend(budget, 40, random.Random(number))

    threads(16, work)
    budget.close()

    charged, calls = sums(path)
    assert charged <= CAP
    assert charged > CAP - CENT, "the cap is used"
    assert calls == sum(allowed for allowed, _ in results.values())
    assert sum(allowed + refused for allowed, refused in results.values()) == 640
    assert sum(refused for _, refused in results.values()) > 300


@pytest.mark.slow
def test_twelve_processes_of_which_seven_are_killed_never_pass_the_cap(tmp_path: Path) -> None:
    path = tmp_path / "budget.db"
    opened(path).close()

    def work(number: int, *, dies: bool) -> Callable[[Callable[[int], None]], None]:
        def inside(tell: Callable[[int], None]) -> None:
            budget = opened(path)
            dice = random.Random(number)
            spend(budget, 10, dice)
            if dies:
                try:
                    budget.reserve(Slice.CRITICAL, "a/b", CENT, 100, NOW)
                    tell(2)
                except BudgetSpent:
                    tell(1)
                os.kill(os.getpid(), signal.SIGKILL)
            spend(budget, 40, dice)
            tell(3)

        return inside

    children = [Child(work(number, dies=number < 7)) for number in range(12)]
    ends = [child.rest() for child in children]

    assert all(end == 3 for end in ends[7:])
    assert all(end in (1, 2) for end in ends[:7])
    charged, _ = sums(path)
    assert CAP - CENT < charged <= CAP
    survivor = opened(path)
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT count(*) FROM calls WHERE state = 'reserved'"
        assert connection.execute(query).fetchone() == (0,)
        query = "SELECT count(*), sum(charged) FROM calls WHERE state = 'lost'"
        lost, kept = connection.execute(query).fetchone()
    assert lost >= sum(end == 2 for end in ends)
    assert kept == lost * CENT
    assert survivor.standing(NOW).day == charged
    survivor.close()


def killed_at(path: Path, statement: int) -> tuple[bool, int]:
    """Kill a spender at that statement. Whether it was killed, and calls it knew reserved."""

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

        budget = opened(path, watched)
        for number in range(1, 4):
            call = budget.reserve(Slice.CRITICAL, "a/b", CENT, 100, NOW)
            tell(number)
            if number == 2:
                budget.lose(call, "gen-2")
            else:
                budget.settle(call, Decimal("0.004"), 100, "gen-1")
        budget.reconcile(Decimal("0.5"), NOW)
        tell(1_000)

    known = Child(work).rest()
    return known != 1_000, 3 if known == 1_000 else known


@pytest.mark.slow
def test_a_spender_killed_at_every_statement_forgets_no_reservation(tmp_path: Path) -> None:
    statement, killed = 0, True
    while killed:
        statement += 1
        path = tmp_path / f"{statement}.db"
        killed, known = killed_at(path, statement)
        budget = opened(path)
        charged, calls = sums(path)
        assert calls >= known
        assert charged <= CAP
        assert charged >= (known - 1) * (CENT * 4 // 10)
        standing = budget.standing(NOW)
        assert standing.day >= charged
        call = budget.reserve(Slice.CRITICAL, "a/b", CENT, 100, NOW)
        budget.release(call)
        budget.close()
    assert statement > 40


def test_an_interrupted_transaction_leaves_the_ledger_usable(tmp_path: Path) -> None:
    budget = opened(tmp_path / "budget.db")
    with pytest.raises(sqlite3.Error):
        budget.reserve(Slice.ROUTINE, "a/b", 1, -5, NOW)
    assert budget.standing(NOW).day == 0
    budget.reserve(Slice.ROUTINE, "a/b", 1, 5, NOW)
    assert budget.standing(NOW).day == 1
    budget.close()


def test_a_closed_ledger_says_so(tmp_path: Path) -> None:
    budget: Any = Budget(tmp_path / "budget.db", SETTINGS)
    with pytest.raises(sqlite3.ProgrammingError, match="not open"):
        budget.standing(NOW)

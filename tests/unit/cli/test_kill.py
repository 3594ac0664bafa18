"""Killing a desk from outside: its engine answers, hangs, ends, or is not there."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.threads.waiting import PATIENCE, working
from tests.trade_facts import history, write_journal
from tests.unit.cli.verbs import call
from trading_agent.adapters.storage.files import WriterLock
from trading_agent.adapters.storage.journal import Journal, JournalIdentity
from trading_agent.cli.desks import JOURNAL
from trading_agent.cli.health import health
from trading_agent.cli.kill import kill
from trading_agent.cli.rearm import rearm
from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import (
    BreakerLevel,
    BreakerRearmed,
    BreakerTripped,
    CommandRefused,
    DeskKilled,
    DeskRearmed,
    Fact,
)
from trading_agent.domain.units import Nanos
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.health import HEALTH_NAME, take_health, write_health
from trading_agent.runtime.kill_switch import KillFlag
from trading_agent.runtime.rearming import MARKER_NAME, take_rearming
from trading_agent.runtime.worker import Heartbeats, Stop

PROJECT = Path(__file__).resolve().parents[3]
IDENTITY = JournalIdentity("embedded", "synthetic")

# Holds the lock of a journal and says so; then does as its second word tells it.
HOLDER = """
import fcntl, os, signal, sys
from pathlib import Path
from trading_agent.adapters.storage.files import WriterLock
lock, how = Path(sys.argv[1]), sys.argv[2]
WriterLock(lock).acquire()
if how.isdigit():
    lock.write_text(how)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
folder = os.open(lock.parent, os.O_RDONLY)
fcntl.fcntl(folder, fcntl.F_NOTIFY, fcntl.DN_CREATE | fcntl.DN_RENAME | fcntl.DN_MULTISHOT)
print("holds", flush=True)
while how != "leaves" or not (lock.parent / "KILL").exists():
    signal.sigwait([signal.SIGIO])
"""


def desk_in(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    write_journal(folder / JOURNAL, history())
    return folder


@contextmanager
def held(folder: Path, how: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the desk's lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder / f"{JOURNAL}.lock"), how],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"holds\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def killed(*arguments: str | Path, code: int = 0) -> dict[str, Any]:
    """The one desk of the verb's document."""
    result = call(kill, *map(str, arguments), "--json")
    assert result.exit_code == code, result.output
    document = json.loads(result.output)
    assert document["killed"] is (code == 0)
    (desk,) = document["desks"]
    return dict(desk)


def test_where_no_desk_is_nothing_is_written(tmp_path: Path) -> None:
    assert call(kill, "--data-dir", str(tmp_path)).exit_code == 1
    assert call(kill, "--data-dir", str(tmp_path / "none")).exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_without_an_engine_the_next_start_is_killed(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    told = killed("--data-dir", desk, "--flatten", "--why", "smoke\nand fire")
    assert told["outcome"] == "not_running"
    order = KillFlag(desk).order()
    assert (order.why, order.flatten) == ("smoke and fire", True)


def test_every_desk_below_the_folder_is_killed(tmp_path: Path) -> None:
    desks = [desk_in(tmp_path / name) for name in ("mexc", "embedded")]
    result = call(kill, "--data-dir", str(tmp_path))
    assert result.exit_code == 0
    assert all(f"{desk}: no engine is running" in result.output for desk in desks)
    assert all(KillFlag(desk).sight() is not None for desk in desks)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (DeskKilled(at=Nanos(2**60), why="smoke"), "smoke"),
        (CommandRefused(at=Nanos(2**60), command="Kill", why="no"), "it was killed before"),
    ],
)
def test_an_engine_that_answers_in_its_journal_is_left_running(
    answer: Fact, words: str, tmp_path: Path
) -> None:
    desk = desk_in(tmp_path)
    old = DeskKilled(at=history()[-1].at, why="an old one")
    journal = Journal.open(desk / JOURNAL, IDENTITY, Nanos(1))
    journal.append([(journal.last_sequence + 1, old)])

    def engine(stop: Stop) -> None:
        while KillFlag(desk).sight() is None and not stop.wait(0.005):
            pass
        other = CommandRefused(at=answer.at, command="ClosePosition", why="nothing is held")
        journal.append([(journal.last_sequence + 1, other)])
        journal.append([(journal.last_sequence + 1, answer)])
        stop.wait(PATIENCE)

    worker = working(engine)
    told = killed("--data-dir", desk)
    assert worker.stop(PATIENCE)
    journal.close()
    assert (told["outcome"], told["detail"]) == ("answered", words)
    assert told["process"] == os.getpid()
    assert told["waited_ms"] < 1_500


@pytest.mark.slow
def test_an_engine_that_lives_and_says_nothing_is_ended(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    with held(desk, "stays") as process:
        told = killed("--data-dir", desk)
        assert process.wait(PATIENCE) == -signal.SIGKILL
    assert (told["outcome"], told["process"]) == ("forced", process.pid)
    assert 2_000 <= told["waited_ms"] < 4_500
    assert KillFlag(desk).sight() is not None


@pytest.mark.slow
def test_an_engine_that_stands_still_is_ended_too(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    with held(desk, "stays") as process:
        process.send_signal(signal.SIGSTOP)
        assert killed("--data-dir", desk)["outcome"] == "forced"
        assert process.wait(PATIENCE) == -signal.SIGKILL


def test_an_engine_that_ends_by_itself_is_enough(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    with held(desk, "leaves") as process:
        assert killed("--data-dir", desk)["outcome"] == "ended"
        assert process.wait(PATIENCE) == 0


@pytest.mark.slow
def test_a_process_that_only_has_the_number_is_never_ended(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    innocent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with held(desk, str(innocent.pid)) as process:
            told = killed("--data-dir", desk, code=1)
            assert process.poll() is None
        assert told["outcome"] == "uncertain"
        assert "by hand" in told["detail"]
        assert innocent.poll() is None
    finally:
        innocent.communicate(b"\n")


def rearmed(desk: Path, *arguments: str, code: int = 0) -> str:
    result = call(rearm, "--data-dir", str(desk), *arguments)
    assert result.exit_code == code, result.output
    return result.output


def add(desk: Path, fact: Fact) -> None:
    journal = Journal.open(desk / JOURNAL, IDENTITY, Nanos(1))
    journal.append([(journal.last_sequence + 1, fact)])
    journal.close()


def test_what_was_killed_is_armed_again_only_by_a_person(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    killed("--data-dir", desk, "--why", "smoke")
    assert "only a person" in rearmed(desk, code=1)
    assert KillFlag(desk).sight() is not None
    assert "was killed: smoke" in rearmed(desk, "--yes")
    assert KillFlag(desk).sight() is None
    # The journal knew of no kill: there is nothing more to lift.
    assert take_rearming(desk) == ""


def test_a_kill_in_the_journal_is_lifted_once_by_the_next_start(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    add(desk, DeskKilled(at=Nanos(2**60), why="drawdown"))
    assert "was killed: drawdown" in rearmed(desk, "--yes", "--why", "fire\nis out")
    assert take_rearming(desk) == "fire is out"
    assert take_rearming(desk) == ""


def a_trip(level: BreakerLevel, breaker: str = "daily_loss") -> BreakerTripped:
    return BreakerTripped(at=Nanos(2**60), breaker=breaker, level=level, why="too much")


def test_what_breakers_have_tripped_is_named_and_lifted_by_the_next_start(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    add(desk, a_trip(BreakerLevel.HARD))
    add(desk, a_trip(BreakerLevel.SOFT, "slippage"))
    assert "only a person" in rearmed(desk, code=1)
    assert take_rearming(desk) == ""
    output = rearmed(desk, "--yes", "--why", "looked at it")
    assert "lifted with the next start: breaker daily_loss (hard): too much" in output
    assert "lifted with the next start: breaker slippage (soft): too much" in output
    assert take_rearming(desk) == "looked at it"


def test_a_desk_that_runs_keeps_what_is_tripped_and_that_is_said(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    add(desk, a_trip(BreakerLevel.HARD))
    with held(desk, "stays") as process:
        assert f"process {process.pid}) stays as it is: restart it" in rearmed(desk, "--yes")


def test_what_is_lifted_already_is_not_lifted_again(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    add(desk, a_trip(BreakerLevel.HARD))
    add(desk, a_trip(BreakerLevel.KILL, "drawdown"))
    add(desk, BreakerRearmed(at=Nanos(2**60), breaker="daily_loss"))
    add(desk, DeskRearmed(at=Nanos(2**60), why="seen"))
    assert "no breaker has tripped" in rearmed(desk, "--yes", code=1)


def test_nothing_is_lifted_in_advance(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    assert "is not killed" in rearmed(desk, "--yes", code=1)
    add(desk, DeskKilled(at=Nanos(2**60), why="drawdown"))
    add(desk, DeskRearmed(at=Nanos(2**60), why="seen"))
    assert "is not killed" in rearmed(desk, "--yes", code=1)
    assert take_rearming(desk) == ""


@pytest.mark.parametrize(("text", "why"), [("", "re-armed by hand"), ("a\x1bb\n", "a b")])
def test_a_person_may_leave_the_file_by_hand(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / MARKER_NAME).write_text(text)
    assert take_rearming(tmp_path) == why


def test_a_leave_that_cannot_be_used_up_lifts_nothing(tmp_path: Path) -> None:
    (tmp_path / MARKER_NAME).mkdir()
    with pytest.raises(StorageError):
        take_rearming(tmp_path)


@pytest.mark.parametrize(("said", "code"), [(b"y\n", 0), (b"n\n", 1), (b"\n", 1)])
def test_on_a_terminal_it_is_asked_for(said: bytes, code: int, tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    killed("--data-dir", desk)
    person, terminal = os.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "trading_agent", "rearm", "--data-dir", str(desk)],
            cwd=PROJECT,
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        os.write(person, said)
        output, _ = process.communicate(timeout=60)
    finally:
        os.close(person)
        os.close(terminal)
    assert process.returncode == code, output
    assert (KillFlag(desk).sight() is None) is (code == 0)


def test_a_running_engine_stays_killed_and_that_is_said(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    add(desk, DeskKilled(at=Nanos(2**60), why="drawdown"))
    with held(desk, "stays") as process:
        assert f"process {process.pid}) stays killed" in rearmed(desk, "--yes")


def test_which_of_several_desks_is_meant_must_be_said(tmp_path: Path) -> None:
    for name in ("mexc", "embedded"):
        desk_in(tmp_path / name)
    refused = call(rearm, "--data-dir", str(tmp_path), "--yes")
    assert refused.exit_code == 1
    assert "name one with --data-dir" in refused.output


def test_a_desk_nobody_runs_is_not_well(tmp_path: Path) -> None:
    result = call(health, "--data-dir", str(desk_in(tmp_path)))
    assert result.exit_code == 1
    assert "no engine is running" in result.output


@pytest.mark.parametrize(("seconds", "code"), [(0, 0), (30, 1)])
def test_an_engine_is_well_as_long_as_it_says_so(seconds: int, code: int, tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    lock = WriterLock(desk / f"{JOURNAL}.lock")
    lock.acquire()
    say_well(desk, seconds)
    document = asked(desk, code)
    lock.release()
    assert document["healthy"] is (code == 0)
    assert bool(document["desks"][0]["wrong"]) is (code == 1)
    assert document["desks"][0]["process"] == os.getpid()


def test_an_engine_that_was_killed_a_moment_ago_is_not_well(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    say_well(desk)
    (wrong,) = asked(desk, 1)["desks"][0]["wrong"]
    assert wrong == f"process {os.getpid()} is gone"


def test_the_words_of_the_dead_are_not_those_of_who_came_after(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    say_well(desk)
    with held(desk, "stays") as process:
        (wrong,) = asked(desk, 1)["desks"][0]["wrong"]
    assert wrong.startswith(f"process {os.getpid()} is gone, and {process.pid} has not said")


def say_well(desk: Path, seconds: int = 0) -> None:
    """As this process, so many seconds ago."""
    clock = SystemClock()
    path = desk / HEALTH_NAME
    write_health(path, take_health(Heartbeats(clock), None, clock.now()))
    changed = path.stat().st_mtime - seconds
    os.utime(path, (changed, changed))


def asked(desk: Path, code: int) -> dict[str, Any]:
    result = call(health, "--data-dir", str(desk), "--json")
    assert result.exit_code == code, result.output
    return dict(json.loads(result.output))

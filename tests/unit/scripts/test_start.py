"""The supervisor starts again what wants it, hands signals on, and knows when to give up."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.scripts.loading import begin, script

pytestmark = pytest.mark.slow

SUPERVISE = """
import pathlib, sys, start
rule = start.RestartRule(lambda low, high: float(sys.argv[1]))
child = [sys.executable, "-c", sys.argv[3], *sys.argv[4:]]
supervisor = start.Supervisor(child, rule, start.exit_codes().wants_restart)
sys.exit(supervisor.run(pathlib.Path(sys.argv[2])))
"""
# Each life takes the next line of a file as what it shall do.
LIVES = """
import os, pathlib, sys
plan = pathlib.Path(sys.argv[1])
first, _, rest = plan.read_text().partition("\\n")
plan.write_text(rest)
kind, _, number = first.partition(" ")
if kind == "hang":
    pathlib.Path(os.environ["FLASH_TRADING_TRACE"]).write_text("tracebacks")
    sys.exit(1)
if kind == "restarted":
    sys.exit(int("FLASH_TRADING_RESTARTED" in os.environ))
if kind == "signal":
    os.kill(os.getpid(), int(number))
sys.exit(int(number))
"""
WAITING = """
import signal, sys
expected = {getattr(signal, sys.argv[1])}
signal.pthread_sigmask(signal.SIG_BLOCK, expected)
print("ready", flush=True)
signal.sigwait(expected)
sys.exit(7)
"""
# Gives a command a terminal; once it is told "ready" through a pipe, presses Ctrl-C there.
# What a terminal had to print at that moment is lost, so nothing is read from it.
TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
if sys.argv[1]:
    with open(sys.argv[1]) as pipe:
        assert pipe.readline() == "ready"
    os.write(terminal, bytes([3]))
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
TERMINAL_CHILD = """
import pathlib, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
pathlib.Path(sys.argv[1]).write_text("ready")
signal.sigwait({signal.SIGINT})
sys.exit(7)
"""
FOREGROUND = "import start, sys; sys.exit(3 if start.in_foreground() else 4)"


def live(folder: Path, plan: Sequence[str]) -> tuple[int, str, list[str]]:
    """Exit status, what was said, and what of the plan is left."""
    lines = folder / "plan"
    lines.write_text("\n".join(plan))
    process = begin(SUPERVISE, "0", str(folder / "trace.txt"), LIVES, str(lines))
    _, said = process.communicate(timeout=60)
    return process.returncode, said, lines.read_text().split()


@pytest.mark.parametrize("status", [0, 1, 2, 3, 130])
def test_an_ordinary_end_is_passed_on(tmp_path: Path, status: int) -> None:
    assert live(tmp_path, [f"exit {status}"]) == (status, "", [])


def test_the_status_that_asks_for_it_starts_again(tmp_path: Path) -> None:
    status, said, left = live(tmp_path, ["exit 75", "exit 75", "exit 3"])
    assert (status, left) == (3, [])
    assert said.count("starting again") == 2


def test_whoever_is_started_again_can_know_it(tmp_path: Path) -> None:
    assert live(tmp_path, ["restarted"]) == (0, "", [])
    status, _, left = live(tmp_path, ["exit 75", "restarted"])
    assert (status, left) == (1, [])


def test_a_hang_is_told_from_a_failure_by_its_tracebacks(tmp_path: Path) -> None:
    status, said, left = live(tmp_path, ["hang", "exit 1"])
    assert (status, left) == (1, [])
    assert "stood still" in said
    assert (tmp_path / "trace.last").read_text() == "tracebacks"


def test_a_crash_starts_again_and_a_deliberate_signal_does_not(tmp_path: Path) -> None:
    status, said, left = live(tmp_path, ["signal 9", "signal 15"])
    assert (status, left) == (128 + 15, [])
    assert "SIGKILL" in said


def test_too_many_deaths_end_it_in_words(tmp_path: Path) -> None:
    status, said, left = live(tmp_path, ["exit 75"] * 10)
    assert status == 1
    assert len(left) == 2 * 4
    assert "6 times within 10 minutes" in said


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_reaches_the_child_and_its_status_comes_back(tmp_path: Path, name: str) -> None:
    process = begin(SUPERVISE, "0", str(tmp_path / "trace.txt"), WAITING, name)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(getattr(signal, name))
    process.communicate(timeout=60)
    assert process.returncode == 7


def test_ctrl_c_in_a_terminal_ends_it(tmp_path: Path) -> None:
    trace, pipe = str(tmp_path / "trace.txt"), str(tmp_path / "pipe")
    os.mkfifo(pipe)
    process = begin(TERMINAL, pipe, "-c", SUPERVISE, "0", trace, TERMINAL_CHILD, pipe)
    assert process.communicate(timeout=60) == ("7\n", "")


def test_who_sits_at_a_terminal_is_known_so_that_ctrl_c_is_not_sent_twice() -> None:
    assert begin(TERMINAL, "", "-c", FOREGROUND).communicate(timeout=60) == ("3\n", "")
    away = begin(FOREGROUND)
    away.communicate(timeout=60)
    assert away.returncode == 4


def test_a_signal_ends_the_wait_for_the_next_start(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    plan.write_text("exit 75\nexit 0")
    process = begin(SUPERVISE, "600", str(tmp_path / "trace.txt"), LIVES, str(plan))
    assert process.stderr is not None
    assert "starting again in 600 s" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert plan.read_text() == "exit 0"


def test_pauses_grow_within_their_bounds_and_end() -> None:
    start = script("start")
    longest = start.RestartRule(lambda low, high: high)
    assert [longest.pause(n, 1.0) for n in range(6)] == [2.0, 4.0, 8.0, 16.0, 32.0, None]
    shortest = start.RestartRule(lambda low, high: low)
    assert {shortest.pause(n, 1.0) for n in range(5)} == {1.0}


def test_deaths_far_apart_never_end_it_and_pauses_stay_bounded() -> None:
    rule = script("start").RestartRule(lambda low, high: high)
    pauses = [rule.pause(n * 200.0, 100.0) for n in range(50)]
    assert None not in pauses
    assert max(pauses) == 60.0


def test_a_healthy_life_is_a_new_beginning() -> None:
    rule = script("start").RestartRule(lambda low, high: high)
    for now in range(5):
        rule.pause(float(now), 1.0)
    assert rule.pause(605.0, 600.0) == 2.0


def test_the_statuses_are_the_traders_own() -> None:
    start = script("start")
    assert start.exit_codes().ExitCode.FAILED == start.FAILED

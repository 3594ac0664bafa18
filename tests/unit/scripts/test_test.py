"""The one command that runs every check."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.scripts.loading import SCRIPTS, script

PROJECT = SCRIPTS.parent


def test_every_check_is_there_and_comes_from_the_environment() -> None:
    test = script("test")
    steps = test.steps(Path("env/bin/python"), test.read_arguments([]))
    assert [name for name, _ in steps] == ["format", "lint", "types", "floors", "tests"]
    assert all(command[0].startswith(str(Path("env/bin"))) for _, command in steps)


@pytest.mark.parametrize(
    ("given", "there", "not_there"),
    [
        ([], [], ["--fast", "--long"]),
        (["--fast"], ["--fast", "--ignore=tests/end_to_end"], ["--long"]),
        (["--long"], ["--long"], ["--fast"]),
        (["tests/unit", "-k", "x"], ["tests/unit", "-k", "x"], []),
    ],
)
def test_arguments_reach_pytest(given: list[str], there: list[str], not_there: list[str]) -> None:
    test = script("test")
    arguments = test.pytest_arguments(test.read_arguments(given))
    assert all(argument in arguments for argument in there)
    assert not any(argument in arguments for argument in not_there)


def test_a_failed_check_does_not_hide_the_next(capfd: pytest.CaptureFixture[str]) -> None:
    test = script("test")
    checks = [
        ("one", [sys.executable, "-c", "print('1 passed')"]),
        ("two", [sys.executable, "-c", "raise SystemExit(5)"]),
        ("three", [sys.executable, "-c", "pass"]),
    ]
    results = test.run(checks)
    assert [(name, status) for name, _, status in results] == [("one", 0), ("two", 5), ("three", 0)]
    assert "1 passed" in capfd.readouterr().out
    summary = test.summary(results)
    assert summary.startswith("FAILED: one ok")
    assert "two FAILED (5)" in summary
    assert "\n" not in summary


def test_all_passed_is_said_so() -> None:
    assert script("test").summary([("one", 1.25, 0)]) == "PASSED: one ok 1.2 s"


def test_continuous_integration_calls_it_and_nothing_else() -> None:
    path = PROJECT / ".ci" / "run"
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0
    assert path.read_text().count("exec ") == path.read_text().count("scripts/test.py") == 1

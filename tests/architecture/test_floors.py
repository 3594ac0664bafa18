"""The floors hold, and what a process loads stays small."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.architecture.sources import PROJECT

PACKAGE = PROJECT / "trading_agent"
COMPILED_OR_TABLES = ("numba", "llvmlite", "pandas", "numpy", "scipy")
RESEARCH_ONLY = ("scipy.signal", "matplotlib", "optuna", "pandas", "duckdb")

HELP = """
import runpy, sys
sys.argv = ["flash-trading", *sys.argv[1:]]
try:
    runpy.run_module("trading_agent", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
"""


def loaded_by(code: str, *arguments: str, names: Sequence[str]) -> list[str]:
    """Which of `names` are loaded once the code has run in a process of its own."""
    ask = f"\nimport sys\nprint('LOADED', *(n for n in {tuple(names)!r} if n in sys.modules))"
    ended = subprocess.run(
        [sys.executable, "-c", code + ask, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()[-1].split()[1:]


def present(*parts: str) -> None:
    if not any((PACKAGE / part).exists() for part in parts):
        pytest.skip(f"{parts[0]} is not there yet")


def test_the_contracts_of_the_floors_hold() -> None:
    present("flash_trading.py", "flash_trading")
    present("__main__.py")
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(
        [linter], cwd=PROJECT, capture_output=True, text=True, timeout=100, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " 0 broken" in ended.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    present("__main__.py")
    assert loaded_by(HELP, *arguments, names=COMPILED_OR_TABLES) == []


def test_reading_the_configuration_loads_nothing_heavy() -> None:
    code = "import trading_agent.config.loading"
    assert loaded_by(code, names=COMPILED_OR_TABLES) == []


def test_the_trader_does_not_load_what_only_research_needs() -> None:
    present("flash_trading.py", "flash_trading")
    assert loaded_by("import trading_agent.flash_trading", names=RESEARCH_ONLY) == []


def test_what_is_loaded_is_seen() -> None:
    assert loaded_by("import json", names=("json", "pandas")) == ["json"]

"""All checks: python scripts/test.py [--fast | --long] [what pytest shall run].

Formatting, lint, types, floors, tests. All of them run even when one fails; the last line
says how each went, and the exit status is 0 only if every one passed.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import bootstrap

PROJECT = Path(__file__).resolve().parent.parent
WORKERS = 3
HEAVY = (
    *("tests/end_to_end", "tests/faults", "tests/properties", "tests/threads"),
    "tests/unit/research",
)


def steps(python: Path, options: argparse.Namespace) -> list:
    """Name and command of every check, in order."""
    module = [str(python), "-m"]
    return [
        ("format", [*module, "ruff", "format", "--check", "."]),
        ("lint", [*module, "ruff", "check", "."]),
        ("types", [*module, "mypy"]),
        ("floors", [str(python.with_name("lint-imports"))]),
        ("tests", [*module, "pytest", *pytest_arguments(options)]),
    ]


def pytest_arguments(options: argparse.Namespace) -> list:
    arguments = ["-n", str(WORKERS), "--dist", "loadfile"]
    if options.long:
        arguments.append("--long")
    if options.fast:
        arguments += ["--fast", *(f"--ignore={folder}" for folder in HEAVY)]
    return [*arguments, *options.pytest]


def run(checks: list) -> list:
    """Name, seconds and status of every check."""
    results = []
    for name, command in checks:
        print(f"--- {name}", flush=True)
        started = time.monotonic()
        status = subprocess.call(command, cwd=str(PROJECT))
        seconds = time.monotonic() - started
        results.append((name, seconds, status))
        print(f"--- {name}: {verdict(status)} in {seconds:.1f} s\n", flush=True)
    return results


def summary(results: list) -> str:
    said = ", ".join(f"{name} {verdict(status)} {took:.1f} s" for name, took, status in results)
    passed = all(status == 0 for _, _, status in results)
    return f"{'PASSED' if passed else 'FAILED'}: {said}"


def verdict(status: int) -> str:
    return "ok" if status == 0 else f"FAILED ({status})"


def read_arguments(arguments: list) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--fast", action="store_true", help="without what takes seconds")
    length.add_argument("--long", action="store_true", help="also what takes minutes")
    options, options.pytest = parser.parse_known_args(arguments)
    return options


def main() -> int:
    bootstrap.require_python(sys.version_info)
    options = read_arguments(sys.argv[1:])
    python = bootstrap.python_for(PROJECT, "test")
    # What a person set for their own trading must not reach the tests.
    for name in [name for name in os.environ if name.startswith("FLASH_TRADING")]:
        del os.environ[name]
    try:
        results = run(steps(python, options))
    except KeyboardInterrupt:
        return bootstrap.INTERRUPTED
    print(summary(results))
    return 0 if all(status == 0 for _, _, status in results) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The peers' own packages on the same rows, each in an environment of its own.

A folder of peers holds a README with a table (script, package, usage) and the scripts. Those
that know L2 rows are run on a folder with `ev.npy`, in turn with our own runs, and answer
with one line of text.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from platformdirs import user_cache_path

from trading_agent.domain.errors import CommandError

L2_RUNS: Final = {
    "p_hbt.py": (("feed", "roi"), ("feed", "hash"), ("elapse", "roi")),
    "p_naut2.py": (("deltas",),),
}
"""Arguments before the data folder, for every script that works on L2 rows."""

_INSTALL_SECONDS: Final = 900.0
_RUN_SECONDS: Final = 600.0
_PYTHON: Final = "python3.12"
_TABLE_ROW: Final = re.compile(r"^\|\s*(.+?)\s*\|\s*(.+?)\s*\|")
_SCRIPT: Final = re.compile(r"`([\w.]+\.py)`")
_WALL: Final = re.compile(r"rows/s ([\d,]+)")
_CPU_RATE: Final = re.compile(r"\(cpu ([\d,]+)\)")
_CPU_SECONDS: Final = re.compile(r"cpu ([\d.]+)s rows (\d+)")

Speed = tuple[float, float]
"""Rows by wall second and by CPU second."""


@dataclass(frozen=True, slots=True)
class PeerResult:
    """`ratio`: our rows by second over theirs, both measured in turn; everything is None
    where the peer could not be run, and `why` says so."""

    rows_per_s: float | None
    rows_per_cpu_s: float | None
    ratio: float | None
    cpu_ratio: float | None
    why: str = ""
    line: str = ""


class PeerFailure(Exception):
    """A peer cannot be installed or run: told beside the others, never raised further."""


def packages_of(readme: str) -> dict[str, tuple[str, ...]]:
    """Which packages every script needs, from the README's table."""
    found = {}
    for line in readme.splitlines():
        row = _TABLE_ROW.match(line)
        if row is None:
            continue
        packages = tuple(spec.strip(" `") for spec in row[2].split(","))
        for script in _SCRIPT.findall(row[1]):
            found[script] = packages
    return found


def read_speed(output: str) -> Speed:
    """Of the line a script printed. Raises PeerFailure when there is none."""
    wall = _WALL.search(output)
    if wall is None:
        raise PeerFailure(f"no rows/s in what it said: {output.strip()[-200:]!r}")
    rate = float(wall[1].replace(",", ""))
    by_rate, by_seconds = _CPU_RATE.search(output), _CPU_SECONDS.search(output)
    if by_rate is not None:
        return rate, float(by_rate[1].replace(",", ""))
    if by_seconds is not None and float(by_seconds[1]) > 0:
        return rate, float(by_seconds[2]) / float(by_seconds[1])
    return rate, rate


def measure_peers(
    folder: Path, data: Path, ours: Callable[[], Speed], say: Callable[[str], None]
) -> dict[str, PeerResult]:
    """Every L2 run of every script in the folder; `ours` measures us once, before and after
    each of them."""
    readme = folder / "README.md"
    if not readme.is_file():
        raise CommandError(f"{folder} holds no README.md with the table of peers")
    packages = packages_of(readme.read_text(encoding="utf-8"))
    results = {}
    for script, runs in L2_RUNS.items():
        if not (folder / script).is_file():
            continue
        for arguments in runs:
            name = f"{script.removesuffix('.py')} {'/'.join(arguments)}"
            try:
                python = environment(script, packages.get(script, ()), say)
                command = [str(python), str(folder / script), *arguments, str(data)]
                results[name] = in_turn(command, ours, say)
            except PeerFailure as failure:
                say(f"{name}: not measured: {failure}")
                results[name] = PeerResult(None, None, None, None, why=str(failure))
    return results


def measure_prototype(
    script: Path, data: Path, ours: Callable[[], Speed], say: Callable[[str], None]
) -> PeerResult:
    """A speed proof that needs nothing but what we have."""
    try:
        return in_turn([sys.executable, str(script), "full", str(data)], ours, say)
    except PeerFailure as failure:
        return PeerResult(None, None, None, None, why=str(failure))


def in_turn(
    command: Sequence[str], ours: Callable[[], Speed], say: Callable[[str], None]
) -> PeerResult:
    """Us, them, us, them, us: a machine that changes its pace meanwhile changes both."""
    say(f"running {' '.join(command[1:])}")
    mine, theirs, output = [ours()], [], ""
    for _ in range(2):
        output = _run(command, _RUN_SECONDS)
        theirs.append(read_speed(output))
        mine.append(ours())
    wall, cpu = (median(each[unit] for each in theirs) for unit in (0, 1))
    return PeerResult(
        rows_per_s=round(wall),
        rows_per_cpu_s=round(cpu),
        ratio=round(median(each[0] for each in mine) / wall, 3),
        cpu_ratio=round(median(each[1] for each in mine) / cpu, 3),
        line=output.strip().splitlines()[-1],
    )


def environment(script: str, packages: Iterable[str], say: Callable[[str], None]) -> Path:
    """The interpreter of the script's own environment, made when there is none yet. Raises
    PeerFailure."""
    wanted = (*packages, "numpy")
    home = user_cache_path("flash-trading") / "peers" / "-".join((Path(script).stem, *wanted))
    python = home / "bin" / "python"
    if (home / "complete").is_file():
        return python
    if not packages:
        raise PeerFailure(f"the README names no package for {script}")
    say(f"installing {', '.join(packages)} for {script}")
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    for command in _install(home, wanted):
        _run(command, _INSTALL_SECONDS)
    (home / "complete").touch()
    return python


def _install(home: Path, wanted: tuple[str, ...]) -> tuple[list[str], ...]:
    base, python = _base_python(), str(home / "bin" / "python")
    if shutil.which("uv"):
        return (
            ["uv", "venv", "--python", base, str(home)],
            ["uv", "pip", "install", "--python", python, *wanted],
        )
    return (
        [base, "-m", "venv", str(home)],
        [python, "-m", "pip", "install", "--quiet", *wanted],
    )


def _base_python() -> str:
    """The version the peers' scripts were written for, where the machine has it."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [_PYTHON, *(str(path) for path in sorted(versions.glob(f"*/bin/{_PYTHON}")))]
    for candidate in candidates:
        found = shutil.which(candidate)
        if (
            found
            and subprocess.run([found, "-V"], capture_output=True, check=False).returncode == 0
        ):
            return found
    return sys.executable


def _run(command: Sequence[str], seconds: float) -> str:
    """What it says. Raises PeerFailure when it fails or takes longer."""
    cache = user_cache_path("flash-trading") / "peers" / "numba"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    try:
        done = subprocess.run(
            command,
            env={**environment, "NUMBA_CACHE_DIR": str(cache)},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerFailure(f"{Path(command[0]).name}: {error}") from error
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise PeerFailure(f"status {done.returncode}: {''.join(last)}")
    return done.stdout

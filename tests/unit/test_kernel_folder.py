"""Compiled code is looked for only where numba will find it again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "trading_agent"


def kernel_folder(project: Path, caches: Path) -> str:
    environment = {"PATH": os.environ["PATH"], "XDG_CACHE_HOME": str(caches), "HOME": str(caches)}
    script = "import os, trading_agent; print(os.environ['NUMBA_CACHE_DIR'])"
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=project,
        env=environment | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_same_kernels_elsewhere_or_written_anew_are_others(tmp_path: Path) -> None:
    """Numba knows what it kept by place and time of the source; a folder that said "compiled" for
    another copy would let the engine's own process compile, silently."""
    caches = tmp_path / "caches"
    for name in ("one", "two"):
        shutil.copytree(
            PACKAGE,
            tmp_path / name / "trading_agent",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    first = kernel_folder(tmp_path / "one", caches)
    assert kernel_folder(tmp_path / "one", caches) == first
    assert kernel_folder(tmp_path / "two", caches) != first
    os.utime(tmp_path / "one" / "trading_agent" / "engine" / "kernel.py", (1, 1))
    assert kernel_folder(tmp_path / "one", caches) != first

"""The scripts are no package: they are loaded by their place."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

SCRIPTS = Path(__file__).parents[3] / "scripts"


def script(name: str) -> ModuleType:
    """`bootstrap`, `start` or `test`; the latter two import the first by its plain name."""
    if name != "bootstrap":
        sys.modules["bootstrap"] = script("bootstrap")
    spec = importlib.util.spec_from_file_location(f"scripts_{name}", SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def begin(
    code: str, *arguments: str, environment: Mapping[str, str] = {}
) -> "subprocess.Popen[str]":
    """Python with the scripts at hand, away from any terminal."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

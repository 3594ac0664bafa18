"""What a live run of two symbols costs: memory, and time to start, each in its own process."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from trading_agent.domain.errors import TradingError

SECONDS: Final = 8.0

_SPARE_SECONDS: Final = 180.0


@dataclass(frozen=True, slots=True)
class LiveCost:
    """`rss_mib`: the most resident memory of the process; `start_s`: until it was ready, with
    everything compiled before (`warm`) and with nothing (`cold`); seconds."""

    rss_mib: float
    warm: float
    cold: float | None
    closing: dict[str, Any]
    """The closing object of the warm run."""


def measure_live(seconds: float = SECONDS, *, cold: bool = True) -> LiveCost:
    """Raises TradingError when a run fails."""
    with tempfile.TemporaryDirectory() as folder:
        _run(Path(folder) / "first", 1.0, {})
        warm = _run(Path(folder) / "warm", seconds, {})
        cache = Path(folder) / "kernels"
        cache.mkdir()
        fresh = {"NUMBA_CACHE_DIR": str(cache)}
        first_ever = _run(Path(folder) / "cold", 1.0, fresh)["start_s"] if cold else None
    return LiveCost(warm["peak_rss_mib"], warm["start_s"], first_ever, warm)


def _run(folder: Path, seconds: float, environment: dict[str, str]) -> dict[str, Any]:
    arguments = ["run", "--venue", "embedded", "--headless", "--json"]
    command = [sys.executable, "-m", "trading_agent", *arguments]
    command += ["--duration", str(seconds), "--data-dir", str(folder)]
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=seconds + _SPARE_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise TradingError(f"the live run failed: {done.stderr.strip()}")
    closing: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return closing

"""Compiles what must be compiled before the market is looked at, one process at a time."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from trading_agent.domain.units import SECOND
from trading_agent.runtime.clock import Clock

Kernel = tuple[str, Callable[[], object]]

_WORTH_SAYING: Final = SECOND // 2


def warm_up(kernels: Iterable[Kernel], clock: Clock, say: Callable[[str], None]) -> None:
    """Run each kernel once. The first start on a machine takes seconds and says so; two
    processes starting at once wait for one another instead of compiling twice."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or tempfile.gettempdir())
    with (folder / "warm-up.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        first = not any(folder.rglob("*.nbi"))
        for name, compile_once in kernels:
            if first:
                say(f"compiling {name} (first start on this machine)")
            began = clock.monotonic()
            compile_once()
            took = clock.monotonic() - began
            if took > _WORTH_SAYING:
                say(f"{name}: ready after {took / SECOND:.1f} s")

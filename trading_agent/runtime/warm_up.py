"""Compiles what must be compiled before the market is looked at, in processes of their own.

A compiler leaves a hundred megabytes behind in the process it ran in, so the engine's process
only ever loads what others have compiled. Two engines starting at once wait for one another
instead of compiling twice.
"""

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.units import SECOND
from trading_agent.runtime.clock import Clock

_SAY_EVERY_SECONDS: Final = 4.0
_MOST_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Kernel:
    """Something compiled. `prepare` compiles it, or loads it from the cache: a function at the
    top of its module, so that another process can find it."""

    name: str
    prepare: Callable[[], None]

    @property
    def mark(self) -> str:
        """Of the file that says it is in the cache."""
        return f"{self.prepare.__module__}.{self.prepare.__qualname__}.compiled"

    @property
    def command(self) -> list[str]:
        where, what = self.prepare.__module__, self.prepare.__qualname__
        return [sys.executable, "-c", f"from {where} import {what}; {what}()"]


def warm_up(kernels: Sequence[Kernel], clock: Clock, say: Callable[[str], None]) -> None:
    """Every kernel is ready to run when this returns. The first start on a machine takes
    seconds and says so."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or tempfile.gettempdir())
    with (folder / "warm-up.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cold = [kernel for kernel in kernels if not (folder / kernel.mark).exists()]
        if cold:
            _compile(cold, clock, say)
            for kernel in cold:
                (folder / kernel.mark).touch()
    for kernel in kernels:
        kernel.prepare()


def _compile(kernels: Sequence[Kernel], clock: Clock, say: Callable[[str], None]) -> None:
    names = " and ".join(kernel.name for kernel in kernels)
    say(f"compiling {names}: only on the first start on this machine")
    began = clock.monotonic()
    children = [
        (kernel, subprocess.Popen(kernel.command, stderr=subprocess.PIPE, text=True))
        for kernel in kernels
    ]
    try:
        for kernel, child in children:
            _await(kernel, child, lambda: (clock.monotonic() - began) / SECOND, say)
    finally:
        for _, child in children:
            child.kill()
            child.wait()
    say(f"compiled after {(clock.monotonic() - began) / SECOND:.1f} s")


def _await(
    kernel: Kernel,
    child: "subprocess.Popen[str]",
    elapsed: Callable[[], float],
    say: Callable[[str], None],
) -> None:
    while elapsed() < _MOST_SECONDS:
        try:
            _, words = child.communicate(timeout=_SAY_EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            say(f"compiling … {elapsed():.0f} s")
            continue
        if child.returncode != 0:
            raise InvariantError(f"{kernel.name} cannot be compiled:\n{words.strip()}")
        return
    raise InvariantError(f"{kernel.name} was not compiled within {_MOST_SECONDS:.0f} s")

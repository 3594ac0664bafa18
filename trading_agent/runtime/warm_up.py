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
_RARE_COLLECTIONS: Final = "import gc; gc.set_threshold(20_000, 20, 20)"
"""A compiler makes millions of objects and lets go of few: a seventh of its time would go into
looking for them."""


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
    def command(self) -> str:
        """In Python."""
        where, what = self.prepare.__module__, self.prepare.__qualname__
        return f"from {where} import {what}; {what}()"


def warm_up(kernels: Sequence[Kernel], clock: Clock, say: Callable[[str], None]) -> None:
    """Every kernel is ready to run when this returns. The first start on a machine takes
    seconds and says so. The first kernel, the one that takes longest, is compiled beside all
    others, which share a process: each process of its own costs a second of preparations."""
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
    say(f"compiling {_names(kernels)}: only on the first start on this machine")
    began = clock.monotonic()
    shares = [share for share in (kernels[:1], kernels[1:]) if share]
    children = [(_names(share), _begin(share)) for share in shares]
    try:
        for names, child in children:
            _await(names, child, lambda: (clock.monotonic() - began) / SECOND, say)
    finally:
        for _, child in children:
            child.kill()
            child.wait()
    say(f"compiled after {(clock.monotonic() - began) / SECOND:.1f} s")


def _names(kernels: Sequence[Kernel]) -> str:
    return " and ".join(kernel.name for kernel in kernels)


def _begin(kernels: Sequence[Kernel]) -> "subprocess.Popen[str]":
    script = "\n".join((_RARE_COLLECTIONS, *(kernel.command for kernel in kernels)))
    return subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True)


def _await(
    names: str,
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
            raise InvariantError(f"{names} cannot be compiled:\n{words.strip()}")
        return
    raise InvariantError(f"{names} not compiled within {_MOST_SECONDS:.0f} s")

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
from importlib import import_module
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
    """Something compiled. The function named `prepare`, at the top of its module, compiles it or
    loads it from the cache."""

    name: str
    module: str
    prepare: str

    @property
    def mark(self) -> str:
        """Of the file that says it is in the cache."""
        return f"{self.module}.{self.prepare}.compiled"

    @property
    def command(self) -> str:
        """In Python."""
        return f"from {self.module} import {self.prepare}; {self.prepare}()"

    def load(self) -> None:
        getattr(import_module(self.module), self.prepare)()


def warm_up(kernels: Sequence[Kernel], clock: Clock, say: Callable[[str], None]) -> None:
    """Every kernel is ready to run when this returns. The first start on a machine takes
    seconds and says so."""
    with Compilation(kernels, clock) as compilation:
        compilation.finish(say)


class Compilation:
    """Of the kernels that are not in the cache. On its way as soon as the context is entered,
    unless another engine is at it; ended with the context.

    The first kernel, the one that takes longest, is compiled beside all others, which share a
    process: each process of its own costs a second of preparations."""

    def __init__(self, kernels: Sequence[Kernel], clock: Clock) -> None:
        self._kernels = kernels
        self._clock = clock
        self._folder = Path(os.environ.get("NUMBA_CACHE_DIR") or tempfile.gettempdir())
        self._cold: Sequence[Kernel] = ()
        self._children: list[tuple[Sequence[Kernel], subprocess.Popen[str]]] = []

    def __enter__(self) -> "Compilation":
        self._began = self._clock.monotonic()
        self._lock = (self._folder / "warm-up.lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._alone = False
        else:
            self._alone = True
            self._begin()
        return self

    def __exit__(self, *_reason: object) -> None:
        for _, child in self._children:
            child.kill()
            child.wait()
            if child.stderr is not None:
                child.stderr.close()
        self._lock.close()

    def finish(self, say: Callable[[str], None]) -> None:
        """Every kernel is ready to run when this returns."""
        if not self._alone:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._begin()
        if self._cold:
            say(f"compiling {_names(self._cold)}: only on the first start on this machine")
            # The first takes longest: what the others have made is loaded meanwhile.
            for share, child in reversed(self._children):
                self._await(_names(share), child, say)
                for kernel in share:
                    (self._folder / kernel.mark).touch()
                    kernel.load()
            say(f"compiled after {self._elapsed:.1f} s")
        self._lock.close()
        for kernel in self._kernels:
            if kernel not in self._cold:
                kernel.load()

    def _begin(self) -> None:
        cold = [kernel for kernel in self._kernels if not (self._folder / kernel.mark).exists()]
        self._cold = cold
        for share in (cold[:1], cold[1:]):
            if share:
                script = "\n".join((_RARE_COLLECTIONS, *(kernel.command for kernel in share)))
                self._children.append((share, _run(script)))

    @property
    def _elapsed(self) -> float:
        return (self._clock.monotonic() - self._began) / SECOND

    def _await(
        self, names: str, child: "subprocess.Popen[str]", say: Callable[[str], None]
    ) -> None:
        while self._elapsed < _MOST_SECONDS:
            try:
                _, words = child.communicate(timeout=_SAY_EVERY_SECONDS)
            except subprocess.TimeoutExpired:
                say(f"compiling … {self._elapsed:.0f} s")
                continue
            if child.returncode != 0:
                raise InvariantError(f"{names} cannot be compiled:\n{words.strip()}")
            return
        raise InvariantError(f"{names} not compiled within {_MOST_SECONDS:.0f} s")


def _names(kernels: Sequence[Kernel]) -> str:
    return " and ".join(kernel.name for kernel in kernels)


def _run(script: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True)

"""Kernels are compiled in processes of their own, once, and a failure is said."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from tests.fakes import ManualClock
from trading_agent.config.kernels import LIVE, REPLAY
from trading_agent.domain.errors import InvariantError
from trading_agent.runtime.warm_up import Compilation, Kernel, warm_up


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Path]:
    before = os.environ["NUMBA_CACHE_DIR"]
    os.environ["NUMBA_CACHE_DIR"] = str(tmp_path)
    try:
        yield tmp_path
    finally:
        os.environ["NUMBA_CACHE_DIR"] = before


def leave_a_trace() -> None:
    """Says in which process it ran."""
    trace = Path(os.environ["NUMBA_CACHE_DIR"]) / "trace.txt"
    with trace.open("a") as file:
        file.write(f"{os.getpid()}\n")


def leave_another_trace() -> None:
    leave_a_trace()


def leave_a_third_trace() -> None:
    leave_a_trace()


def wait_for_ever() -> None:
    threading.Event().wait()


def fail() -> None:
    sys.exit("no compiler here")


def kernel_of(name: str, prepare: Callable[[], None]) -> Kernel:
    return Kernel(name, prepare.__module__, prepare.__name__)


def test_a_cold_kernel_is_compiled_elsewhere_and_loaded_here(cache: Path) -> None:
    said: list[str] = []
    kernel = kernel_of("the trace", leave_a_trace)
    warm_up([kernel], ManualClock(), said.append)
    elsewhere, here = (cache / "trace.txt").read_text().split()
    assert here == str(os.getpid()) != elsewhere
    assert "the trace" in said[0]

    said.clear()
    warm_up([kernel], ManualClock(), said.append)
    assert (cache / "trace.txt").read_text().split()[2:] == [str(os.getpid())]
    assert said == []


def test_the_first_kernel_is_compiled_beside_all_others(cache: Path) -> None:
    traces = (leave_a_trace, leave_another_trace, leave_a_third_trace)
    warm_up([kernel_of(f"the {each}", each) for each in traces], ManualClock(), lambda _: None)
    processes = (cache / "trace.txt").read_text().split()[:3]
    assert len(set(processes)) == 2
    assert len(list(cache.glob("*.compiled"))) == 3


def test_a_kernel_that_cannot_be_compiled_is_named_with_the_reason(cache: Path) -> None:
    with pytest.raises(InvariantError, match=r"the broken one.*\n.*no compiler here"):
        warm_up([kernel_of("the broken one", fail)], ManualClock(), lambda _: None)
    assert not list(cache.glob("*.compiled"))


def test_a_share_that_cannot_be_compiled_is_named_whole(cache: Path) -> None:
    kernels = [
        kernel_of("the trace", leave_a_trace),
        kernel_of("another", leave_another_trace),
        kernel_of("the broken one", fail),
    ]
    with pytest.raises(InvariantError, match=r"^another and the broken one.*\n.*no compiler here"):
        warm_up(kernels, ManualClock(), lambda _: None)
    assert not list(cache.glob("*.compiled"))


def test_compilers_are_at_work_before_anybody_waits_for_them(cache: Path) -> None:
    kernels = [kernel_of("the trace", leave_a_trace)]
    with Compilation(kernels, ManualClock()) as compilation:
        deadline = time.monotonic() + 60.0
        while not (cache / "trace.txt").exists():
            assert time.monotonic() < deadline
        compilation.finish(lambda _: None)
    assert len((cache / "trace.txt").read_text().split()) == 2


def test_compilers_end_with_whoever_sent_for_them(cache: Path) -> None:
    with Compilation([kernel_of("the slow one", wait_for_ever)], ManualClock()):
        pass
    assert not list(cache.glob("*.compiled"))
    warm_up([kernel_of("the trace", leave_a_trace)], ManualClock(), lambda _: None)
    assert len(list(cache.glob("*.compiled"))) == 1


def test_every_kernel_that_is_named_is_there() -> None:
    for kernel in {*LIVE, *REPLAY}:
        assert callable(getattr(import_module(kernel.module), kernel.prepare))

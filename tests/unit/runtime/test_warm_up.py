"""Kernels are compiled in processes of their own, once, and a failure is said."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import ManualClock
from trading_agent.domain.errors import InvariantError
from trading_agent.runtime.warm_up import Kernel, warm_up


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


def fail() -> None:
    sys.exit("no compiler here")


def test_a_cold_kernel_is_compiled_elsewhere_and_loaded_here(cache: Path) -> None:
    said: list[str] = []
    kernel = Kernel("the trace", leave_a_trace)
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
    warm_up([Kernel(f"the {each}", each) for each in traces], ManualClock(), lambda _: None)
    processes = (cache / "trace.txt").read_text().split()[:3]
    assert len(set(processes)) == 2
    assert len(list(cache.glob("*.compiled"))) == 3


def test_a_kernel_that_cannot_be_compiled_is_named_with_the_reason(cache: Path) -> None:
    with pytest.raises(InvariantError, match=r"the broken one.*\n.*no compiler here"):
        warm_up([Kernel("the broken one", fail)], ManualClock(), lambda _: None)
    assert not list(cache.glob("*.compiled"))


def test_a_share_that_cannot_be_compiled_is_named_whole(cache: Path) -> None:
    kernels = [
        Kernel("the trace", leave_a_trace),
        Kernel("another", leave_another_trace),
        Kernel("the broken one", fail),
    ]
    with pytest.raises(InvariantError, match=r"^another and the broken one.*\n.*no compiler here"):
        warm_up(kernels, ManualClock(), lambda _: None)
    assert not list(cache.glob("*.compiled"))

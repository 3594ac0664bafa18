"""The compiled loop counts no references: each would be an atomic write in a loop over rows."""

import pytest
from numba import njit

from trading_agent.domain.market_rows import empty_rows
from trading_agent.engine import kernel
from trading_agent.engine.state import open_state
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan


@pytest.mark.slow
def test_the_compiled_loop_counts_no_references() -> None:
    fresh = njit(error_model="numpy")(kernel.advance_live.py_func)
    state = open_state(1, TradingSessionManager(SessionPlan()))
    fresh(empty_rows(0), 0, 0, state.markets, state.desk)

    (llvm,) = fresh.inspect_llvm().values()

    assert "advance_live" in llvm, "the code was not compiled here"
    assert llvm.count("call void @NRT_incref") == 0


@pytest.mark.parametrize(
    ("loop", "gives_way"), [(kernel.advance_live, False), (kernel.advance_batch, True)]
)
def test_live_holds_the_interpreter_lock_and_batch_gives_way(loop: object, gives_way: bool) -> None:
    """A hand-over of the lock costs live milliseconds beside a busy thread."""
    assert loop.targetoptions["nogil"] is gives_way  # type: ignore[attr-defined]


def test_both_loops_are_cached_apart() -> None:
    """numba's cache knows a function by name and code, not by its options."""
    live, batch = kernel.advance_live, kernel.advance_batch
    assert live.py_func.__qualname__ != batch.py_func.__qualname__
    assert live.stats.cache_path is not None
    assert batch.stats.cache_path is not None

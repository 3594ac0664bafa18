"""The frame decoder counts no references: each one is an atomic write in a loop over levels."""

import numpy as np
import pytest
from numba import njit

from trading_agent.adapters.mexc.frame_kernel import ROUTE_NAME, ROW_WORDS, decode_rows


@pytest.mark.slow
def test_the_compiled_decoder_counts_no_references() -> None:
    fresh = njit(error_model="numpy", nogil=False)(decode_rows.py_func)
    routes = np.zeros((0, ROUTE_NAME), np.int64)
    fresh(np.zeros(16, np.uint8), 0, routes, np.zeros((1, ROW_WORDS), np.int64), 0)

    (llvm,) = fresh.inspect_llvm().values()

    assert "decode_rows" in llvm, "the code was not compiled here"
    assert llvm.count("call void @NRT_incref") == 0


def test_the_decoder_holds_the_interpreter_lock_and_is_cached() -> None:
    assert decode_rows.targetoptions.get("nogil", False) is False
    assert decode_rows.targetoptions["error_model"] == "numpy"
    assert decode_rows.stats.cache_path is not None

"""How indicators are compiled: woven into the loop that calls them."""

from typing import Any, Final

from numba import njit

woven: Final[Any] = njit(  # type: ignore[call-overload]
    error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True
)
"""For helpers of compiled code that are shorter than a call: an array and a candle make twenty
arguments, and passing them on costs more than a moving average."""

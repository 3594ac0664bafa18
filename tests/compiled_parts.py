"""Parts of the compiled loop, callable from a test."""

from typing import Any

from numba import njit


def called(part: Any) -> Any:
    """The same source with a way in from Python, which parts do not have: without it a call
    from Python ends the process."""
    return njit(error_model="numpy")(part.py_func)

"""How parts of the compiled loop are compiled, and how arrays enter it."""

from typing import Any, Final

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numba.np.arrayobj import carray  # type: ignore[attr-defined]

_BYTE_POINTER: Final = ir.IntType(8).as_pointer()


part: Any = njit(  # type: ignore[call-overload]
    error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)
"""For helpers of a compiled loop: callable from compiled code alone. Without the wrappers for
Python and C the whole loop compiles in three quarters of the time."""


@intrinsic
def _pointer(_typing_context: Any, address: Any) -> Any:
    def emit(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], _BYTE_POINTER)

    return types.voidptr(address), emit


@njit(error_model="numpy", inline="always")
def borrowed(array, dtype):
    """The same memory without an owner: numba counts no references to it. The caller keeps
    the array alive for as long as the loop runs."""
    return carray(_pointer(array.ctypes.data), array.shape, dtype)

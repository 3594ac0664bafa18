"""How parts of a compiled loop are compiled, and how arrays enter it.

A part is nothing by itself: it is optimised, and turned into machine code, together with the
loop that calls it. numba alone would do both for each part with all that it calls, and once
more with each of its callers, and would compile it anew for each plain number it is called
with. That takes twice the time, and the loop is the same.
"""

from typing import Any, Final

from llvmlite import ir
from numba import njit, types
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.compiler import Compiler
from numba.core.registry import CPUDispatcher
from numba.extending import intrinsic
from numba.np.arrayobj import carray  # type: ignore[attr-defined]

_BYTE_POINTER: Final = ir.IntType(8).as_pointer()
_OPTIONS: Final = {
    "nopython": True,
    "boundscheck": None,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


class _PartLibrary(JITCodeLibrary):
    """Code that is handed on to whoever calls it as it was written."""

    def finalize(self) -> None:
        self._raise_if_finalized()
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalize_dynamic_globals()
        self._finalized = True


class _PartCodegen(JITCPUCodegen):
    """The process's own code generator, with libraries of that kind."""

    _library_class = _PartLibrary

    def __init__(self, whole: JITCPUCodegen) -> None:
        vars(self).update(vars(whole))

    def set_env(self, env_name: str, env: Any) -> None:
        """There is no machine code to tell of it, as with everything that comes from the cache."""


class _PartCompiler(Compiler):
    def compile_extra(self, func: Any) -> Any:
        codegen = _PartCodegen(self.state.targetctx.codegen())
        self.state.library = codegen.create_library(func.__qualname__)
        return super().compile_extra(func)


class _PartDispatcher(CPUDispatcher):
    """To which a plain number among the arguments is a number like any other."""

    def get_call_template(self, args: Any, kws: Any) -> Any:
        plain = tuple(types.unliteral(each) for each in args)
        return super().get_call_template(
            plain, {name: types.unliteral(each) for name, each in kws.items()}
        )


def part(function: Any, **options: bool) -> Any:
    """For helpers of a compiled loop: callable from compiled code alone."""
    return _PartDispatcher(function, targetoptions=_OPTIONS | options, pipeline_class=_PartCompiler)


def woven(function: Any) -> Any:
    """A part that has no call of its own in the machine code."""
    return part(function, forceinline=True)


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

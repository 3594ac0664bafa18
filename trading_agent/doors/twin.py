"""A second core that goes on from where a first one stands, and owes it nothing afterwards.

Everything the first one may still change is copied, arrays and the views into them with their
overlaps; what never changes (settings, facts, classes, machine code) is shared. Both answer the
same inputs with the same facts, bit for bit, until they are told different things.
"""

import io
import pickle
import types
from typing import Any, Final

import numpy as np
from msgspec import Struct
from pydantic import BaseModel

from trading_agent.engine.core import Core

_VIEWS: Final = (np.ndarray, np.void, memoryview)
_CODE: Final = (type, types.ModuleType, types.CodeType)
_PAGE: Final = 4_096
_MACHINERY: Final = ("numba", "_dynfunc", "msgspec")
"""Machine code and encoders: they hold nothing that changes."""


def twin_of(core: Core) -> Core:
    """Called on the thread that steps `core`, between two steps. Raises TypeError or
    pickle.PicklingError when a person's strategy holds what cannot be copied."""
    memory = io.BytesIO()
    writer = _Writer(memory, protocol=5)
    writer.dump(core)
    memory.seek(0)
    twin = _Reader(memory, writer.shared).load()
    assert isinstance(twin, Core)
    return twin


class _Writer(pickle.Pickler):
    """`shared`: what both cores use."""

    def __init__(self, file: io.BytesIO, protocol: int) -> None:
        super().__init__(file, protocol)
        self.shared: list[Any] = []
        self._number: dict[int, int] = {}

    def persistent_id(self, obj: Any) -> int | None:
        if not _is_shared(obj):
            return None
        number = self._number.get(id(obj))
        if number is None:
            number = self._number[id(obj)] = len(self.shared)
            self.shared.append(obj)
        return number

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, _VIEWS):
            return _reduced_view(obj)
        if isinstance(obj, types.MappingProxyType):
            return types.MappingProxyType, (dict(obj),)
        if isinstance(obj, types.FunctionType):
            return _reduced_closure(obj)
        return NotImplemented


class _Reader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, pid: Any) -> Any:
        return self._shared[pid]


def _is_shared(obj: Any) -> bool:
    if isinstance(obj, (*_CODE, BaseModel)):
        return True
    if isinstance(obj, Struct):
        return type(obj).__struct_config__.frozen
    if isinstance(obj, types.FunctionType):
        return obj.__closure__ is None
    if isinstance(obj, types.BuiltinFunctionType):
        return obj.__self__ is None or _is_shared(obj.__self__)
    return type(obj).__module__.partition(".")[0] in _MACHINERY


def _reduced_view(obj: Any) -> Any:
    """A view is where it lies in the array that owns the memory."""
    owner = _owner(obj)
    if owner is obj:
        return NotImplemented if owner.dtype.hasobject else _reduced_array(owner)
    seen = np.asarray(obj)
    first = obj.__array_interface__ if isinstance(obj, np.void) else seen.__array_interface__
    offset = first["data"][0] - owner.__array_interface__["data"][0]
    place = (owner, seen.shape, seen.dtype, offset, seen.strides)
    if isinstance(obj, np.void):
        return _record_at, (owner, obj.dtype, offset)
    return (_memory_at if isinstance(obj, memoryview) else _array_at), place


def _owner(view: Any) -> Any:
    """The array that all of them look into."""
    while True:
        under = view.obj if isinstance(view, memoryview) else view.base
        if not isinstance(under, (np.ndarray, np.void)):
            return view
        view = under


def _reduced_array(owner: Any) -> Any:
    """Its pages that hold anything: most of a desk's memory is never touched."""
    flat = owner.reshape(-1).view(np.uint8)
    whole = len(flat) // _PAGE
    pages = flat[: whole * _PAGE].reshape(whole, _PAGE)
    used = np.flatnonzero(pages.any(axis=1))
    rest = flat[whole * _PAGE :].tobytes()
    return _array_of, (used.tobytes(), pages[used].tobytes(), rest, owner.dtype, owner.shape)


def _array_of(used: bytes, held: bytes, rest: bytes, dtype: Any, shape: Any) -> Any:
    """It owns its memory, so that it can be copied again, and has touched no more of it."""
    owner = np.zeros(shape, dtype)
    flat = owner.reshape(-1).view(np.uint8)
    whole = len(flat) // _PAGE
    pages = flat[: whole * _PAGE].reshape(whole, _PAGE)
    pages[np.frombuffer(used, np.intp)] = np.frombuffer(held, np.uint8).reshape(-1, _PAGE)
    flat[whole * _PAGE :] = np.frombuffer(rest, np.uint8)
    return owner


def _array_at(owner: Any, shape: Any, dtype: Any, offset: int, strides: Any) -> Any:
    return np.ndarray(shape, dtype, owner, offset, strides)


def _memory_at(owner: Any, shape: Any, dtype: Any, offset: int, strides: Any) -> Any:
    return memoryview(_array_at(owner, shape, dtype, offset, strides))


def _record_at(owner: Any, dtype: Any, offset: int) -> Any:
    return np.ndarray((1,), dtype, owner, offset)[0]


def _reduced_closure(obj: types.FunctionType) -> Any:
    cells = tuple(cell.cell_contents for cell in obj.__closure__ or ())
    return _closure_of, (_Parts(obj), obj.__defaults__, cells)


class _Parts(Struct, frozen=True):
    """What a closure is made of beside what it closes over."""

    function: Any


def _closure_of(parts: _Parts, defaults: Any, cells: tuple[Any, ...]) -> types.FunctionType:
    source = parts.function
    closed = tuple(types.CellType(each) for each in cells)
    return types.FunctionType(
        source.__code__, source.__globals__, source.__name__, defaults, closed
    )

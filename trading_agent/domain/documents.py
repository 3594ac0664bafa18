"""Frozen values to plain documents and back, exactly: for journal, recording and digest.

A document is what JSON can hold. Decimals travel as strings, enumerations by value,
tuples as lists; floats by their shortest exact form. Field names are the dataclass's own.
"""

import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Input

_FACTS = {kind.__name__: kind for kind in get_args(Fact)}
_INPUTS = {kind.__name__: kind for kind in get_args(Input)}


def to_text(value: Any) -> str:
    """A frozen dataclass as one line of canonical JSON, without its type's name."""
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fact_from_text(kind: str, text: str) -> Fact:
    """The fact that `to_text` wrote. Raises StorageError when it is not one."""
    return _from_text(_FACTS, kind, text)  # type: ignore[no-any-return]


def input_from_text(kind: str, text: str) -> Input:
    """The input that `to_text` wrote; market rows never travel this way."""
    return _from_text(_INPUTS, kind, text)  # type: ignore[no-any-return]


def _from_text(kinds: dict[str, Any], kind: str, text: str) -> Any:
    if kind not in kinds:
        raise StorageError(f"unknown kind of record: {kind!r}; written by a newer version?")
    try:
        return _reader(kinds[kind])(json.loads(text))
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise StorageError(f"a {kind} record cannot be read: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What makes a value of `kind` out of a plain one. Made once a kind: a long journal holds
    millions of facts."""
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    if get_origin(kind) is UnionType:
        some = _reader(get_args(kind)[0])
        return lambda plain: None if plain is None else some(plain)
    if get_origin(kind) is tuple:
        item = _reader(get_args(kind)[0])
        return lambda plain: tuple([item(each) for each in plain])
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        readers = [(name, _reader(hint)) for name, hint in get_type_hints(kind).items()]
        return lambda plain: kind(**{name: read(plain[name]) for name, read in readers})
    return kind  # type: ignore[no-any-return]

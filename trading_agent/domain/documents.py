"""Frozen values to plain documents and back, exactly: for journal, recording and digest.

A document is what JSON can hold. Decimals travel as strings, enumerations by value,
tuples as lists; floats by their shortest exact form. Field names are the dataclass's own.
"""

import dataclasses
import json
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
        return _build(kinds[kind], json.loads(text))
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
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _fields(kind: type, plain: Any) -> dict[str, Any]:
    return {name: _build(hint, plain[name]) for name, hint in _hints(kind).items()}


def _build(kind: Any, plain: Any) -> Any:
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    if get_origin(kind) is UnionType:
        return None if plain is None else _build(get_args(kind)[0], plain)
    if get_origin(kind) is tuple:
        return tuple(_build(get_args(kind)[0], item) for item in plain)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return kind(**_fields(kind, plain))
    return kind(plain)

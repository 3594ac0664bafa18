"""Frozen values to plain documents and back, exactly: for journal, recording and digest.

A document is what JSON can hold. Decimals travel as strings, enumerations by value,
tuples as lists; floats by their shortest exact form. Field names are the value's own.
"""

from functools import cache
from math import isfinite
from typing import Any, get_args

import msgspec

from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.message import Input

_FACTS = {kind.__name__: kind for kind in get_args(Fact)}
_INPUTS = {kind.__name__: kind for kind in get_args(Input)}
_NOTHING = "null"
_encoder = msgspec.json.Encoder(decimal_format="string")


def to_text(value: Any) -> str:
    """A frozen value as one line of canonical JSON, without its type's name. ValueError for a
    float that is not a number: nobody could read it back."""
    text = _encoder.encode(value).decode()
    if _NOTHING in text:
        _refuse_lost_numbers(msgspec.to_builtins(value))
    return text


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
        return _decoder(kinds[kind]).decode(text)
    except (msgspec.DecodeError, ValueError) as error:
        raise StorageError(f"a {kind} record cannot be read: {error}") from error


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _refuse_lost_numbers(plain: Any) -> None:
    """JSON has no word for them, and the encoder writes nothing in their place."""
    if isinstance(plain, float) and not isfinite(plain):
        raise ValueError(f"{plain} cannot be written")
    if isinstance(plain, dict | list | tuple):
        for item in plain.values() if isinstance(plain, dict) else plain:
            _refuse_lost_numbers(item)

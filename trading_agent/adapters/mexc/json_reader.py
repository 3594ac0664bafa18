"""Bytes of an answer → plain values, and plain values → exact numbers.

The exchange sends numbers as strings or as JSON numbers, in any order of keys, with keys
added at any time; null stands for absent nearly everywhere.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NoReturn

from trading_agent.domain.errors import FeedError, Unavailable
from trading_agent.domain.units import MILLISECOND, Nanos, read_decimal

Record = Mapping[str, Any]

_MOST_DIGITS: Final = 18
_LATEST_MILLISECONDS: Final = 9_000_000_000_000
"""The year 2255: nanoseconds beyond it do not fit the rows."""


def read_json(body: bytes) -> Any:
    """The document in an answer; JSON numbers with a point stay exact as `Decimal`.

    Raises Unavailable for anything that is not one JSON document: an empty or truncated
    answer, a page of HTML, NaN, Infinity, a nesting or a number without end.
    """
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise Unavailable(f"the answer is not JSON: {_beginning(body)}") from error


def record(value: Any, what: str) -> Record:
    """`value` as an object; raises FeedError."""
    if not isinstance(value, dict):
        raise FeedError(f"invalid: {what} is not an object")
    return value


def items(value: Any, what: str) -> Sequence[Any]:
    """`value` as a list; raises FeedError."""
    if not isinstance(value, list):
        raise FeedError(f"invalid: {what} is not a list")
    return value


def text(source: Record, key: str) -> str:
    value = source.get(key)
    if not isinstance(value, str) or not value:
        raise FeedError(f"invalid: {key} is not a text")
    return value


def number(value: Any, what: str) -> Decimal:
    """A plain non-negative decimal from a string or a JSON number; raises FeedError."""
    return _number(value, what, signed=False)


def field(source: Record, key: str) -> Decimal:
    return number(source.get(key), key)


def optional_field(source: Record, key: str) -> Decimal | None:
    """None when the exchange left the number out, said null or an empty text."""
    value = source.get(key)
    return None if value is None or value == "" else number(value, key)


def optional_signed_field(source: Record, key: str) -> Decimal | None:
    value = source.get(key)
    return None if value is None or value == "" else _number(value, key, signed=True)


def whole(value: Any, what: str) -> int:
    """A non-negative whole number of at most 18 digits; raises FeedError."""
    decimal = number(value, what)
    if decimal != decimal.to_integral_value():
        raise FeedError(f"invalid: {what} is not whole")
    return int(decimal)


def moment(value: Any, what: str) -> Nanos:
    """Milliseconds since 1970 as nanoseconds; raises FeedError."""
    milliseconds = whole(value, what)
    if milliseconds > _LATEST_MILLISECONDS:
        raise FeedError(f"invalid: {what} is too far in the future")
    return Nanos(milliseconds * MILLISECOND)


def _number(value: Any, what: str, *, signed: bool) -> Decimal:
    try:
        plain = _plain(value)
        if signed and plain.startswith("-"):
            return -read_decimal(plain[1:])
        return read_decimal(plain)
    except ValueError as error:
        raise FeedError(f"invalid: {what}: {error}") from error


def _plain(value: Any) -> str:
    """The number as people write it, without the zeros that say nothing."""
    match value:
        case bool():
            raise ValueError("not a number: true or false")
        case Decimal() if value.is_finite() and abs(value.adjusted()) <= _MOST_DIGITS:
            value = format(value, "f")
        case int() if abs(value) < 10**_MOST_DIGITS:
            return str(value)
        case str():
            pass
        case _:
            raise ValueError("not a plain decimal number")
    head, _, tail = value.partition(".")
    if tail.isascii() and tail.isdigit():
        tail = tail.rstrip("0")
        return f"{head}.{tail}" if tail else str(head)
    return str(value)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _beginning(body: bytes) -> str:
    return repr(body[:60]) if body else "it is empty"

"""The integers everything is counted in, and the number grammar at the rim."""

import re
from decimal import Decimal
from typing import Final, NewType

Ticks = NewType("Ticks", int)
"""A price in multiples of the instrument's tick."""
Lots = NewType("Lots", int)
"""A quantity in multiples of the instrument's lot."""
Nanos = NewType("Nanos", int)
"""Nanoseconds: UTC since 1970 as a time, or a length of time."""

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

BASIS_POINT: Final = Decimal("0.0001")
BASIS_POINTS: Final = 10_000.0
"""In one."""

_NUMBER: Final = re.compile(r"(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?", re.ASCII)
_LONGEST_NUMBER: Final = 40


def read_decimal(text: str) -> Decimal:
    """A plain non-negative decimal: no sign, no exponent, no NaN; raises ValueError."""
    if len(text) > _LONGEST_NUMBER or _NUMBER.fullmatch(text) is None:
        raise ValueError(f"not a plain decimal number: {text[:_LONGEST_NUMBER]!r}")
    return Decimal(text)

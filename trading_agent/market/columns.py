"""Fields of compiled records as plain columns over the same memory.

A memoryview gives and takes one number in half the time numpy needs, and several times as fast as
asking a record for its field.
"""

from typing import Any, TypeAlias, cast

Integers: TypeAlias = "memoryview[int]"
Reals: TypeAlias = "memoryview[float]"


def integers(field: Any) -> Integers:
    """Of a one-dimensional array of int64; an entry a record."""
    return memoryview(field)


def reals(field: Any) -> Reals:
    """The same of float64."""
    return cast("Reals", memoryview(field))

"""Fields of compiled records as plain columns over the same memory, typed by what they hold.

A memoryview gives and takes one number in half the time numpy needs, and several times as fast as
asking a record for its field. What comes out of a typed column needs no name put on it: calling
one (`Ticks(number)`) takes four times as long as reading the number.
"""

from typing import Any, TypeAlias, cast

from trading_agent.domain.units import Nanos, Ticks

Integers: TypeAlias = "memoryview[int]"
Prices: TypeAlias = "memoryview[Ticks]"
Times: TypeAlias = "memoryview[Nanos]"
Reals: TypeAlias = "memoryview[float]"


def integers(field: Any) -> Integers:
    """Of a one-dimensional array of int64; an entry a record."""
    return memoryview(field)


def prices(field: Any) -> Prices:
    """The same, in ticks."""
    return cast("Prices", memoryview(field))


def times(field: Any) -> Times:
    """The same, in nanoseconds."""
    return cast("Times", memoryview(field))


def reals(field: Any) -> Reals:
    """The same of float64."""
    return cast("Reals", memoryview(field))

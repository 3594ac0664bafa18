"""Sums of money are exact or they are an error.

Operators on Decimals follow the context of the thread, and take a quarter of the time that a
context's own methods take. So whoever adds facts up holds `ExactSums`, and says with `ROUNDED`
where a quotient has to end somewhere.
"""

from decimal import Context, Inexact, InvalidOperation, Overflow, getcontext, setcontext
from typing import Final

MONEY: Final = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])
ROUNDED: Final = Context(prec=60)


class ExactSums:
    """While it is held, every operator on Decimals of this thread is exact or raises Inexact."""

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = getcontext()
        setcontext(MONEY)

    def __exit__(self, *_: object) -> None:
        setcontext(self._before)


class OrdinarySums:
    """For guests, a person's own strategies: arithmetic as anybody knows it."""

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = getcontext()
        setcontext(ROUNDED)

    def __exit__(self, *_: object) -> None:
        setcontext(self._before)


def sums_are_exact() -> bool:
    return getcontext() is MONEY

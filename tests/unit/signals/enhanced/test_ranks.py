"""Ranks within a rolling window."""

import math

import pytest

from trading_agent.domain.errors import InvariantError
from trading_agent.signals.enhanced.ranks import SortedWindow


def window(*values: float, length: int = 10) -> SortedWindow:
    made = SortedWindow(length)
    for value in values:
        made.add(value)
    return made


def test_nothing_is_known_of_nothing() -> None:
    empty = window()
    assert math.isnan(empty.rank(1.0))


def test_the_oldest_value_leaves() -> None:
    found = window(9.0, 1.0, 2.0, 3.0, length=3)
    assert (len(found), found.rank(9.0), found.rank(0.0)) == (3, 1.0, 0.0)


def test_rank_counts_equals_half() -> None:
    found = window(1.0, 2.0, 2.0, 3.0)
    assert [found.rank(value) for value in (0.0, 1.0, 2.0, 3.0, 4.0)] == [
        *(0.0, 0.125, 0.5, 0.875, 1.0)
    ]


def test_what_has_no_place_in_an_order_is_refused() -> None:
    with pytest.raises(InvariantError):
        window(math.nan)

"""Medians of a rolling window."""

import math

import pytest

from trading_agent.domain.errors import InvariantError
from trading_agent.signals.enhanced.robust import SortedWindow


def window(*values: float, length: int = 10) -> SortedWindow:
    made = SortedWindow(length)
    for value in values:
        made.add(value)
    return made


def test_medians_of_few_values() -> None:
    assert (window(3.0).median(), window(3.0).deviation()) == (3.0, 0.0)
    assert (window(1.0, 4.0).median(), window(1.0, 4.0).deviation()) == (2.5, 1.5)
    found = window(1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0)
    assert (found.median(), found.deviation()) == (2.0, 1.0)


def test_nothing_is_known_of_nothing() -> None:
    empty = window()
    assert math.isnan(empty.median())
    assert math.isnan(empty.deviation())
    assert math.isnan(empty.rank(1.0))


def test_the_oldest_value_leaves() -> None:
    found = window(9.0, 1.0, 2.0, 3.0, length=3)
    assert (len(found), found.median()) == (3, 2.0)
    found.clear()
    assert len(found) == 0


def test_rank_counts_equals_half() -> None:
    found = window(1.0, 2.0, 2.0, 3.0)
    assert [found.rank(value) for value in (0.0, 1.0, 2.0, 3.0, 4.0)] == [
        *(0.0, 0.125, 0.5, 0.875, 1.0)
    ]


def test_a_deviation_is_never_taken_for_less_than_the_least() -> None:
    still = window(5.0, 5.0, 5.0)
    assert still.robust_z(6.0, least_scale=0.5) == 2.0
    moving = window(1.0, 2.0, 3.0, 4.0, 5.0)
    assert moving.robust_z(3.0 + 1.4826, least_scale=0.1) == pytest.approx(1.0)


def test_what_has_no_place_in_an_order_is_refused() -> None:
    with pytest.raises(InvariantError):
        window(math.nan)

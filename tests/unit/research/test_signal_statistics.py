"""How sure a figure is, against what is known of it."""

from random import Random

import numpy as np
import pytest
from msgspec import Struct

from trading_agent.research.signal_statistics import (
    Floats,
    Luck,
    corrected,
    estimate_of,
    false_discoveries,
    rank_correlation,
    student_chance,
    student_of_normal,
)


def noise(seed: int, count: int = 4_000) -> Floats:
    dice = Random(seed)
    return np.array([dice.gauss(0.0, 1.0) for _ in range(count)])


def test_rank_correlation_is_spearmans() -> None:
    left = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert rank_correlation(left, left**3) == pytest.approx(1.0)
    assert rank_correlation(left, -np.exp(left)) == pytest.approx(-1.0)
    # 1 - 6 * (1 + 1 + 0 + 1 + 1) / (5 * 24), by hand.
    assert rank_correlation(left, np.array([2.0, 1.0, 3.0, 5.0, 4.0])) == pytest.approx(0.8)
    # Ties share their ranks: 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
    tied = rank_correlation(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert tied == pytest.approx(4.5 / (4.5 * 5.0) ** 0.5)


def test_what_never_changes_has_no_correlation() -> None:
    assert rank_correlation(np.ones(10), noise(1, 10)) == 0.0


def test_false_discoveries_are_those_of_benjamini_and_hochberg() -> None:
    adjusted = false_discoveries([0.01, None, 0.04, 0.03, 0.5])
    assert adjusted == [
        pytest.approx(0.04),
        None,
        pytest.approx(0.16 / 3),
        pytest.approx(0.16 / 3),
        pytest.approx(0.5),
    ]


class Told(Struct, frozen=True):
    chance: float | None
    kind: str
    false_share: float | None = None


def test_every_family_pays_for_its_own_number_of_questions() -> None:
    asked = [Told(0.01, "one"), Told(0.01, "other"), Told(0.5, "other"), Told(None, "other")]
    together = corrected(asked, lambda each: each.chance)
    assert [each.false_share for each in together] == [
        pytest.approx(0.015),
        pytest.approx(0.015),
        pytest.approx(0.5),
        None,
    ]
    apart = corrected(asked, lambda each: each.chance, lambda each: each.kind)
    assert [each.false_share for each in apart] == [0.01, 0.02, 0.5, None]


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(7, 2.364624), (16, 2.119905), (60, 2.000298), (10_000, 1.960201)]
)
def test_students_distribution_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_chance(quantile, freedom) == pytest.approx(0.05, rel=0.01)
    assert student_chance(-quantile, freedom) == student_chance(quantile, freedom)
    assert student_of_normal(1.959964, freedom) == pytest.approx(quantile, rel=0.002)


def test_the_chance_of_students_far_end_is_that_of_the_tables() -> None:
    """5.408 is the quantile of one in a thousand for seven degrees of freedom."""
    assert student_chance(5.408, 7) == pytest.approx(0.001, rel=0.1)


def test_few_blocks_have_wider_intervals_and_are_never_surer_than_coins() -> None:
    drawn = noise(2, 1_000)
    few, many = estimate_of(0.0, drawn, 8), estimate_of(0.0, drawn, 500)
    assert few.low is not None and few.high is not None
    assert many.low is not None and many.high is not None
    assert few.high - few.low > 1.2 * (many.high - many.low)
    assert many.high == pytest.approx(1.96, abs=0.15)
    agreeing = estimate_of(1.0, np.ones(1_000), 8, Luck(0.5))
    assert agreeing.low == agreeing.high == 1.0
    # Eight coins that all fall the same way, either way.
    assert agreeing.chance == pytest.approx(2.0 / 2**8)
    assert estimate_of(0.0, drawn, 7).low is None and estimate_of(0.0, drawn, 7).chance is None
    assert estimate_of(9.0, drawn, 8, None).chance is None


def test_a_share_is_no_surer_than_coins_would_be() -> None:
    """Nine of ten, whose resamples agree far more than coins do."""
    drawn = 0.9 + 0.05 * noise(3, 1_000)
    assert (estimate_of(0.9, drawn, 10, Luck(0.5)).chance or 1.0) < 0.003
    fair = estimate_of(0.9, drawn, 10, Luck(0.5, 0.5 / 10**0.5)).chance
    assert fair is not None and 0.02 < fair < 0.06


def test_what_loses_is_no_find_of_what_pays() -> None:
    drawn = noise(4, 1_000)
    pays, loses = (estimate_of(sign * 3.0, sign * 3.0 + drawn, 100) for sign in (1.0, -1.0))
    assert pays.chance is not None and loses.chance == pytest.approx(pays.chance)
    assert pays.chance_above == pytest.approx(pays.chance / 2.0)
    assert loses.chance_above == pytest.approx(1.0 - pays.chance / 2.0)
    assert estimate_of(3.0, drawn, 7).chance_above is None

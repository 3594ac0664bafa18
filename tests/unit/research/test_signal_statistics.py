"""How sure one can be that a series predicts: against series whose truth is known."""

from random import Random

import numpy as np
import pytest

from trading_agent.research.signal_statistics import (
    LEAST_BLOCKS,
    Floats,
    block_mean,
    false_discoveries,
    predict,
    rank_correlation,
)


def noise(seed: int, count: int = 4_000) -> Floats:
    dice = Random(seed)
    return np.array([dice.gauss(0.0, 1.0) for _ in range(count)])


def slow(seed: int, count: int = 4_000) -> Floats:
    """Remembers itself for about fifty entries."""
    steps, value, path = noise(seed, count), 0.0, []
    for step in steps.tolist():
        value = 0.98 * value + step
        path.append(value)
    return np.array(path)


def test_rank_correlation_is_spearmans() -> None:
    left = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert rank_correlation(left, left**3) == pytest.approx(1.0)
    assert rank_correlation(left, -np.exp(left)) == pytest.approx(-1.0)
    # 1 - 6 * (1 + 1 + 0 + 1 + 1) / (5 * 24), by hand.
    assert rank_correlation(left, np.array([2.0, 1.0, 3.0, 5.0, 4.0])) == pytest.approx(0.8)
    # Ties share their ranks: 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
    tied = rank_correlation(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert tied == pytest.approx(4.5 / (4.5 * 5.0) ** 0.5)


def test_what_never_changes_predicts_nothing() -> None:
    assert rank_correlation(np.ones(10), noise(1, 10)) == 0.0
    assert predict(np.ones(1_000), noise(1, 1_000), 10, 1) is None
    assert predict(noise(1, 5), noise(2, 5), 1, 1) is None


def test_a_true_relation_is_found_and_its_interval_holds_the_truth() -> None:
    """A normal pair with Pearson's correlation 0.5 has Spearman's 6/pi * asin(0.25)."""
    signal = noise(1)
    outcome = 0.5 * signal + (1 - 0.25) ** 0.5 * noise(2)
    found = predict(signal, outcome, 20, 1)
    assert found is not None
    assert found.ic.low is not None and found.ic.high is not None
    assert found.ic.low < 6.0 / np.pi * np.arcsin(0.25) < found.ic.high
    assert found.hit.low is not None and found.hit.low > 0.6
    assert found.chance is not None and found.chance < 0.001
    assert found.first_half.value == pytest.approx(found.second_half.value, abs=0.06)
    for half in (found.first_half, found.second_half):
        assert half.low is not None and half.high is not None
        assert half.low < half.value < half.high


def test_slow_series_that_know_nothing_of_each_other_are_seldom_taken_for_a_find() -> None:
    """As if entries were independent, four of five such pairs would be finds at 5 %."""
    chances = []
    for seed in range(40):
        found = predict(slow(seed), slow(1_000 + seed), 100, 1)
        assert found is not None and found.chance is not None
        chances.append(found.chance)
    assert sum(chance < 0.05 for chance in chances) <= 6
    assert sum(chance < 0.5 for chance in chances) >= 10


def test_too_few_blocks_give_no_interval() -> None:
    found = predict(noise(1, 100), noise(2, 100), 20, 1)
    assert found is not None
    assert found.blocks < LEAST_BLOCKS
    assert (found.ic.low, found.hit.high, found.chance) == (None, None, None)


def test_hits_leave_out_moves_of_zero() -> None:
    signal = np.tile([1.0, -1.0, 1.0, 1.0], 100)
    outcome = np.tile([2.0, -3.0, -1.0, 0.0], 100)
    found = predict(signal, outcome, 4, 1)
    assert found is not None
    assert found.hit.value == pytest.approx(2.0 / 3.0)


def test_the_mean_of_blocks_is_wider_where_entries_hang_together() -> None:
    independent, together = block_mean(noise(3), 100, 1), block_mean(slow(3) / 5.0, 100, 1)
    assert independent.low is not None and independent.high is not None
    assert together.low is not None and together.high is not None
    assert independent.low < 0.0 < independent.high
    assert together.high - together.low > 3.0 * (independent.high - independent.low)


def test_false_discoveries_are_those_of_benjamini_and_hochberg() -> None:
    adjusted = false_discoveries([0.01, None, 0.04, 0.03, 0.5])
    assert adjusted == [
        pytest.approx(0.04),
        None,
        pytest.approx(0.16 / 3),
        pytest.approx(0.16 / 3),
        pytest.approx(0.5),
    ]

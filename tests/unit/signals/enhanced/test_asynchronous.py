"""Correlation of prices that move at moments of their own."""

import math
import random

import numpy as np
import pytest

from trading_agent.domain.errors import InvariantError
from trading_agent.domain.units import MILLISECOND
from trading_agent.signals.enhanced.asynchronous import (
    PricePath,
    asynchronous_correlation,
    best_lag,
)


def a_path(times: list[int], prices: list[float]) -> PricePath:
    return PricePath(np.array(times, np.int64), np.array(prices, np.float64))


def by_pairs(first: PricePath, second: PricePath, lag: int) -> float:
    """Every pair of moves, overlapping or not."""
    covariance = 0.0
    for i in range(1, len(first.at)):
        for j in range(1, len(second.at)):
            starts = max(first.at[i - 1], second.at[j - 1] - lag)
            ends = min(first.at[i], second.at[j] - lag)
            if starts < ends:
                move = first.log_price[i] - first.log_price[i - 1]
                covariance += move * (second.log_price[j] - second.log_price[j - 1])
    squares = (float((np.diff(it.log_price) ** 2).sum()) for it in (first, second))
    return covariance / math.sqrt(math.prod(squares))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("lag", [0, 7, -12, 500])
def test_it_is_the_sum_over_overlapping_pairs(seed: int, lag: int) -> None:
    dice = random.Random(seed)
    paths = []
    for _ in range(2):
        times = sorted(dice.sample(range(100), 30))
        paths.append(a_path(times, [dice.gauss(0.0, 1.0) for _ in times]))
    assert asynchronous_correlation(*paths, lag) == pytest.approx(
        by_pairs(*paths, lag), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("lag_ms", [0, 300, -300])
def test_a_planted_lead_is_found_below_a_second(lag_ms: int) -> None:
    """Two prices seen at random moments of one hidden walk, one of them late."""
    dice = random.Random(4)
    hidden = np.cumsum([dice.gauss(0.0, 1e-4) for _ in range(40_000)])
    paths = []
    for delay in (max(-lag_ms, 0), max(lag_ms, 0)):
        steps = sorted(dice.sample(range(40_000), 3_000))
        paths.append(a_path([(s * 10 + delay) * MILLISECOND for s in steps], list(hidden[steps])))
    lags = [step * 50 * MILLISECOND for step in range(-20, 21)]
    found = best_lag(paths[0], paths[1], lags)
    assert found is not None
    assert found[0] == pytest.approx(lag_ms * MILLISECOND, abs=50 * MILLISECOND)
    assert found[1] > 0.5


def test_what_does_not_move_is_related_to_nothing() -> None:
    moving, still = a_path([0, 1, 2], [0.0, 1.0, 0.5]), a_path([0, 1, 2], [1.0, 1.0, 1.0])
    assert math.isnan(asynchronous_correlation(moving, still, 0))
    assert best_lag(moving, still, range(3)) is None


def test_times_must_rise() -> None:
    with pytest.raises(InvariantError):
        asynchronous_correlation(a_path([0, 0], [0.0, 1.0]), a_path([0, 1], [0.0, 1.0]), 0)

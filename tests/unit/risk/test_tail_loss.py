"""Losses in the tail, by definition and against the closed forms of the normal distribution."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_agent.risk.tail_loss import expected_shortfall

RETURNS = [-0.05, -0.03, -0.02, -0.01, 0.0, 0.0, 0.01, 0.01, 0.02, 0.04]


def test_the_mean_of_what_lies_beyond() -> None:
    assert expected_shortfall(RETURNS, 0.1) == pytest.approx(0.05)
    assert expected_shortfall(RETURNS, 0.2) == pytest.approx(0.04)
    # One return and half of the next.
    assert expected_shortfall(RETURNS, 0.15) == pytest.approx((0.05 + 0.5 * 0.03) / 1.5)


def test_a_share_of_less_than_one_return_is_the_worst_one() -> None:
    assert expected_shortfall(RETURNS, 0.01) == pytest.approx(0.05)


def test_normal_returns_lose_what_the_normal_distribution_says() -> None:
    count = 100_000
    normal = [NormalDist().inv_cdf((place + 0.5) / count) for place in range(count)]
    assert expected_shortfall(normal, 0.01) == pytest.approx(2.6652142203, abs=1e-3)


@given(st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=300), st.sampled_from((0.01, 0.05, 0.3)))
def test_the_mean_beyond_is_no_smaller_than_where_it_begins(
    returns: list[float], tail: float
) -> None:
    begins = -sorted(returns)[math.ceil(len(returns) * tail) - 1]
    assert expected_shortfall(returns, tail) >= begins - 1e-12
    assert expected_shortfall(returns, tail) <= -min(returns) + 1e-12

"""Ratios against published figures and against sums done another way."""

import math
from collections.abc import Callable
from fractions import Fraction
from statistics import fmean, stdev
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_agent.portfolio.performance import (
    cagr,
    calmar,
    equity_of,
    max_drawdown,
    probabilistic_sharpe,
    probability_above,
    returns_of,
    sharpe,
    sharpe_standard_error,
    sortino,
    trade_figures,
)

EXACT: Final = 1e-9
RATIOS: Final = (sharpe, sortino, cagr, calmar, probabilistic_sharpe)

daily = st.floats(-0.5, 0.5, allow_nan=False, width=32)


def the_series() -> list[float]:
    """Two years of fat-tailed days: Student's t with four degrees, the series whose figures
    empyrical-reloaded and quantstats agree on."""
    dice = np.random.default_rng(20240601)  # noqa: TID251 - the published seed's generator
    return [float(day) for day in 0.0005 + 0.02 * dice.standard_t(4, 730)]


@pytest.mark.parametrize(
    ("measure", "expected", "decimals"),
    [
        (sharpe, 1.348651, 6),
        (sortino, 2.021176, 6),
        (max_drawdown, -0.3432522, 7),
        (cagr, 0.7683528, 7),
        (calmar, 2.2384497, 7),
    ],
)
def test_the_published_figures_come_out(
    measure: Callable[[list[float]], float], expected: float, decimals: int
) -> None:
    figure = measure(the_series())
    # Some were published cut off, some rounded: the last decimal may be one off.
    assert abs(figure - expected) < 10.0**-decimals


def test_a_year_of_252_days_would_give_another_sharpe() -> None:
    assert sharpe(the_series(), 252) == pytest.approx(1.1206, abs=5e-5)


def test_the_published_standard_error_and_probability_come_out() -> None:
    error = sharpe_standard_error(0.12, 365, -0.5, 6.0)
    assert error == pytest.approx(0.054420, abs=5e-7)
    assert probability_above(0.12, error) == pytest.approx(0.986275, abs=5e-7)
    assert 0.12 * math.sqrt(365) == pytest.approx(2.29, abs=5e-3)
    assert 1.96 * error * math.sqrt(365) == pytest.approx(2.04, abs=5e-3)


def plain_sharpe(days: list[float]) -> float:
    return fmean(days) / stdev(days) * math.sqrt(365)


def plain_sortino(days: list[float]) -> float:
    squares = math.fsum(day * day for day in days if day < 0)
    return fmean(days) / math.sqrt(squares / len(days)) * math.sqrt(365)


def plain_drawdown(days: list[float]) -> float:
    equity = peak = Fraction(1)
    deepest = Fraction(0)
    for day in days:
        equity *= 1 + Fraction(day)
        peak = max(peak, equity)
        deepest = min(deepest, equity / peak - 1)
    return float(deepest)


def plain_growth(days: list[float]) -> float:
    total = math.fsum(math.log1p(day) for day in days)
    return math.expm1(total * 365 / len(days))


def plain_calmar(days: list[float]) -> float:
    return plain_growth(days) / -plain_drawdown(days)


@pytest.mark.parametrize(
    ("measure", "oracle"),
    [
        (sharpe, plain_sharpe),
        (sortino, plain_sortino),
        (max_drawdown, plain_drawdown),
        (cagr, plain_growth),
        (calmar, plain_calmar),
    ],
)
def test_ratios_equal_sums_done_another_way(
    measure: Callable[[list[float]], float], oracle: Callable[[list[float]], float]
) -> None:
    days = the_series()
    for part in (days, days[:30], days[100:400]):
        assert measure(part) == pytest.approx(oracle(part), rel=EXACT)


def test_the_moments_of_the_estimate_equal_sums_done_another_way() -> None:
    days = the_series()
    middle = fmean(days)
    second, third, fourth = (
        math.fsum((day - middle) ** power for day in days) / len(days) for power in (2, 3, 4)
    )
    ratio = middle / stdev(days)
    skewness, kurtosis = third / second**1.5, fourth / second**2
    spread = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2
    error = math.sqrt(spread / 729)
    estimate = probabilistic_sharpe(days, 0.01)
    assert estimate is not None
    assert estimate.observations == 730
    assert estimate.sharpe == pytest.approx(ratio, rel=EXACT)
    assert estimate.standard_error == pytest.approx(error, rel=EXACT)
    above = 0.5 * math.erfc((0.01 - ratio) / error / math.sqrt(2))
    assert estimate.probability == pytest.approx(above, rel=EXACT)


@pytest.mark.parametrize("measure", RATIOS)
def test_ratios_of_fewer_than_thirty_returns_are_not_given(
    measure: Callable[[list[float]], object],
) -> None:
    days = the_series()
    assert measure(days[:29]) is None
    assert measure([]) is None
    assert measure(days[:30]) is not None


@pytest.mark.parametrize("measure", [sharpe, sortino, calmar, probabilistic_sharpe])
def test_what_would_divide_by_nothing_is_not_given(
    measure: Callable[[list[float]], object],
) -> None:
    assert measure([0.001] * 40) is None
    assert measure([0.0] * 40) is None


@pytest.mark.parametrize("measure", [*RATIOS, max_drawdown, equity_of, trade_figures])
@pytest.mark.parametrize("poison", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_an_error(
    measure: Callable[[list[float]], object], poison: float
) -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        measure([*the_series()[:40], poison])


@pytest.mark.parametrize("measure", [*RATIOS, max_drawdown])
def test_nobody_loses_more_than_everything(measure: Callable[[list[float]], object]) -> None:
    with pytest.raises(ValueError, match="more than everything"):
        measure([*the_series()[:40], -1.01])


def test_losing_everything_is_a_drawdown_of_one_and_growth_of_minus_one() -> None:
    days = [*[0.01] * 39, -1.0]
    assert max_drawdown(days) == -1.0
    assert cagr(days) == -1.0
    assert calmar(days) == -1.0


def test_a_drawdown_counts_from_the_start() -> None:
    assert max_drawdown([-0.1, 0.05]) == pytest.approx(-0.1, rel=EXACT)
    assert max_drawdown([0.1, 0.2]) == 0.0
    assert max_drawdown([]) == 0.0


def test_a_curve_of_equity_that_is_not_positive_has_no_returns() -> None:
    for curve in ([100.0, 0.0], [-1.0, 1.0]):
        with pytest.raises(ValueError, match="positive"):
            returns_of(curve)


def test_figures_of_trades() -> None:
    figures = trade_figures([3.0, -1.0, 0.0, 2.0, -1.5])
    assert figures is not None
    assert (figures.trades, figures.win_rate) == (5, 0.4)
    assert figures.profit_factor == pytest.approx(2.0, rel=EXACT)
    assert figures.expectancy == pytest.approx(0.5, rel=EXACT)
    assert trade_figures([]) is None
    without_loss = trade_figures([1.0, 0.0])
    assert without_loss is not None
    assert without_loss.profit_factor is None


def test_moments_that_no_distribution_has_are_an_error() -> None:
    with pytest.raises(ValueError, match="moments"):
        sharpe_standard_error(1.0, 100, 50.0, 3.0)
    with pytest.raises(ValueError, match="observations"):
        sharpe_standard_error(1.0, 1, 0.0, 3.0)
    with pytest.raises(ValueError, match="positive standard error"):
        probability_above(1.0, 0.0)


@given(st.lists(daily, min_size=1, max_size=60))
def test_equity_and_returns_are_each_others_inverse(days: list[float]) -> None:
    assert returns_of(equity_of(days)) == pytest.approx(days, rel=1e-6, abs=EXACT)


@given(st.lists(daily, min_size=1, max_size=60))
def test_a_drawdown_is_a_share_and_deepens_with_more_days(days: list[float]) -> None:
    depths = [max_drawdown(days[:count]) for count in range(len(days) + 1)]
    assert all(-1.0 <= depth <= 0.0 for depth in depths)
    assert depths == sorted(depths, reverse=True)

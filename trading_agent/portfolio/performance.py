"""How good a series of returns or of trades was, in figures that say when they mean nothing.

Returns are simple, one a period, oldest first; crypto trades every day, so a year of daily
returns has 365. A ratio is None (n/a) below `LEAST_OBSERVATIONS` returns, or where it would
divide by nothing; ValueError for NaN, infinity and a return below -1.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

PERIODS_PER_YEAR: Final = 365
LEAST_OBSERVATIONS: Final = 30

Series = Sequence[float] | NDArray[np.float64]


class SharpeEstimate(Struct, frozen=True, kw_only=True):
    """The Sharpe ratio of one period, not annualised, and how far to trust it.

    `probability`: that the true ratio is above the benchmark (probabilistic Sharpe ratio).
    """

    sharpe: float
    standard_error: float
    probability: float
    observations: int


class TradeFigures(Struct, frozen=True, kw_only=True):
    """Of closed trades. `expectancy`: mean result, in the unit of the results.
    `profit_factor`: gains over losses, None without a loss."""

    trades: int
    win_rate: float
    profit_factor: float | None
    expectancy: float


def returns_of(equity: Series) -> NDArray[np.float64]:
    """The returns between the points of an equity curve. ValueError where it is not positive."""
    curve = _finite(equity)
    if bool((curve <= 0.0).any()):
        raise ValueError("equity must be positive to have returns")
    return curve[1:] / curve[:-1] - 1.0


def equity_of(returns: Series) -> NDArray[np.float64]:
    """The curve of one unit of money, the starting 1.0 included."""
    curve: NDArray[np.float64] = np.concatenate(([1.0], np.cumprod(1.0 + _returns(returns))))
    return curve


def sharpe(returns: Series, periods_per_year: int = PERIODS_PER_YEAR) -> float | None:
    """Mean over standard deviation (n - 1), annualised; nothing is deducted for a riskless rate."""
    ratio = _sharpe_of_a_period(_returns(returns))
    return None if ratio is None else ratio * math.sqrt(periods_per_year)


def sortino(returns: Series, periods_per_year: int = PERIODS_PER_YEAR) -> float | None:
    """Mean over the root mean square of the losses, counted over all periods; annualised."""
    series = _returns(returns)
    if len(series) < LEAST_OBSERVATIONS:
        return None
    downside = math.sqrt(float(np.mean(np.minimum(series, 0.0) ** 2)))
    if downside == 0.0:
        return None
    return float(series.mean()) / downside * math.sqrt(periods_per_year)


def cagr(returns: Series, periods_per_year: int = PERIODS_PER_YEAR) -> float | None:
    """Compound growth a year as a fraction. None below the least observations: a few days
    raised to a year say nothing."""
    series = _returns(returns)
    if len(series) < LEAST_OBSERVATIONS:
        return None
    growth = float(np.prod(1.0 + series))
    try:
        return math.pow(growth, periods_per_year / len(series)) - 1.0
    except OverflowError:
        return None


def max_drawdown(returns: Series) -> float:
    """The deepest fall below an earlier peak, as a fraction from -1 to 0; the start counts as
    a peak. Known from the first return on."""
    curve = equity_of(returns)
    return float((curve / np.maximum.accumulate(curve) - 1.0).min())


def calmar(returns: Series, periods_per_year: int = PERIODS_PER_YEAR) -> float | None:
    """Compound growth a year over the deepest drawdown."""
    growth = cagr(returns, periods_per_year)
    depth = -max_drawdown(returns)
    return None if growth is None or depth == 0.0 else growth / depth


def sharpe_standard_error(
    ratio: float, observations: int, skewness: float, kurtosis: float
) -> float:
    """Of a one-period Sharpe ratio (Bailey and López de Prado 2012). `kurtosis` of a normal
    distribution is 3. ValueError below two observations, or where the moments contradict."""
    if observations < 2:
        raise ValueError(f"{observations} observations have no standard error")
    spread = 1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio
    if not (math.isfinite(spread) and spread >= 0.0):
        raise ValueError("no distribution has these moments")
    return math.sqrt(spread / (observations - 1))


def probability_above(ratio: float, standard_error: float, benchmark: float = 0.0) -> float:
    """That the true one-period Sharpe ratio exceeds `benchmark`. ValueError for a standard
    error that is not positive."""
    if not (math.isfinite(ratio) and math.isfinite(benchmark) and 0.0 < standard_error < math.inf):
        raise ValueError("a probability needs finite ratios and a positive standard error")
    return NormalDist().cdf((ratio - benchmark) / standard_error)


def probabilistic_sharpe(returns: Series, benchmark: float = 0.0) -> SharpeEstimate | None:
    """The Sharpe ratio of one period beside `benchmark`, which is of one period too."""
    series = _returns(returns)
    ratio = _sharpe_of_a_period(series)
    if ratio is None:
        return None
    centred = series - series.mean()
    variance = float(np.mean(centred**2))
    skewness = float(np.mean(centred**3)) / variance**1.5
    kurtosis = float(np.mean(centred**4)) / variance**2
    error = sharpe_standard_error(ratio, len(series), skewness, kurtosis)
    if error == 0.0:
        return None
    return SharpeEstimate(
        sharpe=ratio,
        standard_error=error,
        probability=probability_above(ratio, error, benchmark),
        observations=len(series),
    )


def trade_figures(results: Series) -> TradeFigures | None:
    """Of the results of closed trades, fees included; one that came to nothing is no win.
    None without trades."""
    series = _finite(results)
    if len(series) == 0:
        return None
    gains = float(series[series > 0.0].sum())
    losses = -float(series[series < 0.0].sum())
    return TradeFigures(
        trades=len(series),
        win_rate=float(np.mean(series > 0.0)),
        profit_factor=gains / losses if losses > 0.0 else None,
        expectancy=float(series.mean()),
    )


def _sharpe_of_a_period(series: NDArray[np.float64]) -> float | None:
    # Equal returns have a deviation that is rounding noise, not zero.
    if len(series) < LEAST_OBSERVATIONS or float(np.ptp(series)) == 0.0:
        return None
    deviation = float(series.std(ddof=1))
    return None if deviation == 0.0 else float(series.mean()) / deviation


def _returns(given: Series) -> NDArray[np.float64]:
    series = _finite(given)
    if bool((series < -1.0).any()):
        raise ValueError("a return below -1 loses more than everything")
    return series


def _finite(given: Series) -> NDArray[np.float64]:
    series: NDArray[np.float64] = np.asarray(given, dtype=np.float64)
    if series.ndim != 1:
        raise ValueError(f"a series has one dimension, not {series.ndim}")
    if not bool(np.isfinite(series).all()):
        raise ValueError("NaN or infinity in a series")
    return series

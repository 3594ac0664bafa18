"""Correlation of two prices that do not move at the same moments, without putting them on a grid:
every move counts with all moves of the other that it overlaps in time (T. Hayashi and N. Yoshida,
On Covariance Estimation of Non-synchronously Observed Diffusion Processes, 2005; with a lag:
M. Hoffmann, M. Rosenbaum and N. Yoshida, Estimation of the Lead-Lag Parameter, 2013).
"""

import math
from collections.abc import Iterable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from trading_agent.domain.errors import InvariantError


class PricePath(Struct, frozen=True):
    """Log prices at the moments they changed: `at` in nanoseconds, rising; equally long."""

    at: NDArray[np.int64]
    log_price: NDArray[np.float64]


def asynchronous_correlation(first: PricePath, second: PricePath, lag: int) -> float:
    """At a positive `lag` (nanoseconds) the second follows the first by that long. NaN when one
    does not move. InvariantError when times do not rise. Few overlaps may carry it beyond 1."""
    for path in (first, second):
        if np.any(np.diff(path.at) <= 0):
            raise InvariantError("the times of a price path must rise")
    moves = np.diff(first.log_price)
    scale = math.sqrt(_sum_of_squares(first) * _sum_of_squares(second))
    if scale == 0.0:
        return math.nan
    # Moves of the other that overlap one stand together: their sum is a difference of two prices.
    times, last = second.at - lag, len(second.at) - 1
    start = np.searchsorted(times, first.at[:-1], side="right") - 1
    end = np.searchsorted(times, first.at[1:], side="left")
    other = second.log_price
    overlapping = other[np.clip(end, 0, last)] - other[np.clip(start, 0, last)]
    return float((moves * overlapping).sum()) / scale


def best_lag(first: PricePath, second: PricePath, lags: Iterable[int]) -> tuple[int, float] | None:
    """The lag (nanoseconds) with the largest absolute correlation, the first of equals; None when
    there is none."""
    found = [(lag, asynchronous_correlation(first, second, lag)) for lag in lags]
    known = [it for it in found if math.isfinite(it[1])]
    return max(known, key=lambda it: abs(it[1]), default=None)


def _sum_of_squares(path: PricePath) -> float:
    return float((np.diff(path.log_price) ** 2).sum())

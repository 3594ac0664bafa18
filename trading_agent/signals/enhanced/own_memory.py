"""How much less a comparison of two series is worth when both follow themselves."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LAGS: Final = 10
"""Entries over which a series is asked whether it follows itself."""


def variance_inflation(x: Floats, y: Floats) -> float:
    """By how much the variance of their sum of products exceeds that of series that do not follow
    themselves (M. S. Bartlett, 1946); never below 1. Both with mean 0, and 0 where missing."""
    own = [_own_correlation(x, lag) * _own_correlation(y, lag) for lag in range(1, _LAGS + 1)]
    return max(1.0 + 2.0 * math.fsum(own), 1.0)


def _own_correlation(x: Floats, lag: int) -> float:
    total = float(x @ x)
    return float(x[lag:] @ x[:-lag]) / total if total > 0.0 else 0.0

"""Who leads whom: one-second returns of tracked symbols compared at leads either way.

A correlation is significant against a self-normalised bound: the sum of products over the root of
the sum of their squares is about normal when the two are unrelated, whatever their volatility does
(H. White, 1980; the wild swings the two share do not count as relation). Series that follow
themselves have fewer independent samples (M. S. Bartlett, 1946). The best of many lags must clear
the bound of the best of many (Z. Šidák, 1967).
"""

import math
from collections.abc import Sequence
from itertools import combinations
from statistics import NormalDist
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from trading_agent.domain.errors import InvariantError
from trading_agent.signals.enhanced.own_memory import variance_inflation
from trading_agent.signals.enhanced.settings import CrossAssetParameters
from trading_agent.signals.enhanced.transfer import transfer_entropy

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_MINUTE: Final = 60
_LEAST: Final = 1e-300


class LeadLag(Struct, frozen=True):
    """Over the window that ends with `second` (seconds UTC). `lag_seconds` 0: they move together
    and nobody leads. `bound`: what |correlation| must reach to be significant; `n` seconds with
    both. `transfer_bits`: what the direction of the leader's move that long before (1 s when 0)
    tells of the direction of the follower's, significant or not."""

    leader: str
    follower: str
    second: int
    lag_seconds: int
    correlation: float
    bound: float
    n: int
    significant: bool
    transfer_bits: float
    transfer_significant: bool

    @property
    def speaks(self) -> bool:
        """Whether the leader's moves say anything of the follower's to come: it leads, and that
        tells more than the follower's own moves do."""
        return self.significant and self.lag_seconds > 0 and self.transfer_significant


class CrossAssetFlow:
    """The last minutes of one-second log returns of every symbol, and what they tell of pairs."""

    def __init__(self, symbols: Sequence[str], parameters: CrossAssetParameters) -> None:
        """InvariantError when a symbol is named twice."""
        if len(frozenset(symbols)) != len(symbols):
            raise InvariantError("a symbol is tracked twice")
        self._parameters = parameters
        self._length = parameters.window_minutes * _MINUTE
        self._rows = {symbol: row for row, symbol in enumerate(symbols)}
        self._returns = np.full((len(symbols), self._length), np.nan)
        self._pairs = tuple(combinations(symbols, 2))
        self._next_pair = 0
        self._newest: int | None = None
        self.refused = 0

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        return self._pairs

    def add(self, symbol: str, second: int, log_return: float) -> None:
        """The move of a symbol over one second (seconds UTC), once it is known; NaN when it will
        never be. Seconds that nobody tells of are missing. A second told twice or too late for
        the window is refused and counted."""
        self._open(second)
        if self._newest is None or self._newest - second >= self._length:
            self.refused += 1
            return
        place = (self._rows[symbol], second % self._length)
        if not math.isnan(self._returns[place]):
            self.refused += 1
            return
        self._returns[place] = log_return if math.isfinite(log_return) else math.nan

    def add_seconds(self, symbol: str, seconds: Integers, log_returns: Floats) -> None:
        """The same for many seconds at once, rising."""
        for second, log_return in zip(seconds.tolist(), log_returns.tolist(), strict=True):
            self.add(symbol, second, log_return)

    def lead_lag(self, first: str, second: str) -> LeadLag | None:
        """None while too few seconds are known of both, or one does not move."""
        if self._newest is None:
            return None
        return compare(
            (first, self._window(first, self._newest)),
            (second, self._window(second, self._newest)),
            self._newest,
            self._parameters,
        )

    def refresh(self, count: int) -> tuple[tuple[tuple[str, str], LeadLag | None], ...]:
        """The next `count` pairs in turn, so that the work of many pairs is spread over time; None
        for one of which too little is known."""
        found = []
        for _ in range(min(count, len(self._pairs))):
            pair = self._pairs[self._next_pair]
            found.append((pair, self.lead_lag(*pair)))
            self._next_pair = (self._next_pair + 1) % len(self._pairs)
        return tuple(found)

    def _open(self, second: int) -> None:
        """Seconds up to this one begin as missing."""
        if self._newest is None:
            self._newest = second
        new = min(max(second - self._newest, 0), self._length)
        for fresh in range(second - new + 1, second + 1):
            self._returns[:, fresh % self._length] = np.nan
        self._newest = max(self._newest, second)

    def _window(self, symbol: str, newest: int) -> Floats:
        """Oldest first."""
        return np.roll(self._returns[self._rows[symbol]], -(newest + 1) % self._length)


def compare(
    first: tuple[str, Floats], second: tuple[str, Floats], at: int, parameters: CrossAssetParameters
) -> LeadLag | None:
    """Two named series, a value a second that end together, NaN where missing."""
    correlations, bounds, counts = correlations_by_lag(
        first[1], second[1], parameters.most_lag, parameters.false_alarms
    )
    enough = (counts >= parameters.least_pairs) & np.isfinite(correlations)
    if not enough.any():
        return None
    # By how far over its bound, so that a lag with few samples is not best by luck.
    best = int(np.argmax(np.where(enough, np.abs(correlations) / np.maximum(bounds, _LEAST), -1.0)))
    lag = best - parameters.most_lag
    leader, follower = (first, second) if lag >= 0 else (second, first)
    transfer = transfer_entropy(
        leader[1],
        follower[1],
        max(abs(lag), 1),
        _each(parameters.false_alarms, 2 * parameters.most_lag + 1),
    )
    return LeadLag(
        leader=leader[0],
        follower=follower[0],
        second=at,
        lag_seconds=abs(lag),
        correlation=float(correlations[best]),
        bound=float(bounds[best]),
        n=int(counts[best]),
        significant=bool(abs(correlations[best]) > bounds[best]),
        transfer_bits=transfer.bits,
        transfer_significant=transfer.significant,
    )


def correlations_by_lag(
    first: Floats, second: Floats, most_lag: int, false_alarms: float
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Correlation, its bound and the samples at lags -most_lag to most_lag: at a positive lag the
    second series follows the first. NaN where nothing moves in both."""
    x, x_known = _centred(first)
    y, y_known = _centred(second)
    x_squares, y_squares = x * x, y * y
    squares = _lagged(y_known, x_squares, most_lag) * _lagged(y_squares, x_known, most_lag)
    scale = np.sqrt(np.where(squares > 0.0, squares, np.nan))
    counts = _lagged(y_known, x_known, most_lag).astype(np.int64)
    z = NormalDist().inv_cdf(1.0 - _each(false_alarms, 2 * most_lag + 1) / 2.0)
    inflation = math.sqrt(variance_inflation(x, y))
    bounds = z * inflation * np.sqrt(_lagged(y_squares, x_squares, most_lag)) / scale
    return _lagged(y, x, most_lag) / scale, bounds, counts


def _lagged(later: Floats, series: Floats, most_lag: int) -> Floats:
    """Sums of products with the other series as of -most_lag to most_lag entries later."""
    rows = sliding_window_view(np.pad(later, most_lag), len(later))
    sums: Floats = np.einsum("ij,j->i", rows, series)
    return sums


def _centred(returns: Floats) -> tuple[Floats, Floats]:
    """Less their mean, 0 where missing; and 1 where known."""
    known = np.isfinite(returns)
    if not known.any():
        return np.zeros(len(returns)), known.astype(np.float64)
    mean = float(returns[known].mean())
    return np.where(known, returns - mean, 0.0), known.astype(np.float64)


def _each(false_alarms: float, comparisons: int) -> float:
    """What one of many comparisons may err for all together to err as often as asked."""
    return -math.expm1(math.log1p(-false_alarms) / comparisons)

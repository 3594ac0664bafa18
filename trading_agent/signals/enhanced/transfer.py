"""Transfer entropy between two series of returns, in three states: down, flat, up.

T. Schreiber, Measuring Information Transfer (2000), with one step of the follower's own past.
Twice the entropy in nats times the number of samples is the likelihood ratio against "the leader
adds nothing" and asymptotically chi-square (L. Barnett and T. Bossomaier, Transfer Entropy as a
Log-Likelihood Ratio, 2012). Its mean under independence, the degrees of freedom over twice the
samples, is what few samples add to the entropy (S. Panzeri and A. Treves, 1996), and is taken off.
The bound is analytic rather than by shuffles: the same inputs give the same answer without dice,
at a hundredth of the cost.
"""

import math
from statistics import NormalDist

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STATES = 3
_FLAT_SHARE = 0.5
"""Moves up to this share of the mean absolute move are flat: near a third each when normal."""


class Transfer(Struct, frozen=True):
    """`bits` corrected for few samples, at least 0. `raw_bits` against `bound_bits` decides."""

    bits: float
    raw_bits: float
    bound_bits: float
    samples: int

    @property
    def significant(self) -> bool:
        return self.raw_bits > self.bound_bits


def transfer_entropy(leader: Floats, follower: Floats, lag: int, false_alarms: float) -> Transfer:
    """From the leader's return `lag` (1 or more) seconds before into the follower's, beyond what
    the follower's own last return says. Equally long, a value a second, NaN where missing;
    a sample needs all three."""
    cause = _states(leader)[: len(leader) - lag]
    effect = _states(follower)
    now, past = effect[lag:], effect[lag - 1 : len(effect) - 1]
    known = (cause >= 0) & (now >= 0) & (past >= 0)
    samples = int(known.sum())
    if samples == 0:
        return Transfer(0.0, 0.0, 0.0, 0)
    cells = (past[known] * _STATES + cause[known]) * _STATES + now[known]
    counts = np.bincount(cells, minlength=_STATES**3).reshape((_STATES,) * 3).astype(np.float64)
    nats, freedom = _conditional_information(counts)
    # Bits of a chi-square: its value over twice the samples, by the logarithm of two.
    unit = 2.0 * samples * math.log(2.0)
    raw = nats / math.log(2.0)
    bound = chi_square_bound(freedom, false_alarms) / unit
    return Transfer(max(raw - freedom / unit, 0.0), raw, bound, samples)


def chi_square_bound(freedom: int, false_alarms: float) -> float:
    """What a chi-square exceeds that rarely, by Wilson and Hilferty (1931): within 1 % for the
    bounds that matter here. 0 without freedom."""
    if freedom == 0:
        return 0.0
    spread = 2.0 / (9.0 * freedom)
    z = NormalDist().inv_cdf(1.0 - false_alarms)
    return freedom * (1.0 - spread + z * math.sqrt(spread)) ** 3


def _states(returns: Floats) -> NDArray[np.int64]:
    """0 down, 1 flat, 2 up; -1 where missing."""
    known = np.isfinite(returns)
    states = np.full(len(returns), -1, np.int64)
    if known.any():
        flat = _FLAT_SHARE * float(np.abs(returns[known]).mean())
        moves = returns[known]
        states[known] = 1 + (moves > flat).astype(np.int64) - (moves < -flat)
    return states


def _conditional_information(counts: Floats) -> tuple[float, int]:
    """Nats of I(now; cause | past) from counts by past, cause, now, and degrees of freedom: of
    each past what rows and columns that occur leave free."""
    nats, freedom = 0.0, 0
    total = float(counts.sum())
    for table in counts:
        rows, columns = table.sum(axis=1), table.sum(axis=0)
        if rows.sum() == 0.0:
            continue
        seen = table > 0.0
        ratio = table * rows.sum() / np.maximum(rows[:, None] * columns[None, :], 1.0)
        nats += float((table[seen] * np.log(ratio[seen])).sum()) / total
        freedom += int(((rows > 0.0).sum() - 1) * ((columns > 0.0).sum() - 1))
    return max(nats, 0.0), freedom

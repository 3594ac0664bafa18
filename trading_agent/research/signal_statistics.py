"""Whether one series predicts another: rank correlation, hit rate, and how sure one can be.

Samples a tenth of a second apart are not independent, and returns over a minute overlap six
hundred times: every interval comes from resampling whole blocks of time, every null from the same
series shifted in time, which keeps all that each series has of itself and breaks only the tie
between the two.
"""

from functools import lru_cache
from random import Random
from typing import Any, Final

import numpy as np
from msgspec import Struct

Floats = np.ndarray[Any, np.dtype[np.float64]]

RESAMPLES: Final = 1_000
CONFIDENCE: Final = 0.95
LEAST_BLOCKS: Final = 8
"""With fewer blocks of time an interval says nothing, and none is given."""
_MOST_SHIFTS: Final = 2_000


class Estimate(Struct, frozen=True, kw_only=True):
    """A figure with its interval (95 %), None where there is too little to tell."""

    value: float
    low: float | None
    high: float | None


class Prediction(Struct, frozen=True, kw_only=True):
    """`n` pairs in `blocks` blocks of time. `ic`: Spearman's rank correlation; `hit`: the share
    of moves whose sign was foretold, moves of zero left out; `first_half`, `second_half`: the
    rank correlation in each, of half of the pairs; `chance`: how often the same series shifted in
    time correlates as much, None where there are too few shifts."""

    n: int
    blocks: int
    ic: Estimate
    hit: Estimate
    first_half: Estimate
    second_half: Estimate
    chance: float | None


def predict(signal: Floats, outcome: Floats, block: int, seed: int) -> Prediction | None:
    """`block`: entries of one block of time. None when either series never changes."""
    count = len(signal)
    if count < 2 * LEAST_BLOCKS:
        return None
    ranked, moved = standard_ranks(signal), standard_ranks(outcome)
    if ranked is None or moved is None:
        return None
    blocks = max(count // block, 1)
    draws = draw_blocks(blocks, seed)
    half = count // 2
    return Prediction(
        n=count,
        blocks=blocks,
        ic=_correlation(ranked, moved, block, draws),
        hit=_hit_rate(signal, outcome, block, draws),
        first_half=_of_half(signal[:half], outcome[:half], block, seed),
        second_half=_of_half(signal[half:], outcome[half:], block, seed),
        chance=_chance(ranked, moved, block),
    )


def _of_half(signal: Floats, outcome: Floats, block: int, seed: int) -> Estimate:
    ranked, moved = standard_ranks(signal), standard_ranks(outcome)
    if ranked is None or moved is None:
        return Estimate(value=0.0, low=None, high=None)
    return _correlation(ranked, moved, block, draw_blocks(max(len(signal) // block, 1), seed))


def rank_correlation(left: Floats, right: Floats) -> float:
    """Spearman's; 0 when either never changes."""
    first, second = standard_ranks(left), standard_ranks(right)
    if first is None or second is None:
        return 0.0
    return float(np.mean(first * second))


def false_discoveries(chances: list[float | None]) -> list[float | None]:
    """Benjamini and Hochberg's adjusted values: the share of false finds among all that are at
    least as sure."""
    known = sorted((chance, place) for place, chance in enumerate(chances) if chance is not None)
    adjusted: list[float | None] = [None] * len(chances)
    smallest = 1.0
    for rank in range(len(known), 0, -1):
        chance, place = known[rank - 1]
        smallest = min(smallest, chance * len(known) / rank)
        adjusted[place] = smallest
    return adjusted


def block_mean(values: Floats, block: int, seed: int) -> Estimate:
    """A mean and its interval."""
    blocks = max(len(values) // block, 1)
    draws = draw_blocks(blocks, seed)
    sums = _block_sums(values, block, blocks)
    counts = _block_sums(np.ones(len(values)), block, blocks)
    means = sums[draws].sum(axis=1) / counts[draws].sum(axis=1)
    return estimate_of(float(values.mean()), means, blocks)


def standard_ranks(values: Floats) -> Floats | None:
    """Mid-ranks with mean 0 and variance 1."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2.0)[inverse]
    spread = ranks.std()
    return None if spread == 0 else (ranks - ranks.mean()) / spread


def _correlation(ranked: Floats, moved: Floats, block: int, draws: Any) -> Estimate:
    blocks = draws.shape[1]
    parts = [
        _block_sums(each, block, blocks)[draws].sum(axis=1)
        for each in (np.ones(len(ranked)), ranked, moved, ranked**2, moved**2, ranked * moved)
    ]
    n, x, y, xx, yy, xy = parts
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = (n * xy - x * y) / np.sqrt((n * xx - x * x) * (n * yy - y * y))
    return estimate_of(float(np.mean(ranked * moved)), drawn[np.isfinite(drawn)], blocks)


def _hit_rate(signal: Floats, outcome: Floats, block: int, draws: Any) -> Estimate:
    blocks = draws.shape[1]
    counted = (signal != 0) & (outcome != 0)
    hits = counted & (np.sign(signal) == np.sign(outcome))
    of_all = _block_sums(counted.astype(np.float64), block, blocks)
    right = _block_sums(hits.astype(np.float64), block, blocks)
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = right[draws].sum(axis=1) / of_all[draws].sum(axis=1)
    value = float(hits.sum() / counted.sum()) if counted.any() else float("nan")
    return estimate_of(value, drawn[np.isfinite(drawn)], blocks)


def _chance(ranked: Floats, moved: Floats, block: int) -> float | None:
    """Against every shift in time by at least one block, at most so many of them."""
    count = len(ranked)
    if count < LEAST_BLOCKS * block:
        return None
    transformed = np.fft.rfft(ranked).conj() * np.fft.rfft(moved)
    shifted = np.fft.irfft(transformed, count) / count
    step = max((count - 2 * block) // _MOST_SHIFTS, 1)
    null = np.abs(shifted[block : count - block : step])
    return float((1 + np.count_nonzero(null >= abs(shifted[0]))) / (1 + len(null)))


@lru_cache(maxsize=16)
def draw_blocks(blocks: int, seed: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """As many blocks as there are, drawn with replacement, a thousand times."""
    noise = Random(seed).randbytes(8 * RESAMPLES * blocks)
    drawn = np.frombuffer(noise, np.uint64) % np.uint64(blocks)
    return drawn.astype(np.int64).reshape(RESAMPLES, blocks)


def _block_sums(values: Floats, block: int, blocks: int) -> Floats:
    """The last block takes what is left over."""
    starts = np.arange(blocks) * block
    sums: Floats = np.add.reduceat(values, starts)
    return sums


def estimate_of(value: float, drawn: Floats, blocks: int) -> Estimate:
    """`drawn`: the same figure of the resampled blocks."""
    if blocks < LEAST_BLOCKS or len(drawn) == 0:
        return Estimate(value=value, low=None, high=None)
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(drawn, (tail, 1.0 - tail))
    return Estimate(value=value, low=float(low), high=float(high))

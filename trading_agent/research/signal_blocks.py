"""Figures of samples that come at uneven times: whole blocks of time are resampled, whatever
number of samples each of them holds."""

from functools import lru_cache
from typing import Final

import numpy as np

from trading_agent.domain.units import SECOND
from trading_agent.research.signal_samples import Flags, Floats, Integers
from trading_agent.research.signal_statistics import (
    LEAST_BLOCKS,
    NOTHING,
    RESAMPLES,
    ZERO,
    Estimate,
    Luck,
    draw_blocks,
    estimate_of,
    standard_ranks,
)

SHORTEST_BLOCK_SECONDS: Final = 5.0
SPANS_A_BLOCK: Final = 2.0
MOST_BLOCKS: Final = 500

_HOUR: Final = 3_600.0 * SECOND
_COIN: Final = 0.5
"""The share of what is right by luck."""


class TimeBlocks:
    """The blocks of time that samples at `at` (nanoseconds) lie in."""

    def __init__(self, at: Integers, span: tuple[int, int], horizon: float, seed: int) -> None:
        """`span`: first and last nanosecond of the recording. `horizon`: seconds that outcomes
        look ahead; a block is twice as long."""
        self._span = max(span[1] - span[0], 1)
        self._length = round(block_seconds(self._span / SECOND, horizon) * SECOND)
        self.count = max(self._span // self._length, 1)
        # The last block takes what is left over.
        self.of = np.minimum((at - span[0]) // self._length, self.count - 1)
        self._weights = block_weights(self.count, seed)

    @property
    def seconds(self) -> float:
        """Of one block."""
        return self._length / SECOND

    def mean(self, values: Floats, chosen: Flags, luck: Luck = ZERO) -> Estimate:
        """Of the chosen ones; no number when none is."""
        of, kept = self.of[chosen], values[chosen]
        if not len(kept):
            return NOTHING
        sums: Floats = np.bincount(of, kept, self.count).astype(np.float64)
        counts = np.bincount(of, minlength=self.count).astype(np.float64)
        return self.ratio(float(kept.mean()), sums, counts, luck)

    def share(self, right: Flags, chosen: Flags) -> Estimate:
        """Of the chosen ones that are right; no number when none is chosen."""
        coins = Luck(_COIN, _COIN / max(int(chosen.sum()), 1) ** 0.5)
        return self.mean(right.astype(np.float64), chosen, coins)

    def median(self, values: Floats, chosen: Flags) -> Estimate:
        """Of the chosen ones; no number when none is."""
        if not chosen.any():
            return NOTHING
        order = np.argsort(values[chosen], kind="stable")
        of, ordered = self.of[chosen][order], values[chosen][order]
        blocks = len(np.unique(of))
        resampled = self._weights if blocks >= LEAST_BLOCKS else self._weights[:0]
        drawn = np.array([_middle(ordered, weights[of]) for weights in resampled])
        return estimate_of(float(np.median(ordered)), drawn[np.isfinite(drawn)], blocks)

    def rank_correlation(
        self, left: Floats, right: Floats, chosen: Flags, blocks: int | None = None
    ) -> Estimate | None:
        """Spearman's of the chosen ones; None when either never changes. `blocks`: in how many of
        them there is anything to learn from, where that is not all."""
        ranked, moved = standard_ranks(left[chosen]), standard_ranks(right[chosen])
        if ranked is None or moved is None:
            return None
        of = self.of[chosen]
        parts = (np.ones(len(ranked)), ranked, moved, ranked**2, moved**2, ranked * moved)
        sums = np.stack([np.bincount(of, part, self.count) for part in parts], axis=1)
        n, x, y, xx, yy, xy = (self._weights @ sums).T
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = (n * xy - x * y) / np.sqrt((n * xx - x * x) * (n * yy - y * y))
        value = float(np.mean(ranked * moved))
        held = int(np.count_nonzero(sums[:, 0])) if blocks is None else blocks
        return estimate_of(value, drawn[np.isfinite(drawn)], held)

    def means_by(self, values: Floats, group: Integers, groups: int) -> tuple[Floats, Floats]:
        """The mean of every group, and the same of every resample (a row each); not a number
        where a group has nothing."""
        place = self.of * groups + group
        size = self.count * groups
        sums = np.bincount(place, values, size).reshape(self.count, groups)
        counts = np.bincount(place, minlength=size).reshape(self.count, groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            whole = sums.sum(axis=0) / counts.sum(axis=0)
            drawn = (self._weights @ sums) / (self._weights @ counts)
        return whole, drawn

    def an_hour(self) -> Estimate:
        """How many of `at` come in an hour of the span."""
        counts = np.bincount(self.of, minlength=self.count).astype(np.float64)
        hours = np.full(self.count, self._length / _HOUR)
        hours[-1] = (self._span - (self.count - 1) * self._length) / _HOUR
        return self.ratio(len(self.of) / float(hours.sum()), counts, hours, None)

    def ratio(
        self, value: float, sums: Floats, counts: Floats, luck: Luck | None = ZERO
    ) -> Estimate:
        """Of two sums, each given by block; where nothing is counted nothing is summed."""
        held = np.flatnonzero(counts)
        # Few signals lie in few of many blocks: the others add nothing.
        weights = self._weights if len(held) == self.count else self._weights[:, held]
        above, below = (weights @ np.stack([sums[held], counts[held]], axis=1)).T
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = above / below
        blocks = int(np.count_nonzero(counts))
        return estimate_of(value, drawn[np.isfinite(drawn)], blocks, luck)


def _middle(ordered: Floats, weights: Floats) -> float:
    """The median of values that stand so often each."""
    below = np.cumsum(weights)
    whole = int(below[-1])
    if whole == 0:
        return float("nan")
    places = np.searchsorted(below, [(whole - 1) // 2, whole // 2], side="right")
    return float(ordered[places].mean())


def block_seconds(span: float, horizon: float) -> float:
    """Seconds of one block of a recording that lasts `span` seconds."""
    return max(SHORTEST_BLOCK_SECONDS, SPANS_A_BLOCK * horizon, span / MOST_BLOCKS)


@lru_cache(maxsize=16)
def block_weights(blocks: int, seed: int) -> Floats:
    """How often every block is drawn: a row a resample."""
    drawn = draw_blocks(blocks, seed)
    places = drawn + np.arange(RESAMPLES)[:, None] * blocks
    counted = np.bincount(places.ravel(), minlength=RESAMPLES * blocks)
    weights: Floats = counted.reshape(RESAMPLES, blocks).astype(np.float64)
    return weights

"""How sure a figure is: intervals from resampled blocks of time, chances, and what is left of them
where many questions were asked.

Samples a tenth of a second apart are not independent, and returns over a minute overlap six
hundred times: whole blocks of time are resampled, never samples.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from math import erfc, exp2, expm1, log1p, sqrt
from random import Random
from statistics import NormalDist
from typing import Any, Final, TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

Floats = np.ndarray[Any, np.dtype[np.float64]]

RESAMPLES: Final = 1_000
CONFIDENCE: Final = 0.95
LEAST_BLOCKS: Final = 8
"""With fewer blocks of time an interval says nothing, and none is given."""

_NORMAL: Final = NormalDist()

Judged = TypeVar("Judged", bound=Struct)


class Estimate(Struct, frozen=True, kw_only=True):
    """A figure with its interval (95 %), None where there is too little to tell. `chance`: how
    often luck alone would take a figure whose blocks of time differ as much as far from nothing:
    from 0, a share from a half; None where there is no interval, or nothing to be far from."""

    value: float
    low: float | None
    high: float | None
    chance: float | None = None

    @property
    def chance_above(self) -> float | None:
        """How often luck alone would take a figure whose nothing is 0 as far up as it is."""
        if self.chance is None:
            return None
        return self.chance / 2.0 if self.value > 0.0 else 1.0 - self.chance / 2.0


class Luck(Struct, frozen=True):
    """What a figure would be by luck alone, and the least that luck spreads it by."""

    nothing: float = 0.0
    spread: float = 0.0


NOTHING: Final = Estimate(value=float("nan"), low=None, high=None)
ZERO: Final = Luck()


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


def corrected(
    figures: Iterable[Judged],
    chance: Callable[[Judged], float | None],
    family: Callable[[Judged], Hashable] = lambda _: None,
) -> tuple[Judged, ...]:
    """With the `false_share` of each among all of its family."""
    told = list(figures)
    families: dict[Hashable, list[int]] = {}
    for place, each in enumerate(told):
        families.setdefault(family(each), []).append(place)
    for places in families.values():
        shares = false_discoveries([chance(told[place]) for place in places])
        for place, share in zip(places, shares, strict=True):
            told[place] = replace(told[place], false_share=share)
    return tuple(told)


def standard_ranks(values: Floats) -> Floats | None:
    """Mid-ranks with mean 0 and variance 1."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2.0)[inverse]
    spread = ranks.std()
    return None if spread == 0 else (ranks - ranks.mean()) / spread


def draw_blocks(blocks: int, seed: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """As many blocks as there are, drawn with replacement, a thousand times."""
    noise = Random(seed).randbytes(8 * RESAMPLES * blocks)
    drawn = np.frombuffer(noise, np.uint64) % np.uint64(blocks)
    return drawn.astype(np.int64).reshape(RESAMPLES, blocks)


def estimate_of(value: float, drawn: Floats, blocks: int, luck: Luck | None = ZERO) -> Estimate:
    """`drawn`: the same figure of the resampled blocks. The quantiles lie further out than 95 %
    where blocks are few: by as much as Student's distribution is wider than the normal one, and
    as resampled blocks differ less than new ones would. `luck`: None where there is no figure that
    would say nothing."""
    if blocks < LEAST_BLOCKS or len(drawn) == 0:
        return Estimate(value=value, low=None, high=None)
    tail = _tail(blocks)
    low, high = np.quantile(drawn, (tail, 1.0 - tail))
    chance = None
    if luck is not None:
        spread = max(float(drawn.std()), luck.spread)
        chance = _chance(value - luck.nothing, spread, blocks)
    return Estimate(value=value, low=float(low), high=float(high), chance=chance)


@lru_cache(maxsize=512)
def _tail(blocks: int) -> float:
    """Of each side."""
    wide = _NORMAL.inv_cdf((1.0 + CONFIDENCE) / 2.0)
    return _NORMAL.cdf(-student_of_normal(wide, blocks - 1) * _widening(blocks))


def _widening(blocks: int) -> float:
    return sqrt(blocks / (blocks - 1))


def _chance(away: float, spread: float, blocks: int) -> float:
    """Never less than that of coins which, one a block, all fall the same way."""
    least = exp2(1 - blocks)
    if spread == 0.0:
        return 1.0 if away == 0.0 else least
    return max(student_chance(away / (spread * _widening(blocks)), blocks - 1), least)


def student_chance(ratio: float, freedom: float) -> float:
    """How often Student's t is as far from zero, either way; within 1 % of the true share for
    seven degrees of freedom and more (Wallace's approximation)."""
    normal = _wallace(freedom) * sqrt(freedom * log1p(ratio * ratio / freedom))
    return erfc(normal / sqrt(2.0))


def student_of_normal(normal: float, freedom: float) -> float:
    """The quantile of Student's t that is as rare as this one of the normal distribution."""
    return sqrt(freedom * expm1((normal / _wallace(freedom)) ** 2 / freedom))


def _wallace(freedom: float) -> float:
    return (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0)

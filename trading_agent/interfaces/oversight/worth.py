"""Whether it helped, from the effects of decisions: how much, how surely, and whether anybody
who looks every day may believe it.

Effects that overlapped in time are one: what comes next is then still unknown when it is bet on.
The bet (a test martingale, Waudby-Smith and Ramdas 2023) starts with one and grows only if there
is an effect: under none it reaches 20 with a chance of at most 1 in 20, however often one looks.
A bet looks at effects cut at ten times what was usual before, so that no single one decides.
"""

import math
from collections.abc import Sequence
from random import Random
from typing import Final

from msgspec import Struct

from trading_agent.domain.units import DAY, Nanos

_USUAL_TIMES: Final = 10.0
_LEAST_KNOWN: Final = 3
_MOST_BET: Final = 0.9
_DRAWS: Final = 1_000
_LEAST_DAYS: Final = 5
_LOW, _HIGH = 0.025, 0.975


class Effect(Struct, frozen=True):
    """Of one decision, from its beginning until it settled; in any unit."""

    began: Nanos
    ended: Nanos
    size: float


class Evidence(Struct, frozen=True, kw_only=True):
    """`total` lies between `low` and `high` with 95 percent, `for_help` and `for_harm` are odds
    that hold at any look."""

    decisions: int
    total: float
    low: float
    high: float
    for_help: float
    for_harm: float

    @property
    def error(self) -> float:
        return (self.high - self.low) / 2


def weigh(effects: Sequence[Effect]) -> Evidence:
    """The same effects, the same evidence."""
    clusters = together(effects)
    sums = [sum(each.size for each in cluster) for cluster in clusters]
    low, high = interval(clusters)
    return Evidence(
        decisions=len(effects),
        total=math.fsum(sums),
        low=low,
        high=high,
        for_help=bet(sums),
        for_harm=bet([-each for each in sums]),
    )


def together(effects: Sequence[Effect]) -> list[list[Effect]]:
    """Clusters of those that overlap, in order of time."""
    clusters: list[list[Effect]] = []
    until = -1
    for effect in sorted(effects, key=lambda each: (each.began, each.ended)):
        if clusters and effect.began < until:
            clusters[-1].append(effect)
        else:
            clusters.append([effect])
        until = max(until, effect.ended)
    return clusters


def bet(sizes: Sequence[float]) -> float:
    """The most that the odds against no or a negative effect ever came to.

    What was once reached stays reached: the chance to ever reach 1/a is at most a.
    """
    odds = most = 1.0
    known: list[float] = []
    mean = spread = 0.0
    bets = 0
    for size in sizes:
        scale = _USUAL_TIMES * _usual(known)
        if len(known) >= _LEAST_KNOWN and scale > 0.0:
            cut = max(-1.0, min(1.0, size / scale))
            stake = mean / (spread + mean * mean) if mean > 0.0 else 0.0
            odds *= 1.0 + min(_MOST_BET, stake) * cut
            most = max(most, odds)
            bets += 1
            # A prior of one small observation keeps the first stakes small.
            mean += (cut - mean) / (bets + 1)
            spread += ((cut - mean) ** 2 - spread) / (bets + 1) if bets > 1 else 0.05
        known.append(size)
    return most


def _usual(known: Sequence[float]) -> float:
    """The median size of those that were not nothing."""
    sizes = sorted(abs(each) for each in known if each)
    return sizes[len(sizes) // 2] if sizes else 0.0


def interval(clusters: Sequence[Sequence[Effect]]) -> tuple[float, float]:
    """By drawing whole days, or clusters while there are few days, with replacement."""
    days: dict[int, float] = {}
    for cluster in clusters:
        day = cluster[0].began // DAY
        days[day] = days.get(day, 0.0) + sum(each.size for each in cluster)
    blocks = list(days.values())
    if len(blocks) < _LEAST_DAYS:
        blocks = [sum(each.size for each in cluster) for cluster in clusters]
    if len(blocks) < 2:
        return -math.inf, math.inf
    dice = Random(len(blocks))
    totals = sorted(math.fsum(dice.choices(blocks, k=len(blocks))) for _ in range(_DRAWS))
    return totals[int(_LOW * _DRAWS)], totals[int(_HIGH * _DRAWS)]

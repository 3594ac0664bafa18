"""Whether it helped, from the effects of decisions: how much, how surely, and whether anybody
who looks every day may believe it.

What is tested: whatever was known when decisions began, their effect, net of what asking cost, was
not to be expected above zero (for help), or below it (for harm). The bet against that (a test
martingale, Waudby-Smith and Ramdas 2023) starts with one; if it is so, it ever reaches 1/a with a
chance of at most a, however often one looks. The one thing taken for granted is a bound in money,
stated beforehand, on how far an effect can speak against what is being shown. No shape of effects
is: an insurance that costs a little each day and saves much once a year is not harm before the
odds could have seen such a year. So it takes effects that sum up to several times the bound
(`SURE` needs four of them) before anything is shown; no test that is right about means needs less.

Decisions that overlap in time are one round: when the next is bet on, all of it is known, and
nothing of what comes.
"""

import math
from collections.abc import Sequence
from random import Random
from typing import Final

import numpy as np
from msgspec import Struct, structs

from trading_agent.domain.units import DAY, Nanos

SURE: Final = 40.0
"""Odds for one of two claims, help and harm, so that either is wrong once in 20 at most."""
_MOST_BET: Final = 0.9
_FIRST_SPREAD: Final = 0.01
_DRAWS: Final = 1_000
_LEAST_BLOCKS: Final = 5
_LEAST_BOUND: Final = 1e-12
_TAILS: Final = (0.025, 0.975)


class Effect(Struct, frozen=True):
    """Of one decision, from its beginning until it settled; in money. `bound`: what it could be
    worth at most, known when it began."""

    began: Nanos
    ended: Nanos
    size: float
    bound: float


class Cost(Struct, frozen=True):
    """What was paid for asking, in money."""

    at: Nanos
    amount: float


class Evidence(Struct, frozen=True, kw_only=True):
    """`total`, net of all costs, lies between `low` and `high` with 95 percent, as far as what was
    not seen yet is like what was; `for_help` and `for_harm` are odds that hold at any look."""

    decisions: int
    total: float
    low: float
    high: float
    for_help: float
    for_harm: float

    @property
    def error(self) -> float:
        return (self.high - self.low) / 2

    @property
    def mean(self) -> float:
        """Of one decision."""
        return self.total / self.decisions if self.decisions else 0.0

    @property
    def mean_error(self) -> float:
        return self.error / self.decisions if self.decisions else math.inf


def weigh(
    effects: Sequence[Effect], costs: Sequence[Cost] = (), unfinished_since: Nanos | None = None
) -> Evidence:
    """The same effects, the same evidence. What overlaps a decision that is not over (the oldest
    began at `unfinished_since`) is not bet on yet: the others might be over early because they
    went well."""
    nets, rest = _net(effects, costs)
    rounds = [
        each
        for each in together(nets)
        if unfinished_since is None or max(it.ended for it in each) <= unfinished_since
    ]
    shares = [
        math.fsum(it.size for it in each) / max(each[0].bound, _LEAST_BOUND) for each in rounds
    ]
    low, high = interval(_blocks(nets))
    return Evidence(
        decisions=len(effects),
        total=math.fsum(each.size for each in nets) - rest,
        low=low - rest,
        high=high - rest,
        for_help=bet(shares),
        for_harm=bet([-each for each in shares]),
    )


def together(effects: Sequence[Effect]) -> list[list[Effect]]:
    """What is bet on as one, in order of time: a decision, and those that begin before it is over.
    One that begins later, while any of them runs, is left out, or an overseer that is never idle
    would never be judged: when it began, everybody knew that it would be."""
    rounds: list[list[Effect]] = []
    open_until = over_at = -1
    for effect in sorted(effects, key=lambda each: (each.began, each.ended)):
        if effect.began >= over_at:
            rounds.append([effect])
            open_until = over_at = effect.ended
        elif effect.began < open_until:
            rounds[-1].append(effect)
            over_at = max(over_at, effect.ended)
    return rounds


def bet(shares: Sequence[float]) -> float:
    """The most that the odds against no or a negative effect ever came to. `shares`: of the bound.

    What was once reached stays reached: the chance to ever reach 1/a is at most a. What speaks for
    an effect counts up to the bound, what speaks against it counts whole.
    """
    odds = most = 1.0
    mean, squares = 0.0, _FIRST_SPREAD
    for number, share in enumerate(shares, 1):
        counted = min(1.0, share)
        stake = mean / (squares / number + mean * mean) if mean > 0.0 else 0.0
        odds *= max(0.0, 1.0 + min(_MOST_BET, stake) * counted)
        most = max(most, odds)
        # A prior of one observation of nothing keeps the first stakes small.
        before = mean
        mean += (counted - mean) / (number + 1)
        squares += (counted - before) * (counted - mean)
    return most


def interval(blocks: Sequence[float]) -> tuple[float, float]:
    """Of their sum with 95 percent, by drawing blocks with replacement and asking how far, in
    errors of their own, such a draw is from the truth it was drawn from."""
    count = len(blocks)
    if count < _LEAST_BLOCKS:
        return -math.inf, math.inf
    values = np.asarray(blocks, np.float64)
    total, spread = math.fsum(blocks), float(values.std())
    if spread <= 1e-12 * float(np.abs(values).max(initial=0.0)):
        return total, total
    dice = np.frombuffer(Random(count).randbytes(4 * _DRAWS * count), np.uint32)
    drawn = values[dice.reshape(_DRAWS, count) % count]
    spreads = drawn.std(axis=1)
    differ = spreads > 1e-9 * spread
    apart = (drawn.mean(axis=1)[differ] - values.mean()) / spreads[differ]
    least, most = np.quantile(apart, _TAILS)
    return total - float(most) * spread * count, total - float(least) * spread * count


def _net(effects: Sequence[Effect], costs: Sequence[Cost]) -> tuple[list[Effect], float]:
    """Each less what was paid since the one before began, in order of time; and what was paid
    since the last."""
    left = sorted(costs, key=lambda each: each.at)
    nets, taken = [], 0
    for effect in sorted(effects, key=lambda each: (each.began, each.ended)):
        paid = 0.0
        while taken < len(left) and left[taken].at <= effect.began:
            paid += left[taken].amount
            taken += 1
        nets.append(structs.replace(effect, size=effect.size - paid))
    return nets, math.fsum(each.amount for each in left[taken:])


def _blocks(nets: Sequence[Effect]) -> list[float]:
    """Whole days; while there are few days, what overlapped."""
    days: dict[int, float] = {}
    for each in nets:
        day = each.began // DAY
        days[day] = days.get(day, 0.0) + each.size
    return list(days.values()) if len(days) >= _LEAST_BLOCKS else _overlapping(nets)


def _overlapping(nets: Sequence[Effect]) -> list[float]:
    sums: list[float] = []
    until = -1
    for each in nets:
        if sums and each.began < until:
            sums[-1] += each.size
        else:
            sums.append(each.size)
        until = max(until, each.ended)
    return sums

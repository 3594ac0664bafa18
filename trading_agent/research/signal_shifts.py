"""The same signals at other times: what anybody would have found, who came as often."""

from typing import Final

import numpy as np

from trading_agent.research.signal_groups import Grouping
from trading_agent.research.signal_samples import (
    Flags,
    Floats,
    Integers,
    Samples,
    outcome_after,
)
from trading_agent.research.signal_statistics import Estimate

MOST_SHIFTS: Final = 200
LEAST_SHIFTS: Final = 20
EVERYTHING: Final = "all"
NOTHING: Final = Estimate(value=float("nan"), low=None, high=None)
_OUTER: Final = (0.025, 0.975)

Members = list[tuple[str, str, Flags]]
"""Groupings and groups by name, and which signals are in each."""


def shifts_within(orders: int, most_orders: int) -> int:
    """How many shifts can be afforded where each costs so many orders."""
    return max(min(most_orders // max(orders, 1), MOST_SHIFTS), LEAST_SHIFTS)


def shifted(at: Integers, span: tuple[int, int], shifts: int) -> Integers:
    """Round the recording, by equal steps: a row a shift, the first unshifted."""
    first, length = span[0], span[1] - span[0]
    steps = np.arange(shifts + 1) * length // (shifts + 1)
    moved: Integers = first + (at - first + steps[:, None]) % max(length, 1)
    return moved


def moves_after(samples: Samples, at: Integers, horizon: float) -> Floats:
    """Of the mid, basis points, from the last sample at or before `at`; no number where the
    recording ends sooner."""
    outcome = outcome_after(samples, horizon)
    then = place_of(samples, at)
    moves: Floats = np.where(outcome.known[then], outcome.moved[then], np.nan)
    return moves


def place_of(samples: Samples, at: Integers) -> Integers:
    """The last sample at or before; the first one where there is none."""
    then: Integers = np.maximum(np.searchsorted(samples.at, at, side="right") - 1, 0)
    return then


def members_of(samples: Samples, at: Integers, groupings: tuple[Grouping, ...]) -> Members:
    """Which of the signals at `at` are in which group, all of them first."""
    then = place_of(samples, at)
    found: Members = [(EVERYTHING, EVERYTHING, np.ones(len(at), np.bool_))]
    for grouping in groupings:
        of = grouping.of[then]
        found += [
            (grouping.name, group, of == place) for place, group in enumerate(grouping.groups)
        ]
    return found


def shift_means(values: Floats) -> Floats:
    """The mean of every row that has any numbers."""
    known = np.isfinite(values)
    counts = known.sum(axis=1)
    some = counts > 0
    means: Floats = np.where(known, values, 0.0).sum(axis=1)[some] / counts[some]
    return means


def across(means: Floats) -> Estimate:
    """The mean over the shifts, and where 95 % of them lie."""
    if len(means) < LEAST_SHIFTS:
        return NOTHING
    low, high = np.quantile(means, _OUTER)
    return Estimate(value=float(means.mean()), low=float(low), high=float(high))


def chance_of(value: float, means: Floats) -> float | None:
    """How many of the shifts come to as much."""
    if len(means) < LEAST_SHIFTS or not np.isfinite(value):
        return None
    return float((1 + np.count_nonzero(means >= value)) / (1 + len(means)))

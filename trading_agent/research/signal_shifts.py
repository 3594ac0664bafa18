"""The same signals at other times: what anybody would have found, who came as often.

Never nearer than a horizon and a block of time to the times that they had, either way round the
recording: nearer ones would still meet what the signals themselves foretell.
"""

from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.units import SECOND
from trading_agent.research.signal_blocks import block_seconds
from trading_agent.research.signal_groups import Grouping
from trading_agent.research.signal_samples import (
    Flags,
    Floats,
    Integers,
    Samples,
    outcome_after,
)
from trading_agent.research.signal_statistics import (
    LEAST_BLOCKS,
    NOTHING,
    Estimate,
    student_chance,
)

MOST_SHIFTS: Final = 200
LEAST_SHIFTS: Final = 20
EVERYTHING: Final = "all"
_OUTER: Final = (0.025, 0.975)

Members = list[tuple[str, str, Flags]]
"""Groupings and groups by name, and which signals are in each."""


def shifts_within(orders: int, most_orders: int) -> int:
    """How many shifts can be afforded where each costs so many orders."""
    return max(min(most_orders // max(orders, 1), MOST_SHIFTS), LEAST_SHIFTS)


class Room(Struct, frozen=True, kw_only=True):
    """Nanoseconds by which signals can be shifted, from `least` to `most`, and how many `blocks` of
    time those are. With fewer than eight there is no room: shifts would all be alike."""

    least: int
    most: int
    blocks: int

    def holds(self, steps: Integers) -> Flags:
        if self.blocks < LEAST_BLOCKS:
            return np.zeros(len(steps), np.bool_)
        inside: Flags = (steps >= self.least) & (steps <= self.most)
        return inside


def room_of(span: tuple[int, int], horizon: float) -> Room:
    """`span`: first and last nanosecond of the recording. `horizon`: seconds."""
    length = span[1] - span[0]
    block = block_seconds(length / SECOND, horizon)
    least = round((horizon + block) * SECOND)
    return Room(
        least=least,
        most=length - least,
        blocks=max(int((length - 2 * least) / (block * SECOND)), 0),
    )


def steps_within(room: Room, shifts: int) -> Integers:
    """Nothing first, then equal steps through the room; only nothing where there is none."""
    if room.blocks < LEAST_BLOCKS:
        return np.zeros(1, np.int64)
    apart = room.least + np.arange(shifts) * (room.most - room.least) // max(shifts - 1, 1)
    steps: Integers = np.concatenate([[0], apart])
    return steps


def shifted(at: Integers, span: tuple[int, int], steps: Integers) -> Integers:
    """Round the recording: a row a step."""
    first, length = span[0], span[1] - span[0]
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


def chance_of(value: float, means: Floats, blocks: int) -> float | None:
    """How often luck alone would come to as much: how many of the shifts do, and no less than
    Student's distribution says of so many blocks, since shifts that lie near one another are no
    new evidence."""
    if len(means) < LEAST_SHIFTS or blocks < LEAST_BLOCKS or not np.isfinite(value):
        return None
    as_much = float((1 + np.count_nonzero(means >= value)) / (1 + len(means)))
    usual, spread = float(means.mean()), float(means.std())
    if spread == 0.0:
        return as_much
    further = student_chance((value - usual) / spread, blocks - 1) / 2.0
    return max(as_much, further if value > usual else 1.0 - further)


def chance_either_way(value: float, means: Floats, blocks: int) -> float | None:
    """The same of lying as far from what is usual for them, whichever way."""
    if len(means) < LEAST_SHIFTS or blocks < LEAST_BLOCKS or not np.isfinite(value):
        return None
    usual, spread = float(means.mean()), float(means.std())
    away = abs(value - usual)
    as_far = float((1 + np.count_nonzero(np.abs(means - usual) >= away)) / (1 + len(means)))
    return as_far if spread == 0.0 else max(as_far, student_chance(away / spread, blocks - 1))

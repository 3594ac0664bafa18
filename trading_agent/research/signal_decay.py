"""How long does it foretell? Rank correlation and mean move on a dense grid of horizons: of every
feature, and of all that speak now and then."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_groups import blocks_of, span_of
from trading_agent.research.signal_information import coefficient, said_by_sample
from trading_agent.research.signal_samples import (
    Floats,
    Integers,
    Samples,
    outcome_after,
    told_horizons,
)
from trading_agent.research.signal_shifts import moves_after
from trading_agent.research.signal_statistics import LEAST_BLOCKS, Estimate

# fmt: off
DECAY_HORIZONS: Final = (
    0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0,
    90.0, 120.0,
)
# fmt: on
"""Seconds."""


class DecayPoint(Struct, frozen=True, kw_only=True):
    """`speaker`: a feature, or what speaks now and then. `ic`: rank correlation with the move over
    the next `horizon` seconds, over `samples`. `move_bps`: mean move
    of the mid in the direction of what was said, over `n`. `false_share`: see `false_discoveries`,
    over all coefficients of the evaluation."""

    symbol: str
    speaker: str
    feature: bool
    horizon: float
    samples: int
    ic: Estimate
    n: int
    move_bps: Estimate
    false_share: float | None = None


class Speaker(Struct, frozen=True, kw_only=True):
    """What was said when: `at` nanoseconds UTC, `said` with the sign of its direction."""

    name: str
    at: Integers
    said: Floats


def speaker(
    name: str, at: Integers, said: Floats | Integers, samples: Samples
) -> Iterator[Speaker]:
    """None of fewer than eight; what was said before the features were warm is left out."""
    known = at >= samples.at[0]
    if known.sum() >= LEAST_BLOCKS:
        yield Speaker(name=name, at=at[known], said=said[known].astype(np.float64))


def decay_points(samples: Samples, speakers: Iterable[Speaker], seed: int) -> Iterator[DecayPoint]:
    told = [(each, said_by_sample(samples, each.at, each.said)) for each in speakers]
    for horizon in told_horizons(samples, DECAY_HORIZONS):
        outcome = outcome_after(samples, horizon)
        known = outcome.known
        count = int(known.sum())
        if count < LEAST_BLOCKS:
            continue
        blocks = blocks_of(samples, horizon, seed)
        for name, values in samples.features.items():
            spoken = known & (values != 0)
            ic = blocks.rank_correlation(values, outcome.moved, known)
            if ic is not None:
                yield DecayPoint(
                    symbol=samples.symbol,
                    speaker=name,
                    feature=True,
                    horizon=horizon,
                    samples=count,
                    ic=ic,
                    n=int(spoken.sum()),
                    move_bps=blocks.mean(np.sign(values) * outcome.moved, spoken),
                )
        for each, said in told:
            ic = coefficient(said, outcome.moved, known, blocks)
            if ic is not None:
                moved = moves_after(samples, each.at, horizon) * np.sign(each.said)
                held = np.isfinite(moved)
                own = TimeBlocks(each.at, span_of(samples), horizon, seed)
                yield DecayPoint(
                    symbol=samples.symbol,
                    speaker=each.name,
                    feature=False,
                    horizon=horizon,
                    samples=count,
                    ic=ic,
                    n=int(held.sum()),
                    move_bps=own.mean(moved, held),
                )

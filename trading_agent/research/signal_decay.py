"""How long does it predict? Every feature's rank correlation with the mid on a dense grid."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from trading_agent.research.signal_groups import blocks_of
from trading_agent.research.signal_samples import Samples, outcome_after, told_horizons
from trading_agent.research.signal_statistics import LEAST_BLOCKS, Estimate

# fmt: off
DECAY_HORIZONS: Final = (
    0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0,
    90.0, 120.0,
)
# fmt: on
"""Seconds."""


class DecayPoint(Struct, frozen=True, kw_only=True):
    """Rank correlation with the move over the next `horizon` seconds."""

    symbol: str
    feature: str
    horizon: float
    n: int
    ic: Estimate


def decay_points(samples: Samples, seed: int) -> Iterator[DecayPoint]:
    for horizon in told_horizons(samples, DECAY_HORIZONS):
        outcome = outcome_after(samples, horizon)
        known = outcome.known
        if known.sum() < LEAST_BLOCKS:
            continue
        blocks = blocks_of(samples, horizon, seed)
        for name, values in samples.features.items():
            ic = blocks.rank_correlation(values, outcome.moved, known)
            if ic is not None:
                yield DecayPoint(
                    symbol=samples.symbol,
                    feature=name,
                    horizon=horizon,
                    n=int(known.sum()),
                    ic=ic,
                )

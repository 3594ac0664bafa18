"""What every feature foretells, and what would be left of it: against the mid so much later."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.research.signal_groups import blocks_of, span_of
from trading_agent.research.signal_prediction import Prediction, Question, predict
from trading_agent.research.signal_samples import (
    Flags,
    Floats,
    Samples,
    outcome_after,
    told_horizons,
)
from trading_agent.research.signal_statistics import Estimate

STRONGEST: Final = 0.1
"""Share of the samples, by size of the feature, that counts as a strong signal."""


class Figure(Struct, frozen=True, kw_only=True):
    """One feature at one horizon (seconds). Of the `strong` samples, a `strong_share` of all: the
    strongest tenth, and those that are as strong as the weakest of it. `gross_bps`: mean move of
    the mid in the direction of a strong sample; `net_bps`: the same bought at one side of the book
    and sold at the other, fees paid. `false_share`: see `false_discoveries`, over all figures of
    the evaluation."""

    symbol: str
    feature: str
    horizon: float
    prediction: Prediction
    strong: int
    strong_share: float
    gross_bps: Estimate
    net_bps: Estimate
    false_share: float | None = None


def feature_figures(samples: Samples, taker_fee_bps: float, seed: int) -> Iterator[Figure]:
    for horizon in told_horizons(samples):
        outcome = outcome_after(samples, horizon)
        blocks = blocks_of(samples, horizon, seed)
        asked = Question(
            at=samples.at,
            moved=outcome.moved,
            known=outcome.known,
            horizon=horizon,
            span=span_of(samples),
            blocks=blocks,
        )
        costs = (samples.spread_bps + samples.spread_bps[outcome.after]) / 2.0 + 2.0 * taker_fee_bps
        for name, values in samples.features.items():
            prediction = predict(values, asked)
            if prediction is None:
                continue
            strong = _strongest(values, outcome.known)
            toward = np.sign(values) * outcome.moved
            yield Figure(
                symbol=samples.symbol,
                feature=name,
                horizon=horizon,
                prediction=prediction,
                strong=int(strong.sum()),
                strong_share=float(strong.sum() / outcome.known.sum()),
                gross_bps=blocks.mean(toward, strong),
                net_bps=blocks.mean(toward - costs, strong),
            )


def _strongest(values: Floats, known: Flags) -> Flags:
    """Nothing is no strength."""
    size = np.abs(values)
    strong: Flags = known & (size >= np.quantile(size[known], 1.0 - STRONGEST)) & (size > 0)
    return strong

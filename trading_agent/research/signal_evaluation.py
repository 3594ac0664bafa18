"""Does it predict? Every feature against the mid price so much later, on recordings."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from trading_agent.domain.errors import CommandError, ConfigError
from trading_agent.domain.units import SECOND
from trading_agent.embedded_exchange.recorded_formats import recording_files
from trading_agent.research.recorded_tape import RecordedTape, read_tapes
from trading_agent.research.signal_samples import Integers, Samples, sample
from trading_agent.research.signal_statistics import (
    Estimate,
    Prediction,
    block_mean,
    false_discoveries,
    predict,
)
from trading_agent.signals.settings import SessionPlan

HORIZONS: Final = (0.5, 1.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds."""
STRONGEST: Final = 0.1
"""Share of the samples, by size of the feature, that counts as a strong signal."""

_SHORTEST_BLOCK_SECONDS: Final = 5.0
_SPANS_A_BLOCK: Final = 2.0
_MOST_BLOCKS: Final = 500

Say = Callable[[str], None]


class EvaluationRequest(Struct, frozen=True, kw_only=True):
    data: tuple[Path, ...]
    plan: SessionPlan
    taker_fee_bps: float = 0.0
    symbol: str | None = None
    seed: int = 1


class Figure(Struct, frozen=True, kw_only=True):
    """One feature at one horizon (seconds). `gross_bps`: mean move of the mid in the direction
    of a strong signal; `net_bps`: the same bought at one side of the book and sold at the other,
    fees paid. `false_share`: see `false_discoveries`, over all figures of the evaluation."""

    symbol: str
    feature: str
    horizon: float
    prediction: Prediction
    gross_bps: Estimate
    net_bps: Estimate
    strong: int
    false_share: float | None = None


class SignalEvaluation(Struct, frozen=True, kw_only=True):
    """`seconds`: of usable recording, by symbol."""

    seconds: dict[str, float]
    figures: tuple[Figure, ...]


def evaluate_signals(request: EvaluationRequest, say: Say) -> SignalEvaluation:
    """Raises CommandError, ConfigError or FeedError for data that cannot be used."""
    seconds: dict[str, float] = {}
    figures: list[Figure] = []
    for tape in _tapes(request):
        say(f"{tape.symbol}: {len(tape.depth):,} rows of depth, {len(tape.prints):,} prints")
        samples = sample(tape, request.plan)
        if len(samples.at) < 2:
            say(f"{tape.symbol}: no usable book long enough to warm up")
            continue
        seconds[tape.symbol] = float(samples.at[-1] - samples.at[0]) / SECOND
        figures += _figures(samples, request)
    if not figures:
        raise ConfigError("no recording is long enough: nothing was left after the warm-up")
    adjusted = false_discoveries([figure.prediction.chance for figure in figures])
    return SignalEvaluation(
        seconds=seconds,
        figures=tuple(
            replace(figure, false_share=share)
            for figure, share in zip(figures, adjusted, strict=True)
        ),
    )


def _tapes(request: EvaluationRequest) -> Iterator[RecordedTape]:
    held = set()
    for path in request.data:
        for tape in read_tapes(recording_files((path,))):
            held.add(tape.symbol)
            if request.symbol in (None, tape.symbol):
                yield tape
    if request.symbol is not None and request.symbol not in held:
        raise CommandError(
            f"--symbol {request.symbol}: the recordings hold {', '.join(sorted(held))}"
        )


def _figures(samples: Samples, request: EvaluationRequest) -> Iterator[Figure]:
    spacing = float(np.median(np.diff(samples.at))) / SECOND
    for horizon in HORIZONS:
        then = _index_after(samples.at, horizon)
        known = then >= 0
        after = then[known]
        mid = samples.mid[known]
        moved = (samples.mid[after] / mid - 1.0) * 1e4
        crossing = (samples.spread_bps[known] + samples.spread_bps[after]) / 2.0
        seconds = max(_SHORTEST_BLOCK_SECONDS, _SPANS_A_BLOCK * horizon)
        block = max(round(seconds / max(spacing, 1e-9)), len(mid) // _MOST_BLOCKS, 1)
        for name, values in samples.features.items():
            signal = values[known]
            prediction = predict(signal, moved, block, request.seed)
            if prediction is None:
                continue
            strong = np.abs(signal) >= np.quantile(np.abs(signal), 1.0 - STRONGEST)
            strong &= signal != 0
            if not strong.any():
                continue
            toward = np.sign(signal[strong]) * moved[strong]
            costs = crossing[strong] + 2.0 * request.taker_fee_bps
            share = max(round(block * float(strong.mean())), 1)
            yield Figure(
                symbol=samples.symbol,
                feature=name,
                horizon=horizon,
                prediction=prediction,
                gross_bps=block_mean(toward, share, request.seed),
                net_bps=block_mean(toward - costs, share, request.seed),
                strong=int(strong.sum()),
            )


def _index_after(at: Integers, seconds: float) -> Integers:
    """Of the last sample at or before so much later; -1 where the recording ends sooner."""
    wanted = at + round(seconds * SECOND)
    found = np.searchsorted(at, wanted, side="right") - 1
    return np.where(wanted <= at[-1], found, -1)

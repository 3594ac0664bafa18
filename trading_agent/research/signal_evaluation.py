"""Does it predict, and does it pay? Every feature against the mid price so much later, and the
flash signal itself against fills, on recordings."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from trading_agent.domain.errors import CommandError, ConfigError
from trading_agent.domain.units import SECOND
from trading_agent.embedded_exchange.recorded_formats import recording_files
from trading_agent.execution.settings import PaperSettings
from trading_agent.research.recorded_tape import RecordedTape, read_tapes
from trading_agent.research.signal_decay import DecayPoint, decay_points
from trading_agent.research.signal_edge import EVERYTHING, FlashFigure, Turnover, flash_edge
from trading_agent.research.signal_fills import TripTerms
from trading_agent.research.signal_groups import (
    DecileFigure,
    GroupFigure,
    Monotony,
    decile_figures,
    group_figures,
    group_samples,
)
from trading_agent.research.signal_raised import raised_signals
from trading_agent.research.signal_samples import (
    HORIZONS,
    Samples,
    in_one_stream,
    outcome_after,
    sample,
)
from trading_agent.research.signal_statistics import (
    Estimate,
    Prediction,
    block_mean,
    false_discoveries,
    predict,
)
from trading_agent.signals.settings import SessionPlan

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
    paper: PaperSettings = msgspec.field(default_factory=PaperSettings)


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
    latency_ms: tuple[float, float]
    """Least and most time an order travels; milliseconds."""
    taker_fee_bps: float
    groups: tuple[GroupFigure, ...] = ()
    deciles: tuple[DecileFigure, ...] = ()
    monotonies: tuple[Monotony, ...] = ()
    decay: tuple[DecayPoint, ...] = ()
    turnovers: tuple[Turnover, ...] = ()
    flash: tuple[FlashFigure, ...] = ()


class _Found:
    """What the recordings have said so far."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.figures: list[Figure] = []
        self.groups: list[GroupFigure] = []
        self.deciles: list[DecileFigure] = []
        self.monotonies: list[Monotony] = []
        self.decay: list[DecayPoint] = []
        self.turnovers: list[Turnover] = []
        self.flash: list[FlashFigure] = []

    def add(self, tape: RecordedTape, samples: Samples, request: EvaluationRequest) -> None:
        seed = request.seed
        self.seconds[samples.symbol] = float(samples.at[-1] - samples.at[0]) / SECOND
        self.figures += _figures(samples, request)
        groupings = group_samples(samples, request.plan)
        self.groups += group_figures(samples, groupings, seed)
        for deciles, monotony in decile_figures(samples, seed):
            self.deciles += deciles
            self.monotonies.append(monotony)
        self.decay += decay_points(samples, seed)
        rows = in_one_stream(tape)
        raised = raised_signals(rows, request.plan)
        edge = flash_edge(rows, samples, raised, groupings, trip_terms(request))
        self.turnovers.append(edge.turnover)
        self.flash += edge.figures

    def told(self, request: EvaluationRequest) -> SignalEvaluation:
        paper = request.paper
        return SignalEvaluation(
            seconds=self.seconds,
            figures=_judged(self.figures),
            latency_ms=(paper.latency_ms, paper.latency_ms + paper.latency_jitter_ms),
            taker_fee_bps=request.taker_fee_bps,
            groups=tuple(self.groups),
            deciles=tuple(self.deciles),
            monotonies=tuple(self.monotonies),
            decay=tuple(self.decay),
            turnovers=tuple(self.turnovers),
            flash=_judged_flash(self.flash),
        )


def evaluate_signals(request: EvaluationRequest, say: Say) -> SignalEvaluation:
    """Raises CommandError, ConfigError or FeedError for data that cannot be used."""
    return evaluation_of(tapes(request.data, request.symbol), request, say)


def evaluation_of(
    recorded: Iterable[RecordedTape], request: EvaluationRequest, say: Say
) -> SignalEvaluation:
    """Raises ConfigError when none is long enough."""
    found = _Found()
    for tape in recorded:
        say(f"{tape.symbol}: {len(tape.depth):,} rows of depth, {len(tape.prints):,} prints")
        samples = sample(tape, request.plan)
        if len(samples.at) < 2:
            say(f"{tape.symbol}: no usable book long enough to warm up")
            continue
        found.add(tape, samples, request)
    if not found.figures:
        raise ConfigError("no recording is long enough: nothing was left after the warm-up")
    return found.told(request)


def trip_terms(request: EvaluationRequest) -> TripTerms:
    return TripTerms(
        horizons=HORIZONS,
        notional=request.plan.execution.order_notional,
        paper=request.paper,
        taker_fee_bps=request.taker_fee_bps,
        seed=request.seed,
    )


def _judged(figures: list[Figure]) -> tuple[Figure, ...]:
    shares = false_discoveries([figure.prediction.chance for figure in figures])
    return tuple(
        replace(figure, false_share=share) for figure, share in zip(figures, shares, strict=True)
    )


def _judged_flash(figures: list[FlashFigure]) -> tuple[FlashFigure, ...]:
    whole = [figure for figure in figures if figure.group == EVERYTHING]
    shares = iter(false_discoveries([figure.chance for figure in whole]))
    return tuple(
        replace(figure, false_share=next(shares)) if figure.group == EVERYTHING else figure
        for figure in figures
    )


def tapes(data: tuple[Path, ...], symbol: str | None) -> Iterator[RecordedTape]:
    """Of one symbol, or of all. Raises CommandError when no recording holds it."""
    held = set()
    for path in data:
        for tape in read_tapes(recording_files((path,))):
            held.add(tape.symbol)
            if symbol in (None, tape.symbol):
                yield tape
    if symbol is not None and symbol not in held:
        raise CommandError(f"--symbol {symbol}: the recordings hold {', '.join(sorted(held))}")


def _figures(samples: Samples, request: EvaluationRequest) -> Iterator[Figure]:
    spacing = float(np.median(np.diff(samples.at))) / SECOND
    for horizon in HORIZONS:
        outcome = outcome_after(samples, horizon)
        known = outcome.known
        after, mid, moved = outcome.after[known], samples.mid[known], outcome.moved[known]
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

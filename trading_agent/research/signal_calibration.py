"""Thresholds of the flash signal from recordings: as often as asked, and as right as can be.

Candidates are quantiles of what the features did. Each is tried by the compiled loop itself, so
that cool-down and hysteresis count. What one half of a session's recording chooses, of candidates
that are its own and by signals whose outcome it holds, the other judges.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from trading_agent.domain.errors import ConfigError
from trading_agent.domain.market_rows import Rows
from trading_agent.domain.units import SECOND
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_evaluation import tapes
from trading_agent.research.signal_groups import span_of
from trading_agent.research.signal_raised import raised_signals
from trading_agent.research.signal_samples import (
    Flags,
    Floats,
    Integers,
    Samples,
    in_one_stream,
    outcome_after,
    sample,
)
from trading_agent.research.signal_statistics import NOTHING, Estimate, corrected
from trading_agent.signals.sessions import OFF_HOURS, resolve_sessions
from trading_agent.signals.settings import SessionPlan

IMBALANCE_QUANTILES: Final = (0.1, 0.3, 0.5, 0.7, 0.85)
MOMENTUM_QUANTILES: Final = (0.0, 0.3, 0.6, 0.85)
FLOW_QUANTILES: Final = (0.0, 0.3, 0.6)
VOLATILITY_QUANTILES: Final = ((0.01, 0.99), (0.01, 0.75))
"""Least and most."""

MOST_FALSE: Final = 0.05
"""Share of false finds up to which thresholds are proposed."""

_COIN: Final = 0.5
_NEAR: Final = 2.0
"""A rate within this factor of the one asked for is near it."""
_LEAST_MOVES: Final = 5
_SHORTEST_SESSION: Final = 60.0

Say = Callable[[str], None]


class CalibrationRequest(Struct, frozen=True, kw_only=True):
    """`an_hour`: signals to aim at. `after`: seconds after which a signal is judged."""

    data: tuple[Path, ...]
    plan: SessionPlan
    an_hour: float
    after: float
    symbol: str | None = None
    seed: int = 1


class Thresholds(Struct, frozen=True, kw_only=True):
    """Names and units of `SignalParameters`."""

    imbalance_threshold: float
    momentum_threshold_bps: float
    trade_flow_threshold: float
    volatility_min_bps: float
    volatility_max_bps: float


class SessionEvidence(Struct, frozen=True, kw_only=True):
    """`thresholds`: chosen on the whole session; None where nothing near the rate asked for was
    heard, and nothing is proposed. `out_of_half`: hits, in each half, of what the other half
    chose; `moves` of the mid they rest on, of `n` signals. `before`: the same of the plan as it
    stands, on `before_moves` of `before_n`. `an_hour`: of the thresholds proposed, of `proposed_n`
    signals. `by_half`: what each half chose. `false_share`: see `false_discoveries`, of the hits
    out of half against a coin, over all sessions of the calibration; `better`: whether they are
    surely better than one."""

    symbol: str
    session: str
    hours: float
    thresholds: Thresholds | None
    proposed_n: int
    an_hour: Estimate
    n: int
    moves: int
    out_of_half: Estimate
    before_n: int
    before_moves: int
    before: Estimate
    before_an_hour: Estimate
    by_half: tuple[Thresholds | None, ...]
    false_share: float | None = None
    better: bool = False


class Calibration(Struct, frozen=True, kw_only=True):
    """`overlay`: to be laid over the configuration; only sessions that are surely better than a
    coin out of their half are in it, for so many sessions as were tried."""

    overlay: dict[str, Any]
    evidence: tuple[SessionEvidence, ...]


class _Heard(Struct, frozen=True):
    """Signals of one plan. `right`: 1, 0, and not a number where the mid did not move or the
    recording ends sooner."""

    at: Integers
    right: Floats


_NOBODY: Final = _Heard(np.empty(0, np.int64), np.empty(0))


class _Half(NamedTuple):
    """First nanosecond and the one after the last, and hours inside the session."""

    first: int
    end: int
    hours: float


class _Stretch(Struct, frozen=True):
    """One session of one recording, `inside` marks its samples. Rows are those of the whole."""

    samples: Samples
    rows: Rows
    moved: Floats
    inside: Flags
    session: int
    name: str


def calibrate_signals(request: CalibrationRequest, say: Say) -> Calibration:
    """One symbol at a time: several would each want thresholds of their own. Raises CommandError,
    ConfigError or FeedError for data that cannot be used."""
    return calibration_of(tapes(request.data, request.symbol), request, say)


def calibration_of(
    recorded: Iterable[RecordedTape], request: CalibrationRequest, say: Say
) -> Calibration:
    """Raises ConfigError for more than one symbol, and when no recording is long enough."""
    found = list(recorded)
    symbols = sorted({tape.symbol for tape in found})
    if len(symbols) > 1:
        raise ConfigError(f"choose one --symbol of {', '.join(symbols)}")
    evidence: list[SessionEvidence] = []
    for tape in found:
        samples = sample(tape, request.plan)
        if len(samples.at) < 2:
            say(f"{tape.symbol}: no usable book long enough to warm up")
            continue
        for stretch in _stretches(samples, in_one_stream(tape), request):
            count = len(_candidates(stretch, stretch.inside))
            say(
                f"{tape.symbol} {stretch.name}: trying {count} candidates, and as many of each half"
            )
            evidence.append(_judge(stretch, request))
    if not evidence:
        raise ConfigError("no recording is long enough: no session of it could be judged")
    judged = tuple(
        replace(each, better=_better(each))
        for each in corrected(evidence, lambda each: each.out_of_half.chance)
    )
    return Calibration(overlay=overlay_of(judged, request.plan), evidence=judged)


def _better(each: SessionEvidence) -> bool:
    low = each.out_of_half.low
    sure = each.false_share is not None and each.false_share <= MOST_FALSE
    return sure and low is not None and low > _COIN


def overlay_of(evidence: Sequence[SessionEvidence], plan: SessionPlan) -> dict[str, Any]:
    """What applies outside all sessions are the base parameters: where they change, sessions that
    are to stay as they are say so themselves."""
    better = {
        each.session: values_of(each.thresholds)
        for each in evidence
        if each.thresholds is not None and each.better
    }
    if not better:
        return {}
    sessions: dict[str, Any] = {}
    for session in resolve_sessions(plan):
        if session.name == OFF_HOURS:
            continue
        if session.name in better:
            sessions[session.name] = {"signal": better[session.name]}
        elif OFF_HOURS in better:
            kept = {name: getattr(session.signal, name) for name in Thresholds.__struct_fields__}
            sessions[session.name] = {"signal": kept}
    trading: dict[str, Any] = {"sessions": sessions}
    if OFF_HOURS in better:
        trading["signal"] = better[OFF_HOURS]
    return {"trading": trading}


def values_of(thresholds: Thresholds) -> dict[str, float]:
    return {name: getattr(thresholds, name) for name in thresholds.__struct_fields__}


def _stretches(samples: Samples, rows: Rows, request: CalibrationRequest) -> Iterator[_Stretch]:
    outcome = outcome_after(samples, request.after)
    moved = np.where(outcome.known, outcome.moved, 0.0)
    for index, session in enumerate(resolve_sessions(request.plan)):
        inside = samples.session == index
        if inside.any() and np.ptp(samples.at[inside]) >= _SHORTEST_SESSION * SECOND:
            yield _Stretch(samples, rows, moved, inside, index, session.name)


def _candidates(stretch: _Stretch, inside: Flags) -> list[Thresholds]:
    """`inside`: the samples that they are made of."""
    features = stretch.samples.features

    def sizes(name: str, quantiles: tuple[float, ...]) -> list[float]:
        """Of those that are not zero: a threshold of nothing asks for nothing. Rounded downward:
        many samples share the value of a tick, and shall reach it."""
        values = np.abs(features[name][inside])
        values = values[values > 0]
        if len(values) == 0:
            return [0.0]
        return sorted(
            {max(float(np.floor(q * 1e4)) / 1e4, 1e-4) for q in np.quantile(values, quantiles)}
        )

    volatility = stretch.samples.volatility_bps[inside]
    ranges = {
        (float(np.floor(least * 1e3) / 1e3), float(np.ceil(most * 1e3) / 1e3))
        for least, most in (np.quantile(volatility, ends) for ends in VOLATILITY_QUANTILES)
    }
    return [
        Thresholds(
            imbalance_threshold=imbalance,
            momentum_threshold_bps=momentum,
            trade_flow_threshold=flow,
            volatility_min_bps=least,
            volatility_max_bps=most,
        )
        for imbalance, momentum, flow, (least, most) in product(
            sizes("imbalance", IMBALANCE_QUANTILES),
            sizes("momentum_bps", MOMENTUM_QUANTILES),
            sizes("trade_flow", FLOW_QUANTILES),
            sorted(ranges),
        )
    ]


def _judge(stretch: _Stretch, request: CalibrationRequest) -> SessionEvidence:
    first, second = _halves(stretch)
    chosen = [_best_of_half(stretch, half, request) for half in (first, second)]
    tested = [
        _within(best[1], other)
        for best, other in zip(chosen, (second, first), strict=True)
        if best is not None
    ]
    candidates = _candidates(stretch, stretch.inside)
    final = None
    proposed = _NOBODY
    if None not in chosen:
        heard = [_hear(stretch, each, request) for each in candidates]
        final = _choose(heard, request.an_hour * (first.hours + second.hours))
        proposed = _NOBODY if final is None else heard[final]
    standing = _hear(stretch, None, request)
    pooled = _pool(tested)
    return SessionEvidence(
        symbol=stretch.samples.symbol,
        session=stretch.name,
        hours=first.hours + second.hours,
        thresholds=None if final is None else candidates[final],
        proposed_n=len(proposed.at),
        an_hour=NOTHING if final is None else _rate(stretch, proposed, request),
        n=len(pooled.at),
        moves=int(np.isfinite(pooled.right).sum()),
        out_of_half=_hits(stretch, pooled, request),
        before_n=len(standing.at),
        before_moves=int(np.isfinite(standing.right).sum()),
        before=_hits(stretch, standing, request),
        before_an_hour=_rate(stretch, standing, request),
        by_half=tuple(None if best is None else best[0] for best in chosen),
    )


def _best_of_half(
    stretch: _Stretch, half: _Half, request: CalibrationRequest
) -> tuple[Thresholds, _Heard] | None:
    """And what they raise on the whole recording."""
    at = stretch.samples.at
    candidates = _candidates(stretch, stretch.inside & (at >= half.first) & (at < half.end))
    heard = [_hear(stretch, each, request) for each in candidates]
    # What is still to come at the end of the first half is the second one's.
    seen = half._replace(end=half.end - round(request.after * SECOND))
    chosen = _choose([_within(each, seen) for each in heard], request.an_hour * half.hours)
    return None if chosen is None else (candidates[chosen], heard[chosen])


def _plan_with(stretch: _Stretch, thresholds: Thresholds, plan: SessionPlan) -> SessionPlan:
    """The session that is tried takes them; the others may do what they like meanwhile."""
    values = values_of(thresholds)
    if stretch.name == OFF_HOURS:
        return plan.model_copy(update={"signal": plan.signal.model_copy(update=values)})
    held = plan.sessions[stretch.name]
    signal = held.signal.model_copy(update=values)
    sessions = plan.sessions | {stretch.name: held.model_copy(update={"signal": signal})}
    return plan.model_copy(update={"sessions": sessions})


def _hear(stretch: _Stretch, thresholds: Thresholds | None, request: CalibrationRequest) -> _Heard:
    """None: as the plan stands."""
    plan = request.plan
    if thresholds is not None:
        plan = _plan_with(stretch, thresholds, plan)
    raised = raised_signals(stretch.rows, plan)
    inside = raised.session == stretch.session
    at = raised.at[inside]
    moved = stretch.moved[np.searchsorted(stretch.samples.at, at, side="right") - 1]
    toward = moved * raised.direction[inside]
    return _Heard(at, np.where(toward == 0, np.nan, (toward > 0).astype(np.float64)))


def _halves(stretch: _Stretch) -> tuple[_Half, _Half]:
    at, inside = stretch.samples.at, stretch.inside
    middle = int(np.median(at[inside]))
    hours = _hours(stretch)
    later = at[1:] >= middle
    return (
        _Half(0, middle, float(hours[~later].sum())),
        _Half(middle, int(at[-1]) + 1, float(hours[later].sum())),
    )


def _hours(stretch: _Stretch) -> Floats:
    """Inside the session, from every sample to the next."""
    inside = stretch.inside[1:] & stretch.inside[:-1]
    hours: Floats = np.diff(stretch.samples.at) * inside / (3_600.0 * SECOND)
    return hours


def _within(heard: _Heard, half: _Half) -> _Heard:
    kept = (heard.at >= half.first) & (heard.at < half.end)
    return _Heard(heard.at[kept], heard.right[kept])


def _choose(heard: list[_Heard], wanted: float) -> int | None:
    """Of those near the wanted number of signals, the one that hits best, less a standard error:
    few signals that all hit are luck."""
    scores = []
    for place, each in enumerate(heard):
        moves = int(np.isfinite(each.right).sum())
        near = wanted / _NEAR <= len(each.at) <= wanted * _NEAR
        if near and moves >= _LEAST_MOVES:
            scores.append((float(np.nanmean(each.right)) - 0.5 / moves**0.5, -place))
    return -max(scores)[1] if scores else None


def _pool(parts: list[_Heard]) -> _Heard:
    at = np.concatenate([np.empty(0, np.int64), *(each.at for each in parts)])
    right = np.concatenate([np.empty(0), *(each.right for each in parts)])
    order = np.argsort(at, kind="stable")
    return _Heard(at[order], right[order])


def _hits(stretch: _Stretch, heard: _Heard, request: CalibrationRequest) -> Estimate:
    blocks = TimeBlocks(heard.at, span_of(stretch.samples), request.after, request.seed)
    return blocks.share(heard.right > 0, np.isfinite(heard.right))


def _rate(stretch: _Stretch, heard: _Heard, request: CalibrationRequest) -> Estimate:
    span = span_of(stretch.samples)
    hours = _hours(stretch)
    where = TimeBlocks(stretch.samples.at[1:], span, request.after, request.seed)
    held = np.bincount(where.of, hours, where.count).astype(np.float64)
    counts = np.bincount(
        TimeBlocks(heard.at, span, request.after, request.seed).of, minlength=where.count
    ).astype(np.float64)
    return where.ratio(len(heard.at) / float(hours.sum()), counts, held)

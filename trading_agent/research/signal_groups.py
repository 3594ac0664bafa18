"""When does it predict? By session, by volatility, by spread, and by decile of the feature."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_samples import (
    Floats,
    Integers,
    Outcome,
    Samples,
    outcome_after,
    told_horizons,
)
from trading_agent.research.signal_statistics import (
    Estimate,
    estimate_of,
    rank_correlation,
)
from trading_agent.signals.sessions import resolve_sessions
from trading_agent.signals.settings import SessionPlan

GROUP_HORIZONS: Final = (1.0, 10.0)
"""Seconds."""
DECILES: Final = 10
BY_IMBALANCE: Final = "imbalance decile"
_LEAST_DECILES: Final = 3


class Grouping(Struct, frozen=True, kw_only=True):
    """`of`: which of the `groups` every sample belongs to. `typical_bps`: the median of what the
    groups differ in, None where that is no number of basis points or a group is empty."""

    name: str
    groups: tuple[str, ...]
    typical_bps: tuple[float | None, ...]
    of: Integers


class GroupFigure(Struct, frozen=True, kw_only=True):
    """One feature, one horizon (seconds), in one group of `n` samples. `hit`: of the `moves` that
    were not zero, the share whose sign the feature foretold. `move_bps`: mean move of the mid in
    the direction of the feature. `false_share`: see `false_discoveries`, over the coefficients of
    all groups of the evaluation."""

    symbol: str
    feature: str
    horizon: float
    grouping: str
    group: str
    typical_bps: float | None
    n: int
    moves: int
    ic: Estimate | None
    hit: Estimate
    move_bps: Estimate
    false_share: float | None = None


class DecileFigure(Struct, frozen=True, kw_only=True):
    """Mean move of the mid after the feature lay in its `decile` (1 the lowest), from `least` to
    `most`. Equal values share a decile, so that some hold more and some nothing (left out).
    `false_share`: see `false_discoveries`, over all deciles of the evaluation."""

    symbol: str
    feature: str
    horizon: float
    decile: int
    least: float
    most: float
    n: int
    move_bps: Estimate
    false_share: float | None = None


class Monotony(Struct, frozen=True, kw_only=True):
    """Do the deciles rise? `order`: rank correlation of a decile's number with its mean move (1:
    every decile above the one before); `top_less_bottom_bps`: the last one's less the first's.
    `false_share`: see `false_discoveries`, of that difference, over all of the evaluation."""

    symbol: str
    feature: str
    horizon: float
    n: int
    deciles: int
    order: Estimate
    top_less_bottom_bps: Estimate
    false_share: float | None = None


def group_samples(samples: Samples, plan: SessionPlan) -> tuple[Grouping, ...]:
    """Terciles of volatility and spread, and halves of time, are those of this recording."""
    names = tuple(session.name for session in resolve_sessions(plan))
    # In whole ticks: the same spread is fewer basis points when the price is higher.
    ticks = np.rint(samples.spread_bps * samples.mid / 1e4)
    volatility = ("calm", "ordinary", "wild")
    spread = ("narrow", "middle", "wide")
    return (
        Grouping(
            name="session", groups=names, typical_bps=(None,) * len(names), of=samples.session
        ),
        _terciles("volatility", volatility, samples.volatility_bps, samples.volatility_bps),
        _terciles("spread", spread, ticks, samples.spread_bps),
        Grouping(
            name="half", groups=("first", "second"), typical_bps=(None, None), of=_half(samples)
        ),
    )


def imbalance_deciles(samples: Samples) -> Grouping:
    """How the book leant: 1 the most to the sellers, 10 to the buyers. Equal values share one."""
    names = tuple(str(each + 1) for each in range(DECILES))
    of = _decile(samples.features["imbalance"])
    return Grouping(name=BY_IMBALANCE, groups=names, typical_bps=(None,) * DECILES, of=of)


def group_figures(
    samples: Samples, groupings: tuple[Grouping, ...], seed: int
) -> Iterator[GroupFigure]:
    for horizon in told_horizons(samples, GROUP_HORIZONS):
        outcome = outcome_after(samples, horizon)
        view = _View(samples, horizon, outcome, blocks_of(samples, horizon, seed))
        for name in samples.features:
            for grouping in groupings:
                for place in range(len(grouping.groups)):
                    if (outcome.known & (grouping.of == place)).any():
                        yield _group_figure(view, name, grouping, place)


class _View(Struct, frozen=True):
    """A recording, looking so far ahead."""

    samples: Samples
    horizon: float
    outcome: Outcome
    blocks: TimeBlocks


def _group_figure(view: _View, name: str, grouping: Grouping, place: int) -> GroupFigure:
    chosen = view.outcome.known & (grouping.of == place)
    values, moved = view.samples.features[name], view.outcome.moved
    toward = np.sign(values) * moved
    told = chosen & (toward != 0)
    return GroupFigure(
        symbol=view.samples.symbol,
        feature=name,
        horizon=view.horizon,
        grouping=grouping.name,
        group=grouping.groups[place],
        typical_bps=grouping.typical_bps[place],
        n=int(chosen.sum()),
        moves=int(told.sum()),
        ic=view.blocks.rank_correlation(values, moved, chosen),
        hit=view.blocks.share(toward > 0, told),
        move_bps=view.blocks.mean(toward, chosen),
    )


def decile_figures(samples: Samples, seed: int) -> Iterator[tuple[list[DecileFigure], Monotony]]:
    """Of every feature that takes enough different values."""
    for horizon in told_horizons(samples, GROUP_HORIZONS):
        outcome = outcome_after(samples, horizon)
        known = outcome.known
        if not known.any():
            continue
        blocks = TimeBlocks(samples.at[known], span_of(samples), horizon, seed)
        for name, values in samples.features.items():
            about = samples.symbol, name, horizon
            found = _deciles(about, blocks, values[known], outcome.moved[known])
            if found is not None:
                yield found


def blocks_of(samples: Samples, horizon: float, seed: int) -> TimeBlocks:
    return TimeBlocks(samples.at, span_of(samples), horizon, seed)


def span_of(samples: Samples) -> tuple[int, int]:
    return int(samples.at[0]), int(samples.at[-1])


def _terciles(name: str, groups: tuple[str, ...], by: Floats, told: Floats) -> Grouping:
    lower, upper = np.quantile(by, (1.0 / 3.0, 2.0 / 3.0))
    of = (by > lower).astype(np.int64) + (by > upper)
    typical = tuple(
        float(np.median(told[of == place])) if (of == place).any() else None
        for place in range(len(groups))
    )
    return Grouping(name=name, groups=groups, typical_bps=typical, of=of)


def _half(samples: Samples) -> Integers:
    first, last = span_of(samples)
    return (samples.at >= first + (last - first) // 2).astype(np.int64)


def _decile(values: Floats) -> Integers:
    """0 the lowest."""
    edges = np.quantile(values, np.arange(1, DECILES) / DECILES)
    return np.searchsorted(edges, values, side="left").astype(np.int64)


def _deciles(
    about: tuple[str, str, float], blocks: TimeBlocks, values: Floats, moved: Floats
) -> tuple[list[DecileFigure], Monotony] | None:
    symbol, feature, horizon = about
    of = _decile(values)
    counts = np.bincount(of, minlength=DECILES)
    filled = np.flatnonzero(counts)
    if len(filled) < _LEAST_DECILES:
        return None
    means, drawn = blocks.means_by(moved, of, DECILES)
    figures = []
    for decile in filled.tolist():
        held = values[of == decile]
        column = drawn[:, decile]
        spread = len(np.unique(blocks.of[of == decile]))
        figures.append(
            DecileFigure(
                symbol=symbol,
                feature=feature,
                horizon=horizon,
                decile=decile + 1,
                least=float(held.min()),
                most=float(held.max()),
                n=int(counts[decile]),
                move_bps=estimate_of(float(means[decile]), column[np.isfinite(column)], spread),
            )
        )
    whole = drawn[np.isfinite(drawn[:, filled]).all(axis=1)][:, filled]
    ends = whole[:, -1] - whole[:, 0]
    numbers = filled.astype(np.float64)
    orders = np.array([rank_correlation(numbers, each) for each in whole])
    order = rank_correlation(numbers, means[filled])
    return figures, Monotony(
        symbol=symbol,
        feature=feature,
        horizon=horizon,
        n=len(values),
        deciles=len(filled),
        order=estimate_of(order, orders, blocks.count),
        top_less_bottom_bps=estimate_of(
            float(means[filled[-1]] - means[filled[0]]), ends, blocks.count
        ),
    )

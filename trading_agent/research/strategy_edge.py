"""What a strategy alone is worth on a recording: what came after its proposals, and what it earned
through the engine's own fills, beside the same at other times."""

from collections.abc import Iterator
from typing import Final, TypedDict

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from trading_agent.domain.units import SECOND
from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_edge import Ground
from trading_agent.research.signal_fills import lots_of, trips_between
from trading_agent.research.signal_groups import span_of
from trading_agent.research.signal_information import (
    information,
    said_by_sample,
    samples_known,
)
from trading_agent.research.signal_samples import HORIZONS, Floats, told_horizons
from trading_agent.research.signal_shifts import (
    EVERYTHING,
    MOST_SHIFTS,
    Members,
    Room,
    across,
    chance_of,
    members_of,
    moves_after,
    room_of,
    shift_means,
    shifted,
    shifts_within,
    steps_within,
)
from trading_agent.research.signal_statistics import LEAST_BLOCKS, Estimate
from trading_agent.research.strategy_trials import Trial
from trading_agent.strategies.candle_reading import SECONDS

BARS: Final = (1, 5, 10)
"""Candles of a strategy's own timeframe that its proposals are looked at after."""
_MOST_ORDERS: Final = 20_000


class ProposalFigure(Struct, frozen=True, kw_only=True):
    """The entries of one group that a strategy proposed, `horizon` seconds later; `bars` candles
    of its timeframe, 0 where it is no such number of them. `hit`: of the `moves` of the mid that
    were not zero, the share in the direction of the proposal. `move_bps`: mean move of the mid in
    that direction, over `n`. `ic`: the information coefficient of the directions, over `samples`,
    of the whole recording alone. `shifted_`: the same proposals at other times, `shifts` of them:
    the mean, and where 95 % of the shifts lie. `chance`: how often shifted ones move as far;
    `false_share`: see `false_discoveries`, over all figures of whole recordings, or over all of
    groups."""

    symbol: str
    strategy: str
    grouping: str
    group: str
    horizon: float
    bars: int
    n: int
    moves: int
    hit: Estimate
    move_bps: Estimate
    shifts: int
    shifted_hit: Estimate
    shifted_move_bps: Estimate
    chance: float | None
    ic: Estimate | None = None
    samples: int = 0
    false_share: float | None = None


class TripFigure(Struct, frozen=True, kw_only=True):
    """Round trips of one group: net of everything, and the share that earned anything.
    `false_share`: see `false_discoveries`, of the net, over all groups of all strategies."""

    symbol: str
    strategy: str
    grouping: str
    group: str
    n: int
    net_bps: Estimate
    earning: Estimate
    false_share: float | None = None


class StrategyFigure(Struct, frozen=True, kw_only=True):
    """One strategy alone on one recording. `asked`: how often, at closes of its timeframe or at
    flash signals; of one that quotes, how often it had a purchase to quote. `proposals` to enter,
    of which some were `refused` (by reason), the others `sent`, and of those `bought` filled.
    `trips`: round trips from nothing held to nothing held, `holding` whether another had not
    ended. `why`: in words why nothing is said of them, empty where it is. `failed`: why it was not
    asked any more, empty where it was asked to the end; of what came after that nothing is known.

    Of the trips: `net_bps`, a trip, after spread, fees and latency, pessimistically filled, of what
    was spent, `fees_bps` of it for fees; `late_net_bps`: the same of the `late_trips` of a second
    run in which orders travel no less than from one message of the book to the next, None where
    those are fewer than eight; `earning`: the share that earned; `an_hour`: how many there were;
    `held_seconds`. `shifted_net_bps`: as many purchases to market, held as long, at other
    times: the mean over `shifts`, and where 95 % of them lie; `chance`: how often such pay as much;
    `false_share`: see `false_discoveries`, over all strategies and symbols."""

    symbol: str
    strategy: str
    timeframe: str
    quotes: bool
    asked: int
    proposals: int
    refused: dict[str, int]
    sent: int
    bought: int
    trips: int
    holding: bool
    why: str
    failed: str
    net_bps: Estimate | None = None
    late_trips: int = 0
    late_net_bps: Estimate | None = None
    fees_bps: Estimate | None = None
    earning: Estimate | None = None
    an_hour: Estimate | None = None
    held_seconds: Estimate | None = None
    shifts: int = 0
    shifted_net_bps: Estimate | None = None
    chance: float | None = None
    false_share: float | None = None


class Subject(Struct, frozen=True, kw_only=True):
    """`timeframe`: at whose closes it is asked, empty where it hears flash signals, or `quotes`.
    `closes`: how many there were."""

    strategy: str
    timeframe: str
    closes: int
    quotes: bool = False


def strategy_figure(subject: Subject, trial: Trial, late: Trial, ground: Ground) -> StrategyFigure:
    """`late`: the run with slower orders."""
    figure = StrategyFigure(
        symbol=ground.samples.symbol,
        strategy=subject.strategy,
        timeframe=subject.timeframe,
        quotes=subject.quotes,
        asked=_asked(subject, trial),
        proposals=len(trial.at),
        refused=trial.refused,
        sent=trial.sent,
        bought=trial.bought,
        trips=len(trial.net_bps),
        holding=trial.holding,
        why=_why(subject, trial),
        failed=trial.failed or late.failed,
    )
    return figure if figure.why else _earned(figure, trial, late, ground)


def idle_figure(symbol: str, subject: Subject, why: str) -> StrategyFigure:
    """Of a strategy that was not tried here."""
    return StrategyFigure(
        symbol=symbol,
        strategy=subject.strategy,
        timeframe=subject.timeframe,
        quotes=subject.quotes,
        asked=0,
        proposals=0,
        refused={},
        sent=0,
        bought=0,
        trips=0,
        holding=False,
        why=f"no trade: {why}",
        failed="",
    )


def proposal_figures(subject: Subject, trial: Trial, ground: Ground) -> Iterator[ProposalFigure]:
    """Nothing of fewer than eight."""
    samples = ground.samples
    # Before the features are warm nobody knows what the market was like.
    known = trial.at >= samples.at[0]
    at, direction = trial.at[known], trial.direction[known]
    if len(at) < LEAST_BLOCKS:
        return
    span = span_of(samples)
    members = members_of(samples, at, ground.groupings)
    said = said_by_sample(samples, at, direction.astype(np.float64))
    bars = dict(horizons_of(subject.timeframe))
    for horizon in told_horizons(samples, bars):
        room = room_of(span, horizon)
        moments = shifted(at, span, steps_within(room, MOST_SHIFTS))
        moves = moves_after(samples, moments, horizon) * direction
        blocks = TimeBlocks(at, span, horizon, ground.terms.seed)
        known_ic = information(samples, said, horizon, ground.terms.seed)
        count = samples_known(samples, horizon)
        for (grouping, group), told in _by_group(moves, blocks, members, room):
            yield ProposalFigure(
                symbol=samples.symbol,
                strategy=subject.strategy,
                grouping=grouping,
                group=group,
                horizon=horizon,
                bars=bars[horizon],
                ic=known_ic if grouping == EVERYTHING else None,
                samples=count if grouping == EVERYTHING else 0,
                **told,
            )


def trip_figures(strategy: str, trial: Trial, ground: Ground) -> Iterator[TripFigure]:
    """By group, of every group with at least eight."""
    blocks = _trip_blocks(trial, ground)
    for grouping, group, inside in members_of(ground.samples, trial.opened_at, ground.groupings):
        if grouping != EVERYTHING and inside.sum() >= LEAST_BLOCKS:
            yield TripFigure(
                symbol=ground.samples.symbol,
                strategy=strategy,
                grouping=grouping,
                group=group,
                n=int(inside.sum()),
                net_bps=blocks.mean(trial.net_bps, inside),
                earning=blocks.share(trial.net_bps > 0, inside),
            )


def horizons_of(timeframe: str) -> list[tuple[float, int]]:
    """Seconds, and how many candles of the timeframe that is."""
    length = SECONDS.get(timeframe, 0)
    bars = {float(count * length): count for count in BARS} if length else {}
    return [(each, bars.get(each, 0)) for each in sorted({*HORIZONS, *bars})]


def _why(subject: Subject, trial: Trial) -> str:
    """Empty where there are enough round trips."""
    trips = len(trial.net_bps)
    if trips >= LEAST_BLOCKS:
        return ""
    if trips:
        return f"too few: {trips} round trip{_s(trips)}"
    return f"no trade: {_no_trade(subject, trial)}"


def _no_trade(subject: Subject, trial: Trial) -> str:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in trial.refused.items())
    if not len(trial.at):
        return f"nothing proposed at {_occasions(subject, trial)}"
    if not trial.sent:
        every = "the only proposal" if len(trial.at) == 1 else f"all {len(trial.at):,} proposals"
        return f"{every} refused ({reasons})"
    if trial.bought:
        return "what was bought was not sold before the recording ended"
    others = f"; refused: {reasons}" if reasons else ""
    return f"none of {trial.sent:,} orders was filled{others}"


def _asked(subject: Subject, trial: Trial) -> int:
    if subject.quotes:
        return len(trial.at)
    return subject.closes if subject.timeframe else trial.signals


def _occasions(subject: Subject, trial: Trial) -> str:
    if subject.quotes:
        return "any refresh of its quotes"
    if subject.timeframe:
        return f"{subject.closes:,} close{_s(subject.closes)} of {subject.timeframe}"
    return f"{trial.signals:,} flash signal{_s(trial.signals)}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _earned(figure: StrategyFigure, trial: Trial, late: Trial, ground: Ground) -> StrategyFigure:
    blocks = _trip_blocks(trial, ground)
    every = np.ones(figure.trips, np.bool_)
    net = blocks.mean(trial.net_bps, every)
    room = room_of(span_of(ground.samples), _held(trial))
    apart = _elsewhere(trial, ground, room)
    late_every = np.ones(len(late.net_bps), np.bool_)
    enough = len(late_every) >= LEAST_BLOCKS
    return replace(
        figure,
        net_bps=net,
        late_trips=len(late_every),
        late_net_bps=_trip_blocks(late, ground).mean(late.net_bps, late_every) if enough else None,
        fees_bps=blocks.mean(trial.fees_bps, every),
        earning=blocks.share(trial.net_bps > 0, every),
        an_hour=blocks.an_hour(),
        held_seconds=blocks.mean((trial.closed_at - trial.opened_at) / SECOND, every),
        shifts=len(apart),
        shifted_net_bps=across(apart),
        chance=chance_of(net.value, apart, room.blocks),
    )


def _trip_blocks(trial: Trial, ground: Ground) -> TimeBlocks:
    """Long enough to hold a usual round trip."""
    rows = ground.rows
    span = int(rows["at"][0]), int(rows["at"][-1])
    return TimeBlocks(trial.opened_at, span, _held(trial), ground.terms.seed)


def _held(trial: Trial) -> float:
    """Seconds of a usual round trip."""
    return float(np.mean(trial.closed_at - trial.opened_at)) / SECOND


def _elsewhere(trial: Trial, ground: Ground, room: Room) -> Floats:
    """Mean net basis points of every shift: bought to market, held as long, sold to market."""
    samples, terms = ground.samples, ground.terms
    count = len(trial.opened_at)
    steps = steps_within(room, shifts_within(2 * count, _MOST_ORDERS))[1:]
    shifts = len(steps)
    entered = shifted(trial.opened_at, span_of(samples), steps).ravel()
    left = entered + np.tile(trial.closed_at - trial.opened_at, shifts)
    size = lots_of(terms.notional, float(np.median(samples.mid)), samples.instrument)
    sides = np.ones(len(entered), np.int64)
    nets = trips_between(ground.rows, (entered, left[:, None]), sides, size, terms)
    return shift_means(nets.reshape(shifts, count))


class _Told(TypedDict):
    n: int
    moves: int
    hit: Estimate
    move_bps: Estimate
    shifts: int
    shifted_hit: Estimate
    shifted_move_bps: Estimate
    chance: float | None


def _by_group(
    moves: Floats, blocks: TimeBlocks, members: Members, room: Room
) -> Iterator[tuple[tuple[str, str], _Told]]:
    """`moves`: a row a shift, the first unshifted."""
    own = moves[0]
    for grouping, group, inside in members:
        known = inside & np.isfinite(own)
        if known.sum() < LEAST_BLOCKS:
            continue
        apart = shift_means(moves[1:, inside])
        mean = blocks.mean(own, known)
        moved = known & (own != 0)
        yield (
            (grouping, group),
            _Told(
                n=int(known.sum()),
                moves=int(moved.sum()),
                hit=blocks.share(own > 0, moved),
                move_bps=mean,
                shifts=len(apart),
                shifted_hit=_shifted_hits(moves[1:, inside]),
                shifted_move_bps=across(apart),
                chance=chance_of(mean.value, apart, room.blocks),
            ),
        )


def _shifted_hits(moves: Floats) -> Estimate:
    unmoved = np.isnan(moves) | (moves == 0)
    return across(shift_means(np.where(unmoved, np.nan, moves > 0)))

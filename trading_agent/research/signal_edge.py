"""Does a signal itself pay? Where it was raised, against the mid and against fills, beside the same
signals raised at other times. The flash signal and chart patterns are measured by it alike."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from trading_agent.domain.market_rows import Rows
from trading_agent.domain.units import MILLISECOND
from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_fills import TripTerms, lots_of, round_trips
from trading_agent.research.signal_groups import Grouping, span_of
from trading_agent.research.signal_information import (
    information,
    said_by_sample,
    samples_known,
)
from trading_agent.research.signal_raised import Raised
from trading_agent.research.signal_samples import Flags, Floats, Samples
from trading_agent.research.signal_shifts import (
    EVERYTHING,
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

_MOST_ORDERS: Final = 60_000
_TURNOVER_BLOCK_SECONDS: Final = 10.0


class Ground(Struct, frozen=True, kw_only=True):
    """A recording to measure on: `rows` of one symbol, and the samples of the same stream."""

    rows: Rows
    samples: Samples
    groupings: tuple[Grouping, ...]
    terms: TripTerms


class Baseline(Struct, frozen=True, kw_only=True):
    """The same signals, shifted in time together: the mean over `shifts`, and where 95 % of the
    shifts lie; no number where the recording is too short to shift them by enough. `n`: signals of
    one shift, on average, that have an outcome."""

    shifts: int
    n: float
    hit: Estimate
    move_bps: Estimate
    net_bps: Estimate


class EdgeFigure(Struct, frozen=True, kw_only=True):
    """The signals of one group, `horizon` seconds after them. `hit`: of the `moves` of the mid that
    were not zero, the share in the signal's direction. `move_bps`: mean move of the mid in that
    direction, over `n`. `net_bps`: bought and sold by orders that travel, over the `filled`, spread
    and fees paid. `coarse_net_bps`: the same where orders travel no less than from one message of
    the book to the next: what moved in between is told late by a recording, and is not to be had
    by being faster than it. `ic`: the information coefficient of direction and strength, over
    `samples`, of the whole recording alone. `chance`: how often shifted ones pay as much;
    `false_share`: see `false_discoveries`, over all figures of whole recordings, or over all of
    groups."""

    symbol: str
    grouping: str
    group: str
    horizon: float
    n: int
    moves: int
    filled: int
    hit: Estimate
    move_bps: Estimate
    net_bps: Estimate
    coarse_net_bps: Estimate
    baseline: Baseline
    chance: float | None
    ic: Estimate | None = None
    samples: int = 0
    false_share: float | None = None


class Turnover(Struct, frozen=True, kw_only=True):
    """`n` signals, `buys` of them to buy. `reversed`: the share whose direction is not that of the
    signal before. `lots`: of one order. `message_ms`: how soon one message of the book
    follows another (the lowest tenth), milliseconds."""

    symbol: str
    n: int
    buys: int
    hours: float
    an_hour: Estimate
    reversed: Estimate
    lots: int
    message_ms: float


class SignalEdge(Struct, frozen=True, kw_only=True):
    turnover: Turnover
    figures: tuple[EdgeFigure, ...]


class _Outcomes(Struct, frozen=True):
    """A row of all signals a shift, the first unshifted: moves of the mid and net gains toward
    the signal, basis points, not a number where unknown."""

    moves: Floats
    nets: Floats
    coarse: Floats
    """Of the unshifted alone."""
    room: Room


def measure_edge(ground: Ground, raised: Raised) -> SignalEdge:
    samples, terms = ground.samples, ground.terms
    price = float(np.median(samples.mid))
    size = lots_of(terms.notional, price, samples.instrument)
    turnover = _turnover(samples, raised, terms.seed, size)
    count = len(raised.at)
    if count == 0:
        return SignalEdge(turnover=turnover, figures=())
    shifts = shifts_within(count * (1 + len(terms.horizons)), _MOST_ORDERS)
    span = span_of(samples)
    steps = steps_within(_narrowest(span, terms.horizons), shifts)
    at = shifted(raised.at, span, steps)
    shape = len(at), count
    sides = np.broadcast_to(raised.direction, shape)
    nets = round_trips(ground.rows, at.ravel(), sides.ravel(), size, terms)
    nets = nets.reshape(*shape, len(terms.horizons))
    slower = coarse_terms(samples, terms)
    coarse = round_trips(ground.rows, raised.at, raised.direction, size, slower)
    members = _members(samples, raised, ground.groupings)
    said = said_by_sample(samples, raised.at, raised.direction * raised.strength)
    figures: list[EdgeFigure] = []
    for place, horizon in enumerate(terms.horizons):
        room = room_of(span, horizon)
        # The first row is what was, not shifted.
        kept = np.concatenate([[0], np.flatnonzero(room.holds(steps))])
        moves = moves_after(samples, at[kept], horizon) * raised.direction
        blocks = TimeBlocks(raised.at, span, horizon, terms.seed)
        figures += _figures(
            (samples.symbol, horizon),
            blocks,
            _Outcomes(moves, nets[kept, :, place], coarse[:, place], room),
            members,
            (information(samples, said, horizon, terms.seed), samples_known(samples, horizon)),
        )
    return SignalEdge(turnover=turnover, figures=tuple(figures))


def _narrowest(span: tuple[int, int], horizons: tuple[float, ...]) -> Room:
    """That of the longest horizon for which there is any: what it holds, all others hold too, so
    that no horizon loses a shift."""
    rooms = [room_of(span, each) for each in sorted(horizons)]
    fitting = [each for each in rooms if each.blocks >= LEAST_BLOCKS]
    return fitting[-1] if fitting else rooms[0]


def _message_ms(samples: Samples) -> float:
    return float(np.quantile(np.diff(samples.at), 0.1)) / MILLISECOND


def coarse_terms(samples: Samples, terms: TripTerms) -> TripTerms:
    """Where orders travel no less than from one message of the book to the next."""
    least = max(terms.paper.latency_ms, _message_ms(samples))
    return replace(terms, paper=terms.paper.model_copy(update={"latency_ms": least}))


def _members(samples: Samples, raised: Raised, groupings: tuple[Grouping, ...]) -> Members:
    """Every group and which signals are in it."""
    buys = raised.direction > 0
    whole, *others = members_of(samples, raised.at, groupings)
    return [whole, ("direction", "buy", buys), ("direction", "sell", ~buys), *others]


def _figures(
    about: tuple[str, float],
    blocks: TimeBlocks,
    outcomes: _Outcomes,
    members: Members,
    informed: tuple[Estimate | None, int],
) -> Iterator[EdgeFigure]:
    """`informed`: of all of them, the information coefficient and over how many samples."""
    symbol, horizon = about
    moves, nets = outcomes.moves[0], outcomes.nets[0]
    for grouping, group, inside in members:
        known = inside & np.isfinite(moves)
        if not known.any():
            continue
        filled = inside & np.isfinite(nets)
        net = blocks.mean(nets, filled)
        told = known & (moves != 0)
        apart = shift_means(outcomes.nets[1:, inside])
        yield EdgeFigure(
            symbol=symbol,
            grouping=grouping,
            group=group,
            horizon=horizon,
            n=int(known.sum()),
            moves=int(told.sum()),
            filled=int(filled.sum()),
            hit=blocks.share(moves > 0, told),
            move_bps=blocks.mean(moves, known),
            net_bps=net,
            coarse_net_bps=blocks.mean(outcomes.coarse, inside & np.isfinite(outcomes.coarse)),
            baseline=_baseline(outcomes, inside, apart),
            chance=chance_of(net.value, apart, outcomes.room.blocks),
            ic=informed[0] if grouping == EVERYTHING else None,
            samples=informed[1] if grouping == EVERYTHING else 0,
        )


def _baseline(outcomes: _Outcomes, inside: Flags, nets: Floats) -> Baseline:
    moves = outcomes.moves[1:, inside]
    told = np.where(moves == 0, np.nan, moves)
    hits = np.where(np.isnan(told), np.nan, told > 0)
    known = np.isfinite(moves).sum(axis=1)
    return Baseline(
        shifts=len(moves),
        n=float(known.mean()) if len(known) else 0.0,
        hit=across(shift_means(hits)),
        move_bps=across(shift_means(moves)),
        net_bps=across(nets),
    )


def _turnover(samples: Samples, raised: Raised, seed: int, size: int) -> Turnover:
    span = span_of(samples)
    blocks = TimeBlocks(raised.at, span, _TURNOVER_BLOCK_SECONDS, seed)
    turned = np.concatenate([[False], raised.direction[1:] != raised.direction[:-1]])
    later = np.arange(len(raised.at)) > 0
    return Turnover(
        symbol=samples.symbol,
        n=len(raised.at),
        buys=int((raised.direction > 0).sum()),
        hours=(span[1] - span[0]) / 3.6e12,
        an_hour=blocks.an_hour(),
        reversed=blocks.share(turned[: len(later)], later),
        lots=size,
        message_ms=_message_ms(samples),
    )

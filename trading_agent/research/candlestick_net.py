"""Do candlesticks pay? Each kind traded on paper in the direction in which it points, some candles
long. There are far more of them than of chart patterns: only those that seem to pay are traded at
other times too; of the others luck is told from how much their own blocks of time differ."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from trading_agent.domain.units import SECOND
from trading_agent.research.pattern_edge import raised_by
from trading_agent.research.pattern_evaluation import EventsOf
from trading_agent.research.recorded_candles import RecordedSeries
from trading_agent.research.recorded_patterns import AFTER
from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_edge import Ground, coarse_terms
from trading_agent.research.signal_fills import lots_of, round_trips
from trading_agent.research.signal_groups import span_of
from trading_agent.research.signal_raised import Raised
from trading_agent.research.signal_samples import Floats, told_horizons
from trading_agent.research.signal_shifts import (
    Room,
    across,
    chance_of,
    room_of,
    shift_means,
    shifted,
    shifts_within,
    steps_within,
)
from trading_agent.research.signal_statistics import LEAST_BLOCKS, Estimate
from trading_agent.signals.patterns.watch import timeframe_length

_MOST_ORDERS: Final = 20_000
_LONGEST: Final = 900.0
"""Seconds that anything is held."""


class CandlestickNet(Struct, frozen=True, kw_only=True):
    """One kind of candlestick on candles of one timeframe, of which at least eight were `filled`,
    held as long as `after` candles last by name. `net_bps`: bought and sold by orders that travel,
    spread and fees paid; `coarse_net_bps`: the same where they travel no less than from one message
    of the book to the next. `shifted_net_bps`: of one that seems to pay, the same at `shifts` other
    times: the mean, and where 95 % lie. `chance`: how often luck alone would come to as much, by
    its own blocks of time and, where there are any, by those shifts; `false_share`: see
    `false_discoveries`, over all candlesticks of the evaluation."""

    symbol: str
    timeframe: str
    kind: str
    after: int
    filled: int
    net_bps: Estimate
    coarse_net_bps: Estimate
    shifts: int
    shifted_net_bps: Estimate | None
    chance: float | None
    false_share: float | None = None


def candlestick_nets(
    events: EventsOf, candles: Sequence[RecordedSeries], ground: Ground
) -> Iterator[CandlestickNet]:
    """`events`: of these candles, which are this recording's."""
    samples, told = ground.samples, {series.timeframe: series for series in candles}
    size = lots_of(ground.terms.notional, float(np.median(samples.mid)), samples.instrument)
    for (timeframe, kind), those in sorted(events.items()):
        raised = raised_by(those, told[timeframe], ground)
        seconds = timeframe_length(timeframe) / SECOND
        longest = [after * seconds for after in AFTER if after * seconds <= _LONGEST]
        held = [round(each / seconds) for each in told_horizons(samples, longest)]
        if len(raised.at) < LEAST_BLOCKS or not held:
            continue
        terms = replace(ground.terms, horizons=tuple(after * seconds for after in held))
        nets, coarse = (
            round_trips(ground.rows, raised.at, raised.direction, size, each)
            for each in (terms, coarse_terms(samples, terms))
        )
        for place, after in enumerate(held):
            filled = np.isfinite(nets[:, place])
            if np.count_nonzero(filled) < LEAST_BLOCKS:
                continue
            blocks = TimeBlocks(raised.at, span_of(samples), after * seconds, terms.seed)
            net = blocks.mean(nets[:, place], filled)
            chance, shifts, apart = net.chance_above, 0, None
            if net.low is not None and net.low > 0.0:
                room = room_of(span_of(samples), after * seconds)
                means = _elsewhere(raised, room, ground, after * seconds)
                shifts, apart = len(means), across(means)
                luck = chance_of(net.value, means, room.blocks)
                chance = None if luck is None or chance is None else max(chance, luck)
            yield CandlestickNet(
                symbol=samples.symbol,
                timeframe=timeframe,
                kind=kind,
                after=after,
                filled=int(np.count_nonzero(filled)),
                net_bps=net,
                coarse_net_bps=blocks.mean(coarse[:, place], np.isfinite(coarse[:, place])),
                shifts=shifts,
                shifted_net_bps=apart,
                chance=chance,
            )


def _elsewhere(raised: Raised, room: Room, ground: Ground, seconds: float) -> Floats:
    """Mean net basis points of every shift."""
    samples, count = ground.samples, len(raised.at)
    steps = steps_within(room, shifts_within(2 * count, _MOST_ORDERS))[1:]
    at = shifted(raised.at, span_of(samples), steps)
    size = lots_of(ground.terms.notional, float(np.median(samples.mid)), samples.instrument)
    sides = np.broadcast_to(raised.direction, at.shape).ravel()
    terms = replace(ground.terms, horizons=(seconds,))
    nets = round_trips(ground.rows, at.ravel(), sides, size, terms)
    return shift_means(nets.reshape(len(steps), count))

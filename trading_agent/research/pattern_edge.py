"""Do the chart patterns of a recording pay? Each kind measured as a signal is: against the mid,
against fills, by session and the like, beside the same patterns at other times."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from trading_agent.research.pattern_evaluation import Events, EventsOf
from trading_agent.research.recorded_candles import RecordedSeries
from trading_agent.research.signal_decay import Speaker, speaker
from trading_agent.research.signal_edge import EdgeFigure, Ground, Turnover, measure_edge
from trading_agent.research.signal_raised import Raised
from trading_agent.research.signal_samples import Integers, told_horizons
from trading_agent.research.signal_shifts import EVERYTHING
from trading_agent.research.signal_statistics import LEAST_BLOCKS, corrected
from trading_agent.research.strategy_edge import horizons_of

_SURE: Final = 1.0
"""Every pattern weighs the same."""


class PatternEdge(Struct, frozen=True, kw_only=True):
    """One kind of pattern on candles of one timeframe, of which there were at least eight.
    `figures`: of all of them, and of groups of at least eight."""

    symbol: str
    timeframe: str
    kind: str
    turnover: Turnover
    figures: tuple[EdgeFigure, ...]

    def whole(self) -> Iterator[EdgeFigure]:
        """Of all of them, by horizon."""
        return (each for each in self.figures if each.group == EVERYTHING)

    def bars(self, horizon: float) -> int:
        """How many of its candles the seconds are; 0 where they are no such number of them."""
        return dict(horizons_of(self.timeframe)).get(horizon, 0)


class PatternEdges:
    """Of all recordings so far; judged together at the end."""

    def __init__(self) -> None:
        self._found: list[PatternEdge] = []

    def look_at(
        self, events: EventsOf, candles: Sequence[RecordedSeries], ground: Ground
    ) -> list[Speaker]:
        """What was seen often enough. `events`: of these candles, which are this recording's."""
        told = {series.timeframe: series for series in candles}
        seen: list[Speaker] = []
        for (timeframe, kind), those in events.items():
            raised = raised_by(those, told[timeframe], ground)
            if len(raised.at) < LEAST_BLOCKS:
                continue
            name = f"{timeframe} {kind.replace('_', ' ')}"
            seen += speaker(name, raised.at, raised.direction, ground.samples)
            horizons = told_horizons(ground.samples, dict(horizons_of(timeframe)))
            terms = replace(ground.terms, horizons=horizons)
            edge = measure_edge(replace(ground, terms=terms), raised)
            self._found.append(
                PatternEdge(
                    symbol=ground.samples.symbol,
                    timeframe=timeframe,
                    kind=kind,
                    turnover=edge.turnover,
                    figures=tuple(each for each in edge.figures if each.n >= LEAST_BLOCKS),
                )
            )

        return seen

    def told(self) -> tuple[PatternEdge, ...]:
        """`false_share` is over all kinds, timeframes and horizons."""
        figures = [each for edge in self._found for each in edge.figures]
        judged = iter(
            corrected(figures, lambda each: each.chance, lambda each: each.group == EVERYTHING)
        )
        return tuple(
            replace(edge, figures=tuple(next(judged) for _ in edge.figures)) for edge in self._found
        )


def raised_by(those: Sequence[Events], candles: RecordedSeries, ground: Ground) -> Raised:
    """When the desk knew of the candle. What was seen before the features were warm is left out:
    nobody knows what the market was like."""
    opened = np.concatenate([each.at for each in those])
    signs = np.concatenate([each.signs for each in those])
    order = np.argsort(opened, kind="stable")
    at: Integers = candles.known_at[np.searchsorted(candles.bars.open_at, opened[order])]
    known = at >= ground.samples.at[0]
    at, signs = at[known], signs[order][known]
    none = np.zeros(len(at), np.int64)
    return Raised(
        at=at,
        direction=signs.astype(np.int64),
        session=none,
        strength=np.full(len(at), _SURE),
    )

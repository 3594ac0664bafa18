"""What each kind of market is worth knowing for: how far prices go in it, and whether trends or
their opposite foretell more in one than in another. What `enhanced.aggregation.regimes` says by
default is justified by it, or not said."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.units import SECOND
from trading_agent.market.candles import TIMEFRAME_NAMES, TIMEFRAMES
from trading_agent.research.pattern_klines import Series, read_series
from trading_agent.research.signal_blocks import TimeBlocks
from trading_agent.research.signal_samples import Flags, Floats
from trading_agent.research.signal_statistics import Estimate
from trading_agent.research.signal_tables import FigureTable, where_known, with_interval
from trading_agent.signals.enhanced.regime import RegimeKind, RegimeWatch
from trading_agent.signals.enhanced.settings import RegimeParameters
from trading_agent.signals.indicators.bars import Bars, bar_at
from trading_agent.signals.indicators.catalogue import compute

_LEAST: Final = 100
"""Candles of a kind of market, with fewer of which nothing is said of it."""


class RegimeMove(Struct, frozen=True, kw_only=True):
    """One kind of market in one series of candles. `reach`: how far the close goes either way over
    the candles after, as a multiple of that of the whole series. `trend`, `reversion`: rank
    correlations with that move of the gap between a fast and a slow average, and of how far the
    close is below its mean."""

    series: str
    regime: str
    n: int
    share: float
    reach: Estimate
    trend: Estimate | None
    reversion: Estimate | None


def regime_moves(
    data: tuple[Path, ...], parameters: RegimeParameters, after: int, timeframe: str, seed: int
) -> Iterator[RegimeMove]:
    """`after`: candles that are looked ahead. CommandError and FeedError for data that cannot be
    used."""
    for series in read_series(data, timeframe):
        yield from _of_series(series, parameters, after, seed)


def regimes_of(bars: Bars, parameters: RegimeParameters) -> list[str]:
    """What kind of market each candle's close finds."""
    watch = RegimeWatch(parameters)
    return [watch.update(bar_at(bars, place)).kind.value for place in range(len(bars.close))]


def _of_series(
    series: Series, parameters: RegimeParameters, after: int, seed: int
) -> Iterator[RegimeMove]:
    bars = series.bars
    moves = _moves(bars, after)
    gap = compute("ema", bars, period=12)[:, 0] - compute("ema", bars, period=26)[:, 0]
    away = -compute("z_score", bars)[:, 0]
    known = np.isfinite(moves) & np.isfinite(gap) & np.isfinite(away)
    ahead = after * TIMEFRAMES[TIMEFRAME_NAMES.index(series.timeframe)]
    span = int(bars.open_at[0]), int(bars.open_at[-1])
    blocks = TimeBlocks(bars.open_at, span, ahead / SECOND, seed)
    found = np.array(regimes_of(bars, parameters))
    usual = float(np.abs(moves[known]).mean()) if known.any() else 0.0
    for kind in RegimeKind:
        inside = known & (found == kind.value)
        if inside.sum() < _LEAST or usual == 0.0:
            continue
        yield RegimeMove(
            series=series.name,
            regime=kind.value,
            n=int(inside.sum()),
            share=float(inside.sum() / known.sum()),
            reach=_reach(blocks, np.abs(moves) / usual, inside),
            trend=blocks.rank_correlation(gap / bars.close, moves, inside),
            reversion=blocks.rank_correlation(away, moves, inside),
        )


def _moves(bars: Bars, after: int) -> Floats:
    """Log returns over the candles after; no number where the series ends sooner."""
    logs = np.log(bars.close)
    moves = np.full(len(logs), np.nan)
    moves[:-after] = logs[after:] - logs[:-after]
    return moves


def _reach(blocks: TimeBlocks, far: Floats, inside: Flags) -> Estimate:
    return blocks.mean(np.where(inside, far, 0.0), inside)


def regime_table(moves: list[RegimeMove], after: int) -> FigureTable:
    return FigureTable(
        title="Kinds of market",
        note=f"Over the {after} candles after each. Reach: how far either way, as a multiple of "
        "the whole series. Trend, reversion: rank correlation of a trend, and of its opposite, "
        "with the move. Before all costs.",
        columns=("series", "market", "n", "of the time", "reach", "trend", "reversion"),
        names=2,
        rows=tuple(
            (
                each.series,
                each.regime.replace("_", " "),
                f"{each.n:,}",
                f"{each.share:.0%}",
                with_interval(each.reach, ".2f"),
                where_known(each.trend, ".3f"),
                where_known(each.reversion, ".3f"),
            )
            for each in moves
        ),
    )

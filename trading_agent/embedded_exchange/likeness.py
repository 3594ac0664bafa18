"""How much one market is like another: the same figures taken from any two of them.

A market is watched from outside, through `MarketSource`, ten times a second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trading_agent.domain.errors import FeedError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.embedded_exchange.source import (
    BookImage,
    DepthChanged,
    MarketEvent,
    MarketSource,
    Printed,
)

Floats = NDArray[np.float64]

GLANCE: Final = 100 * MILLISECOND
"""Time between two looks at the book; nanoseconds."""
_GLANCES_A_SECOND: Final = SECOND // GLANCE
_LEVELS: Final = (1, 5, 10)


@dataclass(slots=True)
class Observation:
    """What was seen of one pair: the book at every glance, and every print."""

    instrument: Instrument
    mids: list[float] = field(default_factory=list)
    """Ticks, one for every glance at a book with two sides."""
    spreads: list[int] = field(default_factory=list)
    """Ticks, beside `mids`."""
    imbalances: list[float] = field(default_factory=list)
    """(bid - ask) / (bid + ask) of the sizes at the best prices, beside `mids`."""
    depths: list[tuple[float, ...]] = field(default_factory=list)
    """Summed lots of the best 1, 5 and 10 levels, mean of both sides, beside `mids`."""
    reaches: list[float] = field(default_factory=list)
    """Ticks from the best to the tenth level, mean of both sides, beside `mids`."""
    prints: list[Printed] = field(default_factory=list)
    versions: int = 0
    level_changes: int = 0

    def glance(self, image: BookImage) -> None:
        bids, asks = image.bids[: _LEVELS[-1]], image.asks[: _LEVELS[-1]]
        if not bids or not asks:
            return
        (bid, bid_size), (ask, ask_size) = bids[0], asks[0]
        self.mids.append((bid + ask) / 2.0)
        self.spreads.append(ask - bid)
        self.imbalances.append((bid_size - ask_size) / (bid_size + ask_size))
        self.depths.append(
            tuple(sum(size for side in (bids, asks) for _, size in side[:n]) / 2 for n in _LEVELS)
        )
        self.reaches.append((bid - bids[-1][0] + asks[-1][0] - ask) / 2.0)

    def hear(self, event: MarketEvent) -> None:
        if isinstance(event, Printed):
            self.prints.append(event)
        elif isinstance(event, DepthChanged):
            self.versions += event.last_version - event.first_version + 1
            self.level_changes += len(event.bids) + len(event.asks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Figures of one pair in one market; NaN where too little happened to say."""

    minutes_seen: float
    spread_median_ticks: float
    spread_mean_ticks: float
    spread_mean_bps: float
    spread_one_tick_share: float
    depth_1_level: float
    depth_5_levels: float
    depth_10_levels: float
    tenth_level_bps: float
    book_changes_per_second: float
    level_changes_per_second: float
    prints_per_second: float
    takers_per_second: float
    prints_per_taker: float
    taker_gap_median_ms: float
    taker_gap_90_percent_ms: float
    taker_gap_variation: float
    taker_sign_autocorrelation_1: float
    taker_sign_autocorrelation_10: float
    taker_size_10_percent: float
    taker_size_median: float
    taker_size_90_percent: float
    taker_size_99_percent: float
    volatility_1s_bps: float
    unmoved_1s_share: float
    kurtosis_1s: float
    return_autocorrelation_100ms: float
    return_autocorrelation_1s: float
    absolute_return_autocorrelation_1s_1: float
    absolute_return_autocorrelation_1s_5: float
    absolute_return_autocorrelation_1s_10: float
    imbalance_foretells_1s: float


def observe(source: MarketSource, starts_at: Nanos, seconds: int) -> dict[str, Observation]:
    """Lets a market run from `starts_at` and watches all its pairs; stops early when it ends."""
    seen = {pair.symbol: Observation(pair) for pair in source.instruments()}
    for glance in range(seconds * _GLANCES_A_SECOND):
        if source.next_at() is None:
            break
        for event in source.advance(Nanos(starts_at + (glance + 1) * GLANCE)):
            seen[event.symbol].hear(event)
        for symbol, observation in seen.items():
            image = source.image(symbol, _LEVELS[-1])
            if image is not None:
                observation.glance(image)
    return seen


def likeness(observation: Observation) -> Likeness:
    """The figures of one pair; raises FeedError when its book was never seen."""
    if not observation.mids:
        raise FeedError(f"no book of {observation.instrument.symbol} was seen")
    return Likeness(
        **_book_figures(observation), **_taker_figures(observation), **_return_figures(observation)
    )


def compare(left_name: str, left: Likeness, right_name: str, right: Likeness) -> str:
    """Both side by side as plain text, one figure a line, and how often the left is the right."""
    width = max(len(left_name), len(right_name), 10)
    titles = {item.name: item.name.replace("_", " ") for item in fields(Likeness)}
    margin = max(map(len, titles.values()))
    lines = [f"{'':{margin}}  {left_name:>{width}}  {right_name:>{width}}  {'ratio':>7}"]
    for name, title in titles.items():
        one, other = getattr(left, name), getattr(right, name)
        ratio = f"{one / other:7.3g}" if other and one / other > 0 else f"{'-':>7}"
        lines.append(f"{title:{margin}}  {one:>{width}.4g}  {other:>{width}.4g}  {ratio}")
    return "\n".join(lines)


def autocorrelation(values: Floats | Sequence[float], lag: int) -> float:
    """Of a series with itself `lag` places on; NaN for a constant or too short one."""
    series = np.asarray(values, dtype=np.float64)
    return correlation(series[:-lag], series[lag:])


def correlation(left: Floats, right: Floats) -> float:
    """Pearson's; NaN where a side is constant or shorter than three."""
    if len(left) < 3 or left.std() == 0.0 or right.std() == 0.0:
        return float("nan")
    return float(np.corrcoef(left, right)[0, 1])


def log_returns(mids: Floats, stride: int) -> Floats:
    """Basis points between every `stride`-th value."""
    taken = np.log(mids[::stride])
    return np.asarray(np.diff(taken) * 1e4, dtype=np.float64)


def _book_figures(seen: Observation) -> Mapping[str, float]:
    mids, spreads = np.asarray(seen.mids), np.asarray(seen.spreads, dtype=np.float64)
    seconds = len(mids) / _GLANCES_A_SECOND
    lots = 10.0**seen.instrument.size_decimals
    depths = np.median(np.asarray(seen.depths), axis=0) / lots
    return {
        "minutes_seen": seconds / 60.0,
        "spread_median_ticks": float(np.median(spreads)),
        "spread_mean_ticks": float(spreads.mean()),
        "spread_mean_bps": float((spreads / mids).mean() * 1e4),
        "spread_one_tick_share": float((spreads == 1).mean()),
        "depth_1_level": float(depths[0]),
        "depth_5_levels": float(depths[1]),
        "depth_10_levels": float(depths[2]),
        "tenth_level_bps": float(np.median(np.asarray(seen.reaches) / mids) * 1e4),
        "book_changes_per_second": seen.versions / seconds,
        "level_changes_per_second": seen.level_changes / seconds,
        "prints_per_second": len(seen.prints) / seconds,
    }


def _taker_figures(seen: Observation) -> Mapping[str, float]:
    """Prints of one side in one millisecond, the finest time exchanges tell, are one taker's."""
    at = np.asarray([item.at // MILLISECOND for item in seen.prints], dtype=np.int64)
    sign = np.asarray([1.0 if item.taker_bought else -1.0 for item in seen.prints])
    size = np.asarray([item.size for item in seen.prints], dtype=np.float64)
    begins = np.ones(len(at), dtype=np.bool_)
    begins[1:] = (np.diff(at) != 0) | (np.diff(sign) != 0)
    first = np.flatnonzero(begins)
    sizes = np.add.reduceat(size, first) / 10.0**seen.instrument.size_decimals
    gaps, signs = np.diff(at[first]).astype(np.float64), sign[first]
    return {
        "takers_per_second": len(first) / len(seen.mids) * _GLANCES_A_SECOND,
        "prints_per_taker": len(at) / len(first) if len(first) else float("nan"),
        "taker_gap_median_ms": _quantile(gaps, 0.5),
        "taker_gap_90_percent_ms": _quantile(gaps, 0.9),
        "taker_gap_variation": float(gaps.std() / gaps.mean()) if gaps.any() else float("nan"),
        "taker_sign_autocorrelation_1": autocorrelation(signs, 1),
        "taker_sign_autocorrelation_10": autocorrelation(signs, 10),
        "taker_size_10_percent": _quantile(sizes, 0.1),
        "taker_size_median": _quantile(sizes, 0.5),
        "taker_size_90_percent": _quantile(sizes, 0.9),
        "taker_size_99_percent": _quantile(sizes, 0.99),
    }


def _return_figures(seen: Observation) -> Mapping[str, float]:
    mids = np.asarray(seen.mids)
    quick, second = log_returns(mids, 1), log_returns(mids, _GLANCES_A_SECOND)
    size = np.abs(second)
    ahead = np.log(mids[_GLANCES_A_SECOND:]) - np.log(mids[:-_GLANCES_A_SECOND])
    now = np.asarray(seen.imbalances)[: len(ahead)]
    spread_out = len(second) > 0 and bool(second.std())
    return {
        "volatility_1s_bps": float(second.std()) if len(second) else float("nan"),
        "unmoved_1s_share": float((second == 0.0).mean()) if len(second) else float("nan"),
        "kurtosis_1s": _kurtosis(second) if spread_out else float("nan"),
        "return_autocorrelation_100ms": autocorrelation(quick, 1),
        "return_autocorrelation_1s": autocorrelation(second, 1),
        "absolute_return_autocorrelation_1s_1": autocorrelation(size, 1),
        "absolute_return_autocorrelation_1s_5": autocorrelation(size, 5),
        "absolute_return_autocorrelation_1s_10": autocorrelation(size, 10),
        "imbalance_foretells_1s": correlation(now, ahead),
    }


def _quantile(values: Floats, share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else float("nan")


def _kurtosis(values: Floats) -> float:
    """Fourth moment over the squared second; 3 for a normal distribution."""
    centred = values - values.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2)

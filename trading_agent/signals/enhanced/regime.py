"""What kind of market a symbol is in, from the finished candles of one timeframe."""

import math
from collections import deque
from enum import StrEnum
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from trading_agent.domain.units import Nanos
from trading_agent.signals.enhanced.ranks import SortedWindow
from trading_agent.signals.enhanced.settings import RegimeParameters
from trading_agent.signals.indicators.bars import Bar
from trading_agent.signals.indicators.catalogue import open_standard

_VOTES_FOR_TREND: Final = 2


class RegimeKind(StrEnum):
    TRENDING_UP = "trending_up"
    TRENDING_DOWN = "trending_down"
    RANGING = "ranging"
    WILD = "wild"
    """The true range is among the widest; which way does not matter."""
    QUIET = "quiet"
    UNKNOWN = "unknown"


class RegimeEvidence(Struct, frozen=True):
    """NaN where not ready. `efficiency` 0 to 1 (Kaufman: way made over way gone).
    `variance_ratio`: above 1 moves go on, below 1 they turn back (Lo and MacKinlay, 1988).
    `range_rank`: share of the window whose true range, relative to price, was lower."""

    adx: float = math.nan
    plus_di: float = math.nan
    minus_di: float = math.nan
    efficiency: float = math.nan
    variance_ratio: float = math.nan
    range_rank: float = math.nan


class Regime(Struct, frozen=True):
    """`since`: opening of the candle at which it began; `candles` of it so far. `leaning`: what
    the newest candle alone says."""

    kind: RegimeKind
    since: Nanos
    candles: int
    leaning: RegimeKind
    evidence: RegimeEvidence


_TRENDS: Final = frozenset((RegimeKind.TRENDING_UP, RegimeKind.TRENDING_DOWN))


class RegimeWatch:
    """One symbol and timeframe. Entering a regime is harder than staying, and a change must be
    said by several candles in a row."""

    def __init__(self, parameters: RegimeParameters) -> None:
        self._parameters = parameters
        self._adx = open_standard("adx")
        self._range = open_standard("natr")
        self._ranges = SortedWindow(parameters.range_window)
        self._closes: deque[float] = deque(maxlen=parameters.window + 1)
        self._open_at = -1
        self._said_in_a_row = 0
        self.now = Regime(RegimeKind.UNKNOWN, Nanos(0), 0, RegimeKind.UNKNOWN, RegimeEvidence())

    def update(self, bar: Bar) -> Regime:
        """After a candle has finished. One that is not newer changes nothing."""
        if bar.open_at <= self._open_at:
            return self.now
        self._open_at = bar.open_at
        evidence = self._measure(bar)
        leaning = lean(evidence, self.now.kind, self._parameters)
        before = self.now
        self._said_in_a_row = self._said_in_a_row + 1 if leaning == before.leaning else 1
        patience = self._parameters.candles_to_change
        first = before.kind is RegimeKind.UNKNOWN
        if leaning != before.kind and (first or self._said_in_a_row >= patience):
            self.now = Regime(leaning, Nanos(bar.open_at), 1, leaning, evidence)
        else:
            self.now = Regime(before.kind, before.since, before.candles + 1, leaning, evidence)
        return self.now

    def _measure(self, bar: Bar) -> RegimeEvidence:
        adx, plus_di, minus_di = self._adx.update(bar)
        true_range = self._range.update(bar)[0]
        range_rank = math.nan
        if math.isfinite(true_range):
            self._ranges.add(true_range)
            if len(self._ranges) >= min(self._parameters.window, self._parameters.range_window):
                range_rank = self._ranges.rank(true_range)
        self._closes.append(bar.close)
        efficiency = variance = math.nan
        if len(self._closes) == self._parameters.window + 1:
            closes = np.array(self._closes)
            efficiency = efficiency_ratio(closes)
            variance = variance_ratio(np.log(closes), self._parameters.variance_step)
        return RegimeEvidence(adx, plus_di, minus_di, efficiency, variance, range_rank)


def lean(evidence: RegimeEvidence, held: RegimeKind, parameters: RegimeParameters) -> RegimeKind:
    """What one candle says, given the regime that holds."""
    if not all(map(math.isfinite, (evidence.adx, evidence.range_rank, evidence.efficiency))):
        return RegimeKind.UNKNOWN
    wild = parameters.wild_leave if held is RegimeKind.WILD else parameters.wild_enter
    quiet = parameters.quiet_leave if held is RegimeKind.QUIET else parameters.quiet_enter
    if evidence.range_rank >= wild:
        return RegimeKind.WILD
    if _votes_for_trend(evidence, held in _TRENDS, parameters) >= _VOTES_FOR_TREND:
        up = evidence.plus_di >= evidence.minus_di
        return RegimeKind.TRENDING_UP if up else RegimeKind.TRENDING_DOWN
    return RegimeKind.QUIET if evidence.range_rank <= quiet else RegimeKind.RANGING


def efficiency_ratio(closes: NDArray[np.float64]) -> float:
    """Way made over way gone; 0 when nothing moved."""
    gone = float(np.abs(np.diff(closes)).sum())
    return abs(float(closes[-1] - closes[0])) / gone if gone > 0.0 else 0.0


def variance_ratio(logs: NDArray[np.float64], step: int) -> float:
    """Variance of `step`-candle log returns over `step` times that of single ones, both unbiased
    and the longer ones overlapping (Lo and MacKinlay, 1988); 1 when nothing moved."""
    count = len(logs) - 1
    mean = float(logs[-1] - logs[0]) / count
    single = float(((np.diff(logs) - mean) ** 2).sum()) / (count - 1)
    if single <= 0.0:
        return 1.0
    long = logs[step:] - logs[:-step] - step * mean
    weight = step * (count - step + 1) * (1.0 - step / count)
    return float((long**2).sum()) / weight / single


def _votes_for_trend(evidence: RegimeEvidence, held: bool, parameters: RegimeParameters) -> int:
    adx = parameters.adx_leave if held else parameters.adx_enter
    efficiency = parameters.efficiency_leave if held else parameters.efficiency_enter
    variance = parameters.variance_leave if held else parameters.variance_enter
    return (
        int(evidence.adx >= adx)
        + int(evidence.efficiency >= efficiency)
        + int(evidence.variance_ratio >= variance)
    )

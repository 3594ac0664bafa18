"""Do the trends of several timeframes agree? Each has an opinion from -1 to 1 or abstains."""

import math
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos
from trading_agent.market.candles import TIMEFRAME_NAMES, TIMEFRAMES
from trading_agent.signals.enhanced.settings import ConfirmationParameters

_LENGTHS: Final = dict(zip(TIMEFRAME_NAMES, TIMEFRAMES, strict=True))
_MIDDLE: Final = 50.0


class TrendReading(Struct, frozen=True):
    """Indicators as of a timeframe's newest finished candle, NaN where not ready. `fast`, `slow`:
    averages of the close; they, `atr` and the MACD `histogram` in one unit of price. `at`: when
    that candle ended."""

    timeframe: str
    at: Nanos
    fast: float = math.nan
    slow: float = math.nan
    atr: float = math.nan
    histogram: float = math.nan
    rsi: float = math.nan


class TimeframeOpinion(Struct, frozen=True):
    """`opinion` -1 to 1, None for abstaining; `weight` is its share of all weight."""

    timeframe: str
    weight: float
    opinion: float | None


class Confirmation(Struct, frozen=True):
    """`direction` None when nobody leans. `score` -1 to 1: opinions by weight, those who abstain
    left out. `agreeing`, `opposing`: shares of all weight. `confirmed`: the quorum agrees."""

    direction: Side | None
    score: float
    agreeing: float
    opposing: float
    abstained: int
    confirmed: bool
    by_timeframe: tuple[TimeframeOpinion, ...]
    words: str


def trend_opinion(reading: TrendReading, parameters: ConfirmationParameters) -> float | None:
    """-1 to 1; None when nothing of it is ready. What is not ready takes no part."""
    parts = (
        (
            parameters.gap_weight,
            _share(reading.fast - reading.slow, reading.atr * parameters.full_gap),
        ),
        (
            parameters.histogram_weight,
            _share(reading.histogram, reading.atr * parameters.full_histogram),
        ),
        (parameters.rsi_weight, _share(reading.rsi - _MIDDLE, parameters.full_rsi)),
    )
    ready = [(weight, part) for weight, part in parts if weight > 0.0 and part is not None]
    total = math.fsum(weight for weight, _ in ready)
    if total == 0.0:
        return None
    return _clipped(math.fsum(weight * part for weight, part in ready) / total)


def confirm(
    readings: Mapping[str, TrendReading], at: Nanos, parameters: ConfirmationParameters
) -> Confirmation:
    """`readings` by timeframe. One that is missing, too old or of the future abstains."""
    weights = {name: weight for name, weight in parameters.timeframe_weights.items() if weight > 0}
    total = math.fsum(weights.values())
    by_timeframe = tuple(
        TimeframeOpinion(name, weights[name] / total, _opinion_at(readings, name, at, parameters))
        for name in TIMEFRAME_NAMES
        if name in weights
    )
    heard = [(it.weight, it.opinion) for it in by_timeframe if it.opinion is not None]
    heard_weight = math.fsum(weight for weight, _ in heard)
    if heard_weight > 0.0:
        score = _clipped(math.fsum(weight * opinion for weight, opinion in heard) / heard_weight)
    else:
        score = 0.0
    direction = Side(1 if score > 0.0 else -1) if score != 0.0 else None
    loud = [(weight, it) for weight, it in heard if it and abs(it) >= parameters.least_opinion]
    agreeing = math.fsum(weight for weight, it in loud if it * score > 0.0)
    opposing = math.fsum(weight for weight, it in loud if it * score < 0.0)
    confirmed = agreeing > 0.0 and agreeing >= parameters.quorum
    return Confirmation(
        direction=direction,
        score=score,
        agreeing=agreeing,
        opposing=opposing,
        abstained=len(by_timeframe) - len(heard),
        confirmed=confirmed,
        by_timeframe=by_timeframe,
        words=_in_words(by_timeframe, score, confirmed, parameters.quorum),
    )


class TimeframeConfirmation:
    """The newest reading of every timeframe of one symbol."""

    def __init__(self) -> None:
        self._readings: dict[str, TrendReading] = {}

    def update(self, reading: TrendReading) -> None:
        """After a candle closed. An older one than is known changes nothing."""
        known = self._readings.get(reading.timeframe)
        if known is None or reading.at >= known.at:
            self._readings[reading.timeframe] = reading

    def as_of(self, at: Nanos, parameters: ConfirmationParameters) -> Confirmation:
        return confirm(self._readings, at, parameters)


def _opinion_at(
    readings: Mapping[str, TrendReading], name: str, at: Nanos, parameters: ConfirmationParameters
) -> float | None:
    reading = readings.get(name)
    if reading is None or not 0 <= at - reading.at <= parameters.lifetime_candles * _LENGTHS[name]:
        return None
    return trend_opinion(reading, parameters)


def _share(value: float, full: float) -> float | None:
    """None when either is not known, or nothing moves."""
    if not (math.isfinite(value) and math.isfinite(full) and full > 0.0):
        return None
    return _clipped(value / full)


def _clipped(value: float) -> float:
    return max(-1.0, min(1.0, value))


def _in_words(
    by_timeframe: tuple[TimeframeOpinion, ...], score: float, confirmed: bool, quorum: float
) -> str:
    opinions = ", ".join(
        f"{it.timeframe} {'abstains' if it.opinion is None else format(it.opinion, '+.2f')}"
        for it in by_timeframe
    )
    verdict = "confirmed" if confirmed else f"no quorum of {quorum:.0%}"
    return f"{verdict}: {score:+.2f} ({opinions or 'no timeframe is asked'})"

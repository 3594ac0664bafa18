"""What strategies over finished candles share: their timeframe, volumes, and what is not known."""

import math
from typing import Final

from trading_agent.domain.errors import ConfigError
from trading_agent.domain.units import SECOND
from trading_agent.market.candles import HISTORY, TIMEFRAME_NAMES, TIMEFRAMES
from trading_agent.signals.indicators.bars import Bars
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.entries import two_sided
from trading_agent.strategies.strategy import MarketSight, StrategyView

SECONDS: Final = dict(
    zip(TIMEFRAME_NAMES, (length // SECOND for length in TIMEFRAMES), strict=True)
)
"""Lengths by the timeframes' names."""
_NAMES: Final = {seconds: name for name, seconds in SECONDS.items()}


def timeframe_parameter(timeframe: str) -> Parameter:
    """`timeframe`: the default, by name."""
    return Parameter("timeframe_seconds", SECONDS[timeframe], 1, max(_NAMES))


def read_timeframe(values: Values) -> str:
    """The timeframe's name; ConfigError for a length that no candle has."""
    seconds = values["timeframe_seconds"]
    name = _NAMES.get(seconds)
    if name is None:
        lengths = ", ".join(map(str, _NAMES))
        raise ConfigError(f"timeframe_seconds = {seconds}: one of {lengths}")
    return name


def volume_parameters(factor: float) -> tuple[Parameter, ...]:
    """`factor`: least volume of a candle as a multiple of the mean of those before; 0 for any."""
    return (
        Parameter("volume_factor", factor, 0.0, 1_000.0, whole=False),
        Parameter("volume_window", 20, 1, HISTORY - 1),
    )


def asked(view: StrategyView, timeframe: str) -> bool:
    """Whether the view is of a close of this timeframe, in a market that has two sides. What
    happened in a candle that is not whole is not known."""
    if view.closed != timeframe or not two_sided(view):
        return False
    return bool(view.sight.whole(timeframe, 1).all())


def known(*figures: float) -> bool:
    return all(map(math.isfinite, figures))


def volume_ratio(sight: MarketSight, timeframe: str, window: int) -> float:
    """The newest candle's volume as a multiple of the mean of the `window` before it; NaN while
    there are too few candles, or when nothing was traded in them."""
    volumes = sight.last(timeframe, window + 1).volume
    if len(volumes) <= window:
        return math.nan
    before = float(volumes[:-1].mean())
    return float(volumes[-1]) / before if before > 0.0 else math.nan


def closing_price(bars: Bars) -> float:
    """Of the newest candle; NaN when there is none."""
    return float(bars.close[-1]) if len(bars.close) else math.nan


class VolumeFilter:
    """Asks for a candle that trades more than those before it."""

    def __init__(self, values: Values, timeframe: str) -> None:
        self._factor: float = values["volume_factor"]
        self._window: int = values["volume_window"]
        self._timeframe = timeframe

    def words(self, sight: MarketSight) -> str | None:
        """How much was traded, in words, empty when any volume will do; None when it is too
        little or not known."""
        if self._factor == 0.0:
            return ""
        ratio = volume_ratio(sight, self._timeframe, self._window)
        # Not known is not enough: NaN is never at least anything.
        if not ratio >= self._factor:
            return None
        return f"; volume {ratio:.2f} times its mean, at least {self._factor:g}"

"""Momentum: buys what has risen far enough over the last candles, with volume, above its mean."""

from typing import ClassVar, Final

from trading_agent.domain.decision import Proposal
from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.indicator import LONGEST, Parameter, Values
from trading_agent.strategies.candle_reading import (
    VolumeFilter,
    asked,
    closing_price,
    read_timeframe,
    timeframe_parameter,
    volume_parameters,
)
from trading_agent.strategies.entries import barrier_parameters, enter, leave, read_barriers
from trading_agent.strategies.regime_filter import RANGES, RegimeFilter, regime_parameter
from trading_agent.strategies.strategy import Need, Requirements, StrategyView

_BPS_PER_PERCENT: Final = 100.0


class MomentumStrategy:
    """Leaves when the price has fallen as far as it must have risen to enter."""

    name: ClassVar[str] = "momentum"
    timeframe: ClassVar[str] = "1m"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        timeframe_parameter(timeframe),
        Parameter("lookback", 10, 1, LONGEST),
        Parameter("threshold_bps", 30.0, 0.1, 10_000.0, whole=False),
        Parameter("average_period", 50, 0, LONGEST),
        *volume_parameters(1.2),
        regime_parameter(),
        *barrier_parameters(take_profit_bps=60.0, stop_bps=30.0, hold_seconds=1_800),
    )

    def __init__(self, values: Values) -> None:
        if values["average_period"] == 1:
            raise ConfigError("average_period = 1: 0 for no average, or at least 2")
        self._lookback: int = values["lookback"]
        self._threshold: float = values["threshold_bps"]
        self._timeframe = read_timeframe(values)
        self._barriers = read_barriers(values)
        self._regime = RegimeFilter(values, RANGES)
        self._volume = VolumeFilter(values, self._timeframe)
        self._change = Need(self._timeframe, "roc", (("period", self._lookback),))
        period = values["average_period"]
        self._average = Need(self._timeframe, "sma", (("period", period),)) if period else None

    @property
    def requires(self) -> Requirements:
        needs = (self._change,) if self._average is None else (self._change, self._average)
        return Requirements(timeframe=self._timeframe, needs=needs)

    def propose(self, view: StrategyView) -> Proposal | None:
        if not asked(view, self._timeframe):
            return None
        change = view.sight.value(self._change)[0] * _BPS_PER_PERCENT
        words = f"momentum {change:+.1f} bps over {self._lookback} candles of {self._timeframe}"
        if view.position > 0:
            if not change <= -self._threshold:
                return None
            return leave(view, f"{words}, at most {-self._threshold:g}")
        trend, volume = self._trend(view), self._volume.words(view.sight)
        # Not known is not enough: NaN is never at least anything.
        if not change >= self._threshold or trend is None or volume is None:
            return None
        reason = f"{words}, at least {self._threshold:g}{trend}{volume}"
        return self._regime.admit(view, enter(view, self.name, self._barriers, reason))

    def _trend(self, view: StrategyView) -> str | None:
        """That the close is above its average, in words, empty when none is asked for; None when
        it is not, or not known."""
        if self._average is None:
            return ""
        average = view.sight.value(self._average)[0]
        close = closing_price(view.sight.last(self._timeframe, 1))
        return f"; close {close:g} above its average {average:g}" if close > average else None

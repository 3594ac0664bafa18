"""Directional: buys what is oversold at the lower Bollinger band, within three barriers."""

from typing import ClassVar

from trading_agent.domain.decision import Proposal
from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.indicator import Parameter, Values, candles
from trading_agent.strategies.candle_reading import asked, read_timeframe, timeframe_parameter
from trading_agent.strategies.entries import barrier_parameters, enter, leave, read_barriers
from trading_agent.strategies.regime_filter import TRENDS, RegimeFilter, regime_parameter
from trading_agent.strategies.strategy import Need, Requirements, StrategyView


class RsiBollingerStrategy:
    """`band_reach` is how far from a band, as a share of the channel's width, still counts as at
    it; below 0 the price must be beyond. Leaves at the other extreme."""

    name: ClassVar[str] = "rsi_bollinger"
    timeframe: ClassVar[str] = "1m"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        timeframe_parameter(timeframe),
        candles("rsi_period", 14),
        Parameter("oversold", 30.0, 0.0, 100.0, whole=False),
        Parameter("overbought", 70.0, 0.0, 100.0, whole=False),
        candles("band_period", 20),
        Parameter("deviations", 2.0, 0.1, 100.0, whole=False),
        Parameter("band_reach", 0.0, -1.0, 0.5, whole=False),
        regime_parameter(),
        *barrier_parameters(take_profit_bps=40.0, stop_bps=30.0, hold_seconds=3_600),
    )

    def __init__(self, values: Values) -> None:
        if values["oversold"] >= values["overbought"]:
            raise ConfigError("oversold < overbought must hold")
        self._oversold: float = values["oversold"]
        self._overbought: float = values["overbought"]
        self._reach: float = values["band_reach"]
        self._timeframe = read_timeframe(values)
        self._barriers = read_barriers(values)
        self._regime = RegimeFilter(values, TRENDS)
        self._strength = Need(self._timeframe, "rsi", (("period", values["rsi_period"]),))
        band = (("period", values["band_period"]), ("deviations", values["deviations"]))
        self._band = Need(self._timeframe, "bollinger", band)

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe=self._timeframe, needs=(self._strength, self._band))

    def propose(self, view: StrategyView) -> Proposal | None:
        if not asked(view, self._timeframe):
            return None
        strength = view.sight.value(self._strength)[0]
        place = view.sight.value(self._band)[3]
        words = f"RSI {strength:.1f} at {place:.2f} of the Bollinger channel of {self._timeframe}"
        # Written so that NaN, which is never at most or at least anything, is silent.
        if view.position > 0:
            if strength >= self._overbought and place >= 1.0 - self._reach:
                return leave(view, f"{words}: overbought from {self._overbought:g}")
            return None
        if strength <= self._oversold and place <= self._reach:
            reason = f"{words}: oversold up to {self._oversold:g}"
            return self._regime.admit(view, enter(view, self.name, self._barriers, reason))
        return None

"""Trend: buys when the MACD crosses above its signal line in the upper part of the channel."""

from typing import ClassVar

from trading_agent.domain.decision import Proposal
from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.indicator import Parameter, Values, candles
from trading_agent.strategies.candle_reading import asked, read_timeframe, timeframe_parameter
from trading_agent.strategies.entries import barrier_parameters, enter, leave, read_barriers
from trading_agent.strategies.regime_filter import RANGES, RegimeFilter, regime_parameter
from trading_agent.strategies.strategy import Need, Requirements, StrategyView


class MacdBollingerStrategy:
    """`least_place`: where in the Bollinger channel the close must be at least, 0 at the lower
    band, 1 at the upper. Leaves when the MACD crosses below."""

    name: ClassVar[str] = "macd_bollinger"
    timeframe: ClassVar[str] = "5m"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        timeframe_parameter(timeframe),
        candles("fast", 12),
        candles("slow", 26),
        candles("signal", 9, 1),
        candles("band_period", 20),
        Parameter("deviations", 2.0, 0.1, 100.0, whole=False),
        Parameter("least_place", 0.5, -1.0, 2.0, whole=False),
        regime_parameter(),
        *barrier_parameters(take_profit_bps=120.0, stop_bps=60.0, hold_seconds=14_400),
    )

    def __init__(self, values: Values) -> None:
        if values["fast"] >= values["slow"]:
            raise ConfigError("fast < slow must hold")
        self._least_place: float = values["least_place"]
        self._timeframe = read_timeframe(values)
        self._barriers = read_barriers(values)
        self._regime = RegimeFilter(values, RANGES)
        lines = tuple((name, values[name]) for name in ("fast", "slow", "signal"))
        self._lines = Need(self._timeframe, "macd", lines)
        band = (("period", values["band_period"]), ("deviations", values["deviations"]))
        self._band = Need(self._timeframe, "bollinger", band)

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe=self._timeframe, needs=(self._lines, self._band))

    def propose(self, view: StrategyView) -> Proposal | None:
        if not asked(view, self._timeframe):
            return None
        ahead = view.sight.value(self._lines)[2]
        before = view.sight.before(self._lines)[2]
        # Written so that NaN, which is on no side of anything, is silent.
        if view.position > 0:
            fell = before >= 0.0 > ahead
            return leave(view, self._words("below", before, ahead)) if fell else None
        place = view.sight.value(self._band)[3]
        if not (before <= 0.0 < ahead and place >= self._least_place):
            return None
        words = self._words("above", before, ahead)
        reason = f"{words}; {place:.2f} of the Bollinger channel, at least {self._least_place:g}"
        return self._regime.admit(view, enter(view, self.name, self._barriers, reason))

    def _words(self, where: str, before: float, ahead: float) -> str:
        return (
            f"MACD of {self._timeframe} crossed {where} its signal: {before:+.4g} to {ahead:+.4g}"
        )

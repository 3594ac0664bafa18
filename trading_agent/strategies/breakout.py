"""Breakout: buys a close above the highest of the candles before it, when much is traded."""

from typing import ClassVar

from trading_agent.domain.decision import Proposal
from trading_agent.domain.units import BASIS_POINTS
from trading_agent.signals.indicators.indicator import Parameter, Values, candles
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


class BreakoutStrategy:
    """Channels are Donchian's, as of the candle before: the breaking candle is in neither. Leaves
    at a close below the shorter channel. `beyond_bps`: how far above the channel it must close."""

    name: ClassVar[str] = "breakout"
    timeframe: ClassVar[str] = "1m"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        timeframe_parameter(timeframe),
        candles("period", 20),
        candles("exit_period", 10),
        Parameter("beyond_bps", 1.0, 0.0, 10_000.0, whole=False),
        *volume_parameters(1.5),
        regime_parameter(),
        *barrier_parameters(take_profit_bps=80.0, stop_bps=40.0, hold_seconds=3_600),
    )

    def __init__(self, values: Values) -> None:
        self._beyond: float = values["beyond_bps"] / BASIS_POINTS
        self._timeframe = read_timeframe(values)
        self._barriers = read_barriers(values)
        self._regime = RegimeFilter(values, RANGES)
        self._volume = VolumeFilter(values, self._timeframe)
        self._channel = self._need(values["period"])
        self._exit_channel = self._need(values["exit_period"])

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe=self._timeframe, needs=(self._channel, self._exit_channel))

    def propose(self, view: StrategyView) -> Proposal | None:
        if not asked(view, self._timeframe):
            return None
        close = closing_price(view.sight.last(self._timeframe, 1))
        words = f"{self._timeframe} closed at {close:g}"
        # Written so that NaN, which is neither above nor below anything, is silent.
        if view.position > 0:
            lowest = view.sight.before(self._exit_channel)[2]
            return leave(view, f"{words}, below the low {lowest:g}") if close < lowest else None
        highest = view.sight.before(self._channel)[0]
        volume = self._volume.words(view.sight)
        if volume is None or not close > highest * (1.0 + self._beyond):
            return None
        reason = f"{words}, above the high {highest:g}{volume}"
        return self._regime.admit(view, enter(view, self.name, self._barriers, reason))

    def _need(self, period: int) -> Need:
        return Need(self._timeframe, "donchian", (("period", period),))

"""Supertrend: buys when the trend turns up, close to its line; leaves when it turns down."""

from typing import ClassVar

from trading_agent.domain.decision import Proposal
from trading_agent.domain.units import BASIS_POINTS
from trading_agent.signals.indicators.indicator import Parameter, Values, candles
from trading_agent.strategies.candle_reading import (
    asked,
    closing_price,
    known,
    read_timeframe,
    timeframe_parameter,
)
from trading_agent.strategies.entries import barrier_parameters, enter, leave, read_barriers
from trading_agent.strategies.regime_filter import RANGES, RegimeFilter, regime_parameter
from trading_agent.strategies.strategy import Need, Requirements, StrategyView


class SupertrendStrategy:
    """`farthest_bps`: how far above the line, which is where it would be wrong, the close may
    be."""

    name: ClassVar[str] = "supertrend"
    timeframe: ClassVar[str] = "5m"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        timeframe_parameter(timeframe),
        candles("period", 10),
        Parameter("multiplier", 3.0, 0.1, 100.0, whole=False),
        Parameter("farthest_bps", 150.0, 0.0, 10_000.0, whole=False),
        regime_parameter(),
        *barrier_parameters(take_profit_bps=0.0, stop_bps=100.0, hold_seconds=0),
    )

    def __init__(self, values: Values) -> None:
        self._farthest: float = values["farthest_bps"]
        self._timeframe = read_timeframe(values)
        self._barriers = read_barriers(values)
        self._regime = RegimeFilter(values, RANGES)
        band = (("period", values["period"]), ("multiplier", values["multiplier"]))
        self._trend = Need(self._timeframe, "supertrend", band)

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe=self._timeframe, needs=(self._trend,))

    def propose(self, view: StrategyView) -> Proposal | None:
        if not asked(view, self._timeframe):
            return None
        line, direction = view.sight.value(self._trend)
        _, before = view.sight.before(self._trend)
        close = closing_price(view.sight.last(self._timeframe, 1))
        if not known(line, direction, before, close) or line <= 0.0 or direction == before:
            return None
        away = (close / line - 1.0) * BASIS_POINTS
        turned = "up" if direction > 0.0 else "down"
        words = f"supertrend of {self._timeframe} turned {turned}: close {close:g}, line {line:g}"
        if view.position > 0:
            return leave(view, words) if direction < 0.0 else None
        if direction < 0.0 or away > self._farthest:
            return None
        reason = f"{words}, {away:.1f} bps away, at most {self._farthest:g}"
        return self._regime.admit(view, enter(view, self.name, self._barriers, reason))

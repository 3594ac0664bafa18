"""Scalper: buys far below the mean of the last candles, and sells at the way back."""

from typing import ClassVar

from trading_agent.domain.decision import Proposal
from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.indicator import Parameter, Values, candles
from trading_agent.strategies.candle_reading import asked, read_timeframe, timeframe_parameter
from trading_agent.strategies.entries import barrier_parameters, enter, leave, read_barriers
from trading_agent.strategies.regime_filter import TRENDS, RegimeFilter, regime_parameter
from trading_agent.strategies.strategy import Need, Requirements, StrategyView


class MeanReversionStrategy:
    """Scores are the close's distances from its mean in standard deviations. Buys at most at
    -`entry_score`; leaves at the candle whose score is the first to reach `exit_score` again."""

    name: ClassVar[str] = "mean_reversion"
    timeframe: ClassVar[str] = "15s"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        timeframe_parameter(timeframe),
        candles("period", 40),
        Parameter("entry_score", 2.5, 0.1, 20.0, whole=False),
        Parameter("exit_score", 0.0, -20.0, 20.0, whole=False),
        regime_parameter(),
        *barrier_parameters(take_profit_bps=15.0, stop_bps=12.0, hold_seconds=300),
    )

    def __init__(self, values: Values) -> None:
        if values["exit_score"] <= -values["entry_score"]:
            raise ConfigError("-entry_score < exit_score must hold")
        self._entry: float = -values["entry_score"]
        self._exit: float = values["exit_score"]
        self._timeframe = read_timeframe(values)
        self._barriers = read_barriers(values)
        self._regime = RegimeFilter(values, TRENDS)
        self._score = Need(self._timeframe, "z_score", (("period", values["period"]),))

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe=self._timeframe, needs=(self._score,))

    def propose(self, view: StrategyView) -> Proposal | None:
        if not asked(view, self._timeframe):
            return None
        score = view.sight.value(self._score)[0]
        words = f"{score:+.2f} deviations from the mean of {self._timeframe}"
        # Written so that NaN, which is never at most or at least anything, is silent.
        if view.position > 0:
            back = view.sight.before(self._score)[0] < self._exit <= score
            return leave(view, f"{words}, back from {self._exit:g}") if back else None
        if not score <= self._entry:
            return None
        return self._regime.admit(
            view, enter(view, self.name, self._barriers, f"{words}, at most {self._entry:g}")
        )

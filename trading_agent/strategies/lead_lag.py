"""Lead and lag: buys a follower that has not yet gone along with its leader's rise."""

import math
from typing import ClassVar

from trading_agent.domain.decision import Proposal
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.candle_reading import asked, read_timeframe, timeframe_parameter
from trading_agent.strategies.entries import barrier_parameters, enter, leave, read_barriers
from trading_agent.strategies.strategy import Requirements, StrategyView


class LeadLagStrategy:
    """Over the last `seconds` a leader must have moved by `threshold_bps`, and the follower by at
    most `ratio` of that. Of several leaders the one that moved farthest counts. Leaves when a
    leader falls as far. Never trades a leader; to follow others, name them in a class of one's
    own that extends this one.
    """

    name: ClassVar[str] = "lead_lag"
    timeframe: ClassVar[str] = "1s"
    leaders: ClassVar[tuple[str, ...]] = ("BTCUSDC",)
    parameters: ClassVar[tuple[Parameter, ...]] = (
        timeframe_parameter(timeframe),
        Parameter("threshold_bps", 5.0, 0.1, 10_000.0, whole=False),
        Parameter("seconds", 5.0, 0.1, 60.0, whole=False),
        Parameter("ratio", 0.4, -1.0, 1.0, whole=False),
        *barrier_parameters(take_profit_bps=8.0, stop_bps=6.0, hold_seconds=30),
    )

    def __init__(self, values: Values) -> None:
        self._threshold: float = values["threshold_bps"]
        self._seconds: float = values["seconds"]
        self._ratio: float = values["ratio"]
        self._timeframe = read_timeframe(values)
        self._barriers = read_barriers(values)

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe=self._timeframe, leaders=self.leaders)

    def propose(self, view: StrategyView) -> Proposal | None:
        symbol = view.instrument.symbol
        if not asked(view, self._timeframe) or symbol in self.leaders:
            return None
        leader, move = self._farthest(view)
        words = f"{leader} moved {move:+.1f} bps in {self._seconds:g} s"
        # Written so that NaN, which is never at most or at least anything, is silent.
        if view.position > 0:
            fell = move <= -self._threshold
            return leave(view, f"{words}, at most {-self._threshold:g}") if fell else None
        own = view.sight.move_bps(symbol, self._seconds)
        if not (move >= self._threshold and own <= self._ratio * move):
            return None
        return enter(view, self.name, self._barriers, f"{words}, {symbol} only {own:+.1f} bps")

    def _farthest(self, view: StrategyView) -> tuple[str, float]:
        """The leader that moved farthest, the first of equals; NaN while none is known."""
        moves = [(leader, view.sight.move_bps(leader, self._seconds)) for leader in self.leaders]
        known = [each for each in moves if math.isfinite(each[1])]
        return max(known, key=lambda each: abs(each[1]), default=("", math.nan))

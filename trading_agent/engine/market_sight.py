"""The market as strategies may look at it: finished candles, moves, volatility."""

import numpy as np
from numpy.typing import NDArray

from trading_agent.domain.units import SECOND
from trading_agent.engine.desk_state import DeskState
from trading_agent.signals.indicators.bars import Bars
from trading_agent.signals.orderflow import MIDS
from trading_agent.strategies.strategy import Need

_NAN = float("nan")


class DeskSight:
    """Reads the desk's state at the moment of the question; see `strategies.strategy`."""

    __slots__ = ("_index", "_state")

    def __init__(self, state: DeskState, index: int) -> None:
        self._state = state
        self._index = index

    def value(self, need: Need) -> tuple[float, ...]:
        timeframes = self._state.table.timeframes[self._index]
        timeframes.catch_up()
        return timeframes.value(need)

    def before(self, need: Need) -> tuple[float, ...]:
        timeframes = self._state.table.timeframes[self._index]
        timeframes.catch_up()
        return timeframes.before(need)

    def last(self, timeframe: str, count: int) -> Bars:
        return self._state.table.timeframes[self._index].last(timeframe, count)

    def whole(self, timeframe: str, count: int) -> NDArray[np.bool_]:
        return self._state.table.timeframes[self._index].whole(timeframe, count)

    def move_bps(self, symbol: str, seconds: float) -> float:
        index = self._state.index.get(symbol)
        if index is None:
            return _NAN
        features = self._state.markets[index]["features"]
        count = int(features["mid_count"])
        if count == 0:
            return _NAN
        places = np.arange(max(count - MIDS, 0), count) & (MIDS - 1)
        then = self._state.now - int(seconds * SECOND)
        known = int(np.searchsorted(features["mid_at"][places], then, side="right"))
        if known == 0:
            return _NAN
        before = float(features["mids"][places[known - 1]])
        return (float(features["mid"]) / before - 1.0) * 1e4

    def volatility_bps(self) -> float:
        features = self._state.markets[self._index]["features"]
        return float(features["volatility_bps"]) if int(features["warm"]) else _NAN

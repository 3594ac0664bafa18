"""What each pair has lost in its worst hours, found out once an hour."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from trading_agent.engine.timeframes import SymbolTimeframes
from trading_agent.market.candles import HISTORY
from trading_agent.risk.tail_loss import expected_shortfall

_TIMEFRAME: Final = "1h"
_LEAST: Final = 100
"""Hours from which the worst hundredth is one of them."""
_TAIL: Final = 0.01


class TailLosses:
    """Owned by the core; symbols in the order of the run's."""

    def __init__(self, timeframes: Sequence[SymbolTimeframes]) -> None:
        self._timeframes = timeframes
        self._known: dict[int, tuple[tuple[int, int], float]] = {}

    def of(self, index: int) -> float:
        """A fraction of the value; NaN while too few hours are known."""
        timeframes = self._timeframes[index]
        stamp = timeframes.stamp(_TIMEFRAME)
        known = self._known.get(index)
        if known is None or known[0] != stamp:
            known = self._known[index] = stamp, _loss(timeframes)
        return known[1]


def _loss(timeframes: SymbolTimeframes) -> float:
    closes = timeframes.last(_TIMEFRAME, HISTORY).close
    if len(closes) <= _LEAST:
        return float("nan")
    returns = (np.diff(closes) / closes[:-1]).tolist()
    return max(expected_shortfall(returns, _TAIL), 0.0)

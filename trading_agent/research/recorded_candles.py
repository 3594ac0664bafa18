"""Every candle of a recording, as the compiled loop makes them, and when the desk knew it."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from trading_agent.engine.compiled_loop import entry_point
from trading_agent.engine.kernel import advance_batch
from trading_agent.engine.state import open_state
from trading_agent.engine.timeframes import INDEX, SymbolTimeframes
from trading_agent.market.candles import HISTORY
from trading_agent.research.pattern_klines import Series
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.research.signal_samples import Integers, in_one_stream
from trading_agent.signals.indicators.bars import Bars
from trading_agent.signals.indicators.catalogue import Catalogue
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan

_MOST_WAITING: Final = HISTORY // 2
"""Candles, so few that none is forgotten before it is looked at."""


class RecordedSeries(Series, frozen=True, kw_only=True):
    """`known_at`: when the message came that ended each candle, nanoseconds UTC."""

    known_at: Integers


class _Taker:
    """The finished candles of one timeframe, taken in time."""

    def __init__(self, kept: SymbolTimeframes, timeframe: str) -> None:
        self._kept = kept
        self._timeframe = timeframe
        self._known: list[int] = []
        self._bars: list[Bars] = [kept.last(timeframe, 0)]
        self._taken = 0

    def move_on(self, now: int) -> None:
        self._known += [now] * (self._kept.count(self._timeframe) - len(self._known))
        if len(self._known) - self._taken >= _MOST_WAITING:
            self._take()

    def series(self, name: str) -> RecordedSeries:
        self._take()
        bars = Bars(*(np.concatenate(columns) for columns in zip(*self._bars, strict=True)))
        known = np.array(self._known, np.int64)
        return RecordedSeries(name=name, timeframe=self._timeframe, bars=bars, known_at=known)

    def _take(self) -> None:
        self._bars.append(self._kept.last(self._timeframe, len(self._known) - self._taken))
        self._taken = len(self._known)


def candles_of(tape: RecordedTape, timeframes: Sequence[str]) -> tuple[RecordedSeries, ...]:
    """Those that have finished, one series a timeframe; a time without prints has none."""
    rows = in_one_stream(tape)
    state = open_state(1, TradingSessionManager(SessionPlan()))
    advance = entry_point(advance_batch)
    candles, now = state.markets[0]["candles"], state.desk["now"]
    candles["heard"] = min(INDEX[name] for name in timeframes)
    kept = SymbolTimeframes(candles, tape.instrument, (), Catalogue())
    takers = [_Taker(kept, name) for name in timeframes]
    position = 0
    while position < len(rows):
        moment = int(rows["at"][position])
        position = advance(rows, position, moment, state.markets, state.desk)
        for taker in takers:
            taker.move_on(int(now[0]))
    return tuple(taker.series(tape.symbol) for taker in takers)

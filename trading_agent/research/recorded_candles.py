"""Every candle of a recording, as the compiled loop makes them of its prints."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from trading_agent.domain.units import SECOND
from trading_agent.engine.compiled_loop import entry_point
from trading_agent.engine.kernel import advance_batch
from trading_agent.engine.state import open_state
from trading_agent.engine.timeframes import SymbolTimeframes
from trading_agent.market.candles import HISTORY
from trading_agent.research.pattern_klines import Series
from trading_agent.research.recorded_tape import RecordedTape
from trading_agent.signals.indicators.bars import Bars
from trading_agent.signals.indicators.catalogue import Catalogue
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan

_STRETCH: Final = HISTORY // 2 * SECOND
"""So short that no candle is forgotten before it is looked at."""


def candles_of(tape: RecordedTape, timeframes: Sequence[str]) -> tuple[Series, ...]:
    """Those that have finished, one series a timeframe; a time without prints has none."""
    prints = tape.prints
    state = open_state(1, TradingSessionManager(SessionPlan()))
    advance = entry_point(advance_batch)
    kept = SymbolTimeframes(state.markets[0]["candles"], tape.instrument, (), Catalogue())
    found: dict[str, list[Bars]] = {name: [] for name in timeframes}
    taken = dict.fromkeys(timeframes, 0)
    stretches = prints["venue_at"] // _STRETCH
    ends = [*(np.flatnonzero(np.diff(stretches)) + 1).tolist(), len(prints)]
    first = 0
    for end in ends:
        rows = prints[first:end]
        position = 0
        while position < len(rows):
            now = int(rows["at"][position])
            position = advance(rows, position, now, state.markets, state.desk)
        for name, bars in found.items():
            count = kept.count(name)
            bars.append(kept.last(name, count - taken[name]))
            taken[name] = count
        first = end
    return tuple(
        Series(name=tape.symbol, timeframe=name, bars=_together(bars))
        for name, bars in found.items()
    )


def _together(parts: list[Bars]) -> Bars:
    return Bars(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

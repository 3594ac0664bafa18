"""Indicators over the finished candles of one symbol, brought up to date when somebody looks.

The compiled loop keeps the candles; what is computed from them depends on nothing else, so it
comes to the same whenever it is done. The loop speaks at least every 128 seconds with trades,
and 256 candles are remembered: none is missed, but where one message closes more than 128.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from msgspec.structs import astuple

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.message import KnownCandle
from trading_agent.market.candles import CANDLE, HISTORY, TIMEFRAME_NAMES, fill_past
from trading_agent.market.columns import integers
from trading_agent.signals.enhanced.scrutiny import prepare_scrutiny
from trading_agent.signals.indicators.bars import Bars, bars_of_candles, make_bars
from trading_agent.signals.indicators.catalogue import Catalogue, OpenIndicator
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.strategy import Need

INDEX: Final = {name: index for index, name in enumerate(TIMEFRAME_NAMES)}
_MASK: Final = HISTORY - 1


def prepare_indicators() -> None:
    """Compile what runs the usual ones and what judges a second, or load it from the cache."""
    bar = make_bars([0], ([1.0], [1.0], [1.0], [1.0]), [1.0])
    for choice in TimeframeSettings().indicators:
        Catalogue().compute(choice.name, bar, **choice.parameters)
    prepare_scrutiny()


class Watched:
    """One indicator at work, and its outputs as of the newest two candles."""

    def __init__(self, indicator: OpenIndicator) -> None:
        self._indicator = indicator
        nothing = (float("nan"),) * len(indicator.indicator.outputs)
        self.newest: tuple[float, ...] = nothing
        self.before: tuple[float, ...] = nothing

    def begin_anew(self) -> None:
        """Candles are missing between those it has seen and those to come."""
        self._indicator = OpenIndicator(self._indicator.indicator, self._indicator.values)

    def take(self, bars: Bars) -> None:
        rows = self._indicator.run(bars)[-2:].tolist()
        self.before = self.newest if len(rows) == 1 else tuple(rows[0])
        self.newest = tuple(rows[-1])


class SymbolTimeframes:
    """Owned by the core. `candles`: the CANDLES record of the symbol."""

    def __init__(
        self, candles: Any, instrument: Instrument, needs: Iterable[Need], catalogue: Catalogue
    ) -> None:
        self._series = candles["series"]
        self._counts = integers(self._series["count"])
        self.drawn: dict[str, tuple[int, Any]] = {}
        """What was last made of each timeframe for people, and of how many candles."""
        self._tick = float(instrument.tick)
        self._lot = float(instrument.lot)
        self._watched: dict[Need, Watched] = {}
        self._by_timeframe: dict[int, list[Watched]] = {}
        self._taken: dict[int, int] = {}
        self._told: dict[int, int] = {}
        """As `_taken` was when the loop last spoke. What is missing is judged from there: whether
        somebody has looked in between must make no difference."""
        for need in needs:
            self._watch(need, catalogue)

    def _watch(self, need: Need, catalogue: Catalogue) -> None:
        if need in self._watched:
            return
        index = INDEX[need.timeframe]
        watched = Watched(catalogue.open(need.indicator, **dict(need.values)))
        self._watched[need] = watched
        self._by_timeframe.setdefault(index, []).append(watched)
        self._taken.setdefault(index, 0)

    @property
    def finished(self) -> int:
        """Candles of every length together."""
        return sum(self._counts)

    def move_on(self) -> None:
        """The loop says that candles have closed."""
        self.catch_up()
        self._told.update(self._taken)

    def catch_up(self) -> None:
        """Take in every candle that has finished since."""
        for index, taken in self._taken.items():
            count = self._counts[index]
            if count == taken:
                continue
            missed = count - self._told.get(index, 0) > HISTORY
            bars = self._bars(index, count - HISTORY if missed else taken, count)
            for watched in self._by_timeframe[index]:
                if missed:
                    watched.begin_anew()
                watched.take(bars)
            self._taken[index] = count

    def begin_with(self, timeframe: str, candles: tuple[KnownCandle, ...]) -> None:
        """What the exchange knows of the time before; ignored once a candle of our own has
        finished."""
        series = self._series[INDEX[timeframe]]
        if series["count"] == 0:
            began = int(series["now"]["open_at"])
            fill_past(series, [astuple(each) for each in candles if not 0 < began <= each.open_at])

    def value(self, need: Need) -> tuple[float, ...]:
        return self._watched[need].newest

    def known(self, need: Need) -> float:
        """The first output, NaN where nobody needed it."""
        watched = self._watched.get(need)
        return float("nan") if watched is None else watched.newest[0]

    def count(self, timeframe: str) -> int:
        """Candles that have finished."""
        return self._counts[INDEX[timeframe]]

    def before(self, need: Need) -> tuple[float, ...]:
        return self._watched[need].before

    def last(self, timeframe: str, count: int) -> Bars:
        """At most as many as are remembered."""
        index = INDEX[timeframe]
        end = self._counts[index]
        return self._bars(index, max(end - min(count, HISTORY), 0), end)

    def _bars(self, index: int, first: int, end: int) -> Bars:
        places = np.arange(first, end) & _MASK
        candles = np.ascontiguousarray(self._series[index]["past"][places].view(CANDLE))
        return bars_of_candles(candles, self._tick, self._lot)

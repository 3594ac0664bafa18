"""Indicators over the finished candles of one symbol, brought up to date when somebody looks.

The compiled loop keeps the candles; what is computed from them depends on nothing else, so it
comes to the same whenever it is done. The loop speaks at least every 128 seconds with trades,
and 256 candles are remembered: none is missed, but where one message closes more than 128.

A time without trades is nothing that an indicator has to know. A time in which the stream of trades
was away is: where more than `LONGEST_HOLE` candles are missing for that, indicators begin anew
with the candle behind them, and are ready when they have seen enough.
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from trading_agent.domain.errors import OwnCodeError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.message import KnownCandle
from trading_agent.domain.money import OrdinarySums
from trading_agent.market.candles import CANDLE, HISTORY, TIMEFRAME_NAMES, learn_past
from trading_agent.market.columns import integers
from trading_agent.signals.enhanced.scrutiny import prepare_scrutiny
from trading_agent.signals.indicators.bars import Bars, Floats, bars_of_candles, make_bars
from trading_agent.signals.indicators.catalogue import Catalogue, OpenIndicator
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.answers import accident
from trading_agent.strategies.strategy import Need

INDEX: Final = {name: index for index, name in enumerate(TIMEFRAME_NAMES)}
LONGEST_HOLE: Final = 5
"""Candles. As many as chart patterns bear by default."""
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
        self.fault = ""
        """How a person's own broke; it knows nothing from then on."""

    def begin_anew(self) -> None:
        """Candles are missing between those it has seen and those to come."""
        self._indicator = OpenIndicator(self._indicator.indicator, self._indicator.values)
        self.newest = (float("nan"),) * len(self.newest)

    def take(self, bars: Bars) -> None:
        run = self._indicator.run if self._indicator.indicator.update is None else self._run_own
        rows = run(bars)[-2:].tolist()
        self.before = self.newest if len(rows) == 1 else tuple(rows[0])
        self.newest = tuple(rows[-1])

    def _run_own(self, bars: Bars) -> Floats:
        """A person's own is a guest: it adds up as anybody does, and who needs it is told when it
        has broken. The rest of the desk goes on."""
        nothing = np.full((len(bars.close), len(self.newest)), np.nan)
        if self.fault:
            return nothing
        try:
            with OrdinarySums():
                return self._indicator.run(bars)
        # A person's code may raise anything, an exit among it.
        except (Exception, SystemExit) as error:  # noqa: BLE001 - see above
            self.fault = f"the indicator {self._indicator.indicator.name} broke: {accident(error)}"
            return nothing


class SymbolTimeframes:
    """Owned by the core. `candles`: the CANDLES record of the symbol."""

    def __init__(
        self, candles: Any, instrument: Instrument, needs: Iterable[Need], catalogue: Catalogue
    ) -> None:
        self._candles = candles
        self._series = candles["series"]
        self._counts = integers(self._series["count"])
        self.drawn: dict[str, tuple[tuple[int, int], Any]] = {}
        """What was last made of each timeframe for people, and of which candles."""
        self._tick = float(instrument.tick)
        self._lot = float(instrument.lot)
        self._watched: dict[Need, Watched] = {}
        self._by_timeframe: dict[int, list[Watched]] = {}
        self._taken: dict[int, int] = {}
        self._told: dict[int, int] = {}
        """As `_taken` was when the loop last spoke. What is missing is judged from there: whether
        somebody has looked in between must make no difference."""
        self._mended = [0] * len(TIMEFRAME_NAMES)
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
            if count != taken:
                missed = count - self._told.get(index, 0) > HISTORY
                self._take(index, count - HISTORY if missed else taken, anew=missed)

    def mended(self, timeframe: str) -> None:
        """Candles that are remembered have changed: what was made of them is made anew."""
        index = INDEX[timeframe]
        self._mended[index] += 1
        if index in self._taken:
            self._take(index, max(self._counts[index] - HISTORY, 0), anew=True)
            self._told[index] = self._taken[index]

    def _take(self, index: int, first: int, *, anew: bool) -> None:
        end = self._counts[index]
        candles = self._past(index, first, end)
        holes = np.flatnonzero(candles["missing"] > LONGEST_HOLE)
        if len(holes):
            candles, anew = candles[holes[-1] :], True
        bars = bars_of_candles(candles, self._tick, self._lot)
        for watched in self._by_timeframe[index]:
            if anew:
                watched.begin_anew()
            watched.take(bars)
        self._taken[index] = end

    def learn(self, timeframe: str, candles: tuple[KnownCandle, ...]) -> bool:
        """What the exchange knows: of the time before, of times that we missed, and of candles of
        ours that are not whole. True when there were candles already that have changed."""
        index = INDEX[timeframe]
        before = self._counts[index]
        if not learn_past(self._candles, index, [astuple(each) for each in candles]) or not before:
            return False
        self.mended(timeframe)
        return True

    def value(self, need: Need) -> tuple[float, ...]:
        """OwnCodeError when a person's own indicator has broken: who needs it is told."""
        return self._sound(need).newest

    def known(self, need: Need) -> float:
        """The first output, NaN where nobody needed it."""
        watched = self._watched.get(need)
        return float("nan") if watched is None else watched.newest[0]

    def count(self, timeframe: str) -> int:
        """Candles that have finished."""
        return self._counts[INDEX[timeframe]]

    def stamp(self, timeframe: str) -> tuple[int, int]:
        """Another one whenever something that is remembered has changed."""
        index = INDEX[timeframe]
        return self._counts[index], self._mended[index]

    def before(self, need: Need) -> tuple[float, ...]:
        """The same of the candle before."""
        return self._sound(need).before

    def _sound(self, need: Need) -> Watched:
        watched = self._watched[need]
        if watched.fault:
            raise OwnCodeError(watched.fault)
        return watched

    def last(self, timeframe: str, count: int) -> Bars:
        """At most as many as are remembered."""
        return self._bars(*self._newest(timeframe, count))

    def whole(self, timeframe: str, count: int) -> NDArray[np.bool_]:
        """Of those that `last` gives, which have all their trades."""
        whole: NDArray[np.bool_] = self._past(*self._newest(timeframe, count))["whole"] == 1
        return whole

    def missing(self, timeframe: str, count: int) -> NDArray[np.int64]:
        """Before each of those that `last` gives, how many are not known."""
        missing: NDArray[np.int64] = self._past(*self._newest(timeframe, count))["missing"]
        return missing

    def _newest(self, timeframe: str, count: int) -> tuple[int, int, int]:
        index = INDEX[timeframe]
        end = self._counts[index]
        return index, max(end - min(count, HISTORY), 0), end

    def _bars(self, index: int, first: int, end: int) -> Bars:
        return bars_of_candles(self._past(index, first, end), self._tick, self._lot)

    def _past(self, index: int, first: int, end: int) -> NDArray[np.void]:
        places = np.arange(first, end) & _MASK
        return np.ascontiguousarray(self._series[index]["past"][places].view(CANDLE))

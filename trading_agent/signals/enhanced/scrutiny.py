"""What the compiled loop has seen of one symbol's market, and what of it is out of the ordinary.

Everything is read from the symbol's record as of now. What is remembered here was computed from it
and would come to the same again: it does not matter who looks, when, or how often.
"""

import math
from collections.abc import Iterator
from statistics import median
from typing import Any, Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import Side
from trading_agent.domain.units import BASIS_POINTS, MILLISECOND, MINUTE, SECOND, Nanos
from trading_agent.market.seconds import FINISHED_SECOND, SECONDS_KEPT, UNSTAMPED
from trading_agent.signals.enhanced.anomalies import Anomaly, AnomalyKind
from trading_agent.signals.enhanced.flicker import FLICKERS, NEVER_LARGE
from trading_agent.signals.enhanced.liquidity import (
    BookSides,
    Integers,
    Liquidity,
    measure_liquidity,
)
from trading_agent.signals.enhanced.resilience import NOWHERE, TIMES
from trading_agent.signals.enhanced.settings import DELAYS, AnomalyParameters, EnhancedSettings
from trading_agent.signals.enhanced.unusual import judge_second

Record = Any
"""A record of a structured array, or an array of them."""
Floats = NDArray[np.float64]

BOOK_LEVELS: Final = 64
"""Best levels of a side that costs are told from."""

_MASK: Final = SECONDS_KEPT - 1
_LEAST_DELAYS: Final = 10
_KINDS: Final = (AnomalyKind.SPREAD, AnomalyKind.VOLUME, AnomalyKind.RETURN, AnomalyKind.MESSAGES)
_ORDER: Final = {kind: place for place, kind in enumerate(AnomalyKind)}


class Resilience(Struct, frozen=True):
    """Of one side. `half_time_ms`: median over the last sweeps, None before the first; a side that
    never came back counts with the patience it was given. `recovering_since`: a sweep that is
    still being watched."""

    half_time_ms: float | None
    sweeps: int
    given_up: int
    recovering_since: Nanos | None


def open_scrutiny(market: Record, settings: EnhancedSettings | None) -> None:
    """Say in a zeroed MARKET record what is watched for: nothing without settings, or with those
    that want none."""
    flicker, resilience = market["flicker"], market["resilience"]
    market["heeded"] = flicker["large_bid"] = flicker["large_ask"] = NEVER_LARGE
    resilience["sides"]["lowest"] = NOWHERE
    if settings is None or not settings.scrutiny:
        return
    market["seconds"]["on"] = 1
    flicker["factor"] = settings.anomalies.flicker_factor
    flicker["band"] = settings.anomalies.flicker_band_bps / BASIS_POINTS
    flicker["longest"] = settings.anomalies.flicker_ms * MILLISECOND
    resilience["sweep_share"] = settings.liquidity.sweep_share
    resilience["band"] = settings.liquidity.recovery_band_bps / BASIS_POINTS
    resilience["recovered_share"] = settings.liquidity.recovered_share
    resilience["patience"] = settings.liquidity.patience_ms * MILLISECOND


def prepare_scrutiny() -> None:
    """Compile what judges a second, or load it from the cache."""
    past = np.zeros(SECONDS_KEPT, FINISHED_SECOND)
    judge_second(past, 0, (1, 1), 1.0, np.ones((len(_KINDS), 2)), np.zeros((len(_KINDS), 3)))


class MarketScrutiny:
    """`market`: the MARKET record of the instrument."""

    def __init__(self, market: Record, instrument: Instrument, settings: EnhancedSettings) -> None:
        self._market = market
        self._seconds = market["seconds"]
        self._past = self._seconds["past"]
        self._settings = settings
        self._hold = settings.longest_hold_ms * MILLISECOND
        self._limits = _limits(settings.anomalies)
        self._span = settings.anomalies.window_seconds, settings.anomalies.least_seconds
        self._unit = float(instrument.tick) * float(instrument.lot)
        self._found = np.zeros((len(_KINDS), 3))
        self._judged: dict[int, tuple[Anomaly, ...]] = {}

    @property
    def finished(self) -> int:
        """Seconds that have finished in all."""
        return int(self._seconds["count"])

    def anomalies(self, at: Nanos) -> tuple[Anomaly, ...]:
        """The newest of each kind that is held, in the order of kinds. A second is judged once it
        has finished. A silence lasts for as long as nothing is heard, flickering for as long as
        there are enough of them within a minute."""
        if not self._seconds["on"]:
            return ()
        newest: dict[AnomalyKind, Anomaly] = {}
        for found in (self._flicker(at), self._silence(at)):
            if found is not None:
                newest[found.kind] = found
        for anomaly in self._held(at):
            newest.setdefault(anomaly.kind, anomaly)
        return tuple(sorted(newest.values(), key=lambda it: _ORDER[it.kind]))

    def flickers_a_minute(self, at: Nanos) -> int:
        """Large levels that came and went within the last minute; at most `FLICKERS`."""
        return len(self._flickers(at))

    def resilience(self, side: Side) -> Resilience:
        """BUY is the side of the bids, which sellers sweep."""
        swept = self._market["resilience"]["sides"][0 if side is Side.BUY else 1]
        count, since = int(swept["count"]), int(swept["since"])
        places = np.arange(max(count - self._settings.liquidity.sweeps, 0), count) & (TIMES - 1)
        times = swept["times"][places].tolist()
        return Resilience(
            half_time_ms=median(times) / MILLISECOND if times else None,
            sweeps=int(swept["sweeps"]),
            given_up=int(swept["given_up"]),
            recovering_since=Nanos(since) if since else None,
        )

    def returns(self, since: int) -> tuple[Integers, Floats, int]:
        """Of finished seconds numbered from `since` on, as far as they are remembered: their ends
        (seconds UTC), their log returns (NaN across a hole), and how many have finished in all:
        the next number."""
        count = self.finished
        numbers = np.arange(max(since, count - SECONDS_KEPT + 1, 0), count)
        places = numbers & _MASK
        mids, before = self._past["mid"][places], self._past["mid"][(numbers - 1) & _MASK]
        known = (self._past["follows"][places] == 1) & (numbers > 0)
        returns = np.log(np.divide(mids, before, out=np.ones(len(mids)), where=known))
        return self._past["end"][places] // SECOND, np.where(known, returns, math.nan), count

    def book(self) -> BookSides | None:
        """The best levels; None while the book is not ready, crossed or has one side."""
        book = self._market["book"]
        if not book["ready"] or book["crossed"] or not book["bid"] or not book["ask"]:
            return None
        bid_keys, bid_lots = _best_levels(book["bids"])
        ask_keys, ask_lots = _best_levels(book["asks"])
        return BookSides(bid_keys, bid_lots, -ask_keys, ask_lots, self._unit)

    def liquidity(self, at: Nanos) -> Liquidity | None:
        """What rests near the touch; None when there is no book to measure."""
        book = self.book()
        return None if book is None else measure_liquidity(book, at, self._settings.liquidity)

    def _held(self, at: Nanos) -> Iterator[Anomaly]:
        """Those of finished seconds, the newest first."""
        count = self.finished
        number = count - 1
        while number >= 0 and number > count - SECONDS_KEPT:
            end = int(self._past["end"][number & _MASK])
            if end < at - self._hold:
                break
            if end <= at:
                yield from self._of_second(number)
            number -= 1
        for old in [it for it in self._judged if it <= number]:
            del self._judged[old]

    def _of_second(self, number: int) -> tuple[Anomaly, ...]:
        known = self._judged.get(number)
        if known is None:
            known = (*self._unusual(number), *self._stamps(number))
            self._judged[number] = known
        return known

    def _unusual(self, number: int) -> Iterator[Anomaly]:
        found, span = self._found, self._span
        judge_second(self._past, number, span, self._unit, self._limits, found)
        for kind, (z, value, usual) in zip(_KINDS, found.tolist(), strict=True):
            if z == z:
                words = f"{kind} {value:.4g} is {z:+.1f} deviations from the usual {usual:.4g}"
                yield Anomaly(kind, self._end(number), z, words)

    def _stamps(self, number: int) -> Iterator[Anomaly]:
        back = int(self._past["back"][number & _MASK]) / MILLISECOND
        if back > 0.0:
            words = f"the exchange's time ran back {back:.0f} ms"
            yield Anomaly(AnomalyKind.BACKWARDS, self._end(number), back, words)
        delay = int(self._past["delay"][number & _MASK])
        first = max(number - DELAYS, 0)
        delays = self._past["delay"][np.arange(first, number) & _MASK]
        delays = delays[delays != UNSTAMPED]
        if delay == UNSTAMPED or len(delays) < _LEAST_DELAYS:
            return
        moved = (delay - float(np.median(delays))) / MILLISECOND
        if abs(moved) >= self._settings.anomalies.clock_jump_ms:
            words = f"delay {delay / MILLISECOND:.0f} ms, {moved:+.0f} ms from the usual"
            yield Anomaly(AnomalyKind.CLOCK_JUMP, self._end(number), moved, words)

    def _flickers(self, at: Nanos) -> Integers:
        """When those of the last minute were, in no order."""
        flicker = self._market["flicker"]
        times: Integers = flicker["past"]["at"][: min(int(flicker["count"]), FLICKERS)]
        return times[(times > at - MINUTE) & (times <= at)]

    def _flicker(self, at: Nanos) -> Anomaly | None:
        """Of the moment of the newest flicker."""
        times = self._flickers(at)
        count = len(times)
        if count < self._settings.anomalies.flickers_a_minute:
            return None
        words = f"{count} large levels came and went untraded within a minute"
        return Anomaly(AnomalyKind.FLICKER, Nanos(int(times.max())), float(count), words)

    def _silence(self, at: Nanos) -> Anomaly | None:
        """Of the moment when it had lasted long enough to be one."""
        heard = max(int(self._market["book"]["at"]), int(self._market["tape"]["last_at"]))
        least = self._settings.anomalies.silence_ms * MILLISECOND
        silent = at - heard
        if heard == 0 or silent < least:
            return None
        words = f"nothing heard for {silent / SECOND:.1f} s"
        return Anomaly(AnomalyKind.SILENCE, Nanos(heard + least), silent / MILLISECOND, words)

    def _end(self, number: int) -> Nanos:
        return Nanos(int(self._past["end"][number & _MASK]))


def _limits(asked: AnomalyParameters) -> Floats:
    """In the order of `_KINDS`."""
    return np.array(
        (
            (asked.spread_deviations, asked.least_spread_bps),
            (asked.volume_deviations, asked.least_volume),
            (asked.return_deviations, asked.least_return_bps),
            (asked.message_deviations, asked.least_messages),
        )
    )


def _best_levels(ladder: Record) -> tuple[Integers, Integers]:
    """Keys and lots, best first."""
    words = ladder["words"]
    occupied = np.flatnonzero(words[: (int(ladder["best"]) >> 6) + 1])[-BOOK_LEVELS:]
    sizes = ladder["sizes"].reshape(-1, 64)[occupied]
    rows, columns = np.nonzero(sizes)
    rows, columns = rows[: -BOOK_LEVELS - 1 : -1], columns[: -BOOK_LEVELS - 1 : -1]
    keys = int(ladder["base"]) + (occupied[rows] << 6) + columns
    lots = sizes[rows, columns]
    missing = min(BOOK_LEVELS - len(keys), int(ladder["far_count"]))
    if missing > 0:
        far = slice(int(ladder["far_count"]) - missing, int(ladder["far_count"]))
        keys = np.concatenate((keys, ladder["far_keys"][far][::-1]))
        lots = np.concatenate((lots, ladder["far_sizes"][far][::-1]))
    return keys, lots

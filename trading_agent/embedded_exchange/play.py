"""The market in motion: sources advanced along one market time, batches to send.

Owned by the server's event loop. Nothing here waits; the server says when to go on.
"""

import heapq
import math
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

from trading_agent.adapters.mexc.wire import Channel
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.embedded_exchange.aggregation import Aggregation, Batch
from trading_agent.embedded_exchange.candle_history import CandleHistory
from trading_agent.embedded_exchange.source import BookImage, MarketEvent, MarketSource, Printed
from trading_agent.embedded_exchange.synthetic import SyntheticMarket
from trading_agent.embedded_exchange.tape import Tape
from trading_agent.embedded_exchange.tempo import PlayedSource, tempo_of
from trading_agent.runtime.clock import Clock

_TICK_SECONDS: Final = 0.02
_FINE_TICK_SECONDS: Final = 0.01
_HURRIED_STEP: Final = 100 * MILLISECOND
"""How much market time one step takes when nothing but listeners sets the speed."""


class Listing:
    """One pair: its rules, its source, its past."""

    def __init__(self, pair: Instrument, source: MarketSource) -> None:
        self.pair = pair
        self.tape = Tape()
        self.candles = CandleHistory()
        self._source = source

    def image(self, levels: int) -> BookImage | None:
        """The book now, best first; None while it is not known."""
        return self._source.image(self.pair.symbol, levels)

    def remember(self, event: MarketEvent) -> None:
        if isinstance(event, Printed):
            self.tape.add(event)
            self.candles.add(event)


class Play:
    """All sources under one clock. `pace`: seconds of market time per second.

    Recordings stand still until somebody asks for the market, so that nobody misses their
    beginning. When any of them is played as fast as taken, all sources hurry with it.
    """

    def __init__(self, sources: Sequence[MarketSource], clock: Clock, pace: float) -> None:
        self.listings: dict[str, Listing] = {}
        self._sources = tuple(sources)
        self._clock = clock
        self._pace = pace
        self._aggregation = Aggregation()
        self._hurries = any(tempo_of(source).hurries for source in sources)
        self._origin = Nanos(0)
        self._now = Nanos(0)
        self._asked = False

    @property
    def hurries(self) -> bool:
        """Go on with `step` whenever listeners have room, not with `advance`."""
        return self._hurries

    @property
    def pairs(self) -> Mapping[str, Instrument]:
        return {symbol: listing.pair for symbol, listing in self.listings.items()}

    def start(self) -> None:
        """Read what the sources trade and bring them up to the present. Raises ConfigError."""
        self._origin = self._now = self._clock.now()
        for source in self._sources:
            for pair in source.instruments():
                if pair.symbol in self.listings:
                    raise ConfigError(f"{pair.symbol} comes from two sources")
                listing = Listing(pair, source)
                self.listings[pair.symbol] = listing
                if isinstance(source, SyntheticMarket):
                    listing.candles.begin_with(source.past(pair.symbol, self._now))
                self._aggregation.add_pair(pair.symbol, tempo_of(source), listing.candles)
        if not self.listings:
            raise ConfigError("the embedded exchange has no market to trade")
        self._advance_to(self._now)

    def now(self) -> Nanos:
        """Market time."""
        if self._hurries:
            return self._now
        elapsed = self._clock.now() - self._origin
        return Nanos(self._origin + (elapsed if self._pace == 1.0 else int(elapsed * self._pace)))

    def asked(self) -> None:
        """Somebody wants the market: recordings begin now."""
        if self._asked:
            return
        self._asked = True
        for source in self._sources:
            if isinstance(source, PlayedSource):
                source.begin(self.now())

    def offers(self, channel: Channel) -> bool:
        return self._aggregation.offers(channel)

    def listen(self, channel: Channel) -> None:
        """The first listener of `channel` came; raises nothing when `offers` said yes."""
        self.asked()
        self._aggregation.listen(channel)

    def forget(self, channel: Channel) -> None:
        """Its last listener left."""
        self._aggregation.forget(channel)

    def advance(self) -> Sequence[Batch]:
        """Everything up to now. Raises FeedError where a recording is damaged."""
        return self._advance_to(self.now())

    def step(self) -> Sequence[Batch]:
        """The next piece of a market in a hurry; see `over`. Raises FeedError."""
        next_at = self._next_event_at()
        if next_at is None:
            return self._aggregation.close(self._aggregation.next_due or self._now)
        return self._advance_to(Nanos(max(next_at, self._now) + _HURRIED_STEP))

    @property
    def over(self) -> bool:
        """Nothing will ever come again."""
        return self._next_event_at() is None and self._aggregation.next_due is None

    @property
    def tick_seconds(self) -> float:
        """How long to let things gather between two calls of `advance`."""
        return _FINE_TICK_SECONDS if self._aggregation.is_fine else _TICK_SECONDS

    def seconds_to_next(self) -> float:
        """How long nothing is to be done; endless when nothing is left or asked for."""
        due = self._aggregation.next_due
        next_at = self._next_event_at() if self._asked else due
        moments = [moment for moment in (next_at, due) if moment is not None]
        if not moments:
            return math.inf
        return max(0, min(moments) - self.now()) / (SECOND * self._pace)

    def _next_event_at(self) -> Nanos | None:
        times = [at for source in self._sources if (at := source.next_at()) is not None]
        return min(times, default=None)

    def _advance_to(self, until: Nanos) -> Sequence[Batch]:
        batches: list[Batch] = []
        for event in self._events(until):
            batches.extend(self._aggregation.add(event))
            self.listings[event.symbol].remember(event)
        batches.extend(self._aggregation.close(until))
        self._now = until
        return batches

    def _events(self, until: Nanos) -> Sequence[MarketEvent]:
        """Of all sources, in market order; recordings only once they were asked for."""
        playing = [
            source
            for source in self._sources
            if self._asked or not isinstance(source, PlayedSource)
        ]
        if len(playing) == 1:
            return playing[0].advance(until)
        parts = [source.advance(until) for source in playing]
        return list(heapq.merge(*parts, key=attrgetter("at")))

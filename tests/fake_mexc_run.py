"""A data service over real sockets, a scripted exchange before it and a reader behind it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fake_mexc_market import TrueBook, instrument, rules_of
from tests.fake_mexc_rest import FakeRest, fake_rest, reply
from tests.fake_mexc_streams import FakeStreams, fake_streams
from tests.market_reader import MarketReader
from trading_agent.adapters.mexc.codec import warm_up
from trading_agent.adapters.mexc.data_service import (
    FeedWiring,
    Market,
    MultiAssetDataService,
)
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.stream_counters import StreamCounters
from trading_agent.adapters.mexc.wire import RestPath
from trading_agent.domain.units import SECOND
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.worker import Heartbeats, WorkerEvent

QUICK = {
    "kline_timeframes": (),
    "reconnect_first_seconds": 0.05,
    "reconnect_most_seconds": 0.2,
    "snapshot_first_seconds": 0.05,
    "snapshot_most_seconds": 0.2,
    "expect_zero_fee": False,
}
"""Waits short enough for tests; what a test is about it sets itself."""

RESYNC_SECONDS = 2.0


@dataclass
class Run:
    rest: FakeRest
    streams: FakeStreams
    service: MultiAssetDataService
    inbox: Inbox
    books: Sequence[TrueBook]
    clock: SystemClock
    reader: MarketReader = field(default_factory=MarketReader)
    events: list[WorkerEvent] = field(default_factory=list)

    @property
    def counters(self) -> StreamCounters:
        return self.service.counters()

    def until(self, condition: Callable[[], bool]) -> None:
        self.reader.pump(self.inbox, self.clock, condition)

    def until_ready(self) -> None:
        """Every book ready and equal to the truth, and within the promised time."""
        began = self.clock.monotonic()
        self.until(lambda: all(self.is_true(symbol) for symbol in range(len(self.books))))
        assert self.clock.monotonic() - began < RESYNC_SECONDS * SECOND

    def is_true(self, symbol: int) -> bool:
        read = self.reader.book(symbol)
        return read.ready and (read.bids, read.asks) == self.books[symbol].in_ticks()

    def until_lost(self, symbol: int = 0, losses: int = 1) -> None:
        self.until(lambda: len(self.reader.book(symbol).losses) >= losses)

    def requests_of_depth(self) -> int:
        return len(self.rest.asked(RestPath.DEPTH))


@contextmanager
def running(symbols: Sequence[str] = ("BTCUSDC",), **changes: Any) -> Iterator[Run]:
    """Started; every book still to become ready. `lane_messages` bounds the lane."""
    warm_up()  # or the first run on a machine compiles while it is being timed
    lane_messages = changes.pop("lane_messages", 10_000)
    clock = SystemClock()
    inbox = Inbox(clock)
    pairs = [instrument(symbol) for symbol in symbols]
    books = {symbol: TrueBook(symbol) for symbol in symbols}
    events: list[WorkerEvent] = []
    with fake_rest() as rest, fake_streams() as streams:
        rest.script(RestPath.DEPTH, lambda query: books[query["symbol"]].snapshot())
        rest.script(RestPath.EXCHANGE_INFO, reply({"symbols": [rules_of(pair) for pair in pairs]}))
        rest.script(RestPath.DEFAULT_SYMBOLS, reply({"code": 0, "data": list(symbols)}))
        rest.script(RestPath.TIME, lambda _: reply({"serverTime": clock.now() // 1_000_000}))
        addresses = {"rest_url": rest.url, "stream_url": streams.url}
        settings = MexcSettings.model_validate({**QUICK, **addresses, **changes})
        client = MexcClient(settings, clock)
        wiring = FeedWiring(clock, inbox, Heartbeats(clock), lane_messages, events.append)
        service = MultiAssetDataService(settings, client, Market(tuple(pairs), ()), wiring)
        service.start()
        try:
            yield Run(rest, streams, service, inbox, list(books.values()), clock, events=events)
        finally:
            assert service.stop(5.0), "a worker did not end"

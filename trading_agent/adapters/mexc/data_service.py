"""The market data of many pairs: streams over as many connections as they need, snapshots
whenever a book asks, rules and fees looked at every few minutes.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final

from trading_agent.adapters.mexc.codec import FrameDecoder
from trading_agent.adapters.mexc.connection_plan import ConnectionPlan, plan_connections
from trading_agent.adapters.mexc.frame_route import FrameRoute
from trading_agent.adapters.mexc.listing import Finding
from trading_agent.adapters.mexc.missed_candles import MissedCandles
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.mexc.rules_watch import Market, RulesWatch, read_market
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.snapshot_wishes import (
    FetchedSnapshot,
    SnapshotWish,
    SnapshotWishes,
)
from trading_agent.adapters.mexc.stream import MexcStream, ResyncWish
from trading_agent.adapters.mexc.stream_counters import (
    BookCounters,
    SnapshotTally,
    StreamCounters,
    summed,
)
from trading_agent.domain.errors import FeedError, Throttled, VenueError
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.message import InstrumentUpdated, RoundTripMeasured
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.processor import staying_on
from trading_agent.runtime.worker import (
    Heartbeats,
    RestartRule,
    Stop,
    Worker,
    WorkerEvent,
    say_nothing,
)

__all__ = ["FeedWiring", "Market", "MultiAssetDataService", "read_market"]

_log = logging.getLogger(__name__)

_LONGEST_SLEEP_SECONDS: Final = 0.25
_WORST_CLOCK_OFFSET: Final = SECOND
_NAME: Final = "data-service"
_RULES_NAME: Final = "rules-watch"
_MISSED_NAME: Final = "missed-candles"


@dataclass(frozen=True, slots=True)
class FeedWiring:
    """What a run lends to its feed. `lane_messages`: most messages of one connection that
    may wait for the core; `on_event` hears of every worker's starts and deaths; `processor` is
    where the core runs, and with it the connections."""

    clock: Clock
    inbox: Inbox
    heartbeats: Heartbeats
    lane_messages: int
    on_event: Callable[[WorkerEvent], None] = say_nothing
    processor: int | None = None


class MultiAssetDataService:
    """Any number of pairs. One worker for each connection, one that fetches snapshots, one that
    watches rules and one that fetches candles that were missed, so that no slow answer about
    those keeps a book waiting. They close the client when they are stopped."""

    def __init__(
        self, settings: MexcSettings, client: MexcClient, market: Market, wiring: FeedWiring
    ) -> None:
        self._settings = settings
        self._client = client
        self._market = market
        self._wiring = wiring
        self._clock = wiring.clock
        self._dice = random.Random()
        self._asked: SimpleQueue[SnapshotWish | None] = SimpleQueue()
        self._wishes = SnapshotWishes(settings, self._dice)
        self._snapshots = SnapshotTally()
        self._rules = RulesWatch(client, market, expect_zero_fee=settings.expect_zero_fee)
        self._missed = MissedCandles(client, market.instruments, wiring.clock, wiring.inbox)
        self._server_offset = Nanos(0)
        self._decoders: list[FrameDecoder] = []
        self._streams = tuple(
            self._stream(plan) for plan in plan_connections(settings, market.instruments)
        )
        self._by_symbol = {
            symbol: stream for stream in self._streams for symbol in stream.plan.channels.values()
        }
        self._workers = self._make_workers()

    @property
    def workers(self) -> tuple[Worker, ...]:
        """In the order in which they are to be started."""
        return self._workers

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was wrong with the pairs when their rules were last looked at."""
        return self._rules.findings

    def start(self) -> None:
        for worker in self._workers:
            worker.start()

    def stop(self, seconds: float) -> bool:
        """True when every worker ended within `seconds` of being asked, all at once."""
        for worker in self._workers:
            worker.ask_to_stop()
        ends_at = self._clock.monotonic() + round(seconds * SECOND)
        ended = [
            worker.join(max(0.0, (ends_at - self._clock.monotonic()) / SECOND))
            for worker in self._workers
        ]
        return all(ended)

    def request_resync(self, symbol: int, reason: LossReason) -> None:
        """Any thread: the book of the pair at this place is not believed; build it anew."""
        self._by_symbol[symbol].leave(ResyncWish(symbol, reason))

    def counters(self) -> StreamCounters:
        """Any thread; the parts are read one after another, not all at one moment."""
        tallies = [stream.route.tally for stream in self._streams]
        return StreamCounters(
            connections=len(self._streams),
            streams=sum(len(stream.plan.channels) for stream in self._streams),
            granted=sum(stream.subscriptions.granted for stream in self._streams),
            books=self._book_counters(),
            frames=sum(tally.frames for tally in tallies),
            rows=sum(tally.rows for tally in tallies),
            losses=summed(tally.losses for tally in tallies),
            overflows=sum(tally.overflows for tally in tallies),
            silent_books=sum(tally.silent_books for tally in tallies),
            connected=sum(tally.connected for tally in tallies),
            failed_connections=sum(tally.failed_connections for tally in tallies),
            disconnected=sum(tally.disconnected for tally in tallies),
            rotations=sum(tally.rotations for tally in tallies),
            refused_subscriptions=sum(tally.refused_subscriptions for tally in tallies),
            invalid=summed(tally.invalid for tally in tallies),
            snapshots=self._snapshots.fetched,
            failed_snapshots=self._snapshots.failed,
            throttled_snapshots=self._snapshots.throttled,
            compiled_decodes=sum(decoder.compiled_frames for decoder in self._decoders),
            library_decodes=sum(decoder.library_frames for decoder in self._decoders),
            server_offset_ns=self._server_offset,
            weight_used=self._client.weight_used(),
        )

    def _book_counters(self) -> BookCounters:
        books = [book for stream in self._streams for book in stream.route.books]
        return BookCounters(
            books=len(books),
            ready=sum(book.ready for book in books),
            gaps=sum(book.gaps for book in books),
            resyncs=sum(book.resyncs for book in books),
            duplicates=sum(book.duplicates for book in books),
            stale=sum(book.stale for book in books),
        )

    def _stream(self, plan: ConnectionPlan) -> MexcStream:
        decoder = FrameDecoder(self._market.instruments, tuple(plan.channels))
        self._decoders.append(decoder)
        lane = self._wiring.inbox.feed(plan.name, self._wiring.lane_messages)
        route = FrameRoute(plan, decoder, lane, self._clock, self._asked.put, self._missed.ask)
        return MexcStream(self._settings, plan, route, self._clock, self._dice)

    def _make_workers(self) -> tuple[Worker, ...]:
        rest = self._worker(_NAME, self._run, self._interrupt)
        rules = self._worker(_RULES_NAME, self._watch_rules, self._client.close)
        missed = self._worker(_MISSED_NAME, self._missed.run, self._missed.interrupt)
        streams = [
            self._worker(
                stream.plan.name,
                staying_on(self._wiring.processor, stream.run),
                stream.interrupt,
            )
            for stream in self._streams
        ]
        return (rest, rules, missed, *streams)

    def _worker(
        self, name: str, run: Callable[[Stop], None], interrupt: Callable[[], None]
    ) -> Worker:
        return Worker(
            name,
            run,
            restart=RestartRule(),
            heartbeats=self._wiring.heartbeats,
            interrupt=interrupt,
            on_event=self._wiring.on_event,
        )

    def _interrupt(self) -> None:
        """Any thread: end the calls under way, and the sleep."""
        self._client.close()
        self._asked.put(None)

    def _run(self, stop: Stop) -> None:
        """The data-service worker: snapshots as they are wished for."""
        while not stop.is_set():
            self._hear_wishes()
            self._fetch_one()
            for stream in self._streams:
                stream.cut_slow_opening()

    def _watch_rules(self, stop: Stop) -> None:
        """The worker that looks at rules and clocks now and then."""
        while not stop.wait(self._rules_interval()):
            self._look_at_rules()

    def _hear_wishes(self) -> None:
        """Sleep until a wish comes, one is due, or a moment has passed."""
        to_next = self._wishes.seconds_to_next(self._clock.monotonic())
        longest = (
            _LONGEST_SLEEP_SECONDS if to_next is None else min(to_next, _LONGEST_SLEEP_SECONDS)
        )
        try:
            wish = self._asked.get(timeout=max(longest, 0.001))
            while True:
                if wish is not None:
                    self._wishes.add(wish, self._clock.monotonic())
                wish = self._asked.get_nowait()
        except Empty:
            return

    def _fetch_one(self) -> None:
        """The snapshot that has been due longest, if there is one."""
        wish = self._wishes.due(self._clock.monotonic())
        if wish is None:
            return
        instrument = self._market.instruments[wish.symbol]
        try:
            patience = self._wishes.patience(wish)
            snapshot = self._client.depth(instrument, wish.symbol, within=patience)
        except (VenueError, FeedError) as error:
            self._snapshots.failed += 1
            self._snapshots.throttled += isinstance(error, Throttled)
            again = self._client.stopped_for()
            times = self._wishes.failed(wish, self._clock.monotonic(), again)
            level = logging.WARNING if times == 1 else logging.DEBUG
            _log.log(level, "no snapshot of %s (attempt %d): %s", instrument.symbol, times, error)
            return
        self._snapshots.fetched += 1
        self._wishes.fulfilled(wish)
        self._by_symbol[wish.symbol].leave(FetchedSnapshot(wish, snapshot))

    def _look_at_rules(self) -> None:
        try:
            for instrument in self._rules.look():
                self._wiring.inbox.submit(InstrumentUpdated(instrument))
            reading = self._client.read_clock()
        except (VenueError, FeedError) as error:
            _log.warning("rules and fees could not be looked at: %s", error)
            return
        self._server_offset = reading.offset
        for way in reading.round_trips:
            self._wiring.inbox.submit(RoundTripMeasured(way))
        if abs(self._server_offset) > _WORST_CLOCK_OFFSET:
            _log.warning(
                "THE CLOCK OF THIS MACHINE is %d ms off the exchange's",
                self._server_offset // MILLISECOND,
            )

    def _rules_interval(self) -> float:
        """Seconds, spread a little, so that many engines do not ask in step."""
        return self._settings.rules_refresh_seconds * self._dice.uniform(0.9, 1.1)

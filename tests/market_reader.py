"""What a core would know: books built from rows alone, and the promise that is checked with
every row: none of a lost book is ever used."""

from collections.abc import Callable
from dataclasses import dataclass, field

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import LossReason, RowFlag, RowKind, Rows
from trading_agent.domain.message import (
    CandlesKnown,
    InstrumentUpdated,
    MarketRows,
    RoundTripMeasured,
    Woke,
)
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.inbox import Inbox

DEADLINE_SECONDS = 10.0


@dataclass
class ReadBook:
    ready: bool = False
    in_snapshot: bool = False
    version: int = 0
    bids: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    losses: list[LossReason] = field(default_factory=list)
    snapshots: int = 0
    ready_at: int = 0


@dataclass
class MarketReader:
    """`pump` reads an inbox in the test's own thread; `read` takes rows directly."""

    books: dict[int, ReadBook] = field(default_factory=dict)
    counts: dict[RowKind, int] = field(default_factory=dict)
    updates: list[Instrument] = field(default_factory=list)
    known: list[CandlesKnown] = field(default_factory=list)
    messages: int = 0
    decode_ns: list[int] = field(default_factory=list)

    def book(self, symbol: int) -> ReadBook:
        return self.books.setdefault(symbol, ReadBook())

    def pump(self, inbox: Inbox, clock: Clock, until: Callable[[], bool]) -> None:
        """Until the condition holds; fails when it does not within the deadline."""
        ends_at = clock.now() + DEADLINE_SECONDS * SECOND
        while not until():
            assert clock.now() < ends_at, f"never came to pass; books: {self.books}"
            arrival = inbox.take(Nanos(clock.now() + SECOND // 100))
            body = arrival.stamped.body
            if isinstance(body, MarketRows):
                self.messages += 1
                if arrival.received:
                    self.decode_ns.append(arrival.decode_ns)
                self.read(body.rows, clock.monotonic())
            elif isinstance(body, InstrumentUpdated):
                self.updates.append(body.instrument)
            elif isinstance(body, CandlesKnown):
                self.known.append(body)
            else:
                assert isinstance(body, Woke | RoundTripMeasured)

    def read(self, rows: Rows, now: int = 0) -> None:
        assert rows["flags"][-1] & RowFlag.LAST, "a message was cut in two"
        for row in rows:
            kind, book = RowKind(int(row["kind"])), self.book(int(row["symbol"]))
            self.counts[kind] = self.counts.get(kind, 0) + 1
            if kind is RowKind.LOST:
                book.ready = book.in_snapshot = False
                book.losses.append(LossReason(int(row["size"])))
            elif kind is RowKind.CLEAR:
                book.ready, book.in_snapshot = False, True
                book.snapshots += 1
                book.bids, book.asks = {}, {}
            elif kind in (RowKind.BID, RowKind.ASK):
                self._level(book, kind, row)
            if int(row["flags"]) & RowFlag.LAST and book.in_snapshot:
                book.ready, book.in_snapshot, book.ready_at = True, False, now

    def _level(self, book: ReadBook, kind: RowKind, row: Rows) -> None:
        assert book.ready or book.in_snapshot, "a row of a lost book"
        assert book.in_snapshot == bool(int(row["flags"]) & RowFlag.SNAPSHOT)
        assert row["sequence"] >= book.version or book.in_snapshot
        book.version = int(row["sequence"])
        side = book.bids if kind is RowKind.BID else book.asks
        if row["size"] == 0:
            side.pop(int(row["price"]), None)
        else:
            side[int(row["price"])] = int(row["size"])

"""What the messages of one connection do: rows to the core, books kept whole or given up.

Knows no socket and no thread; whoever holds the connection calls it from one thread.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from trading_agent.adapters.mexc.book_sync import BookSync
from trading_agent.adapters.mexc.codec import DecodedFrame, FrameDecoder, FrameKind
from trading_agent.adapters.mexc.connection_plan import ConnectionPlan
from trading_agent.adapters.mexc.snapshot_wishes import FetchedSnapshot, SnapshotWish
from trading_agent.adapters.mexc.stream_counters import StreamTally
from trading_agent.domain.errors import FeedError
from trading_agent.domain.market_rows import PRINTS_LOST, LossReason, Rows
from trading_agent.domain.units import SECOND
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.inbox import FeedLane

_DEPTH: Final = FrameKind.DEPTH
_OTHER: Final = FrameKind.OTHER
_STEADY: Final = 5 * SECOND
"""A book that was ready for this long starts over with its snapshot attempts."""
_MOST_UNREADABLE: Final = 50
"""So many unreadable frames in a row: the connection itself is not to be believed."""
_UNSUBSCRIBED: Final = "unsubscribed"
_CHANNEL_TAG: Final = 0x0A
_LONGEST_SHORT_LENGTH: Final = 0x7F


@dataclass(slots=True)
class _Book:
    """One pair's book and what is known of its stream. Times are monotonic nanoseconds."""

    sync: BookSync
    streaming: bool = False
    """The depth stream was granted on this connection."""
    heard_at: int = 0
    ready_at: int = 0
    wishes: int = 0
    attempt: int = 0
    wished: bool = False
    """A snapshot is on its way."""
    prints_lost: bool = False
    """Trades of the pair may have gone since its book was ready."""


class FrameRoute:
    """One connection's decoder, its books and its lane into the core."""

    def __init__(
        self,
        plan: ConnectionPlan,
        decoder: FrameDecoder,
        lane: FeedLane,
        clock: Clock,
        wish: Callable[[SnapshotWish], None],
        missed: Callable[[int], None],
    ) -> None:
        """`wish` is how a snapshot is asked for; its answer comes through `snapshot`. `missed`
        hears of a pair that is back after trades of it may have gone."""
        self.tally = StreamTally()
        self._plan = plan
        self._decoder = decoder
        self._lane = lane
        self._clock = clock
        self._wish = wish
        self._missed = missed
        self._books = {symbol: _Book(BookSync(symbol)) for symbol in plan.depth_channels.values()}
        self._unreadable = 0

    @property
    def books(self) -> tuple[BookSync, ...]:
        """For counting; only this connection's thread may change them."""
        return tuple(book.sync for book in self._books.values())

    def frame(self, payload: bytes, received: int) -> None:
        """One binary message, received at a monotonic time in nanoseconds.

        Raises FeedError when the connection brings nothing readable any more.
        """
        self.tally.frames += 1
        began = self._clock.monotonic()
        try:
            decoded = self._decoder.decode(payload)
        except FeedError as error:
            self._refuse(payload, error)
            return
        decode_ns = self._clock.monotonic() - began
        self._unreadable = 0
        if decoded.kind is _DEPTH:
            self._depth(decoded, received, decode_ns)
        elif decoded.kind is not _OTHER:
            self._offer(decoded.rows, received, decode_ns)

    def granted(self, channel: str, now: int) -> None:
        """The exchange has confirmed a stream: a book may be built from here on."""
        symbol = self._plan.depth_channels.get(channel)
        if symbol is not None:
            book = self._books[symbol]
            book.streaming, book.heard_at, book.wished = True, now, False
            self._wish_if_needed(symbol, book)

    def snapshot(self, fetched: FetchedSnapshot, now: int) -> None:
        """Ignored unless it answers the latest wish for its book."""
        book = self._books[fetched.wish.symbol]
        if not book.wished or fetched.wish.number != book.wishes:
            return
        book.wished = False
        rows = book.sync.snapshot(fetched.snapshot)
        if book.sync.ready:
            book.ready_at = now
        self._offer(rows, 0, 0)
        if book.sync.ready and book.prints_lost:
            book.prints_lost = False
            self._missed(fetched.wish.symbol)
        self._wish_if_needed(fetched.wish.symbol, book)

    def lose(self, symbol: int, reason: LossReason) -> None:
        """The book is not trusted any more, and is built anew when its stream is on."""
        self._lose([symbol], reason)

    def lose_all(self, reason: LossReason) -> None:
        self._lose(list(self._books), reason)

    def disconnected(self, *, for_good: bool = False) -> None:
        """Nothing comes any more: every book is lost, until its stream is granted again.

        `for_good`: the run is over, and nothing was lost that anybody would count.
        """
        for book in self._books.values():
            book.streaming = book.wished = False
        counted = self.tally.losses.copy()
        self.lose_all(LossReason.DISCONNECTED)
        if for_good:
            self.tally.losses = counted
        for book in self._books.values():
            book.sync.lose(LossReason.DISCONNECTED)  # for those not ready: what they buffered
            book.attempt = 0  # connecting again has its own pauses
        self._unreadable = 0

    def silent(self, now: int, longest: int) -> list[str]:
        """Depth channels without a message for `longest` nanoseconds; their books are lost
        until the streams are granted again."""
        found = []
        for channel, symbol in self._plan.depth_channels.items():
            book = self._books[symbol]
            if book.streaming and now - book.heard_at > longest:
                book.streaming = book.wished = False
                self.tally.silent_books += 1
                self.lose(symbol, LossReason.SILENT)
                found.append(channel)
        return found

    def _depth(self, decoded: DecodedFrame, received: int, decode_ns: int) -> None:
        book = self._books[decoded.symbol]
        book.heard_at = received
        sync = book.sync
        was_ready = sync.ready
        rows = sync.admit(decoded)
        if sync.ready:
            self._offer(rows, received, decode_ns)
            return
        if was_ready:
            self._after_loss(book, LossReason.GAP)
            self._offer_losses([rows])
        self._wish_if_needed(decoded.symbol, book)

    def _refuse(self, payload: bytes, error: FeedError) -> None:
        """A frame that must not be used. What it may have changed is not known any more."""
        code = str(error).partition(":")[0]
        self.tally.refuse_frame(code)
        channel = channel_of(payload) or ""
        if code == _UNSUBSCRIBED and channel:
            return
        if channel not in self._plan.channels:
            self._refuse_unreadable()
        elif channel in self._plan.depth_channels:
            self.lose(self._plan.depth_channels[channel], LossReason.INVALID_FRAME)

    def _refuse_unreadable(self) -> None:
        """It may have been for any of the books."""
        self.lose_all(LossReason.INVALID_FRAME)
        self._unreadable += 1
        if self._unreadable >= _MOST_UNREADABLE:
            raise FeedError(f"garbage: {self._unreadable} unreadable frames in a row")

    def _offer(self, rows: Rows, received: int, decode_ns: int) -> None:
        if self._lane.offer(rows, received, decode_ns):
            self.tally.rows += len(rows)
            return
        self.tally.overflows += 1
        self.lose_all(LossReason.OVERFLOW)

    def _lose(self, symbols: list[int], reason: LossReason) -> None:
        losses = []
        for symbol in symbols:
            book = self._books[symbol]
            ready, missed = book.sync.ready, reason in PRINTS_LOST
            # Of a book that is lost already the core hears again when now trades are lost too.
            if ready or (missed and book.ready_at and not book.prints_lost):
                losses.append(book.sync.lose(reason))
            if ready:
                self._after_loss(book, reason)
            book.prints_lost |= missed and book.ready_at > 0
        self._offer_losses(losses)
        for symbol in symbols:
            self._wish_if_needed(symbol, self._books[symbol])

    def _after_loss(self, book: _Book, reason: LossReason) -> None:
        self.tally.lose_book(reason)
        book.wished = False
        steady = self._clock.monotonic() - book.ready_at > _STEADY
        book.attempt = 0 if steady else book.attempt

    def _offer_losses(self, losses: list[Rows]) -> None:
        """A full lane throws its backlog away for a loss, so every other book goes with it."""
        if not losses:
            return
        if self._lane.waiting >= self._lane.capacity:
            for symbol, book in self._books.items():
                book.prints_lost = True
                if book.sync.ready:
                    losses.append(book.sync.lose(LossReason.OVERFLOW))
                    self._after_loss(book, LossReason.OVERFLOW)
                    self._wish_if_needed(symbol, book)
        rows = np.concatenate(losses)
        self._lane.offer(rows, 0, 0)
        self.tally.rows += len(rows)

    def _wish_if_needed(self, symbol: int, book: _Book) -> None:
        if book.streaming and not book.wished and book.sync.needs_snapshot:
            book.wishes += 1
            book.wished = True
            self._wish(SnapshotWish(symbol, book.wishes, book.attempt))
            book.attempt += 1


def channel_of(frame: bytes) -> str | None:
    """The channel a frame names at its beginning, read without trusting the rest of it."""
    if len(frame) < 2 or frame[0] != _CHANNEL_TAG or frame[1] > _LONGEST_SHORT_LENGTH:
        return None
    name = frame[2 : 2 + frame[1]]
    return name.decode("ascii", errors="replace") if len(name) == frame[1] else None

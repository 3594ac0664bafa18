"""The one way into the core: inputs in the order they came, stamped as they are read.

Market lanes are bounded, each by its own count of messages. What is submitted (commands,
instrument rules, the end) shares the order but not the bounds: a full lane never keeps a
command out.
"""

from collections import deque
from queue import Empty
from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.errors import ConfigError
from trading_agent.domain.market_rows import RowKind, Rows
from trading_agent.domain.message import Input, MarketRows, Stamped, Woke
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.mailbox import Mailbox

_LONGEST_WAIT_SECONDS: Final = 3_600.0
_LOST: Final = int(RowKind.LOST)

_Message = tuple[Rows, int, int]
"""Rows, when the socket gave the bytes, how long reading them took."""


class Arrival(Struct, frozen=True):
    """`received`: monotonic nanoseconds when the socket gave the bytes, 0 if none did.
    `decode_ns`: how long reading them took."""

    stamped: Stamped
    received: int
    decode_ns: int


class FeedLane:
    """The way in of one feed. One thread offers, the core takes.

    Each message is claimed once, by whoever empties its box: the core to see it, or the
    feed to drop it. The boxes stay in their places, so nothing ever changes order.
    """

    def __init__(self, name: str, capacity: int, tokens: "Mailbox[FeedLane | Input]") -> None:
        self.name = name
        self.capacity = capacity
        self.offered = 0
        """Messages taken in; written by the feed's thread, like the next two."""
        self.refused = 0
        """Offers answered with False."""
        self.dropped = 0
        """Messages taken in, then thrown away before the core saw them."""
        self.taken = 0
        """Messages the core has seen; written by the core's thread."""
        self._boxes: deque[list[_Message]] = deque()
        self._tokens = tokens

    @property
    def waiting(self) -> int:
        """Messages the core has not seen yet."""
        return self.offered - self.dropped - self.taken

    def __len__(self) -> int:
        """Boxes in the queue, dropped ones too."""
        return len(self._boxes)

    def offer(self, rows: Rows, received: int, decode_ns: int) -> bool:
        """Hand over one or more whole messages; the rows belong to the inbox afterwards.

        False: the lane is full and the rows were not taken. The feed must then mark its
        books lost and resync. An offer that begins with a LOST row is never refused: on a
        full lane it throws away what waits of the symbols it names, so that the core
        learns soon what it no longer knows, and a lane holds at most one more message a
        symbol than its capacity.
        """
        if len(rows) == 0:
            return True
        if self.offered - self.dropped - self.taken >= self.capacity:
            if rows["kind"][0] != _LOST:
                self.refused += 1
                return False
            self._drop_backlog(rows)
        self._boxes.append([(rows, received, decode_ns)])
        self.offered += 1
        self._tokens.put(self)
        return True

    def _drop_backlog(self, lost: Rows) -> None:
        """The newest first: the core, reading from the other end meanwhile, must not see a
        message whose predecessor was dropped before it is told of the loss."""
        symbols = np.unique(lost["symbol"])
        for box in reversed(self._waiting_boxes()):
            try:
                named = box[0][0]["symbol"]
                if np.isin(named, symbols).all():
                    box.pop()
                    self.dropped += 1
                else:
                    symbols = np.setdiff1d(symbols, named)
            except IndexError:
                continue  # the core was quicker

    def _waiting_boxes(self) -> list[list[_Message]]:
        while True:
            try:
                return list(self._boxes)
            except RuntimeError:
                continue  # the core took one meanwhile

    def _take(self) -> _Message | None:
        """Core thread only; None for a message that was dropped."""
        try:
            message = self._boxes.popleft().pop()
        except IndexError:
            return None
        self.taken += 1
        return message


class Inbox:
    """Many threads put in, the core alone takes out and stamps."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._queue: Mailbox[FeedLane | Input] = Mailbox()
        self._lanes: dict[str, FeedLane] = {}
        self._sequence = 0
        self._at = Nanos(0)
        self._woke_last = False

    def feed(self, name: str, capacity: int) -> FeedLane:
        """A lane for one feed, holding at most `capacity` messages."""
        if name in self._lanes:
            raise ConfigError(f"two feeds are named {name!r}")
        if capacity < 1:
            raise ConfigError(f"feed {name!r}: a lane holds at least one message, not {capacity}")
        self._lanes[name] = FeedLane(name, capacity, self._queue)
        return self._lanes[name]

    @property
    def lanes(self) -> tuple[FeedLane, ...]:
        return tuple(self._lanes.values())

    @property
    def waiting(self) -> int:
        """Inputs not taken yet, of every kind; approximate while others put in."""
        return len(self._queue)

    @property
    def submitted(self) -> int:
        """Of those, inputs that came through `submit`."""
        return len(self._queue) - sum(len(lane) for lane in self._lanes.values())

    def submit(self, body: Input) -> None:
        """Any thread; never refused. Market rows come through a lane."""
        if isinstance(body, MarketRows):
            raise TypeError("market rows come through a feed's lane")
        self._queue.put(body)

    def take(self, deadline: Nanos | None) -> Arrival:
        """The next input, or `Woke` once `deadline` (nanoseconds UTC) has passed.

        A passed deadline goes before waiting inputs, since they are read later; but two
        wake-ups never follow one another while something waits, so that a deadline which
        is always passed cannot starve the market.
        """
        while True:
            entry = self._next(deadline)
            if not isinstance(entry, FeedLane):
                return self._stamp(entry, 0, 0)
            message = entry._take()  # the two are one mechanism: a lane's token and its message
            if message is not None:
                rows, received, decode_ns = message
                return self._stamp(MarketRows(rows), received, decode_ns)

    def _next(self, deadline: Nanos | None) -> FeedLane | Input:
        if deadline is None:
            return self._queue.get(None)
        if self._woke_last:
            try:
                return self._queue.get_nowait()
            except Empty:
                pass
        while True:
            remaining = (deadline - self.clock.now()) / SECOND
            if remaining <= 0.0:
                return Woke()
            try:
                return self._queue.get(timeout=min(remaining, _LONGEST_WAIT_SECONDS))
            except Empty:
                continue

    def _stamp(self, body: Input, received: int, decode_ns: int) -> Arrival:
        now = self.clock.now()
        if now > self._at:
            self._at = now
        self._woke_last = isinstance(body, Woke)
        if isinstance(body, MarketRows):
            body.rows["at"] = self._at
        self._sequence += 1
        return Arrival(Stamped(self._sequence, self._at, body), received, decode_ns)

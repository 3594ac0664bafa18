"""One symbol's book from a snapshot and changes, without a hole or not at all.

Changes are buffered until a snapshot is there that they continue; from then on every one
must begin right behind the version reached. Sizes are absolute, so a change that begins
earlier is fine as long as it ends later.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from trading_agent.adapters.mexc.decoded_frame import DecodedFrame, FrameKind
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.market_rows import LossReason, RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.units import Lots, Ticks

_DEPTH: Final = FrameKind.DEPTH
_MOST_FRAMES: Final = 10_000
_MOST_ROWS: Final = 1_000_000
_NO_ROWS: Final = empty_rows(0)


@dataclass(frozen=True, slots=True)
class BookSnapshot:
    """Levels at `version`, best first on both sides; `symbol` as in the rows."""

    symbol: int
    version: int
    bids: tuple[tuple[Ticks, Lots], ...]
    asks: tuple[tuple[Ticks, Lots], ...]


class BookSync:
    """A book is ready or it needs a snapshot; nothing is emitted in between.

    Counters: `gaps` times a ready book lost its thread, `resyncs` snapshots that made it
    ready again, `duplicates` changes a ready book had already, `stale` snapshots and buffered
    changes that came too late to matter, `overflows` times the buffer started over.
    """

    def __init__(self, symbol: int) -> None:
        self._symbol = symbol
        self._version: int | None = None
        self._buffer: list[DecodedFrame] = []
        self._buffered_rows = 0
        self._heard_version = 0
        self._heard_at = 0
        self._was_ready = False
        self.gaps = 0
        self.resyncs = 0
        self.duplicates = 0
        self.stale = 0
        self.overflows = 0

    @property
    def ready(self) -> bool:
        return self._version is not None

    @property
    def needs_snapshot(self) -> bool:
        return self._version is None

    @property
    def version(self) -> int | None:
        """Of the last change or snapshot emitted; None while the book is lost."""
        return self._version

    def admit(self, frame: DecodedFrame) -> Rows:
        """The rows to hand on: the frame's own, one LOST row, or none."""
        if frame.symbol != self._symbol or frame.kind is not _DEPTH:
            raise InvariantError(f"book {self._symbol} was given {frame.kind} of {frame.symbol}")
        version = self._version
        if (
            version is not None
            and frame.first_version == version + 1
            and frame.last_version > self._heard_version
            and frame.sent_at >= self._heard_at
        ):
            self._version = self._heard_version = frame.last_version
            self._heard_at = frame.sent_at
            return frame.rows
        fell_back = self._fell_back(frame)
        if version is None:
            if fell_back:
                self._forget()
            self._keep(frame)
            return _NO_ROWS
        if fell_back or frame.first_version > version + 1:
            self.gaps += 1
            rows = self._lost_row(LossReason.GAP, frame.sent_at)
            self._keep(frame)
            return rows
        if frame.last_version <= version:
            self.duplicates += 1
            return _NO_ROWS
        self._version = frame.last_version
        return frame.rows

    def snapshot(self, snapshot: BookSnapshot) -> Rows:
        """The snapshot and the buffered changes behind it, a message each; none when they do
        not meet (another, newer snapshot is needed) or when the book is ready already."""
        if snapshot.symbol != self._symbol:
            raise InvariantError(f"book {self._symbol} was given that of {snapshot.symbol}")
        if self._version is not None:
            self.stale += 1
            return _NO_ROWS
        version = snapshot.version
        messages = [_snapshot_rows(snapshot)]
        for place, frame in enumerate(self._buffer):
            if frame.last_version <= version:
                self.stale += 1
                continue
            if frame.first_version > version + 1:
                self._forget_first(place)
                return _NO_ROWS
            version = frame.last_version
            messages.append(frame.rows)
        self._forget()
        self._version = version
        self.resyncs += self._was_ready
        self._was_ready = True
        return np.concatenate(messages)

    def lose(self, reason: LossReason) -> Rows:
        """One LOST row, whatever the book was; buffering starts over."""
        return self._lost_row(reason, 0)

    def _fell_back(self, frame: DecodedFrame) -> bool:
        """Whether the exchange counts anew: later in time, yet earlier in version. A frame
        that is merely repeated or late is no later in time."""
        fell_back = frame.last_version < self._heard_version and frame.sent_at > self._heard_at
        if fell_back or frame.last_version > self._heard_version:
            self._heard_version = frame.last_version
        self._heard_at = max(self._heard_at, frame.sent_at)
        return fell_back

    def _keep(self, frame: DecodedFrame) -> None:
        full = self._buffered_rows + len(frame.rows) > _MOST_ROWS
        if full or len(self._buffer) >= _MOST_FRAMES:
            self.overflows += 1
            self._forget()
        self._buffer.append(frame)
        self._buffered_rows += len(frame.rows)

    def _forget(self) -> None:
        self._forget_first(len(self._buffer))

    def _forget_first(self, count: int) -> None:
        del self._buffer[:count]
        self._buffered_rows = sum(len(frame.rows) for frame in self._buffer)

    def _lost_row(self, reason: LossReason, venue_at: int) -> Rows:
        rows = empty_rows(1)
        rows["venue_at"] = venue_at
        rows["sequence"] = self._version or 0
        rows["size"] = reason
        rows["kind"] = RowKind.LOST
        rows["flags"] = RowFlag.LAST
        rows["symbol"] = self._symbol
        self._version = None
        self._forget()
        return rows


def _snapshot_rows(snapshot: BookSnapshot) -> Rows:
    levels = np.array([*snapshot.bids, *snapshot.asks], np.int64).reshape(-1, 2)
    rows = empty_rows(1 + len(levels))
    rows["sequence"] = snapshot.version
    rows["price"][1:] = levels[:, 0]
    rows["size"][1:] = levels[:, 1]
    rows["kind"] = RowKind.ASK
    rows["kind"][: 1 + len(snapshot.bids)] = RowKind.BID
    rows["kind"][0] = RowKind.CLEAR
    rows["flags"] = RowFlag.SNAPSHOT
    rows["flags"][-1] |= RowFlag.LAST
    rows["symbol"] = snapshot.symbol
    return rows

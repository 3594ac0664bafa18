"""What the streams have been through: one tally for each writer, one frozen sum for readers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from trading_agent.domain.market_rows import LossReason


@dataclass(slots=True)
class StreamTally:
    """Written by the thread of one connection alone; read by anyone."""

    frames: int = 0
    rows: int = 0
    controls: int = 0
    """Text messages."""
    losses: dict[str, int] = field(default_factory=dict)
    """Books given up, by reason."""
    overflows: int = 0
    """Messages the full lane did not take."""
    silent_books: int = 0
    connected: int = 0
    """Connections opened, the first included."""
    failed_connections: int = 0
    """Connections that could not be opened."""
    disconnected: int = 0
    """Connections that ended unasked."""
    rotations: int = 0
    """Connections replaced on purpose because of their age."""
    refused_subscriptions: int = 0
    invalid: dict[str, int] = field(default_factory=dict)
    """Frames that were refused, by code word."""

    def refuse_frame(self, code: str) -> None:
        self.invalid[code] = self.invalid.get(code, 0) + 1

    def lose_book(self, reason: LossReason) -> None:
        word = reason.name.lower()
        self.losses[word] = self.losses.get(word, 0) + 1


@dataclass(slots=True)
class SnapshotTally:
    """Written by the data-service thread alone; read by anyone."""

    fetched: int = 0
    failed: int = 0
    throttled: int = 0
    """Of those that failed, the ones the request budget or the exchange held back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookCounters:
    """Of all books together. `duplicates` and `stale` are frames that changed nothing."""

    books: int
    ready: int
    gaps: int
    resyncs: int
    duplicates: int
    stale: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCounters:
    """Sums since the start over all connections; `granted` and `ready` as of now."""

    connections: int
    streams: int
    granted: int
    books: BookCounters
    frames: int
    rows: int
    losses: Mapping[str, int]
    overflows: int
    silent_books: int
    connected: int
    failed_connections: int
    disconnected: int
    rotations: int
    refused_subscriptions: int
    invalid: Mapping[str, int]
    snapshots: int
    failed_snapshots: int
    throttled_snapshots: int
    compiled_decodes: int
    library_decodes: int
    server_offset_ns: int
    weight_used: float


def summed(counts: Iterable[dict[str, int]]) -> Mapping[str, int]:
    """Word by word. Each may grow meanwhile in the thread that owns it."""
    total: dict[str, int] = {}
    for words in counts:
        for word, count in words.copy().items():
            total[word] = total.get(word, 0) + count
    return MappingProxyType(total)

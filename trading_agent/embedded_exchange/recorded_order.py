"""Recorded rows into the order of the book's versions.

Quotes and depth were recorded from two streams of one exchange. As received, a quote may
stand before a depth message it is newer than, or behind one that already holds it. Whoever
compares a book with quotes needs the opposite: before each depth message every quote up to
its last version, and none beyond.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from trading_agent.domain.errors import FeedError
from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.embedded_exchange.recorded_formats import (
    RecordedDiff,
    RecordedQuote,
    RecordedRow,
    RecordedSnapshot,
    RecordedTrade,
)

_LOOKAHEAD: Final = 500 * MILLISECOND
"""How far apart in receive time two streams of one exchange may be; nanoseconds."""

_Versioned = RecordedDiff | RecordedQuote
_Timed = RecordedTrade | RecordedSnapshot


def by_version(rows: Iterable[RecordedRow]) -> Iterator[RecordedRow]:
    """The rows re-ordered, their times raised where needed so that time never falls.

    Trades and snapshots keep their times. When reading fails, what was read before comes
    first, then the FeedError.
    """
    order = _Order()
    try:
        for row in rows:
            order.take(row)
            yield from order.ready(Nanos(row.at - _LOOKAHEAD))
    except FeedError:
        yield from order.ready(None)
        raise
    yield from order.ready(None)


class _Order:
    """What has been read and not yet given away."""

    def __init__(self) -> None:
        # (version, 0 for a quote and 1 for depth, arrival): a quote of the depth's own
        # version comes first.
        self._versioned: list[tuple[int, int, int, _Versioned]] = []
        self._timed: deque[_Timed] = deque()
        self._arrivals = 0
        self._latest = Nanos(0)

    def take(self, row: RecordedRow) -> None:
        self._arrivals += 1
        match row:
            case RecordedDiff():
                entry = (row.last_version, 1, self._arrivals, row)
                heapq.heappush(self._versioned, entry)
            case RecordedQuote():
                heapq.heappush(self._versioned, (row.version, 0, self._arrivals, row))
            case RecordedTrade() | RecordedSnapshot():
                self._timed.append(row)

    def ready(self, until: Nanos | None) -> Iterator[RecordedRow]:
        """Rows up to receive time `until`; all that is left when it is None."""
        while self._versioned:
            row = self._versioned[0][3]
            if until is not None and row.at > until:
                break
            heapq.heappop(self._versioned)
            yield from self._timed_up_to(row.at)
            yield self._not_before(row)
        if not self._versioned or until is None:
            yield from self._timed_up_to(until)

    def _timed_up_to(self, until: Nanos | None) -> Iterator[RecordedRow]:
        while self._timed and (until is None or self._timed[0].at <= until):
            yield self._not_before(self._timed.popleft())

    def _not_before(self, row: RecordedRow) -> RecordedRow:
        if row.at >= self._latest:
            self._latest = row.at
            return row
        return replace(row, at=self._latest)

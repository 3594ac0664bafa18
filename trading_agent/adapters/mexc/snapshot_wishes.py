"""Which book wants a snapshot, and when it may be fetched.

Pure: times are monotonic nanoseconds given by the caller.
"""

import random
from dataclasses import dataclass
from typing import Final

from trading_agent.adapters.mexc.book_sync import BookSnapshot
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.domain.units import SECOND
from trading_agent.runtime.worker import RestartRule

_FIRST_PATIENCE: Final = 1.0
_MOST_DOUBLINGS: Final = 6


@dataclass(frozen=True, slots=True)
class SnapshotWish:
    """`number` tells wishes of one book apart: only the answer to the latest counts.
    `attempt` counts, from 0, those since the book was last steady."""

    symbol: int
    number: int
    attempt: int


@dataclass(frozen=True, slots=True)
class FetchedSnapshot:
    wish: SnapshotWish
    snapshot: BookSnapshot


@dataclass(slots=True)
class _Waiting:
    wish: SnapshotWish
    due_at: int
    failures: int = 0


class SnapshotWishes:
    """The first attempt at once, later ones after a growing, jittered pause; the one that
    has been due longest first, so that no book starves another."""

    def __init__(self, settings: MexcSettings, dice: random.Random) -> None:
        self._dice = dice
        self._rule = RestartRule(
            first=settings.snapshot_first_seconds, longest=settings.snapshot_most_seconds
        )
        self._waiting: dict[int, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, wish: SnapshotWish, now: int) -> None:
        """Takes the place of an earlier wish for the same book."""
        self._waiting[wish.symbol] = _Waiting(wish, now + self._pause(wish.attempt))

    def due(self, now: int) -> SnapshotWish | None:
        """The next wish to fulfil; it waits on until `fulfilled` or `failed` is called."""
        first = self._first()
        return first.wish if first is not None and first.due_at <= now else None

    def patience(self, wish: SnapshotWish) -> float:
        """Seconds the next answer may take. Short at first, for an exchange that lets one
        question hang may answer the next at once; then twice as long each time, for the way
        may be long."""
        waiting = self._waiting.get(wish.symbol)
        failures = waiting.failures if waiting is not None else 0
        return _FIRST_PATIENCE * 2.0 ** min(failures, _MOST_DOUBLINGS)

    def fulfilled(self, wish: SnapshotWish) -> None:
        if self._is_latest(wish):
            del self._waiting[wish.symbol]

    def failed(self, wish: SnapshotWish, now: int, not_before: float) -> int:
        """To be tried again, and not within `not_before` seconds. Answers how often this wish
        has failed; 0 when a later one has taken its place."""
        if not self._is_latest(wish):
            return 0
        waiting = self._waiting[wish.symbol]
        waiting.failures += 1
        pause = self._pause(wish.attempt + waiting.failures)
        waiting.due_at = now + max(pause, round(not_before * SECOND))
        return waiting.failures

    def seconds_to_next(self, now: int) -> float | None:
        """None when nothing is wished for."""
        first = self._first()
        return None if first is None else max(0, first.due_at - now) / SECOND

    def _first(self) -> _Waiting | None:
        return min(self._waiting.values(), key=lambda waiting: waiting.due_at, default=None)

    def _is_latest(self, wish: SnapshotWish) -> bool:
        waiting = self._waiting.get(wish.symbol)
        return waiting is not None and waiting.wish == wish

    def _pause(self, attempt: int) -> int:
        if attempt == 0:
            return 0
        return round(self._rule.pause(attempt, self._dice.random()) * SECOND)

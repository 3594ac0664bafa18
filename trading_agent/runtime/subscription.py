"""Facts for one listener, who may be slow: bounded, the oldest go first, and are counted."""

import threading
from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from trading_agent.domain.facts import Fact


class Published(Struct, frozen=True):
    """A fact on disk. A hole in `sequence` shows what a slow listener has missed."""

    sequence: int
    fact: Fact


class SubscriptionRule(Struct, frozen=True, kw_only=True):
    """Who listens, to which kinds of facts (empty: all), and how many may stay unread (None:
    as many as the settings say)."""

    name: str
    capacity: int | None = None
    kinds: tuple[type[Fact], ...] = ()


class Subscription:
    """The journal's thread offers; one listener gets."""

    def __init__(self, rule: SubscriptionRule, capacity: int) -> None:
        self.rule = rule
        self.capacity = capacity
        self._filled = threading.Condition()  # guards _unread, _dropped and _closed
        self._unread: deque[Published] = deque()
        self._dropped = 0
        self._closed = False

    @property
    def dropped(self) -> int:
        """Facts thrown away unread since the beginning."""
        with self._filled:
            return self._dropped

    @property
    def closed(self) -> bool:
        with self._filled:
            return self._closed

    def get(self, timeout: float) -> Published | None:
        """The next fact; None when none came within `timeout` seconds, or after the close."""
        with self._filled:
            self._filled.wait_for(lambda: self._unread or self._closed, timeout)
            return self._unread.popleft() if self._unread else None

    def drain(self) -> tuple[Published, ...]:
        """Everything unread, at once; for listeners with a loop of their own."""
        with self._filled:
            unread = tuple(self._unread)
            self._unread.clear()
            return unread

    def close(self) -> None:
        """Either side; nothing is taken in afterwards, what is unread may still be read."""
        with self._filled:
            self._closed = True
            self._filled.notify_all()

    def offer(self, published: Sequence[Published]) -> None:
        """Never waits for the listener."""
        kinds = self.rule.kinds
        wanted = [item for item in published if not kinds or isinstance(item.fact, kinds)]
        with self._filled:
            if self._closed or not wanted:
                return
            self._unread.extend(wanted)
            while len(self._unread) > self.capacity:
                self._unread.popleft()
                self._dropped += 1
            self._filled.notify_all()

"""Calls played again without a network: what a record holds of them, failures and latencies
included.

A question asked several times gets its answers in the order they were given.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from llm_overseer.core.request import request_document
from llm_overseer.core.transport import Received, Take, key_of
from llm_overseer.errors import CassetteMissing


class PlayedTransport:
    """Raises CassetteMissing for what nobody recorded; `misses` counts them."""

    def __init__(self, takes: Iterable[Take]) -> None:
        self._takes: dict[str, deque[Take]] = defaultdict(deque)
        for take in takes:
            self._takes[take.key()].append(take)
        self.misses = 0

    async def send(self, body: Mapping[str, Any], seconds: float) -> Received:
        key = key_of(request_document(body))
        waiting = self._takes.get(key)
        if not waiting:
            self._miss(f"request {key[:12]}")
        take = waiting.popleft()
        if take.latency_ms > seconds * 1_000 and not take.trouble:
            raise CassetteMissing("recorded under a longer deadline than this one")
        return take.play()

    async def fetch(self, path: str, seconds: float) -> Received:
        """A record says what a page of the account came to, and does not keep the page."""
        self._miss(f"{path}, within {seconds:g} s")

    async def close(self) -> None:
        """Nothing is held."""

    def _miss(self, what: str) -> NoReturn:
        self.misses += 1
        raise CassetteMissing(f"nobody recorded {what}")

"""Fetches the exchange's candles of pairs whose trades have been missed for a while."""

import logging
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Final

from trading_agent.adapters.mexc.past_candles import read_past_candles
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.domain.instrument import Instrument
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.inbox import Inbox
from trading_agent.runtime.worker import Stop

_log = logging.getLogger(__name__)

_LONGEST_SLEEP_SECONDS: Final = 1.0
_MOST_ATTEMPTS: Final = 5
_PAUSE_SECONDS: Final = 10.0
"""Between two attempts at a pair."""


class MissedCandles:
    """A worker of its own: many answers about the past keep no book waiting."""

    def __init__(
        self, client: MexcClient, instruments: Sequence[Instrument], clock: Clock, inbox: Inbox
    ) -> None:
        self._client = client
        self._instruments = instruments
        self._clock = clock
        self._inbox = inbox
        self._asked: SimpleQueue[int | None] = SimpleQueue()

    def ask(self, symbol: int) -> None:
        """Any thread: the pair is back."""
        self._asked.put(symbol)

    def interrupt(self) -> None:
        """Any thread: end the call under way, and the wait for another."""
        self._client.close()
        self._asked.put(None)

    def run(self, stop: Stop) -> None:
        while not stop.is_set():
            for symbol in self._waiting():
                self._fetch(self._instruments[symbol], stop)

    def _waiting(self) -> dict[int, None]:
        """Pairs that have asked, each once."""
        found: list[int | None] = []
        try:
            found.append(self._asked.get(timeout=_LONGEST_SLEEP_SECONDS))
            while True:
                found.append(self._asked.get_nowait())
        except Empty:
            return dict.fromkeys(symbol for symbol in found if symbol is not None)

    def _fetch(self, instrument: Instrument, stop: Stop) -> None:
        """Several times, for an exchange that was away may not answer everything at once. What the
        core knows already it takes for nothing new."""
        for _ in range(_MOST_ATTEMPTS):
            if stop.is_set():
                return
            failures: list[str] = []
            now = self._clock.now()
            for known in read_past_candles(self._client, [instrument], now, failures.append):
                self._inbox.submit(known)
            if not failures:
                return
            _log.warning("candles that were missed: %s", failures[0])
            stop.wait(_PAUSE_SECONDS)

"""What the overseer wants to know of the exchange beside the traded books: whether stable coins
are worth what they should, and which pairs trade most. Asked each minute, on a thread of its own.
"""

import logging
from collections.abc import Sequence
from typing import Final

from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.domain.errors import TradingError
from trading_agent.runtime.oversight_ports import Outside
from trading_agent.runtime.worker import Stop

_log = logging.getLogger(__name__)

_EVERY_SECONDS: Final = 60.0


class OutsideWatch:
    """`outside` from any thread. Of a price that cannot be had nothing is told; a volume stays as
    it was last told."""

    def __init__(self, client: MexcClient, symbols: Sequence[str], stable: Sequence[str]) -> None:
        self._client = client
        self._symbols = tuple(symbols)
        self._stable = tuple(each for each in stable if each not in symbols)
        self._unknown: set[str] = set()
        self.outside = Outside()

    def run(self, stop: Stop) -> None:
        """The body of a worker."""
        while not stop.wait(_EVERY_SECONDS):
            self.look()

    def look(self) -> None:
        mids, volumes = dict(self.outside.mids), dict(self.outside.volumes)
        for symbol in self._stable:
            try:
                (quotes,) = self._client.best_quotes(symbol)
            except (TradingError, ValueError) as error:
                mids.pop(symbol, None)
                self._mention(symbol, error)
                continue
            if quotes.bid is not None and quotes.ask is not None:
                mids[symbol] = (quotes.bid + quotes.ask) / 2
        for symbol in self._symbols:
            try:
                (ticker,) = self._client.day_tickers(symbol)
            except (TradingError, ValueError) as error:
                self._mention(symbol, error)
                continue
            if ticker.quote_volume is not None:
                volumes[symbol] = ticker.quote_volume
        self.outside = Outside(mids=mids, volumes=volumes)

    def _mention(self, symbol: str, error: Exception) -> None:
        """Once: a simulated exchange has no stable coins."""
        if symbol not in self._unknown:
            self._unknown.add(symbol)
            _log.info("the overseer is not told of %s: %s", symbol, error)

"""The exchange's public REST: every market endpoint, as frozen values.

Nothing here is signed and nothing changes anything at the exchange.
"""

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from statistics import median_low
from typing import Final, TypeVar

from cachetools import TTLCache
from msgspec import Struct

from trading_agent.adapters.mexc import answers
from trading_agent.adapters.mexc.answers import (
    AveragePrice,
    BestQuotes,
    DayTicker,
    LastPrice,
    OfflinePair,
    PastCandle,
    PastTrade,
)
from trading_agent.adapters.mexc.book_sync import BookSnapshot
from trading_agent.adapters.mexc.caller import Caller, Pause
from trading_agent.adapters.mexc.exchange_info import ExchangeInfo, exchange_info
from trading_agent.adapters.mexc.settings import KlineTimeframe, MexcSettings
from trading_agent.adapters.mexc.wire import RestPath, rest_interval_of
from trading_agent.domain.errors import FeedError, VenueError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND, Nanos
from trading_agent.runtime.clock import Clock

_CLOCK_SAMPLES: Final = 5
_CLOCK_BIAS: Final = 20 * MILLISECOND
"""A clock a second fast is refused, a slow one is not: lean back a little."""
_CACHED_ANSWERS: Final = 256
_CANDLES_A_PAGE: Final = 500
"""The documents say 1000; the server sends at most this many."""

LENGTHS: Final[Mapping[KlineTimeframe, int]] = {
    "1m": MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "1h": HOUR,
    "4h": 4 * HOUR,
    "1d": DAY,
}

Value = TypeVar("Value")


class ClockReading(Struct, frozen=True):
    """`offset`: what to add to our time to have the exchange's, leaning slightly back.
    `round_trips`: of the answers it comes from."""

    offset: Nanos
    round_trips: tuple[Nanos, ...]


class MexcClient:
    """Any thread may call. Every method may raise Throttled, Denied or Unavailable,
    and FeedError for an answer that must not be used."""

    def __init__(self, settings: MexcSettings, clock: Clock, pause: Pause | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._caller = Caller(settings, clock, pause)
        self._rules = self._cache(settings.rules_ttl_seconds)
        self._quotes = self._cache(settings.quotes_ttl_seconds)
        self._caches = threading.Lock()
        """Guards `_rules` and `_quotes`; never held while the exchange is asked."""

    def close(self) -> None:
        """Any thread: calls under way end soon, later ones raise Unavailable."""
        self._caller.close()

    def stopped_for(self) -> float:
        """Seconds for which the exchange wants no requests; zero normally."""
        return self._caller.budget.stopped_for()

    def weight_used(self) -> float:
        """Weight spent in the last ten seconds as a share of the budget."""
        return self._caller.budget.used()

    def ping(self) -> None:
        self._caller.ask(RestPath.PING, {})

    def time(self) -> Nanos:
        """The exchange's clock, nanoseconds UTC, as old as its answer's way here."""
        return answers.server_time(self._caller.ask(RestPath.TIME, {}))

    def read_clock(self) -> ClockReading:
        """The exchange's clock by the median of several answers, each taken at the middle of
        its way. A failure ends the sampling, and is raised when there is no sample yet.
        """
        samples: list[tuple[int, Nanos]] = []
        for _ in range(_CLOCK_SAMPLES):
            try:
                samples.append(self._clock_sample())
            except (VenueError, FeedError):
                if not samples:
                    raise
                break
        return ClockReading(
            offset=Nanos(median_low(offset for offset, _ in samples) - _CLOCK_BIAS),
            round_trips=tuple(way for _, way in samples),
        )

    def default_symbols(self) -> frozenset[str]:
        """Pairs open to trading through the API by default."""
        return self._cached(
            self._rules,
            RestPath.DEFAULT_SYMBOLS,
            lambda: answers.default_symbols(self._caller.ask(RestPath.DEFAULT_SYMBOLS, {})),
        )

    def offline_symbols(self) -> tuple[OfflinePair, ...]:
        return self._cached(
            self._rules,
            RestPath.OFFLINE_SYMBOLS,
            lambda: answers.offline_pairs(self._caller.ask(RestPath.OFFLINE_SYMBOLS, {})),
        )

    def exchange_info(self, symbols: Sequence[str] = ()) -> ExchangeInfo:
        """Rules of the named pairs, or of all. One unknown name may fail the whole call."""
        query = {"symbols": ",".join(symbols)} if symbols else {}
        return self._cached(
            self._rules,
            (RestPath.EXCHANGE_INFO, *symbols),
            lambda: exchange_info(self._caller.ask(RestPath.EXCHANGE_INFO, query)),
        )

    def depth(
        self,
        instrument: Instrument,
        symbol: int,
        levels: int | None = None,
        *,
        within: float | None = None,
    ) -> BookSnapshot:
        """A snapshot in ticks and lots; `symbol` is the pair's place in the run's list.

        `within`: a single attempt of so many seconds, for callers who try again themselves.
        """
        wanted = levels or self._settings.snapshot_levels
        query = {"symbol": instrument.symbol, "limit": str(wanted)}
        if within is None:
            document = self._caller.ask(RestPath.DEPTH, query)
        else:
            document = self._caller.ask_once(RestPath.DEPTH, query, within)
        return answers.book_snapshot(document, symbol, instrument)

    def trades(self, symbol: str, limit: int = 500) -> tuple[PastTrade, ...]:
        """Newest first; at most 1000."""
        query = {"symbol": symbol, "limit": str(limit)}
        return answers.trades(self._caller.ask(RestPath.TRADES, query))

    def aggregate_trades(
        self, symbol: str, window: tuple[Nanos, Nanos] | None = None, limit: int = 500
    ) -> tuple[PastTrade, ...]:
        """At most 1000, within `window` (both ends included) when one is given."""
        query = {"symbol": symbol, "limit": str(limit)}
        if window is not None:
            query |= _window(*window)
        return answers.aggregate_trades(self._caller.ask(RestPath.AGGREGATE_TRADES, query))

    def klines(
        self, symbol: str, timeframe: KlineTimeframe, start: Nanos, end: Nanos
    ) -> tuple[PastCandle, ...]:
        """Candles opening from `start` up to, not including, `end`; oldest first."""
        length = LENGTHS[timeframe]
        found: list[PastCandle] = []
        page = start
        while page < end:
            page_end = min(end, Nanos(page + _CANDLES_A_PAGE * length))
            found += self._kline_page(symbol, timeframe, page, page_end)
            page = page_end
        return tuple(found)

    def average_price(self, symbol: str) -> AveragePrice:
        return self._cached(
            self._quotes,
            (RestPath.AVERAGE_PRICE, symbol),
            lambda: answers.average_price(
                self._caller.ask(RestPath.AVERAGE_PRICE, {"symbol": symbol})
            ),
        )

    def day_tickers(self, symbol: str | None = None) -> tuple[DayTicker, ...]:
        """Of one pair, or of all."""
        return self._tickers(RestPath.TICKER_DAY, symbol, answers.day_tickers)

    def last_prices(self, symbol: str | None = None) -> tuple[LastPrice, ...]:
        """Of one pair, or of all."""
        return self._tickers(RestPath.TICKER_PRICE, symbol, answers.last_prices)

    def best_quotes(self, symbol: str | None = None) -> tuple[BestQuotes, ...]:
        """Of one pair, or of all."""
        return self._tickers(RestPath.TICKER_BOOK, symbol, answers.best_quotes)

    def _clock_sample(self) -> tuple[int, Nanos]:
        """How far the exchange's clock is ahead, and the way there and back."""
        sent = self._clock.monotonic()
        theirs = answers.server_time(self._caller.ask_once(RestPath.TIME, {}))
        way = self._clock.monotonic() - sent
        return theirs + way // 2 - self._clock.now(), Nanos(way)

    def _kline_page(
        self, symbol: str, timeframe: KlineTimeframe, start: Nanos, end: Nanos
    ) -> tuple[PastCandle, ...]:
        query = {
            "symbol": symbol,
            "interval": rest_interval_of(timeframe),
            **_window(start, Nanos(end - MILLISECOND)),
            "limit": str(_CANDLES_A_PAGE),
        }
        page = answers.candles(self._caller.ask(RestPath.KLINES, query))
        opened = [candle.opened_at for candle in page]
        if opened != sorted(set(opened)):
            raise FeedError(f"invalid: klines of {symbol} are out of order or repeated")
        return tuple(candle for candle in page if start <= candle.opened_at < end)

    def _tickers(
        self,
        path: RestPath,
        symbol: str | None,
        read: Callable[[object], tuple[Value, ...]],
    ) -> tuple[Value, ...]:
        query = {} if symbol is None else {"symbol": symbol}

        def ask() -> tuple[Value, ...]:
            tickers = read(self._caller.ask(path, query))
            named = {getattr(ticker, "symbol", None) for ticker in tickers}
            if symbol is not None and named != {symbol}:
                raise FeedError(f"wrong_symbol: {path} of {symbol} answered for another pair")
            return tickers

        return self._cached(self._quotes, (path, symbol), ask)

    def _cached(
        self, cache: "TTLCache[Hashable, object]", key: Hashable, ask: Callable[[], Value]
    ) -> Value:
        with self._caches:
            known = cache.get(key)
        if known is None:
            known = ask()
            with self._caches:
                cache[key] = known
        return known  # type: ignore[return-value]

    def _cache(self, seconds: float) -> "TTLCache[Hashable, object]":
        return TTLCache(_CACHED_ANSWERS, seconds, timer=lambda: self._clock.monotonic() / SECOND)


def _window(first: Nanos, last: Nanos) -> dict[str, str]:
    """Both ends included, in the exchange's milliseconds."""
    return {"startTime": str(first // MILLISECOND), "endTime": str(last // MILLISECOND)}

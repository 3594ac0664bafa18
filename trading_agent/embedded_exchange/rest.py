"""The REST side: public market data as the exchange answers it, refusals included."""

import re
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from trading_agent.adapters.mexc.wire import RestPath
from trading_agent.domain.units import MILLISECOND, Nanos
from trading_agent.embedded_exchange import rest_answers as answers
from trading_agent.embedded_exchange.faults import Faults
from trading_agent.embedded_exchange.play import Listing, Play

_INVALID = -1121
_BAD_COMBINATION = -1128
_MANDATORY = 700004
_WRONG_PARAMETER = 33333

_MOST_KLINES: Final = 500
_FOREVER: Final = 2**62
_WHOLE: Final = re.compile("[0-9]{1,19}", re.ASCII)
_INTERVALS: Final = {
    "1m": "Min1",
    "5m": "Min5",
    "15m": "Min15",
    "30m": "Min30",
    "60m": "Min60",
    "4h": "Hour4",
    "1d": "Day1",
    "1W": "Week1",
    "1M": "Month1",
}
"""What REST calls an interval, and what the streams call it. "1h" is refused."""


class Refusal(Exception):
    """An error answer: HTTP status, the exchange's code, its words."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self) -> Response:
        return JSONResponse({"code": self.code, "msg": str(self)}, self.status)


def _bad_request(code: int, message: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, code, message)


def _not_ready(symbol: str) -> Refusal:
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return Refusal(status, status, f"{symbol} has no market yet, please try again")


_Handler = Callable[[Request], Any]


class Rest:
    """All routes over one play. Owned by the server's event loop."""

    def __init__(self, play: Play, faults: Faults) -> None:
        self._play = play
        self._faults = faults

    def routes(self) -> list[Route]:
        handlers: dict[RestPath, _Handler] = {
            RestPath.PING: lambda _request: {},
            RestPath.TIME: lambda _request: {"serverTime": self._now() // MILLISECOND},
            RestPath.DEFAULT_SYMBOLS: lambda _request: self._default_symbols(),
            RestPath.OFFLINE_SYMBOLS: lambda _request: {"data": []},
            RestPath.EXCHANGE_INFO: self._exchange_info,
            RestPath.DEPTH: self._depth,
            RestPath.TRADES: self._trades,
            RestPath.AGGREGATE_TRADES: self._aggregate_trades,
            RestPath.KLINES: self._klines,
            RestPath.AVERAGE_PRICE: self._average_price,
            RestPath.TICKER_DAY: self._day_tickers,
            RestPath.TICKER_PRICE: self._price_tickers,
            RestPath.TICKER_BOOK: self._book_tickers,
        }
        return [Route(path, _endpoint(handler)) for path, handler in handlers.items()]

    def _now(self) -> Nanos:
        return self._play.now()

    def _default_symbols(self) -> Any:
        return {
            "code": 0,
            "data": list(self._play.listings),
            "msg": "success",
            "timestamp": self._now() // MILLISECOND,
        }

    def _exchange_info(self, request: Request) -> Any:
        query = request.query_params
        names = [name for name in query.get("symbols", "").split(",") if name]
        if symbol := query.get("symbol"):
            names = [symbol]
        listings = [self._listing(name) for name in names] or self._play.listings.values()
        info = answers.exchange_info([listing.pair for listing in listings], self._now())
        for rules in info["symbols"]:
            rules.update(self._faults.rules_of(rules["symbol"]))
        return info

    def _depth(self, request: Request) -> Any:
        listing = self._market(request)
        image = listing.image(_number(request, "limit", 100, 5_000))
        if image is None:
            raise _not_ready(listing.pair.symbol)
        return answers.depth(image, listing.pair, self._now())

    def _trades(self, request: Request) -> Any:
        listing = self._market(request)
        prints = listing.tape.newest(_number(request, "limit", 500, 1_000))
        return answers.trades(prints, listing.pair)

    def _aggregate_trades(self, request: Request) -> Any:
        listing = self._market(request)
        if ("startTime" in request.query_params) != ("endTime" in request.query_params):
            raise _bad_request(_BAD_COMBINATION, "startTime and endTime must both be sent.")
        first, last = _span(request)
        count = _number(request, "limit", 500, 1_000)
        return answers.aggregate_trades(listing.tape.between(first, last, count), listing.pair)

    def _klines(self, request: Request) -> Any:
        listing = self._market(request)
        interval = _INTERVALS.get(_mandatory(request, "interval"))
        if interval is None:
            raise _bad_request(_INVALID, "Invalid interval.")
        first, last = _span(request)
        count = _number(request, "limit", _MOST_KLINES, _MOST_KLINES)
        rows = listing.candles.rows(interval, self._now())
        inside = [candle for candle in rows if first <= candle.opens_at <= last]
        page = inside[:count] if "startTime" in request.query_params else inside[-count:]
        return answers.klines(page, listing.pair)

    def _average_price(self, request: Request) -> Any:
        listing = self._market(request)
        answer = answers.average_price(listing, self._now())
        if answer is None:
            raise _not_ready(listing.pair.symbol)
        return answer

    def _day_tickers(self, request: Request) -> Any:
        now = self._now()
        return self._tickers(request, lambda listing: answers.day_ticker(listing, now))

    def _price_tickers(self, request: Request) -> Any:
        return self._tickers(request, answers.price_ticker)

    def _book_tickers(self, request: Request) -> Any:
        return self._tickers(request, answers.book_ticker)

    def _tickers(self, request: Request, ticker: Callable[[Listing], answers.Answer]) -> Any:
        """One object when a pair is named; a list when not."""
        self._play.asked()
        if symbol := request.query_params.get("symbol"):
            return ticker(self._listing(symbol))
        return [ticker(listing) for listing in self._play.listings.values()]

    def _market(self, request: Request) -> Listing:
        listing = self._listing(_mandatory(request, "symbol"))
        self._play.asked()
        return listing

    def _listing(self, symbol: str) -> Listing:
        listing = self._play.listings.get(symbol)
        if listing is None:
            raise _bad_request(_INVALID, "Invalid symbol.")
        return listing


def _endpoint(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(handler(request))
        except Refusal as refusal:
            return refusal.response()

    return answer


def _mandatory(request: Request, name: str) -> str:
    value = request.query_params.get(name)
    if not value:
        raise _bad_request(
            _MANDATORY,
            f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
        )
    return value


def _number(request: Request, name: str, default: int, most: int) -> int:
    """A whole number up to `most`; more than that is cut, as the exchange does."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if _WHOLE.fullmatch(text) is None:
        raise _bad_request(_WRONG_PARAMETER, f"Parameter '{name}' is wrong.")
    return min(int(text), most)


def _span(request: Request) -> tuple[Nanos, Nanos]:
    """`startTime` and `endTime` in milliseconds, both inclusive, as nanoseconds."""
    limits: Sequence[int] = [
        _number(request, name, default, _FOREVER // MILLISECOND) * MILLISECOND
        for name, default in (("startTime", 0), ("endTime", _FOREVER // MILLISECOND))
    ]
    return Nanos(limits[0]), Nanos(limits[1] + MILLISECOND - 1)

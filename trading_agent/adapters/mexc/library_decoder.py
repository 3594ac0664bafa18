"""Frame to rows through the protobuf library: slow, plain, and the law.

Whatever the compiled decoder does not understand comes here, and its results are tested
against this. Field order on the wire does not matter; asks stand before bids, deals stand
oldest first. Every refusal is a FeedError that begins with one of these words and a colon:
`oversize`, `garbage`, `unsubscribed`, `wrong_symbol`, `off_tick`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import DecodeError

from trading_agent.adapters.mexc.decoded_frame import (
    MAX_FRAME_BYTES,
    MAX_FRAME_ROWS,
    MAX_MILLISECONDS,
    MAX_SECONDS,
    DecodedFrame,
    FrameKind,
    Route,
    plan_routes,
)
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.domain.errors import FeedError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.units import MILLISECOND, SECOND, Nanos, read_decimal

_LARGEST: Final = 2**63 - 1
_TRADE_KINDS: Final = {1: RowKind.BUY, 2: RowKind.SELL}
_QUOTED: Final = 80


@dataclass(frozen=True, slots=True)
class _Line:
    """One row in the making."""

    kind: RowKind
    price: int
    size: int
    venue_at: int


def decode_with_library(
    frame: bytes, instruments: Sequence[Instrument], channels: Sequence[str]
) -> DecodedFrame:
    """One frame, without keeping anything. FeedError as the module says."""
    return LibraryDecoder(plan_routes(instruments, channels)).decode(frame)


class LibraryDecoder:
    """Knows the channels subscribed; keeps no other state."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = {route.name: route for route in routes}

    def decode(self, frame: bytes) -> DecodedFrame:
        """FeedError as the module says."""
        if len(frame) > MAX_FRAME_BYTES:
            raise FeedError(f"oversize: a frame of {len(frame)} bytes")
        wrapper: Any = PushDataV3ApiWrapper()
        try:
            wrapper.ParseFromString(bytes(frame))
        except DecodeError as error:
            raise FeedError(f"garbage: no protobuf frame ({len(frame)} bytes)") from error
        return _decode(self._route(wrapper), wrapper)

    def _route(self, wrapper: Any) -> Route:
        route = self._routes.get(wrapper.channel)
        if route is None:
            raise FeedError(f"unsubscribed: {wrapper.channel[:_QUOTED]!r}")
        symbol = route.channel.symbol
        if symbol is not None and wrapper.HasField("symbol") and wrapper.symbol != symbol:
            raise FeedError(f"wrong_symbol: {wrapper.symbol[:_QUOTED]!r} on {route.name}")
        body = wrapper.WhichOneof("body")
        if body != route.body:
            raise FeedError(f"garbage: {route.name} with body {body}")
        return route


def _decode(route: Route, wrapper: Any) -> DecodedFrame:
    time = wrapper.sendTime or wrapper.createTime
    sent_at = _nanos(time, MILLISECOND, MAX_MILLISECONDS, "sendTime") if time else Nanos(0)
    body = getattr(wrapper, route.body)
    first = last = sequence = 0
    match route.kind:
        case FrameKind.DEPTH:
            first, last = _versions(body)
            sequence = last
            lines = _depth_lines(route, body, sent_at)
        case FrameKind.TRADES:
            lines = _trade_lines(route, body)
        case FrameKind.BOOK_TICKER:
            if body.version:
                sequence = first = last = _exact(body.version, 0, "version")
            lines = _quote_lines(route, body, sent_at)
        case FrameKind.KLINE:
            lines = _candle_lines(route, body)
        case FrameKind.OTHER:
            lines = []
    flags = route.timeframe << 8 if route.kind is FrameKind.KLINE else 0
    rows = _rows(lines, route.symbol, sequence, flags)
    return DecodedFrame(route.kind, route.symbol, first, last, sent_at, rows)


def _depth_lines(route: Route, body: Any, sent_at: Nanos) -> list[_Line]:
    _require_room(len(body.asks) + len(body.bids))
    return [
        *_levels(route, RowKind.ASK, "asks", body.asks, sent_at),
        *_levels(route, RowKind.BID, "bids", body.bids, sent_at),
    ]


def _levels(
    route: Route, kind: RowKind, side: str, items: Iterable[Any], sent_at: Nanos
) -> Iterable[_Line]:
    for index, item in enumerate(items):
        where = f"{side}[{index}]"
        price = _price(route, item.price, f"{where}.price")
        yield _Line(kind, price, _size(route, item.quantity, f"{where}.quantity"), sent_at)


def _trade_lines(route: Route, body: Any) -> list[_Line]:
    _require_room(len(body.deals))
    lines = []
    for index, deal in enumerate(body.deals):
        where = f"deals[{index}]"
        if deal.tradeType not in _TRADE_KINDS:
            raise FeedError(f"garbage: {where}.tradeType: {deal.tradeType}")
        time = _nanos(deal.time, MILLISECOND, MAX_MILLISECONDS, f"{where}.time")
        price = _price(route, deal.price, f"{where}.price")
        size = _size(route, deal.quantity, f"{where}.quantity")
        lines.append(_Line(_TRADE_KINDS[deal.tradeType], price, size, time))
    return sorted(lines, key=lambda line: line.venue_at)


def _quote_lines(route: Route, body: Any, sent_at: Nanos) -> list[_Line]:
    bid = _price(route, body.bidPrice, "bidPrice")
    bid_size = _size(route, body.bidQuantity, "bidQuantity")
    ask = _price(route, body.askPrice, "askPrice")
    ask_size = _size(route, body.askQuantity, "askQuantity")
    return [
        _Line(RowKind.BEST_BID, bid, bid_size, sent_at),
        _Line(RowKind.BEST_ASK, ask, ask_size, sent_at),
    ]


def _candle_lines(route: Route, body: Any) -> list[_Line]:
    if body.interval != route.channel.argument:
        raise FeedError(f"garbage: interval: {body.interval[:_QUOTED]!r} on {route.name}")
    opened = _nanos(body.windowStart, SECOND, MAX_SECONDS, "windowStart")
    if _nanos(body.windowEnd, SECOND, MAX_SECONDS, "windowEnd") <= opened:
        raise FeedError("garbage: windowEnd: not after windowStart")
    prices = (
        (RowKind.KLINE_OPEN, body.openingPrice, "openingPrice"),
        (RowKind.KLINE_HIGH, body.highestPrice, "highestPrice"),
        (RowKind.KLINE_LOW, body.lowestPrice, "lowestPrice"),
        (RowKind.KLINE_CLOSE, body.closingPrice, "closingPrice"),
    )
    lines = [_Line(kind, _price(route, text, name), 0, opened) for kind, text, name in prices]
    volume = _size(route, body.volume, "volume")
    return [*lines, _Line(RowKind.KLINE_VOLUME, 0, volume, opened)]


def _rows(lines: Sequence[_Line], symbol: int, sequence: int, flags: int) -> Rows:
    rows = empty_rows(len(lines))
    rows["venue_at"] = [line.venue_at for line in lines]
    rows["price"] = [line.price for line in lines]
    rows["size"] = [line.size for line in lines]
    rows["kind"] = [line.kind for line in lines]
    rows["sequence"] = sequence
    rows["symbol"] = symbol
    rows["flags"] = flags
    rows["flags"][-1:] |= RowFlag.LAST
    return rows


def _versions(body: Any) -> tuple[int, int]:
    first = _exact(body.fromVersion, 0, "fromVersion")
    last = _exact(body.toVersion, 0, "toVersion")
    if first > last:
        raise FeedError(f"garbage: fromVersion: {first} is after toVersion {last}")
    return first, last


def _require_room(count: int) -> None:
    if count > MAX_FRAME_ROWS:
        raise FeedError(f"oversize: a frame of {count} rows")


def _price(route: Route, text: str, where: str) -> int:
    ticks = _exact(text, _instrument(route).price_decimals, where)
    if ticks == 0:
        raise FeedError(f"garbage: {where}: a price of zero")
    return ticks


def _size(route: Route, text: str, where: str) -> int:
    return _exact(text, _instrument(route).size_decimals, where)


def _instrument(route: Route) -> Instrument:
    assert route.instrument is not None, "routes of decoded kinds have one"
    return route.instrument


def _exact(text: str, decimals: int, where: str) -> int:
    """The number in units of 10**-decimals."""
    try:
        read_decimal(text)
    except ValueError as error:
        raise FeedError(f"garbage: {where}: {error}") from error
    whole, _, fraction = text.partition(".")
    digits = fraction.rstrip("0")
    if len(digits) > decimals:
        raise FeedError(f"off_tick: {where}: {text} has more than {decimals} decimals")
    value = int(whole + digits.ljust(decimals, "0"))
    if value > _LARGEST:
        raise FeedError(f"garbage: {where}: {text} is too large")
    return value


def _nanos(time: int, unit: int, latest: int, where: str) -> Nanos:
    if not 0 < time <= latest:
        raise FeedError(f"garbage: {where}: {time} is no time")
    return Nanos(time * unit)

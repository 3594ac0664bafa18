"""The exchange's words: stream names, control messages, REST paths, refusals.

Pure text in, values out; nothing here opens a socket or reads a clock.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trading_agent.adapters.mexc.error_codes import error_from_answer, succeeded

__all__ = [
    "BODIES",
    "INTERVALS",
    "MAX_CLIENT_MESSAGES_PER_SECOND",
    "MAX_STREAMS_PER_CONNECTION",
    "Acknowledged",
    "Channel",
    "Control",
    "Pong",
    "RefusedSubscription",
    "RestPath",
    "Topic",
    "UnknownControl",
    "book_ticker_channel",
    "depth_channel",
    "error_from_answer",
    "interval_of",
    "kline_channel",
    "ping",
    "read_channel",
    "read_control",
    "rest_interval_of",
    "subscribe",
    "succeeded",
    "timeframe_of",
    "trades_channel",
    "unsubscribe",
]

MAX_STREAMS_PER_CONNECTION: Final = 30
MAX_CLIENT_MESSAGES_PER_SECOND: Final = 100


class RestPath(StrEnum):
    """Public market data; none of these takes a key."""

    PING = "/api/v3/ping"
    TIME = "/api/v3/time"
    DEFAULT_SYMBOLS = "/api/v3/defaultSymbols"
    OFFLINE_SYMBOLS = "/api/v3/symbol/offline"
    EXCHANGE_INFO = "/api/v3/exchangeInfo"
    DEPTH = "/api/v3/depth"
    TRADES = "/api/v3/trades"
    AGGREGATE_TRADES = "/api/v3/aggTrades"
    KLINES = "/api/v3/klines"
    AVERAGE_PRICE = "/api/v3/avgPrice"
    TICKER_DAY = "/api/v3/ticker/24hr"
    TICKER_PRICE = "/api/v3/ticker/price"
    TICKER_BOOK = "/api/v3/ticker/bookTicker"


class Topic(StrEnum):
    """The part of a channel's name before its arguments."""

    AGGRE_DEALS = "spot@public.aggre.deals.v3.api.pb"
    AGGRE_DEPTH = "spot@public.aggre.depth.v3.api.pb"
    AGGRE_BOOK_TICKER = "spot@public.aggre.bookTicker.v3.api.pb"
    KLINE = "spot@public.kline.v3.api.pb"
    LIMIT_DEPTH = "spot@public.limit.depth.v3.api.pb"
    BOOK_TICKER_BATCH = "spot@public.bookTicker.batch.v3.api.pb"
    MINI_TICKER = "spot@public.miniTicker.v3.api.pb"
    MINI_TICKERS = "spot@public.miniTickers.v3.api.pb"
    DEALS = "spot@public.deals.v3.api.pb"
    INCREASE_DEPTH = "spot@public.increase.depth.v3.api.pb"
    INCREASE_DEPTH_BATCH = "spot@public.increase.depth.batch.v3.api.pb"
    BOOK_TICKER = "spot@public.bookTicker.v3.api.pb"
    PRIVATE_ACCOUNT = "spot@private.account.v3.api.pb"
    PRIVATE_DEALS = "spot@private.deals.v3.api.pb"
    PRIVATE_ORDERS = "spot@private.orders.v3.api.pb"


BODIES: Final = {
    Topic.AGGRE_DEALS: "publicAggreDeals",
    Topic.AGGRE_DEPTH: "publicAggreDepths",
    Topic.AGGRE_BOOK_TICKER: "publicAggreBookTicker",
    Topic.KLINE: "publicSpotKline",
    Topic.LIMIT_DEPTH: "publicLimitDepths",
    Topic.BOOK_TICKER_BATCH: "publicBookTickerBatch",
    Topic.MINI_TICKER: "publicMiniTicker",
    Topic.MINI_TICKERS: "publicMiniTickers",
    Topic.DEALS: "publicDeals",
    Topic.INCREASE_DEPTH: "publicIncreaseDepths",
    Topic.INCREASE_DEPTH_BATCH: "publicIncreaseDepthsBatch",
    Topic.BOOK_TICKER: "publicBookTicker",
    Topic.PRIVATE_ACCOUNT: "privateAccount",
    Topic.PRIVATE_DEALS: "privateDeals",
    Topic.PRIVATE_ORDERS: "privateOrders",
}
"""The body a frame of each topic must carry."""

_PACES: Final = ("100ms", "10ms")
_PACE_THEN_SYMBOL: Final = (Topic.AGGRE_DEALS, Topic.AGGRE_DEPTH, Topic.AGGRE_BOOK_TICKER)
_SYMBOL_THEN_ARGUMENT: Final = (Topic.KLINE, Topic.LIMIT_DEPTH, Topic.MINI_TICKER)
_ARGUMENT_ONLY: Final = (Topic.MINI_TICKERS,)
_NOTHING: Final = (Topic.PRIVATE_ACCOUNT, Topic.PRIVATE_DEALS, Topic.PRIVATE_ORDERS)

INTERVALS: Final = {
    "1m": "Min1",
    "5m": "Min5",
    "15m": "Min15",
    "1h": "Min60",
    "4h": "Hour4",
    "1d": "Day1",
}
"""Timeframe to the streams' name of it; the exchange has no candles below a minute."""

_OTHER_INTERVALS: Final = ("Min30", "Hour8", "Week1", "Month1")


@dataclass(frozen=True, slots=True)
class Channel:
    """A stream's name, taken apart. `argument` is the pace ("100ms"), the interval ("Min1"),
    the number of levels or the time zone, whichever its topic has."""

    topic: Topic
    symbol: str | None = None
    argument: str | None = None

    @property
    def name(self) -> str:
        parts = [str(self.topic), self.symbol, self.argument]
        if self.topic in _PACE_THEN_SYMBOL:
            parts[1:] = [self.argument, self.symbol]
        return "@".join(part for part in parts if part is not None)


def depth_channel(symbol: str, pace_ms: int) -> str:
    """Book changes with versions, batched every 10 or 100 milliseconds."""
    return _checked(Channel(Topic.AGGRE_DEPTH, symbol, f"{pace_ms}ms"))


def trades_channel(symbol: str, pace_ms: int) -> str:
    """Prints, batched every 10 or 100 milliseconds."""
    return _checked(Channel(Topic.AGGRE_DEALS, symbol, f"{pace_ms}ms"))


def book_ticker_channel(symbol: str, pace_ms: int) -> str:
    """Best bid and ask, every 10 or 100 milliseconds."""
    return _checked(Channel(Topic.AGGRE_BOOK_TICKER, symbol, f"{pace_ms}ms"))


def kline_channel(symbol: str, timeframe: str) -> str:
    """The exchange's own candles, about once a second while open."""
    return _checked(Channel(Topic.KLINE, symbol, interval_of(timeframe)))


def _checked(channel: Channel) -> str:
    name = channel.name
    if read_channel(name) != channel:
        raise ValueError(f"no such channel: {name!r}")
    return name


def read_channel(name: str) -> Channel:
    """The inverse of `Channel.name`; ValueError for a name the exchange does not have."""
    parts = name.split("@")
    arguments = parts[2:]
    try:
        topic = Topic("@".join(parts[:2]))
        channel = _channel_of(topic, arguments)
    except ValueError as error:
        raise ValueError(f"no such channel: {name[:120]!r}") from error
    return channel


def _channel_of(topic: Topic, arguments: list[str]) -> Channel:
    """ValueError when the arguments do not fit the topic."""
    channel = Channel(topic)
    if topic in _PACE_THEN_SYMBOL:
        pace, symbol = arguments
        channel = Channel(topic, symbol, pace)
    elif topic in _SYMBOL_THEN_ARGUMENT:
        symbol, argument = arguments
        channel = Channel(topic, symbol, argument)
    elif topic in _ARGUMENT_ONLY:
        (zone,) = arguments
        channel = Channel(topic, None, zone)
    elif topic not in _NOTHING:
        (symbol,) = arguments
        channel = Channel(topic, symbol)
    elif arguments:
        raise ValueError("a private channel has no arguments")
    if not _fits(channel):
        raise ValueError("argument out of range")
    return channel


def _fits(channel: Channel) -> bool:
    symbol, argument = channel.symbol, channel.argument
    if symbol is not None and (not symbol or symbol != symbol.upper()):
        return False
    if channel.topic in _PACE_THEN_SYMBOL:
        return argument in _PACES
    if channel.topic is Topic.KLINE:
        return argument in INTERVALS.values() or argument in _OTHER_INTERVALS
    if channel.topic is Topic.LIMIT_DEPTH:
        return argument in ("5", "10", "20")
    return argument != ""


def interval_of(timeframe: str) -> str:
    """ "1m" to "Min1"; ValueError for a timeframe the exchange has no candles of."""
    if timeframe not in INTERVALS:
        raise ValueError(f"the exchange has no candles of {timeframe!r}")
    return INTERVALS[timeframe]


def timeframe_of(interval: str) -> str:
    """ "Min1" to "1m"; ValueError for an interval that is none of our timeframes."""
    for timeframe, name in INTERVALS.items():
        if name == interval:
            return timeframe
    raise ValueError(f"no timeframe of ours: {interval[:20]!r}")


def rest_interval_of(timeframe: str) -> str:
    """ "1h" to "60m": REST refuses "1h". ValueError as in `interval_of`."""
    interval_of(timeframe)
    return "60m" if timeframe == "1h" else timeframe


def subscribe(channels: Sequence[str], request_id: int) -> str:
    """The text message that asks for streams; the answer repeats `request_id`."""
    return _request("SUBSCRIPTION", channels, request_id)


def unsubscribe(channels: Sequence[str], request_id: int) -> str:
    return _request("UNSUBSCRIPTION", channels, request_id)


def ping() -> str:
    """Answered by `Pong`; send every 10 to 20 seconds."""
    return '{"method":"PING"}'


def _request(method: str, channels: Sequence[str], request_id: int) -> str:
    content = {"method": method, "params": list(channels), "id": request_id}
    return json.dumps(content, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Pong:
    """The connection lives."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The exchange repeats what it (un)subscribed. Only a set equal to the one asked for is
    a success; `id` is 0 when the exchange left it out."""

    id: int
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusedSubscription:
    """Comes with code 0 like a success; nothing is sent for what it names."""

    message: str


@dataclass(frozen=True, slots=True)
class UnknownControl:
    """Text that is none of the above, such as the plain "Invalid listen key"; shortened."""

    text: str


Control = Pong | Acknowledged | RefusedSubscription | UnknownControl

_LONGEST_CONTROL: Final = 65_536
_LONGEST_QUOTE: Final = 500
_REFUSED: Final = "not subscribed"


def read_control(text: str) -> Control:
    """Any text frame, as one of four values. Never raises: the text may be anything."""
    unknown = UnknownControl(text[:_LONGEST_QUOTE])
    if len(text) > _LONGEST_CONTROL:
        return unknown
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return unknown
    if not isinstance(content, dict) or not isinstance(content.get("msg"), str):
        return unknown
    message: str = content["msg"]
    if message.upper() == "PONG":
        return Pong()
    return _read_answer(content.get("id"), content.get("code"), message) or unknown


def _read_answer(
    request_id: object, code: object, message: str
) -> Acknowledged | RefusedSubscription | None:
    if message.lower().startswith(_REFUSED) or code not in (0, "0", None):
        return RefusedSubscription(message[:_LONGEST_QUOTE])
    if code is None:
        return None
    channels = tuple(part.strip() for part in message.split(","))
    if not all(channel.startswith("spot@") for channel in channels):
        return None
    return Acknowledged(request_id if type(request_id) is int else 0, channels)

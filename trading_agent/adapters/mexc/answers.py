"""What the market endpoints answer, as frozen values. Prices and sizes are exact decimals
in quote and base asset, times nanoseconds UTC. Raises FeedError for an answer not to be used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from trading_agent.adapters.mexc.book_sync import BookSnapshot
from trading_agent.adapters.mexc.json_reader import (
    Record,
    field,
    items,
    moment,
    number,
    optional_field,
    optional_signed_field,
    record,
    text,
    whole,
)
from trading_agent.domain.errors import FeedError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Lots, Nanos, Ticks

_CANDLE_FIELDS: Final = 8
_LARGEST: Final = 2**62
"""Ticks, lots and versions travel in signed 64-bit integers, with room to add."""


@dataclass(frozen=True, slots=True)
class PastTrade:
    """The exchange gives trades no identity: two equal ones cannot be told apart."""

    at: Nanos
    price: Decimal
    size: Decimal
    taker_bought: bool


@dataclass(frozen=True, slots=True)
class PastCandle:
    """From `opened_at` up to, not including, `closes_at`."""

    opened_at: Nanos
    closes_at: Nanos
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    quote_volume: Decimal


@dataclass(frozen=True, slots=True)
class DayTicker:
    """None: the exchange did not say. `change_ratio` 0.01 is one percent."""

    symbol: str
    last: Decimal | None
    bid: Decimal | None
    bid_size: Decimal | None
    ask: Decimal | None
    ask_size: Decimal | None
    high: Decimal | None
    low: Decimal | None
    volume: Decimal | None
    quote_volume: Decimal | None
    change_ratio: Decimal | None


@dataclass(frozen=True, slots=True)
class LastPrice:
    symbol: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class BestQuotes:
    """None: that side of the book is empty."""

    symbol: str
    bid: Decimal | None
    bid_size: Decimal | None
    ask: Decimal | None
    ask_size: Decimal | None


@dataclass(frozen=True, slots=True)
class AveragePrice:
    minutes: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class OfflinePair:
    """`delisted`: gone for good; else suspended. `since` None when the exchange did not say."""

    symbol: str
    delisted: bool
    since: Nanos | None


def server_time(document: Any) -> Nanos:
    return moment(record(document, "time").get("serverTime"), "serverTime")


def default_symbols(document: Any) -> frozenset[str]:
    """Pairs open to trading through the API."""
    names = items(record(document, "defaultSymbols").get("data"), "defaultSymbols")
    return frozenset(name for name in names if isinstance(name, str))


def offline_pairs(document: Any) -> tuple[OfflinePair, ...]:
    entries = items(record(document, "offline pairs").get("data"), "offline pairs")
    return tuple(_offline(record(entry, "offline pair")) for entry in entries)


def _offline(entry: Record) -> OfflinePair:
    since = entry.get("offlineTime")
    return OfflinePair(
        symbol=text(entry, "symbol"),
        delisted=whole(entry.get("state"), "state") == 3,
        since=None if since is None else moment(since, "offlineTime"),
    )


def book_snapshot(document: Any, symbol: int, instrument: Instrument) -> BookSnapshot:
    """`symbol` is the pair's place in the run's list of instruments."""
    depth = record(document, "depth")
    version = whole(depth.get("lastUpdateId"), "lastUpdateId")
    bids = _levels(depth.get("bids"), "bids", instrument, descending=True)
    asks = _levels(depth.get("asks"), "asks", instrument, descending=False)
    if bids and asks and bids[0][0] >= asks[0][0]:
        raise FeedError(f"crossed: snapshot of {instrument.symbol}")
    return BookSnapshot(symbol, version, bids, asks)


def _levels(
    value: Any, side: str, instrument: Instrument, *, descending: bool
) -> tuple[tuple[Ticks, Lots], ...]:
    levels = [_level(entry, side, instrument) for entry in items(value, side)]
    kept = sorted((level for level in levels if level[1] > 0), reverse=descending)
    if len({price for price, _ in kept}) != len(kept):
        raise FeedError(f"invalid: {side} of {instrument.symbol} name a price twice")
    return tuple(kept)


def _level(entry: Any, side: str, instrument: Instrument) -> tuple[Ticks, Lots]:
    if not isinstance(entry, list) or len(entry) < 2:
        raise FeedError(f"invalid: a level of {side} is not a price and a size")
    try:
        price = instrument.ticks(number(entry[0], side))
        size = instrument.lots(number(entry[1], side))
    except ValueError as error:
        raise FeedError(f"off_tick: {error}") from error
    if price <= 0 or price > _LARGEST or size > _LARGEST:
        raise FeedError(f"invalid: a level of {side} is out of range")
    return price, size


def trades(document: Any) -> tuple[PastTrade, ...]:
    """Newest first, as the exchange sends them."""
    return tuple(
        _trade(record(entry, "trade"), ("time", "price", "qty", "isBuyerMaker"))
        for entry in items(document, "trades")
    )


def aggregate_trades(document: Any) -> tuple[PastTrade, ...]:
    """Their times are cut to whole seconds by the exchange."""
    return tuple(
        _trade(record(entry, "trade"), ("T", "p", "q", "m"))
        for entry in items(document, "aggregate trades")
    )


def _trade(entry: Record, keys: tuple[str, str, str, str]) -> PastTrade:
    at, price, size, buyer_was_maker = keys
    maker = entry.get(buyer_was_maker)
    if not isinstance(maker, bool):
        raise FeedError(f"invalid: {buyer_was_maker} is neither true nor false")
    return PastTrade(moment(entry.get(at), at), field(entry, price), field(entry, size), not maker)


def candles(document: Any) -> tuple[PastCandle, ...]:
    """Oldest first."""
    return tuple(_candle(entry) for entry in items(document, "klines"))


def _candle(entry: Any) -> PastCandle:
    if not isinstance(entry, list) or len(entry) < _CANDLE_FIELDS:
        raise FeedError(f"invalid: a kline has fewer than {_CANDLE_FIELDS} fields")
    values = [number(value, "kline") for value in (*entry[1:6], entry[7])]
    candle = PastCandle(moment(entry[0], "kline"), moment(entry[6], "kline"), *values)
    inside = candle.low <= min(candle.open, candle.close)
    if not inside or candle.high < max(candle.open, candle.close):
        raise FeedError("invalid: a kline's open or close lies outside its low and high")
    return candle


def day_tickers(document: Any) -> tuple[DayTicker, ...]:
    return tuple(_day_ticker(entry) for entry in _one_or_many(document, "24 h ticker"))


def _day_ticker(entry: Record) -> DayTicker:
    return DayTicker(
        symbol=text(entry, "symbol"),
        last=optional_field(entry, "lastPrice"),
        bid=optional_field(entry, "bidPrice"),
        bid_size=optional_field(entry, "bidQty"),
        ask=optional_field(entry, "askPrice"),
        ask_size=optional_field(entry, "askQty"),
        high=optional_field(entry, "highPrice"),
        low=optional_field(entry, "lowPrice"),
        volume=optional_field(entry, "volume"),
        quote_volume=optional_field(entry, "quoteVolume"),
        change_ratio=optional_signed_field(entry, "priceChangePercent"),
    )


def last_prices(document: Any) -> tuple[LastPrice, ...]:
    return tuple(
        LastPrice(text(entry, "symbol"), field(entry, "price"))
        for entry in _one_or_many(document, "price ticker")
    )


def best_quotes(document: Any) -> tuple[BestQuotes, ...]:
    return tuple(
        BestQuotes(
            text(entry, "symbol"),
            optional_field(entry, "bidPrice"),
            optional_field(entry, "bidQty"),
            optional_field(entry, "askPrice"),
            optional_field(entry, "askQty"),
        )
        for entry in _one_or_many(document, "book ticker")
    )


def average_price(document: Any) -> AveragePrice:
    entry = record(document, "average price")
    return AveragePrice(whole(entry.get("mins"), "mins"), field(entry, "price"))


def _one_or_many(document: Any, what: str) -> Sequence[Record]:
    """Tickers come as one object when a symbol was named, as a list when not."""
    if isinstance(document, list):
        return [record(entry, what) for entry in document]
    return [record(document, what)]

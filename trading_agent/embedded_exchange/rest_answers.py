"""What the market endpoints answer: plain values in the exchange's shapes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import MILLISECOND, SECOND, Lots, Nanos
from trading_agent.embedded_exchange.candle_history import Candle
from trading_agent.embedded_exchange.number_text import decimal_text, plain_text, short_text
from trading_agent.embedded_exchange.play import Listing
from trading_agent.embedded_exchange.source import BookImage, Level, Printed

Answer = dict[str, Any]

_BOOK_DECIMALS: Final = 8
"""Book sizes are padded to this many decimals."""
_DAY_MINUTES: Final = 1_440
_AVERAGE_MINUTES: Final = 5
_TICKER_SPAN: Final = 10 * SECOND
"""The exchange's 24 h ticker names an opening time seconds before its closing time."""
_BAND: Final = "0.005"


def exchange_info(pairs: Sequence[Instrument], now: Nanos) -> Answer:
    return {
        "timezone": "CST",
        "serverTime": now // MILLISECOND,
        "rateLimits": [],
        "exchangeFilters": [],
        "symbols": [_rules(pair) for pair in pairs],
    }


def _rules(pair: Instrument) -> Answer:
    least, most = plain_text(pair.min_notional), plain_text(pair.max_notional)
    return {
        "symbol": pair.symbol,
        "status": "1",
        "baseAsset": pair.base,
        "baseAssetPrecision": pair.size_decimals,
        "quoteAsset": pair.quote,
        "quotePrecision": pair.price_decimals,
        "quoteAssetPrecision": pair.price_decimals,
        "baseCommissionPrecision": pair.size_decimals,
        "quoteCommissionPrecision": pair.price_decimals,
        "orderTypes": ["LIMIT", "MARKET", "LIMIT_MAKER"],
        "isSpotTradingAllowed": pair.tradable,
        "isMarginTradingAllowed": False,
        "quoteAmountPrecision": least,
        "baseSizePrecision": short_text(pair.min_size, pair.size_decimals),
        "permissions": ["SPOT"],
        "filters": [
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": _BAND,
                "askMultiplierDown": _BAND,
            }
        ],
        "maxQuoteAmount": most,
        "makerCommission": _fee(pair.maker_fee),
        "takerCommission": _fee(pair.taker_fee),
        "quoteAmountPrecisionMarket": least,
        "maxQuoteAmountMarket": most,
        "fullName": pair.base,
        "tradeSideType": 1,
        "contractAddress": "",
        "conceptPlateIds": [],
        "st": False,
    }


def _fee(fee: Decimal | None) -> str | None:
    return None if fee is None else plain_text(fee)


def depth(image: BookImage, pair: Instrument, now: Nanos) -> Answer:
    return {
        "lastUpdateId": image.version,
        "bids": _levels(image.bids, pair),
        "asks": _levels(image.asks, pair),
        "timestamp": now // MILLISECOND,
    }


def _levels(levels: Sequence[Level], pair: Instrument) -> list[list[str]]:
    decimals = pair.price_decimals
    return [[decimal_text(price, decimals), _padded(size, pair)] for price, size in levels]


def _padded(size: Lots, pair: Instrument) -> str:
    missing = max(0, _BOOK_DECIMALS - pair.size_decimals)
    return decimal_text(size * 10**missing, pair.size_decimals + missing)


def trades(prints: Sequence[Printed], pair: Instrument) -> list[Answer]:
    """`prints` newest first."""
    return [
        {
            "id": None,
            "price": decimal_text(trade.price, pair.price_decimals),
            "qty": decimal_text(trade.size, pair.size_decimals),
            "quoteQty": short_text(
                trade.price * trade.size, pair.price_decimals + pair.size_decimals
            ),
            "time": trade.at // MILLISECOND,
            "isBuyerMaker": not trade.taker_bought,
            "isBestMatch": True,
            "tradeType": "BID" if trade.taker_bought else "ASK",
        }
        for trade in prints
    ]


def aggregate_trades(prints: Sequence[Printed], pair: Instrument) -> list[Answer]:
    """Times in milliseconds, cut to whole seconds."""
    return [
        {
            "a": None,
            "f": None,
            "l": None,
            "p": decimal_text(trade.price, pair.price_decimals),
            "q": decimal_text(trade.size, pair.size_decimals),
            "T": trade.at // SECOND * 1_000,
            "m": not trade.taker_bought,
            "M": True,
        }
        for trade in prints
    ]


def klines(candles: Sequence[Candle], pair: Instrument) -> list[list[Any]]:
    """The closing time is the next opening time."""
    price, size = pair.price_decimals, pair.size_decimals
    return [
        [
            candle.opens_at // MILLISECOND,
            short_text(candle.open, price),
            short_text(candle.high, price),
            short_text(candle.low, price),
            short_text(candle.close, price),
            short_text(candle.volume, size),
            candle.closes_at // MILLISECOND,
            short_text(candle.turnover, price + size),
        ]
        for candle in candles
    ]


def average_price(listing: Listing, now: Nanos) -> Answer | None:
    """None before the first print."""
    value, volume = listing.tape.turnover(now, _AVERAGE_MINUTES)
    last = listing.tape.last
    if last is None:
        return None
    ticks = round(value / volume) if volume else last.price
    return {"mins": _AVERAGE_MINUTES, "price": decimal_text(ticks, listing.pair.price_decimals)}


def price_ticker(listing: Listing) -> Answer:
    last, pair = listing.tape.last, listing.pair
    price = None if last is None else short_text(last.price, pair.price_decimals)
    return {"symbol": pair.symbol, "price": price}


def book_ticker(listing: Listing) -> Answer:
    pair, image = listing.pair, listing.image(1)
    bid = image.bids[0] if image is not None and image.bids else None
    ask = image.asks[0] if image is not None and image.asks else None
    return {
        "symbol": pair.symbol,
        "bidPrice": bid and decimal_text(bid[0], pair.price_decimals),
        "bidQty": bid and _padded(bid[1], pair),
        "askPrice": ask and decimal_text(ask[0], pair.price_decimals),
        "askQty": ask and _padded(ask[1], pair),
    }


def day_ticker(listing: Listing, now: Nanos) -> Answer:
    best = book_ticker(listing)
    return {
        "symbol": best.pop("symbol"),
        **_day_prices(listing, now),
        **best,
        "openTime": (now - _TICKER_SPAN) // MILLISECOND,
        "closeTime": now // MILLISECOND,
        "count": None,
    }


def _day_prices(listing: Listing, now: Nanos) -> Answer:
    """All None before the first print."""
    day = listing.candles.rows("Min1", now)[-_DAY_MINUTES:]
    price, size = listing.pair.price_decimals, listing.pair.size_decimals
    if not day:
        return dict.fromkeys(_DAY_KEYS)
    opened, last = day[0].open, day[-1].close
    change = last - opened
    ratio = Decimal(change) / Decimal(opened)
    values = (
        _signed(short_text(abs(change), price), change),
        f"{ratio:.4f}",
        short_text(opened, price),
        short_text(last, price),
        short_text(opened, price),
        short_text(max(candle.high for candle in day), price),
        short_text(min(candle.low for candle in day), price),
        short_text(sum(candle.volume for candle in day), size),
        short_text(sum(candle.turnover for candle in day), price + size),
    )
    return dict(zip(_DAY_KEYS, values, strict=True))


_DAY_KEYS: Final = (
    "priceChange",
    "priceChangePercent",
    "prevClosePrice",
    "lastPrice",
    "openPrice",
    "highPrice",
    "lowPrice",
    "volume",
    "quoteVolume",
)


def _signed(text: str, number: int) -> str:
    return f"-{text}" if number < 0 else text

"""Frames of the exchange as bytes, and the pairs and channels the decoder tests subscribe."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from trading_agent.adapters.mexc.codec import DecodedFrame, FrameDecoder, decode_with_library
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.adapters.mexc.wire import (
    book_ticker_channel,
    depth_channel,
    kline_channel,
    trades_channel,
)
from trading_agent.domain.errors import FeedError
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.market_rows import RowKind
from trading_agent.domain.units import Lots

_VECTORS = Path(__file__).resolve().parents[1] / ".." / "shared" / "vectors"

SENT_AT = 1_755_973_885_809
"""Milliseconds."""

Levels = Sequence[tuple[str, str]]


def instrument(symbol: str, price_decimals: int = 2, size_decimals: int = 6) -> Instrument:
    return Instrument(
        symbol=symbol,
        base=symbol[:3],
        quote=symbol[3:],
        price_decimals=price_decimals,
        size_decimals=size_decimals,
        min_size=Lots(1),
        min_notional=Decimal(1),
        max_notional=Decimal(4_000_000),
        maker_fee=Decimal(0),
        taker_fee=None,
        tradable=True,
    )


INSTRUMENTS = (
    instrument("BTCUSDC"),
    instrument("BTCUSDT", size_decimals=8),
    instrument("MXUSDT", price_decimals=4, size_decimals=0),
)
BTCUSDC, BTCUSDT, MXUSDT = range(3)

DEPTH = depth_channel("BTCUSDC", 100)
TRADES = trades_channel("BTCUSDC", 100)
BOOK_TICKER = book_ticker_channel("BTCUSDC", 100)
KLINE = kline_channel("BTCUSDC", "1m")
MINI_TICKER = "spot@public.miniTicker.v3.api.pb@MXUSDT@UTC+8"
CHANNELS = (
    DEPTH,
    depth_channel("MXUSDT", 10),
    TRADES,
    BOOK_TICKER,
    KLINE,
    kline_channel("BTCUSDC", "1d"),
    MINI_TICKER,
)


def vectors(name: str) -> Any:
    """A file of vectors; the test is skipped, visibly, when it is not there."""
    path = _VECTORS / name
    if not path.is_file():
        pytest.skip(f"no vectors: {name} is not beside the repository")
    return json.loads(path.read_text(encoding="utf-8"))


def wrapper(channel: str, sent_at: int | None = SENT_AT, symbol: str | None = None) -> Any:
    """A wrapper without a body; the symbol is the channel's unless another is given."""
    message = PushDataV3ApiWrapper(channel=channel)
    names = [known.symbol for known in INSTRUMENTS if known.symbol in channel]
    message.symbol = symbol or names[0]
    if sent_at is not None:
        message.sendTime = sent_at
    return message


def depth(
    asks: Levels = (),
    bids: Levels = (),
    first: str = "101",
    last: str = "103",
    channel: str = DEPTH,
    sent_at: int | None = SENT_AT,
) -> Any:
    message = wrapper(channel, sent_at)
    body = message.publicAggreDepths
    for price, quantity in asks:
        body.asks.add(price=price, quantity=quantity)
    for price, quantity in bids:
        body.bids.add(price=price, quantity=quantity)
    body.eventType = channel.rpartition("@")[0]
    body.fromVersion = first
    body.toVersion = last
    return message


def trades(*deals: tuple[str, str, int, int], channel: str = TRADES) -> Any:
    """Deals as price, quantity, trade type and time in milliseconds."""
    message = wrapper(channel)
    for price, quantity, trade_type, time in deals:
        message.publicAggreDeals.deals.add(
            price=price, quantity=quantity, tradeType=trade_type, time=time, tradeId="7X0_8X0"
        )
    message.publicAggreDeals.eventType = channel.rpartition("@")[0]
    return message


def book_ticker(bid: tuple[str, str], ask: tuple[str, str], version: str = "") -> Any:
    message = wrapper(BOOK_TICKER)
    body = message.publicAggreBookTicker
    body.bidPrice, body.bidQuantity = bid
    body.askPrice, body.askQuantity = ask
    body.version = version
    return message


def kline(prices: tuple[str, str, str, str], volume: str, channel: str = KLINE) -> Any:
    """Prices as open, high, low, close; a window that begins at 1754737920 seconds."""
    message = wrapper(channel, None)
    message.createTime = SENT_AT
    body = message.publicSpotKline
    body.interval = channel.rpartition("@")[2]
    body.openingPrice, body.highestPrice, body.lowestPrice, body.closingPrice = prices
    body.volume = volume
    body.amount = "366804.43"
    body.windowStart = 1_754_737_920
    body.windowEnd = 1_754_737_980
    return message


def field(number: int, content: bytes | int) -> bytes:
    """One field as wire bytes: text or message, or a varint."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def level(price: str, quantity: str) -> bytes:
    return field(1, price.encode()) + field(2, quantity.encode())


def lines(decoded: DecodedFrame) -> list[tuple[str, int, int]]:
    """The rows' kinds, prices and sizes."""
    return [
        (RowKind(int(row["kind"])).name, int(row["price"]), int(row["size"]))
        for row in decoded.rows
    ]


def image(decoded: DecodedFrame) -> tuple[Any, ...]:
    """Everything a decoded frame says, to compare."""
    return (
        decoded.kind,
        decoded.symbol,
        decoded.first_version,
        decoded.last_version,
        decoded.sent_at,
        decoded.rows.dtype,
        decoded.rows.tolist(),
    )


def decode_both(frame: bytes, compiled: bool | None = None) -> DecodedFrame:
    """Decoded, and equal to what the library makes of it; `compiled` is the way expected."""
    decoder = FrameDecoder(INSTRUMENTS, CHANNELS)
    decoded = decoder.decode(frame)
    assert image(decoded) == image(decode_with_library(frame, INSTRUMENTS, CHANNELS))
    assert decoder.compiled_frames + decoder.library_frames == 1
    if compiled is not None:
        assert decoder.compiled_frames == compiled
    return decoded


def refusal_of_both(frame: bytes) -> str:
    decoder = FrameDecoder(INSTRUMENTS, CHANNELS)
    with pytest.raises(FeedError) as by_decoder:
        decoder.decode(frame)
    with pytest.raises(FeedError) as by_library:
        decode_with_library(frame, INSTRUMENTS, CHANNELS)
    assert str(by_decoder.value) == str(by_library.value)
    assert (decoder.compiled_frames, decoder.library_frames) == (0, 1)
    return str(by_decoder.value)


def outcome_of_both(frame: bytes) -> None:
    """Decoded alike or refused alike."""
    try:
        decode_with_library(frame, INSTRUMENTS, CHANNELS)
    except FeedError:
        refusal_of_both(frame)
    else:
        decode_both(frame)


def body_frame(number: int, body: bytes, channel: str = DEPTH) -> bytes:
    return wrapper(channel).SerializeToString() + field(number, body)

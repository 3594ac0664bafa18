"""One batch to the bytes of one binary frame."""

from hashlib import blake2s
from typing import Any, Final, assert_never

from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import MILLISECOND, SECOND
from trading_agent.embedded_exchange.aggregation import Batch
from trading_agent.embedded_exchange.candle_history import Candle
from trading_agent.embedded_exchange.number_text import decimal_text, short_text
from trading_agent.embedded_exchange.source import BestQuoted, DepthChanged, Level, Printed

_REMOVED: Final = ("0", "0.00000000")
"""The exchange spells zero both ways."""
_BOUGHT, _SOLD = 1, 2


def encode(batch: Batch, pair: Instrument) -> bytes:
    """`pair` gives the decimals."""
    frame = PushDataV3ApiWrapper(channel=batch.channel.name, symbol=pair.symbol)
    content = batch.content
    match content:
        case DepthChanged():
            _fill_depth(frame.publicAggreDepths, content, pair)
        case BestQuoted():
            _fill_quote(frame.publicAggreBookTicker, content, pair)
        case Candle():
            _fill_candle(frame.publicSpotKline, content, pair)
            frame.publicSpotKline.interval = batch.channel.argument
            frame.symbolId = blake2s(pair.symbol.encode(), digest_size=16).hexdigest()
            frame.createTime = batch.at // MILLISECOND
            return bytes(frame.SerializeToString())
        case tuple():
            _fill_deals(frame.publicAggreDeals, content, pair)
        case _:
            assert_never(content)
    if not isinstance(content, BestQuoted):
        _body(frame).eventType = f"{batch.channel.topic}@{batch.channel.argument}"
    frame.sendTime = batch.at // MILLISECOND
    return bytes(frame.SerializeToString())


def _body(frame: Any) -> Any:
    return getattr(frame, frame.WhichOneof("body"))


def _fill_depth(body: Any, change: DepthChanged, pair: Instrument) -> None:
    _fill_levels(body.asks, change.asks, pair)
    _fill_levels(body.bids, change.bids, pair)
    body.fromVersion = str(change.first_version)
    body.toVersion = str(change.last_version)
    body.lastOrderCreateTime = change.at // MILLISECOND


def _fill_levels(field: Any, levels: tuple[Level, ...], pair: Instrument) -> None:
    for price, size in levels:
        quantity = decimal_text(size, pair.size_decimals) if size else _REMOVED[price & 1]
        field.add(price=decimal_text(price, pair.price_decimals), quantity=quantity)


def _fill_quote(body: Any, quote: BestQuoted, pair: Instrument) -> None:
    body.bidPrice = decimal_text(quote.bid[0], pair.price_decimals)
    body.bidQuantity = decimal_text(quote.bid[1], pair.size_decimals)
    body.askPrice = decimal_text(quote.ask[0], pair.price_decimals)
    body.askQuantity = decimal_text(quote.ask[1], pair.size_decimals)
    body.version = str(quote.version)
    body.lastOrderCreateTime = quote.at // MILLISECOND


def _fill_deals(body: Any, trades: tuple[Printed, ...], pair: Instrument) -> None:
    for trade in trades:
        body.deals.add(
            price=decimal_text(trade.price, pair.price_decimals),
            quantity=decimal_text(trade.size, pair.size_decimals),
            tradeType=_BOUGHT if trade.taker_bought else _SOLD,
            time=trade.at // MILLISECOND,
        )


def _fill_candle(body: Any, candle: Candle, pair: Instrument) -> None:
    body.windowStart = candle.opens_at // SECOND
    body.windowEnd = candle.closes_at // SECOND
    body.openingPrice = short_text(candle.open, pair.price_decimals)
    body.closingPrice = short_text(candle.close, pair.price_decimals)
    body.highestPrice = short_text(candle.high, pair.price_decimals)
    body.lowestPrice = short_text(candle.low, pair.price_decimals)
    body.volume = short_text(candle.volume, pair.size_decimals)
    body.amount = short_text(candle.turnover, pair.price_decimals + pair.size_decimals)

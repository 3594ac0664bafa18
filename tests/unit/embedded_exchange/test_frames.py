"""Batches to bytes, read back with the exchange's own schema."""

from decimal import Decimal
from typing import Any

from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.adapters.mexc.wire import Channel, Topic
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.embedded_exchange.aggregation import Batch
from trading_agent.embedded_exchange.candle_history import Candle
from trading_agent.embedded_exchange.frames import encode
from trading_agent.embedded_exchange.number_text import decimal_text, plain_text, short_text
from trading_agent.embedded_exchange.source import BestQuoted, DepthChanged, Level, Printed

NOW = Nanos(1_755_973_886_309_000_000)
PAIR = Instrument(
    symbol="BTCUSDC",
    base="BTC",
    quote="USDC",
    price_decimals=2,
    size_decimals=6,
    min_size=Lots(1),
    min_notional=Decimal(1),
    max_notional=Decimal(100),
    maker_fee=Decimal(0),
    taker_fee=Decimal(0),
    tradable=True,
)


def level(price: int, size: int) -> Level:
    return Ticks(price), Lots(size)


def read(
    topic: Topic, argument: str, content: DepthChanged | BestQuoted | Candle | tuple[Printed, ...]
) -> Any:
    frame = encode(Batch(Channel(topic, "BTCUSDC", argument), NOW, content), PAIR)
    assert frame[0] == 0x0A
    return PushDataV3ApiWrapper.FromString(frame)


def test_depth_carries_versions_and_both_spellings_of_zero() -> None:
    change = DepthChanged(
        "BTCUSDC",
        NOW,
        17521975448,
        17521975455,
        (level(11483884, 101), level(11483883, 0)),
        (level(11519874, 68865), level(11519876, 0)),
    )
    frame = read(Topic.AGGRE_DEPTH, "100ms", change)
    body = frame.publicAggreDepths
    assert frame.channel == "spot@public.aggre.depth.v3.api.pb@100ms@BTCUSDC"
    assert (frame.symbol, frame.sendTime) == ("BTCUSDC", 1_755_973_886_309)
    assert (body.fromVersion, body.toVersion) == ("17521975448", "17521975455")
    assert body.eventType == "spot@public.aggre.depth.v3.api.pb@100ms"
    assert [(it.price, it.quantity) for it in body.bids] == [
        ("114838.84", "0.000101"),
        ("114838.83", "0.00000000"),
    ]
    assert [(it.price, it.quantity) for it in body.asks] == [
        ("115198.74", "0.068865"),
        ("115198.76", "0"),
    ]


def test_deals_say_who_took() -> None:
    prints = (
        Printed("BTCUSDC", Nanos(NOW - 5_000_000), Ticks(11509125), Lots(59), True),
        Printed("BTCUSDC", NOW, Ticks(11509124), Lots(1_000_000), False),
    )
    body = read(Topic.AGGRE_DEALS, "10ms", prints).publicAggreDeals
    assert [(it.price, it.quantity, it.tradeType, it.time) for it in body.deals] == [
        ("115091.25", "0.000059", 1, 1_755_973_886_304),
        ("115091.24", "1.000000", 2, 1_755_973_886_309),
    ]
    assert body.eventType == "spot@public.aggre.deals.v3.api.pb@10ms"


def test_a_quote_carries_its_version() -> None:
    best = BestQuoted("BTCUSDC", NOW, 77, level(9338728, 3734850), level(9338729, 7669875))
    body = read(Topic.AGGRE_BOOK_TICKER, "100ms", best).publicAggreBookTicker
    assert (body.bidPrice, body.bidQuantity) == ("93387.28", "3.734850")
    assert (body.askPrice, body.askQuantity, body.version) == ("93387.29", "7.669875", "77")


def test_a_candle_counts_seconds_and_is_not_stamped_with_a_sending_time() -> None:
    candle = Candle(
        Nanos(1_754_737_920_000_000_000),
        Nanos(1_754_737_980_000_000_000),
        Ticks(11731731),
        Ticks(11734100),
        Ticks(11731730),
        Ticks(11732526),
        Lots(3_125_998),
        36680443 * 10**6,
    )
    frame = read(Topic.KLINE, "Min1", candle)
    body = frame.publicSpotKline
    assert (body.interval, body.windowStart, body.windowEnd) == ("Min1", 1754737920, 1754737980)
    assert (body.openingPrice, body.highestPrice) == ("117317.31", "117341")
    assert (body.lowestPrice, body.closingPrice) == ("117317.3", "117325.26")
    assert (body.volume, body.amount) == ("3.125998", "366804.43")
    assert frame.HasField("createTime")
    assert not frame.HasField("sendTime")
    assert frame.symbolId


def test_integers_become_decimal_text() -> None:
    assert [decimal_text(n, 2) for n in (0, 5, 50, 1230)] == ["0.00", "0.05", "0.50", "12.30"]
    assert [short_text(n, 2) for n in (0, 5, 50, 1200)] == ["0", "0.05", "0.5", "12"]
    assert (decimal_text(1200, 0), short_text(1200, 0)) == ("1200", "1200")
    assert [plain_text(Decimal(t)) for t in ("4E+6", "1.50", "100")] == ["4000000", "1.5", "100"]

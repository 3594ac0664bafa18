"""Answers of the market endpoints, recorded and made up, through the parsers."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.mexc_vectors import BTCUSDT, ccxt_answers, document, gocryptotrader
from trading_agent.adapters.mexc import answers
from trading_agent.adapters.mexc.answers import AveragePrice, BestQuotes, LastPrice, OfflinePair
from trading_agent.adapters.mexc.json_reader import field, moment, optional_field, read_json, text
from trading_agent.domain.errors import FeedError, Unavailable

_AT = 1_700_000_000_000


def depth(**changes: Any) -> dict[str, Any]:
    return {
        "lastUpdateId": 7,
        "bids": [["87900.00", "0.05661525"], ["87899.76", "2.48076800"]],
        "asks": [["87903.98", "5.12181600"]],
        **changes,
    }


def test_recorded_time() -> None:
    answer = read_json(gocryptotrader("GET /api/v3/time"))
    assert answers.server_time(answer) == 1767211150479 * 1_000_000


def test_recorded_ping_is_an_empty_object() -> None:
    assert read_json(gocryptotrader("GET /api/v3/ping")) == {}


def test_recorded_default_symbols() -> None:
    open_pairs = answers.default_symbols(
        read_json(gocryptotrader("GET /api/v3/defaultSymbols (excerpt)"))
    )
    assert "BTCUSDC" in open_pairs
    assert "BTCUSDT" not in open_pairs


def test_recorded_depth_becomes_ticks_and_lots() -> None:
    snapshot = answers.book_snapshot(
        read_json(gocryptotrader("GET /api/v3/depth?symbol=BTCUSDT")), 3, BTCUSDT
    )
    assert (snapshot.symbol, snapshot.version) == (3, 56217769552)
    assert snapshot.bids == ((8790000, 5661525), (8789976, 248076800), (8789975, 474690))
    assert snapshot.asks == ((8790398, 512181600), (8790448, 235992), (8790580, 237122))


def test_recorded_klines() -> None:
    first, second = answers.candles(
        read_json(gocryptotrader("GET /api/v3/klines?symbol=BTCUSDT&interval=5m"))
    )
    assert first.opened_at == 1767204000000 * 1_000_000
    assert first.closes_at == second.opened_at
    assert (first.open, first.high) == (Decimal("87621.27"), Decimal("87683.93"))
    assert (first.low, first.close) == (Decimal(87570), Decimal("87667.2"))
    assert (first.volume, first.quote_volume) == (Decimal("26.68976225"), Decimal("2339029.48"))


def test_recorded_day_ticker() -> None:
    (ticker,) = answers.day_tickers(
        read_json(gocryptotrader("GET /api/v3/ticker/24hr?symbol=BTCUSDT"))
    )
    assert ticker.symbol == "BTCUSDT"
    assert ticker.last == Decimal(87904)
    assert (ticker.bid, ticker.ask) == (Decimal("87903.99"), Decimal("87904.5"))
    assert ticker.change_ratio == Decimal("-0.0055")
    assert ticker.quote_volume == Decimal("677764373.43")


def test_recorded_best_quotes() -> None:
    recorded = gocryptotrader("GET /api/v3/ticker/bookTicker?symbol=BTCUSDT")
    expected = [Decimal(text) for text in ("87893.56", "3.141912", "87894.45", "1.783024")]
    assert answers.best_quotes(read_json(recorded)) == (BestQuotes("BTCUSDT", *expected),)


def test_recorded_last_and_average_price() -> None:
    last = read_json(gocryptotrader("GET /api/v3/ticker/price?symbol=BTCUSDT"))
    assert answers.last_prices(last) == (LastPrice("BTCUSDT", Decimal("87878.42")),)
    average = read_json(gocryptotrader("GET /api/v3/avgPrice?symbol=BTCUSDT"))
    assert answers.average_price(average) == AveragePrice(5, Decimal("87920.64"))


def test_recorded_trades_keep_the_taker_side() -> None:
    newest, older = answers.trades(read_json(gocryptotrader("GET /api/v3/trades?symbol=BTCUSDT")))
    assert newest.taker_bought and not older.taker_bought
    assert newest.at == 1767205820300 * 1_000_000
    assert newest.price == Decimal("87924.49")
    assert newest.size == Decimal("0.00722558")


def test_recorded_aggregate_trades() -> None:
    first, second = answers.aggregate_trades(
        read_json(gocryptotrader("GET /api/v3/aggTrades?symbol=BTCUSDT"))
    )
    assert (first.price, first.taker_bought) == (Decimal("87644.58"), True)
    assert (second.price, second.taker_bought) == (Decimal("87644.57"), False)


def test_every_recorded_answer_has_a_test_here() -> None:
    recorded = document("gocryptotrader_http_spot_2025-12-31.json")["responses"]
    paths = {
        request.removeprefix("GET /api/v3/").split("?")[0].split(" ")[0] for request in recorded
    }
    tested = {"time", "ping", "depth", "exchangeInfo", "klines", "ticker/24hr", "trades"}
    tested |= {"ticker/bookTicker", "ticker/price", "avgPrice", "aggTrades", "defaultSymbols"}
    assert paths == tested


def test_numbers_recorded_as_strings_are_read_alike() -> None:
    (book,) = ccxt_answers("fetchOrderBook")
    coarse = answers.book_snapshot(read_json(book), 0, BTCUSDT)
    assert coarse.version == 20453289489
    assert coarse.bids == ((4599547, 1033716500),)
    (trade,) = answers.aggregate_trades(read_json(ccxt_answers("fetchTrades")[0]))
    assert trade.at == 1710327661000 * 1_000_000
    (ticker,) = answers.day_tickers(read_json(ccxt_answers("fetchTicker")[0]))
    assert ticker.high == Decimal("73639.99")
    (candle,) = answers.candles(read_json(ccxt_answers("fetchOHLCV")[0]))
    assert candle.low == Decimal("73238.69")


def test_recorded_answers_to_signed_calls_are_read_exactly() -> None:
    """This client never asks for them; the reader below it must take them all the same."""
    (trade,) = read_json(ccxt_answers("fetchMyTrades")[0])
    assert text(trade, "orderId") == "C02__385413065019117569043"
    assert field(trade, "commission") == 0
    assert moment(trade["time"], "time") == 1707671871000 * 1_000_000
    (order,) = read_json(ccxt_answers("fetchOrders")[0])
    assert field(order, "cummulativeQuoteQty") == Decimal("5.54124")
    assert optional_field(order, "stopPrice") is None


def test_every_recorded_method_has_a_test_here() -> None:
    read = {"fetchOrderBook", "fetchTrades", "fetchTicker", "fetchOHLCV"}
    assert set(document("response.json")["methods"]) == read | {"fetchMyTrades", "fetchOrders"}


def test_unsorted_levels_are_put_best_first_and_empty_ones_left_out() -> None:
    answer = depth(
        bids=[["1.00", "1"], ["3.00", "2"], ["2.00", "0.00000000"]],
        asks=[["9.00", "1"], ["5.00", "1"]],
    )
    snapshot = answers.book_snapshot(answer, 0, BTCUSDT)
    assert snapshot.bids == ((300, 200000000), (100, 100000000))
    assert [price for price, _ in snapshot.asks] == [500, 900]


def test_an_empty_side_is_a_book() -> None:
    assert answers.book_snapshot(depth(asks=[]), 0, BTCUSDT).asks == ()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"bids": [["87900.001", "1"]]}, "off_tick:"),
        ({"bids": [["87900.00", "0.000000001"]]}, "off_tick:"),
        ({"bids": [["90000.00", "1"]]}, "crossed:"),
        ({"bids": [["1.00", "1"], ["1", "2"]]}, "invalid:"),
        ({"bids": [["0", "1"]]}, "invalid:"),
        ({"bids": [["-1", "1"]]}, "invalid:"),
        ({"bids": [["1e3", "1"]]}, "invalid:"),
        ({"bids": [["NaN", "1"]]}, "invalid:"),
        ({"bids": [["١٢", "1"]]}, "invalid:"),
        ({"bids": [[" 1", "1"]]}, "invalid:"),
        ({"bids": [["1_0", "1"]]}, "invalid:"),
        ({"bids": [["1"]]}, "invalid:"),
        ({"bids": [{"price": "1"}]}, "invalid:"),
        ({"bids": [["1", True]]}, "invalid:"),
        ({"bids": [["999999999999999999", "1"]]}, "invalid:"),
        ({"bids": None}, "invalid:"),
        ({"lastUpdateId": None}, "invalid:"),
        ({"lastUpdateId": 1.5}, "invalid:"),
        ({"lastUpdateId": -1}, "invalid:"),
    ],
)
def test_a_snapshot_that_must_not_be_used(changes: dict[str, Any], word: str) -> None:
    answer = read_json(json.dumps(depth(**changes)).encode())
    with pytest.raises(FeedError, match=f"^{word}"):
        answers.book_snapshot(answer, 0, BTCUSDT)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Access Denied</body></html>",
        b'{"serverTime": 17672',
        b'{"serverTime": NaN}',
        b'{"serverTime": Infinity}',
        b'{"serverTime": -Infinity}',
        b'{"serverTime": 1e99999999999999999999999}',
        b'{"serverTime": ' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe\x00",
        b"{} {}",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_not_a_json_document_is_unavailable(body: bytes) -> None:
    with pytest.raises(Unavailable, match="not JSON"):
        read_json(body)


def test_unknown_and_repeated_keys_are_tolerated() -> None:
    body = b'{"symbol":"A","price":"1","symbol":"B","news":{"x":[1]},"price":2.50}'
    assert answers.last_prices(read_json(body)) == (LastPrice("B", Decimal("2.5")),)


@pytest.mark.parametrize("price", ["1e400", "1e-400", "true", "null", '"1e5"', '""', "[]", '"+1"'])
def test_prices_that_are_no_plain_numbers_are_refused(price: str) -> None:
    body = f'{{"symbol":"A","price":{price}}}'.encode()
    with pytest.raises(FeedError, match="price"):
        answers.last_prices(read_json(body))


def test_exact_numbers_survive_json_numbers_with_many_digits() -> None:
    body = b'{"symbol":"A","price":0.123456789012345678}'
    (price,) = answers.last_prices(read_json(body))
    assert price.price == Decimal("0.123456789012345678")


def test_tickers_with_empty_and_missing_fields() -> None:
    body = b'[{"symbol":"A","bidPrice":"1","bidQty":"","askPrice":null,"quoteVolume":null}]'
    (ticker,) = answers.day_tickers(read_json(body))
    assert (ticker.bid, ticker.bid_size, ticker.ask, ticker.quote_volume) == (1, None, None, None)


def test_offline_pairs() -> None:
    body = (
        b'{"data":[{"symbol":"LOKAUSDT","state":3,"offlineTime":1724125694000},'
        b'{"symbol":"XUSDT","state":"2"}]}'
    )
    assert answers.offline_pairs(read_json(body)) == (
        OfflinePair("LOKAUSDT", True, 1724125694000 * 1_000_000),
        OfflinePair("XUSDT", False, None),
    )


@pytest.mark.parametrize(
    "kline",
    [
        [_AT, "1", "2", "0.5", "1", "1", _AT + 60_000],
        [_AT, "1", "0.9", "0.5", "1", "1", _AT + 60_000, "1"],
        [_AT, "1", "2", "1.5", "1", "1", _AT + 60_000, "1"],
        [10**17, "1", "2", "0.5", "1", "1", _AT + 60_000, "1"],
        "not a list",
    ],
)
def test_candles_that_cannot_be(kline: Any) -> None:
    with pytest.raises(FeedError):
        answers.candles(read_json(json.dumps([kline]).encode()))


def test_a_trade_without_a_side_is_refused() -> None:
    with pytest.raises(FeedError, match="isBuyerMaker"):
        answers.trades([{"time": _AT, "price": "1", "qty": "1", "isBuyerMaker": "no"}])

"""REST answers in the exchange's shapes, and its refusals."""

from decimal import Decimal
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.fakes import ManualClock
from tests.scripted_source import ScriptedSource, pair
from trading_agent.domain.units import MINUTE, SECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.faults import Faults
from trading_agent.embedded_exchange.play import Play
from trading_agent.embedded_exchange.rest import Rest
from trading_agent.embedded_exchange.source import Level, MarketEvent, Printed

NOW = 1_767_204_030 * SECOND
"""30 s after a full minute."""
NOW_MS = NOW // 1_000_000
OPENED_MS = NOW_MS - 30_000


def level(price: int, size: int) -> Level:
    return Ticks(price), Lots(size)


BOOK = (
    56217769552,
    (level(8790000, 56615), level(8789976, 2480768)),
    (level(8790398, 5121816), level(8790448, 2359)),
)


def printed(
    seconds: float, price: int, size: int, *, taker_bought: bool = True, symbol: str = "BTCUSDC"
) -> Printed:
    """`seconds` from now."""
    at = Nanos(NOW + round(seconds * SECOND))
    return Printed(symbol, at, Ticks(price), Lots(size), taker_bought)


def client(*sources: ScriptedSource) -> TestClient:
    play = Play(sources, ManualClock(NOW), 1.0)
    play.start()
    return TestClient(Starlette(routes=Rest(play, Faults()).routes()))


def btc(*events: MarketEvent) -> TestClient:
    return client(ScriptedSource(events, book=BOOK))


def ask(server: TestClient, path: str, **query: str | int) -> Any:
    answer = server.get(f"/api/v3/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_ping_time_and_lists() -> None:
    server = client(
        ScriptedSource(book=BOOK), ScriptedSource(listed=pair("ETHUSDC"), book=(1, (), ()))
    )
    assert ask(server, "ping") == {}
    assert ask(server, "time") == {"serverTime": NOW_MS}
    assert ask(server, "defaultSymbols") == {
        "code": 0,
        "data": ["BTCUSDC", "ETHUSDC"],
        "msg": "success",
        "timestamp": NOW_MS,
    }
    assert ask(server, "symbol/offline") == {"data": []}


def test_rules_carry_the_misnamed_minimums() -> None:
    answer = ask(btc(), "exchangeInfo", symbol="BTCUSDC")
    assert (answer["rateLimits"], answer["serverTime"]) == ([], NOW_MS)
    (rules,) = answer["symbols"]
    expected = {
        "symbol": "BTCUSDC",
        "status": "1",
        "baseAsset": "BTC",
        "quoteAsset": "USDC",
        "baseAssetPrecision": 6,
        "quotePrecision": 2,
        "quoteAssetPrecision": 2,
        "quoteAmountPrecision": "1",
        "baseSizePrecision": "0.00001",
        "maxQuoteAmount": "4000000",
        "isSpotTradingAllowed": True,
        "permissions": ["SPOT"],
        "makerCommission": "0",
        "takerCommission": "0",
        "tradeSideType": 1,
    }
    assert expected.items() <= rules.items()


def test_rules_of_all_of_some_and_of_unknown_pairs() -> None:
    eth = ScriptedSource(listed=pair("ETHUSDC", taker_fee=Decimal("0.0005")), book=(1, (), ()))
    server = client(ScriptedSource(book=BOOK), eth)
    names = [it["symbol"] for it in ask(server, "exchangeInfo")["symbols"]]
    assert names == ["BTCUSDC", "ETHUSDC"]
    answer = ask(server, "exchangeInfo", symbols="ETHUSDC,BTCUSDC")
    assert [it["takerCommission"] for it in answer["symbols"]] == ["0.0005", "0"]
    assert server.get("/api/v3/exchangeInfo?symbols=ETHUSDC,NONE").json()["code"] == -1121


def test_depth_is_best_first_padded_and_cut() -> None:
    answer = ask(btc(), "depth", symbol="BTCUSDC", limit=1)
    assert answer == {
        "lastUpdateId": 56217769552,
        "bids": [["87900.00", "0.05661500"]],
        "asks": [["87903.98", "5.12181600"]],
        "timestamp": NOW_MS,
    }
    assert len(ask(btc(), "depth", symbol="BTCUSDC")["bids"]) == 2


def test_depth_that_is_not_known_yet_asks_for_another_try() -> None:
    answer = client(ScriptedSource()).get("/api/v3/depth?symbol=BTCUSDC")
    assert answer.status_code == 503
    assert answer.json() == {"code": 503, "msg": "BTCUSDC has no market yet, please try again"}


def test_trades_are_newest_first_and_have_no_identity() -> None:
    server = btc(printed(-2, 8792449, 7225), printed(-1, 8792448, 2731, taker_bought=False))
    newest, older = ask(server, "trades", symbol="BTCUSDC")
    assert newest == {
        "id": None,
        "price": "87924.48",
        "qty": "0.002731",
        "quoteQty": "240.12175488",
        "time": NOW_MS - 1_000,
        "isBuyerMaker": True,
        "isBestMatch": True,
        "tradeType": "ASK",
    }
    assert (older["tradeType"], older["isBuyerMaker"]) == ("BID", False)
    assert len(ask(server, "trades", symbol="BTCUSDC", limit=1)) == 1


def test_aggregate_trades_are_cut_to_seconds_and_chosen_by_time() -> None:
    server = btc(printed(-9.5, 100, 1), printed(-5.2, 200, 2), printed(-1, 300, 3))
    everything = ask(server, "aggTrades", symbol="BTCUSDC")
    assert [it["p"] for it in everything] == ["1.00", "2.00", "3.00"]
    assert everything[1] == {
        **dict.fromkeys("afl"),
        "p": "2.00",
        "q": "0.000002",
        "T": NOW_MS - 6_000,
        "m": False,
        "M": True,
    }
    span = {"startTime": NOW_MS - 6_000, "endTime": NOW_MS - 1_000}
    assert [it["p"] for it in ask(server, "aggTrades", symbol="BTCUSDC", **span)] == [
        "2.00",
        "3.00",
    ]
    lone = server.get(f"/api/v3/aggTrades?symbol=BTCUSDC&startTime={NOW_MS}")
    assert (lone.status_code, lone.json()["code"]) == (400, -1128)


def test_a_kline_has_eight_parts_and_closes_where_the_next_opens() -> None:
    server = btc(printed(-20, 8762127, 1_000_000), printed(-10, 8768393, 500_000))
    (row,) = ask(server, "klines", symbol="BTCUSDC", interval="5m")
    opened = OPENED_MS - OPENED_MS % 300_000
    assert row == [
        opened,
        "87621.27",
        "87683.93",
        "87621.27",
        "87683.93",
        "1.5",
        opened + 300_000,
        "131463.235",
    ]


def test_klines_are_at_most_500_the_newest_unless_a_start_is_named() -> None:
    server = btc(printed(-700 * 60, 100, 1))
    rows = ask(server, "klines", symbol="BTCUSDC", interval="1m", limit=1000)
    assert len(rows) == 500
    assert rows[-1][0] == OPENED_MS
    first = OPENED_MS - 700 * 60_000
    rows = ask(server, "klines", symbol="BTCUSDC", interval="1m", startTime=first, limit=2)
    assert [row[0] for row in rows] == [first, first + 60_000]
    span = {"startTime": first + 60_000, "endTime": first + 120_000}
    assert len(ask(server, "klines", symbol="BTCUSDC", interval="1m", **span)) == 2


@pytest.mark.parametrize("interval", ["1m", "5m", "15m", "30m", "60m", "4h", "1d", "1W", "1M"])
def test_every_interval_of_the_exchange_is_there(interval: str) -> None:
    assert len(ask(btc(printed(-1, 5, 1)), "klines", symbol="BTCUSDC", interval=interval)) == 1


def test_there_are_no_klines_before_the_first_print() -> None:
    assert ask(btc(), "klines", symbol="BTCUSDC", interval="1m") == []


def test_the_average_price_is_weighted_over_five_minutes() -> None:
    server = btc(printed(-400, 900, 9), printed(-200, 100, 3), printed(-1, 200, 1))
    assert ask(server, "avgPrice", symbol="BTCUSDC") == {"mins": 5, "price": "1.25"}
    assert btc().get("/api/v3/avgPrice?symbol=BTCUSDC").status_code == 503


def test_the_day_ticker_tells_change_as_a_ratio() -> None:
    day = 24 * 60 * MINUTE // SECOND
    server = btc(printed(-day - 120, 500, 1), printed(-60, 20_000, 10), printed(-1, 15_000, 30))
    answer = ask(server, "ticker/24hr", symbol="BTCUSDC")
    expected = {
        "symbol": "BTCUSDC",
        "openPrice": "5",
        "lastPrice": "150",
        "highPrice": "200",
        "lowPrice": "5",
        "priceChange": "145",
        "priceChangePercent": "29.0000",
        "volume": "0.00004",
        "quoteVolume": "0.0065",
        "bidPrice": "87900.00",
        "askQty": "5.12181600",
        "count": None,
        "closeTime": NOW_MS,
    }
    assert expected.items() <= answer.items()


def test_a_falling_day_has_a_minus() -> None:
    answer = ask(btc(printed(-60, 200, 1), printed(-1, 199, 1)), "ticker/24hr", symbol="BTCUSDC")
    assert (answer["priceChange"], answer["priceChangePercent"]) == ("-0.01", "-0.0050")


def test_tickers_are_one_or_all() -> None:
    eth = ScriptedSource(
        [printed(-1, 268000, 1, symbol="ETHUSDC")], listed=pair("ETHUSDC"), book=(7, (), ())
    )
    server = client(ScriptedSource(book=BOOK), eth)
    assert ask(server, "ticker/price") == [
        {"symbol": "BTCUSDC", "price": None},
        {"symbol": "ETHUSDC", "price": "2680"},
    ]
    assert ask(server, "ticker/price", symbol="ETHUSDC")["price"] == "2680"
    assert ask(server, "ticker/bookTicker", symbol="BTCUSDC") == {
        "symbol": "BTCUSDC",
        "bidPrice": "87900.00",
        "bidQty": "0.05661500",
        "askPrice": "87903.98",
        "askQty": "5.12181600",
    }
    empty = ask(server, "ticker/bookTicker")[1]
    assert set(empty.values()) == {"ETHUSDC", None}
    assert len(ask(server, "ticker/24hr")) == 2


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("depth", 700004, "Mandatory parameter 'symbol'"),
        ("depth?symbol=NONE", -1121, "Invalid symbol."),
        ("depth?symbol=BTCUSDC&limit=ten", 33333, "Parameter 'limit' is wrong."),
        ("depth?symbol=BTCUSDC&limit=" + "9" * 5_000, 33333, "Parameter 'limit' is wrong."),
        ("klines?symbol=BTCUSDC", 700004, "Mandatory parameter 'interval'"),
        ("klines?symbol=BTCUSDC&interval=1h", -1121, "Invalid interval."),
        ("ticker/24hr?symbol=NONE", -1121, "Invalid symbol."),
        ("exchangeInfo?symbol=NONE", -1121, "Invalid symbol."),
    ],
)
def test_refusals_are_the_exchanges(path: str, code: int, words: str) -> None:
    answer = btc().get(f"/api/v3/{path}")
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["msg"].startswith(words)

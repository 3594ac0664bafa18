"""The client against a scripted exchange: what it asks, what it makes of the answers."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.fake_mexc_rest import FakeRest, Reply, client_of, fake_rest, reply
from tests.fakes import ManualClock
from tests.mexc_vectors import BTCUSDT, document, gocryptotrader
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.mexc.wire import RestPath
from trading_agent.domain.errors import FeedError, Unavailable
from trading_agent.domain.units import MILLISECOND, MINUTE, SECOND, Nanos

_MINUTE_MS = 60_000


@pytest.fixture
def fake() -> Iterator[FakeRest]:
    with fake_rest() as server:
        yield server


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def client(fake: FakeRest, clock: ManualClock) -> Iterator[MexcClient]:
    with client_of(fake, clock) as (client, _):
        yield client


def recorded(request: str) -> Reply:
    return Reply(body=gocryptotrader(request))


def kline_row(opened_ms: int) -> list[object]:
    return [opened_ms, "1", "2", "0.5", "1.5", "10", opened_ms + _MINUTE_MS, "15"]


def test_recorded_answers_of_every_endpoint(fake: FakeRest, client: MexcClient) -> None:
    for request in document("gocryptotrader_http_spot_2025-12-31.json")["responses"]:
        path = urlsplit(request.removeprefix("GET ").split(" ")[0]).path
        fake.script(path, recorded(request))
    client.ping()
    assert client.time() == 1767211150479 * MILLISECOND
    assert "BTCUSDC" in client.default_symbols()
    assert client.exchange_info(["BTCUSDT"]).pairs["BTCUSDT"].instrument == BTCUSDT
    assert client.depth(BTCUSDT, 0).version == 56217769552
    assert len(client.trades("BTCUSDT")) == 2
    assert len(client.aggregate_trades("BTCUSDT")) == 2
    start = Nanos(1767204000000 * MILLISECOND)
    assert len(client.klines("BTCUSDT", "5m", start, Nanos(start + 10 * MINUTE))) == 2
    assert client.average_price("BTCUSDT").price == Decimal("87920.64")
    assert client.day_tickers("BTCUSDT")[0].last == Decimal(87904)
    assert client.last_prices("BTCUSDT")[0].price == Decimal("87878.42")
    assert client.best_quotes("BTCUSDT")[0].ask == Decimal("87894.45")
    asked = {request.path for request in fake.requests}
    assert asked == set(RestPath) - {RestPath.OFFLINE_SYMBOLS}


def public_calls() -> dict[str, Callable[[MexcClient, str], object]]:
    """How this client asks what the recorded requests ask."""
    window = (Nanos(1_764_900_000_000 * MILLISECOND), Nanos(1_764_900_060_000 * MILLISECOND))
    return {
        RestPath.AGGREGATE_TRADES: lambda client, symbol: client.aggregate_trades(symbol),
        RestPath.TRADES: lambda client, symbol: client.trades(symbol),
        RestPath.KLINES: lambda client, symbol: client.klines(symbol, "1m", *window),
        RestPath.TIME: lambda client, _: client.time(),
        RestPath.DEPTH: lambda client, _: client.depth(BTCUSDT, 0),
        RestPath.TICKER_DAY: lambda client, symbol: client.day_tickers(symbol or None),
        RestPath.TICKER_BOOK: lambda client, symbol: client.best_quotes(symbol or None),
    }


def test_recorded_requests_are_asked_alike_and_signed_ones_not_at_all(
    fake: FakeRest, clock: ManualClock
) -> None:
    methods = document("request.json")["methods"]
    public, signed = 0, 0
    for cases in methods.values():
        for case in cases:
            url = urlsplit(case["url"])
            query = dict(parse_qsl(url.query))
            if url.path not in set(RestPath):
                signed += 1
                assert "signature" in query or url.path == "/api/v3/historicalTrades"
                continue
            public += 1
            assert "signature" not in query
            fake.script(url.path, reply({}))
            with client_of(fake, clock, attempts=1) as (client, _), pytest.raises(FeedError):
                public_calls()[url.path](client, query.get("symbol", ""))
            sent = fake.asked(url.path)[-1]
            assert sent.get("symbol") == query.get("symbol")
            assert sent.get("interval") == query.get("interval")
    assert (public, signed) == (12, 23)


def test_the_query_names_symbol_and_levels(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.DEPTH, recorded("GET /api/v3/depth?symbol=BTCUSDT"))
    client.depth(BTCUSDT, 0)
    client.depth(BTCUSDT, 0, 50, within=1.0)
    assert fake.asked(RestPath.DEPTH) == [
        {"symbol": "BTCUSDT", "limit": "1000"},
        {"symbol": "BTCUSDT", "limit": "50"},
    ]


def test_rules_come_from_the_cache_until_they_are_old(
    fake: FakeRest, client: MexcClient, clock: ManualClock
) -> None:
    fake.script(RestPath.DEFAULT_SYMBOLS, reply({"code": 0, "data": ["BTCUSDC"]}))
    for _ in range(5):
        assert client.default_symbols() == {"BTCUSDC"}
    assert len(fake.requests) == 1
    clock.advance(61 * SECOND)
    client.default_symbols()
    assert len(fake.requests) == 2


def test_tickers_of_different_pairs_are_cached_apart(fake: FakeRest, client: MexcClient) -> None:
    def price(symbol: str) -> Reply:
        return reply({"symbol": symbol, "price": "1"})

    fake.script(RestPath.TICKER_PRICE, price("A"), price("B"))
    assert [client.last_prices(symbol)[0].symbol for symbol in "ABAB"] == ["A", "B", "A", "B"]
    assert len(fake.requests) == 2


def test_an_empty_answer_is_cached_like_any_other(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.OFFLINE_SYMBOLS, reply({"data": []}))
    assert client.offline_symbols() == client.offline_symbols() == ()
    assert len(fake.requests) == 1


def test_a_ticker_of_another_pair_is_refused(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.TICKER_PRICE, reply({"symbol": "ETHUSDC", "price": "1"}))
    with pytest.raises(FeedError, match="another pair"):
        client.last_prices("BTCUSDC")


def test_a_list_instead_of_the_one_asked_for_is_refused(fake: FakeRest, client: MexcClient) -> None:
    both = [{"symbol": "BTCUSDC", "price": "1"}, {"symbol": "ETHUSDC", "price": "1"}]
    fake.script(RestPath.TICKER_PRICE, reply(both))
    assert len(client.last_prices()) == 2
    with pytest.raises(FeedError, match="another pair"):
        client.last_prices("BTCUSDC")


def test_klines_are_paged_by_five_hundred_without_overlap(
    fake: FakeRest, client: MexcClient
) -> None:
    first = 1_764_900_000_000
    pages = [range(500), range(500, 1_000), range(1_000, 1_200)]
    fake.script(
        RestPath.KLINES,
        *(reply([kline_row(first + n * _MINUTE_MS) for n in page]) for page in pages),
    )
    start = Nanos(first * MILLISECOND)
    candles = client.klines("BTCUSDC", "1m", start, Nanos(start + 1_200 * MINUTE))
    assert [candle.opened_at for candle in candles] == [start + n * MINUTE for n in range(1_200)]
    asked = fake.asked(RestPath.KLINES)
    assert [query["limit"] for query in asked] == ["500"] * 3
    assert int(asked[1]["startTime"]) == int(asked[0]["endTime"]) + 1 == first + 500 * _MINUTE_MS


def test_candles_outside_the_window_are_left_out(fake: FakeRest, client: MexcClient) -> None:
    first = 1_764_900_000_000
    fake.script(RestPath.KLINES, reply([kline_row(first + n * _MINUTE_MS) for n in range(10)]))
    start = Nanos((first + 2 * _MINUTE_MS) * MILLISECOND)
    candles = client.klines("BTCUSDC", "1m", start, Nanos(start + 3 * MINUTE))
    assert [candle.opened_at for candle in candles] == [start + n * MINUTE for n in range(3)]


@pytest.mark.parametrize("order", [(0, 0), (1, 0)])
def test_klines_out_of_order_are_refused(
    fake: FakeRest, client: MexcClient, order: tuple[int, ...]
) -> None:
    first = 1_764_900_000_000
    fake.script(RestPath.KLINES, reply([kline_row(first + n * _MINUTE_MS) for n in order]))
    start = Nanos(first * MILLISECOND)
    with pytest.raises(FeedError, match="out of order"):
        client.klines("BTCUSDC", "1m", start, Nanos(start + 5 * MINUTE))


def test_an_hour_is_asked_for_as_sixty_minutes(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.KLINES, reply([]))
    client.klines("BTCUSDC", "1h", Nanos(0), Nanos(60 * MINUTE))
    assert fake.asked(RestPath.KLINES)[0]["interval"] == "60m"


def test_a_window_of_aggregate_trades_names_both_ends(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.AGGREGATE_TRADES, reply([]))
    client.aggregate_trades("BTCUSDC", (Nanos(5 * SECOND), Nanos(9 * SECOND)), 1_000)
    assert fake.asked(RestPath.AGGREGATE_TRADES) == [
        {"symbol": "BTCUSDC", "limit": "1000", "startTime": "5000", "endTime": "9000"}
    ]


def test_the_offset_is_the_median_and_leans_back(
    fake: FakeRest, client: MexcClient, clock: ManualClock
) -> None:
    ours = clock.now() // MILLISECOND
    offsets = [300, -90_000, 310, 305, 90_000]
    fake.script(RestPath.TIME, *(reply({"serverTime": ours + offset}) for offset in offsets))
    assert client.read_clock().offset == (305 - 20) * MILLISECOND


def test_the_offset_survives_samples_that_fail(
    fake: FakeRest, client: MexcClient, clock: ManualClock
) -> None:
    ours = clock.now() // MILLISECOND
    good = [reply({"serverTime": ours + offset}) for offset in (100, 90, 110)]
    fake.script(RestPath.TIME, *good, reply({}, 500))
    assert client.read_clock().offset == 80 * MILLISECOND
    assert len(fake.requests) == 4


def test_without_one_sample_there_is_no_offset(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.TIME, reply({}, 500))
    with pytest.raises(Unavailable):
        client.read_clock()


def test_a_closed_client_asks_nothing(fake: FakeRest, clock: ManualClock) -> None:
    with client_of(fake, clock) as (client, _):
        client.close()
        with pytest.raises(Unavailable):
            client.ping()
    assert fake.requests == []


def test_calls_wait_for_the_budget_and_go_on(fake: FakeRest, clock: ManualClock) -> None:
    fake.script(RestPath.PING, reply({}))
    with client_of(fake, clock) as (client, pauses):
        for _ in range(45):
            client.ping()
    assert len(fake.requests) == 45
    assert 1.9 < sum(pauses.taken) < 2.3


def test_connections_are_used_again(fake: FakeRest, client: MexcClient) -> None:
    fake.script(RestPath.PING, reply({}))
    for _ in range(5):
        client.ping()
    assert fake.connections == 1

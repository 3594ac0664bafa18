"""Stream names, control messages, timeframes."""

import json

import pytest

from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.adapters.mexc.wire import (
    BODIES,
    INTERVALS,
    Acknowledged,
    Channel,
    Pong,
    RefusedSubscription,
    RestPath,
    Topic,
    UnknownControl,
    book_ticker_channel,
    depth_channel,
    interval_of,
    kline_channel,
    ping,
    read_channel,
    read_control,
    rest_interval_of,
    subscribe,
    timeframe_of,
    trades_channel,
    unsubscribe,
)

DEALS = "spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDC"
NAMES = {
    DEALS: Channel(Topic.AGGRE_DEALS, "BTCUSDC", "100ms"),
    "spot@public.aggre.depth.v3.api.pb@10ms@ETHUSDC": Channel(Topic.AGGRE_DEPTH, "ETHUSDC", "10ms"),
    "spot@public.aggre.bookTicker.v3.api.pb@10ms@MXUSDT": Channel(
        Topic.AGGRE_BOOK_TICKER, "MXUSDT", "10ms"
    ),
    "spot@public.kline.v3.api.pb@BTCUSDC@Min15": Channel(Topic.KLINE, "BTCUSDC", "Min15"),
    "spot@public.kline.v3.api.pb@BTCUSDC@Month1": Channel(Topic.KLINE, "BTCUSDC", "Month1"),
    "spot@public.limit.depth.v3.api.pb@BTCUSDC@20": Channel(Topic.LIMIT_DEPTH, "BTCUSDC", "20"),
    "spot@public.bookTicker.batch.v3.api.pb@BTCUSDC": Channel(Topic.BOOK_TICKER_BATCH, "BTCUSDC"),
    "spot@public.miniTicker.v3.api.pb@MXUSDT@UTC+5:30": Channel(
        Topic.MINI_TICKER, "MXUSDT", "UTC+5:30"
    ),
    "spot@public.miniTickers.v3.api.pb@24H": Channel(Topic.MINI_TICKERS, None, "24H"),
    "spot@public.increase.depth.v3.api.pb@BTCUSDC": Channel(Topic.INCREASE_DEPTH, "BTCUSDC"),
    "spot@private.orders.v3.api.pb": Channel(Topic.PRIVATE_ORDERS),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_channels_name_and_its_parts_say_the_same(name: str) -> None:
    assert read_channel(name) == NAMES[name]
    assert NAMES[name].name == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "spot", "@", "spot@public.aggre.deals.v3.api.pb", "spot@gossip@BTCUSDC"),
        "spot@public.aggre.deals.v3.api.pb@BTCUSDC@100ms",
        "spot@public.aggre.deals.v3.api.pb@50ms@BTCUSDC",
        "spot@public.aggre.deals.v3.api.pb@100ms@btcusdc",
        "spot@public.aggre.deals.v3.api.pb@100ms@",
        "spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDC@more",
        "spot@public.kline.v3.api.pb@BTCUSDC@1m",
        "spot@public.limit.depth.v3.api.pb@BTCUSDC@50",
        "spot@public.miniTickers.v3.api.pb@",
        "spot@private.orders.v3.api.pb@BTCUSDC",
    ],
)
def test_what_is_no_channel_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no such channel"):
        read_channel(name)


def test_channels_are_named_as_the_exchange_names_them() -> None:
    assert trades_channel("BTCUSDC", 100) == DEALS
    assert depth_channel("BTCUSDC", 10) == "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDC"
    assert book_ticker_channel("A", 10) == "spot@public.aggre.bookTicker.v3.api.pb@10ms@A"
    assert kline_channel("BTCUSDC", "1h") == "spot@public.kline.v3.api.pb@BTCUSDC@Min60"


def test_a_channel_the_exchange_does_not_have_cannot_be_named() -> None:
    for pace in (0, 50, 1_000):
        with pytest.raises(ValueError, match="no such channel"):
            depth_channel("BTCUSDC", pace)
    for symbol in ("", "btcusdc", "BTC@USDC"):
        with pytest.raises(ValueError, match="no such channel"):
            trades_channel(symbol, 100)
    with pytest.raises(ValueError, match="no candles"):
        kline_channel("BTCUSDC", "1s")


def test_every_topic_has_a_body_of_the_schema() -> None:
    assert set(BODIES) == set(Topic)
    bodies = PushDataV3ApiWrapper.DESCRIPTOR.oneofs_by_name["body"].fields
    assert sorted(BODIES.values()) == sorted(field.name for field in bodies)


def test_timeframes_have_their_names_on_streams_and_in_requests() -> None:
    assert [interval_of(name) for name in INTERVALS] == list(INTERVALS.values())
    assert [timeframe_of(interval) for interval in INTERVALS.values()] == list(INTERVALS)
    assert [rest_interval_of(name) for name in INTERVALS] == ["1m", "5m", "15m", "60m", "4h", "1d"]
    for unknown in ("5s", "", "60m"):
        with pytest.raises(ValueError, match="no candles"):
            rest_interval_of(unknown)
    with pytest.raises(ValueError, match="no timeframe"):
        timeframe_of("Hour8")


def test_rest_paths_stand_under_version_three() -> None:
    assert all(path.startswith("/api/v3/") for path in RestPath)
    assert RestPath.KLINES == "/api/v3/klines"


def test_requests_to_the_streams_are_the_documented_text() -> None:
    assert subscribe([DEALS], 1) == f'{{"method":"SUBSCRIPTION","params":["{DEALS}"],"id":1}}'
    assert json.loads(unsubscribe([DEALS, "x"], 7)) == {
        "method": "UNSUBSCRIPTION",
        "params": [DEALS, "x"],
        "id": 7,
    }
    assert ping() == '{"method":"PING"}'


def test_an_acknowledgement_names_its_channels() -> None:
    both = f"{DEALS},spot@private.orders.v3.api.pb"
    assert read_control(f'{{"id":1,"code":0,"msg":"{DEALS}"}}') == Acknowledged(1, (DEALS,))
    assert read_control(json.dumps({"id": 3, "code": 0, "msg": both})) == Acknowledged(
        3, (DEALS, "spot@private.orders.v3.api.pb")
    )
    for strange in (True, "1", None, 1.5):
        answer = read_control(json.dumps({"id": strange, "code": 0, "msg": DEALS}))
        assert answer == Acknowledged(0, (DEALS,))


def test_a_refusal_is_seen_although_its_code_is_that_of_a_success() -> None:
    message = f"Not Subscribed successfully! [{DEALS}].  Reason\uff1a Blocked! "
    assert read_control(json.dumps({"id": 0, "code": 0, "msg": message})) == RefusedSubscription(
        message
    )
    assert read_control('{"id":0,"code":1,"msg":"no"}') == RefusedSubscription("no")


def test_an_answer_to_a_ping_is_seen() -> None:
    assert read_control('{"id":0,"code":0,"msg":"PONG"}') == Pong()
    assert read_control('{"msg":"pong"}') == Pong()


@pytest.mark.parametrize(
    "text",
    [
        *("", "Invalid listen key", "null", "[]", "0", '"PONG"', "{", "{}", '{"msg":null}'),
        *('{"msg":5}', '{"id":0,"code":0,"msg":"hello"}', '{"msg":"hello"}', "NaN", "\x00"),
        *(f'{{"id":1,"code":0,"msg":"{DEALS},hello"}}', "[" * 100_000, "1" * 10_000),
        *('{"id":' + "9" * 5_000 + "}", "x" * 1_000_000, "\ud800"),
    ],
)
def test_any_other_text_is_unknown_and_never_an_error(text: str) -> None:
    control = read_control(text)
    assert isinstance(control, UnknownControl)
    assert len(control.text) <= 500
    assert text.startswith(control.text)

"""Control messages: what is read, and the exact words of the answers."""

import pytest

from trading_agent.adapters.mexc.wire import (
    Acknowledged,
    Pong,
    RefusedSubscription,
    read_control,
    subscribe,
)
from trading_agent.embedded_exchange.control_text import (
    Method,
    Request,
    acknowledged,
    pong,
    read_request,
    refused,
)

CHANNEL = "spot@public.aggre.deals.v3.api.pb@100ms@BTCUSDC"


def test_a_subscription_is_read() -> None:
    request = read_request(subscribe([CHANNEL, "other"], 7))
    assert request == Request(Method.SUBSCRIPTION, (CHANNEL, "other"), 7)


def test_ping_is_read_in_small_letters_too() -> None:
    assert read_request('{"method":"ping"}') == Request(Method.PING, (), 0)


@pytest.mark.parametrize("request_id", ["-1", '"7"', "1.5", "true", "null"])
def test_an_id_that_is_no_whole_number_counts_as_none(request_id: str) -> None:
    request = read_request(f'{{"method":"PING","id":{request_id}}}')
    assert request is not None
    assert request.id == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Invalid listen key",
        "[]",
        "null",
        "7",
        '{"method":"LOGIN"}',
        '{"method":7}',
        '{"method":"SUBSCRIPTION","params":[1]}',
        '{"method":"SUBSCRIPTION","params":"x"}',
        "[" * 60_000,
        '{"method":"PING"' + " " * 70_000 + "}",
    ],
)
def test_other_text_is_no_request(text: str) -> None:
    assert read_request(text) is None


def test_answers_are_the_exchanges_words() -> None:
    assert acknowledged(1, ["a", "b"]) == '{"id":1,"code":0,"msg":"a,b"}'
    assert refused(0, [CHANNEL]) == (
        f'{{"id":0,"code":0,"msg":"Not Subscribed successfully! [{CHANNEL}].  Reason： Blocked! "}}'  # noqa: RUF001 - the exchange's own colon
    )
    assert pong() == '{"id":0,"code":0,"msg":"PONG"}'


def test_the_engines_reader_understands_the_answers() -> None:
    assert read_control(acknowledged(3, [CHANNEL])) == Acknowledged(3, (CHANNEL,))
    assert isinstance(read_control(refused(3, [CHANNEL])), RefusedSubscription)
    assert read_control(pong()) == Pong()

"""Everything an exchange, a firewall or a bad line can answer, over real sockets."""

import gzip
import logging
from collections.abc import Iterator
from time import monotonic

import pytest

from tests import loopback_certificate
from tests.fake_mexc_rest import FakeRest, Reply, client_of, fake_rest, reply
from tests.fakes import ManualClock
from tests.mexc_vectors import BTCUSDT
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.transport import HttpTransport, retry_seconds
from trading_agent.adapters.mexc.wire import RestPath
from trading_agent.domain.errors import (
    Denied,
    FeedError,
    Throttled,
    TradingError,
    Unavailable,
    VenueError,
)
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.worker import Heartbeats, Worker

_HTML = b"<html><head><title>Access Denied</title></head><body>Reference #18.2</body></html>"
_GOOD = reply({"serverTime": 1_700_000_000_000})


@pytest.fixture
def fake() -> Iterator[FakeRest]:
    with fake_rest() as server:
        yield server


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def html(status: int) -> Reply:
    return Reply(status, _HTML, {"Content-Type": "text/html"})


def test_429_with_retry_after_stops_every_request_for_so_long(
    fake: FakeRest, clock: ManualClock
) -> None:
    fake.script(RestPath.TIME, reply({"code": 429}, 429, Retry_After="120"), _GOOD)
    fake.script(RestPath.PING, reply({}))
    with client_of(fake, clock) as (client, _):
        with pytest.raises(Throttled) as caught:
            client.time()
        assert caught.value.retry_after == 120.0
        assert client.stopped_for() == 120.0
        clock.advance(104 * SECOND)
        with pytest.raises(Throttled, match="stopped"):
            client.ping()
        assert len(fake.requests) == 1
        clock.advance(16 * SECOND)
        assert client.time() > 0
    assert len(fake.requests) == 2


def test_a_short_retry_after_is_waited_for_within_the_call(
    fake: FakeRest, clock: ManualClock
) -> None:
    fake.script(RestPath.TIME, reply({}, 429, Retry_After="3"), _GOOD)
    with client_of(fake, clock) as (client, pauses):
        client.time()
    assert sum(pauses.taken) == pytest.approx(3.0)
    assert len(fake.requests) == 2


@pytest.mark.parametrize("header", ["", "soon", "-5"])
def test_429_without_a_usable_retry_after_stops_for_a_minute(
    fake: FakeRest, clock: ManualClock, header: str
) -> None:
    fake.script(RestPath.TIME, Reply(429, b"{}", {"Retry-After": header} if header else {}))
    with client_of(fake, clock) as (client, _):
        with pytest.raises(Throttled):
            client.time()
        assert client.stopped_for() == 60.0
    assert len(fake.requests) == 1


def test_418_is_a_ban_and_is_obeyed(fake: FakeRest, clock: ManualClock) -> None:
    fake.script(RestPath.TIME, Reply(418, _HTML, {"Retry-After": "7200"}))
    with client_of(fake, clock) as (client, _):
        for _ in range(10):
            with pytest.raises(Throttled):
                client.time()
            clock.advance(600 * SECOND)
    assert len(fake.requests) == 1


def test_the_code_for_too_many_requests_counts_with_any_status(
    fake: FakeRest, clock: ManualClock
) -> None:
    fake.script(RestPath.TIME, reply({"code": "510", "msg": "too many"}))
    with client_of(fake, clock) as (client, _):
        with pytest.raises(Throttled):
            client.time()
        assert client.stopped_for() == 60.0


def test_403_html_is_denied_not_read_and_not_repeated(fake: FakeRest, clock: ManualClock) -> None:
    fake.script(RestPath.TIME, html(403))
    with client_of(fake, clock) as (client, _):
        with pytest.raises(Denied, match="firewall"):
            client.time()
        assert client.stopped_for() == 300.0
        with pytest.raises(Throttled, match="stopped"):
            client.time()
    assert len(fake.requests) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
@pytest.mark.parametrize("body", [b"", _HTML, b'{"code":503,"msg":"down"}'])
def test_a_server_fault_is_tried_again_and_then_unavailable(
    fake: FakeRest, clock: ManualClock, status: int, body: bytes
) -> None:
    fake.script(RestPath.TIME, Reply(status, body), Reply(status, body), _GOOD)
    with client_of(fake, clock) as (client, pauses):
        assert client.time() == 1_700_000_000_000_000_000
        assert len(pauses.taken) == 2
        fake.script(RestPath.TIME, Reply(status, body))
        with pytest.raises(Unavailable):
            client.time()
    assert len(fake.requests) == 3 + 4


def test_the_deadline_ends_the_attempts(fake: FakeRest, clock: ManualClock) -> None:
    fake.script(RestPath.TIME, reply({}, 500))
    began = clock.monotonic()
    settings = {"attempts": 10, "call_deadline_seconds": 2.0}
    with client_of(fake, clock, **settings) as (client, _), pytest.raises(Unavailable):
        client.time()
    assert clock.monotonic() - began <= 2 * SECOND


@pytest.mark.parametrize(
    "answer",
    [
        html(200),
        Reply(200, b""),
        Reply(200, b'{"serverTime": 17000000'),
        Reply(200, b'{"serverTime": NaN}'),
        Reply(200, b'{"serverTime": Infinity}'),
        Reply(200, b"[" * 100_000),
        Reply(200, b'{"serverTime": ' + b"1" * 5_000 + b"}"),
        Reply(200, b"\xff\xfe\x00\x01"),
        Reply(200, b'{"serverTime": 1700000000000}', claim=500),
        Reply(200, b"junk", {"Content-Encoding": "gzip"}),
        Reply(204, b""),
    ],
    ids=[
        "html",
        "empty",
        "truncated",
        "NaN",
        "Infinity",
        "nesting",
        "digits",
        "binary",
        "cut off",
        "bad gzip",
        "no content",
    ],
)
def test_an_answer_that_is_no_document_is_tried_again(
    fake: FakeRest, clock: ManualClock, answer: Reply
) -> None:
    fake.script(RestPath.TIME, answer, _GOOD)
    with client_of(fake, clock) as (client, _):
        assert client.time() == 1_700_000_000_000_000_000
        fake.script(RestPath.TIME, answer)
        with pytest.raises(Unavailable):
            client.time()


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        "text",
        None,
        17,
        {"serverTime": None},
        {"serverTime": {"deep": 1}},
        {"serverTime": "soon"},
        {"serverTime": -1},
        {"serverTime": 10**17},
        {"code": 0, "msg": "success"},
    ],
)
def test_a_document_that_is_not_the_answer_is_not_used(
    fake: FakeRest, clock: ManualClock, document: object
) -> None:
    fake.script(RestPath.TIME, reply(document))
    with client_of(fake, clock) as (client, _), pytest.raises(FeedError):
        client.time()
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("status", "document"),
    [
        (400, {"code": -1121, "msg": "Invalid symbol.", "_extend": None}),
        (400, {"msg": "bad symbol", "code": "10007"}),
        (200, {"code": 30014, "msg": "invalid symbol"}),
        (404, {}),
        (400, ["unexpected"]),
    ],
)
def test_a_refusal_is_denied_and_not_repeated(
    fake: FakeRest, clock: ManualClock, status: int, document: object
) -> None:
    fake.script(RestPath.TIME, reply(document, status))
    with client_of(fake, clock) as (client, _), pytest.raises(Denied):
        client.time()
    assert len(fake.requests) == 1


@pytest.mark.parametrize("code", [0, 200, "0", "200"])
def test_a_code_of_success_is_no_refusal(fake: FakeRest, clock: ManualClock, code: object) -> None:
    fake.script(RestPath.DEFAULT_SYMBOLS, reply({"code": code, "data": ["A"], "msg": None}))
    with client_of(fake, clock) as (client, _):
        assert client.default_symbols() == {"A"}


def test_a_refusal_keeps_its_code_and_cannot_write_into_the_log(
    fake: FakeRest, clock: ManualClock
) -> None:
    message = "bad\r\nINFO all is well\x1b[2J" + "x" * 1_000
    fake.script(RestPath.TIME, reply({"code": 10007, "msg": message}, 400))
    with client_of(fake, clock) as (client, _), pytest.raises(Denied) as caught:
        client.time()
    assert caught.value.code == 10007
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_an_answer_that_never_comes_times_out(fake: FakeRest) -> None:
    fake.script(RestPath.TIME, Reply(hang=True))
    settings = {"read_timeout_seconds": 0.2, "attempts": 1}
    _expect_timeout(fake, settings)


@pytest.mark.parametrize(
    "answer",
    [Reply(body=b" " * 4_000, drip=0.02), Reply(drip=0.02, drip_headers=True)],
    ids=["body", "headers"],
)
def test_an_answer_byte_by_byte_does_not_buy_more_time(fake: FakeRest, answer: Reply) -> None:
    fake.script(RestPath.TIME, answer)
    _expect_timeout(fake, {"read_timeout_seconds": 0.3, "attempts": 1})


def _expect_timeout(fake: FakeRest, settings: dict[str, float]) -> None:
    began = monotonic()
    client = MexcClient(
        MexcSettings.model_validate({"rest_url": fake.url, **settings}), SystemClock()
    )
    with pytest.raises(Unavailable):
        client.time()
    client.close()
    assert monotonic() - began < 3.0


def test_nobody_there_is_unavailable(clock: ManualClock) -> None:
    with fake_rest() as gone:
        pass
    with client_of(gone, clock) as (client, pauses), pytest.raises(Unavailable):
        client.time()
    assert len(pauses.taken) == 3


def test_closing_ends_a_wait_for_the_budget(fake: FakeRest) -> None:
    fake.script(RestPath.TIME, reply({}, 429, Retry_After="10"))
    client = MexcClient(MexcSettings(rest_url=fake.url), SystemClock())
    closer = Worker(
        "closer",
        lambda _: client.close() if fake.asked_once.wait(5.0) else None,
        restart=None,
        heartbeats=Heartbeats(SystemClock()),
    )
    closer.start()
    began = monotonic()
    with pytest.raises(VenueError):
        client.time()
    assert monotonic() - began < 5.0
    closer.stop(5.0)


def test_a_bomb_is_not_unpacked_whole(fake: FakeRest, clock: ManualClock) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    fake.script(RestPath.TIME, Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    settings = {"answer_limit_bytes": 1_000_000, "attempts": 1}
    too_large = pytest.raises(Unavailable, match="larger than 1000000 bytes")
    with client_of(fake, clock, **settings) as (client, _), too_large:
        client.time()


def test_a_packed_answer_is_read(fake: FakeRest, clock: ManualClock) -> None:
    packed = gzip.compress(_GOOD.body)
    fake.script(RestPath.TIME, Reply(body=packed, headers={"Content-Encoding": "gzip"}))
    with client_of(fake, clock) as (client, _):
        assert client.time() > 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(fake: FakeRest, clock: ManualClock, status: int) -> None:
    fake.script(RestPath.TIME, Reply(status, b"", {"Location": fake.url + RestPath.PING}))
    fake.script(RestPath.PING, _GOOD)
    with client_of(fake, clock) as (client, _), pytest.raises(Denied, match="redirected"):
        client.time()
    assert not fake.asked(RestPath.PING)


def test_snapshots_fail_like_everything_else(fake: FakeRest, clock: ManualClock) -> None:
    fake.script(RestPath.DEPTH, reply({}, 500))
    with client_of(fake, clock) as (client, _), pytest.raises(TradingError):
        client.depth(BTCUSDT, 0, within=1.0)
    assert len(fake.requests) == 1


def test_no_query_reaches_the_log_or_an_error(
    fake: FakeRest, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fake.script(RestPath.TRADES, reply({}, 500))
    unavailable = pytest.raises(Unavailable)
    with client_of(fake, clock, attempts=2) as (client, _), unavailable as caught:
        client.trades("CANARYUSDC")
    assert "CANARY" not in str(caught.value)
    assert "CANARY" not in caplog.text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> loopback_certificate.Certificate:
    return loopback_certificate.make(tmp_path_factory.mktemp("certificate"))


def test_a_certificate_nobody_vouches_for_is_denied(
    clock: ManualClock, certificate: loopback_certificate.Certificate
) -> None:
    with fake_rest(certificate.server) as fake:
        fake.script(RestPath.TIME, _GOOD)
        with client_of(fake, clock) as (client, _), pytest.raises(Denied, match="certificate"):
            client.time()
    assert fake.requests == []


def test_bounds_hold_under_encryption_too(
    certificate: loopback_certificate.Certificate,
) -> None:
    with fake_rest(certificate.server) as fake:
        fake.script(RestPath.TIME, _GOOD, Reply(body=b" " * 4_000, drip=0.02))
        settings = MexcSettings(rest_url=fake.url, read_timeout_seconds=0.3)
        transport = HttpTransport(settings, trust=certificate.file)
        assert transport.get(RestPath.TIME, {}, 5.0).body == _GOOD.body
        began = monotonic()
        with pytest.raises(Unavailable):
            transport.get(RestPath.TIME, {}, 5.0)
        assert monotonic() - began < 3.0
        transport.close()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("99999999999999999999", 259_200.0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("٣", None),
    ],
)
def test_how_long_retry_after_means(header: str, seconds: float | None) -> None:
    assert retry_seconds(header, Nanos(1_700_000_000 * SECOND)) == seconds

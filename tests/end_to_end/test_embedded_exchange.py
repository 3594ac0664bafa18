"""The embedded exchange over real sockets: its words, its order, its patience."""

import json
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import websocket

from tests.book_client import (
    BookClient,
    ask_for,
    channels_of,
    connect,
    next_frame,
    next_text,
)
from tests.fakes import ManualClock
from tests.scripted_source import ScriptedSource, pair
from tests.small_recordings import MS, diff, line, snapshot, usual_lines, write_lines
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.domain.errors import ConfigError
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.embedded_exchange.recorded import RecordedMarket
from trading_agent.embedded_exchange.server import EmbeddedExchange, serve
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.embedded_exchange.source import DepthChanged, Level, MarketEvent, MarketSource
from trading_agent.embedded_exchange.tempo import AS_FAST_AS_TAKEN
from trading_agent.runtime.clock import Clock, SystemClock

NOW = 1_800_000_000_000_000_000
PATIENCE = 10.0
DEPTH, DEALS, QUOTES = channels_of("BTCUSDC")
BOOK = (0, ((Ticks(10_000), Lots(5)),), ((Ticks(10_100), Lots(5)),))


def change(version: int, ms: int = 0, levels: int = 1) -> DepthChanged:
    """One version; `ms` after NOW."""
    bids: tuple[Level, ...] = tuple((Ticks(9_000 - n), Lots(version + 1)) for n in range(levels))
    return DepthChanged("BTCUSDC", Nanos(NOW + ms * MS), version, version, bids, ())


@contextmanager
def exchange(
    *sources: MarketSource, clock: Clock | None = None, **settings: Any
) -> Iterator[EmbeddedExchange]:
    served = EmbeddedExchange(EmbeddedSettings(**settings), sources, clock=clock)
    served.start()
    try:
        yield served
    finally:
        assert served.stop()


@contextmanager
def quiet(**settings: Any) -> Iterator[EmbeddedExchange]:
    """An exchange whose market never moves."""
    with exchange(ScriptedSource(book=BOOK), **settings) as served:
        yield served


@contextmanager
def client(served: EmbeddedExchange, **options: Any) -> Iterator[websocket.WebSocket]:
    connected = connect(served.stream_url, **options)
    try:
        yield connected
    finally:
        connected.shutdown()


def closing_code(connected: websocket.WebSocket) -> int:
    """Reads until the exchange says goodbye."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        opcode, data = connected.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2], "big")
    raise AssertionError("no goodbye")


def versions(frames: Sequence[bytes]) -> list[int]:
    return [int(PushDataV3ApiWrapper.FromString(f).publicAggreDepths.toVersion) for f in frames]


def test_a_subscription_is_acknowledged_in_the_exchanges_words() -> None:
    with quiet() as served, client(served) as connected:
        answer = ask_for(connected, [DEPTH, DEALS], 7)
        assert answer == {"id": 7, "code": 0, "msg": f"{DEPTH},{DEALS}"}
        connected.send(json.dumps({"method": "SUBSCRIPTION", "params": [QUOTES]}))
        assert next_text(connected) == {"id": 0, "code": 0, "msg": QUOTES}
        connected.send(json.dumps({"method": "UNSUBSCRIPTION", "params": [DEPTH], "id": 8}))
        assert next_text(connected) == {"id": 8, "code": 0, "msg": DEPTH}
        connected.send('{"method":"PING"}')
        assert next_text(connected) == {"id": 0, "code": 0, "msg": "PONG"}


@pytest.mark.parametrize(
    "channel",
    [
        "spot@public.aggre.depth.v3.api.pb@100ms@NONEUSDC",
        "spot@public.aggre.depth.v3.api.pb@50ms@BTCUSDC",
        "spot@public.kline.v3.api.pb@BTCUSDC@Min2",
        "spot@private.orders.v3.api.pb",
        "hello",
    ],
)
def test_a_refused_subscription_has_code_zero_too(channel: str) -> None:
    with quiet() as served, client(served) as connected:
        words = f"Not Subscribed successfully! [{channel}].  Reason： Blocked! "  # noqa: RUF001
        assert ask_for(connected, [channel], 3) == {"id": 3, "code": 0, "msg": words}


def test_good_and_bad_channels_of_one_request_are_answered_apart() -> None:
    with quiet() as served, client(served) as connected:
        assert ask_for(connected, [DEPTH, "bad", DEALS], 3)["msg"] == f"{DEPTH},{DEALS}"
        refusal = next_text(connected)
        assert (refusal["id"], "[bad]" in refusal["msg"]) == (3, True)


def test_a_connection_has_thirty_streams_at_most() -> None:
    intervals = ("Min1", "Min5", "Min15", "Min30", "Min60", "Hour4", "Hour8", "Day1", "Week1")
    symbols = ("BTCUSDC", "ETHUSDC", "SOLUSDC", "XRPUSDC")
    names = [f"spot@public.kline.v3.api.pb@{s}@{i}" for s in symbols for i in intervals]
    sources = [ScriptedSource(listed=pair(symbol), book=BOOK) for symbol in symbols]
    with exchange(*sources) as served, client(served) as connected:
        assert ask_for(connected, names)["msg"] == ",".join(names[:30])
        assert names[30] in next_text(connected)["msg"]


def test_text_that_is_no_request_is_passed_over() -> None:
    with quiet() as served, client(served) as connected:
        for text in ("hello", "{", '{"method":"LOGIN"}'):
            connected.send(text)
        connected.send_binary(b"\x00\x01")
        connected.send('{"method":"ping"}')
        assert next_text(connected)["msg"] == "PONG"


def test_a_listen_key_is_answered_with_plain_text() -> None:
    with quiet() as served:
        connected = connect(f"{served.stream_url}?listenKey=abc")
        assert connected.recv() == "Invalid listen key"
        assert closing_code(connected) == 1000
        connected.shutdown()


def test_frames_are_binary_and_the_same_for_all_listeners() -> None:
    clock = ManualClock(NOW)
    source = ScriptedSource([change(n, n * 100) for n in range(1, 6)], book=BOOK)
    with (
        exchange(source, clock=clock) as served,
        client(served) as one,
        client(served) as two,
    ):
        ask_for(one, [DEPTH])
        ask_for(two, [DEPTH, DEALS])
        clock.advance(500 * MS)
        first = [next_frame(one) for _ in range(5)]
        second = [next_frame(two) for _ in range(5)]
        assert first == second
        assert versions(first) == [1, 2, 3, 4, 5]


def test_after_unsubscribing_nothing_more_comes() -> None:
    clock = ManualClock(NOW)
    source = ScriptedSource([change(1, 100), change(2, 200)], book=BOOK)
    with exchange(source, clock=clock) as served, client(served) as connected:
        ask_for(connected, [DEPTH])
        clock.advance(100 * MS)
        assert versions([next_frame(connected)]) == [1]
        connected.send(json.dumps({"method": "UNSUBSCRIPTION", "params": [DEPTH], "id": 2}))
        assert next_text(connected)["id"] == 2
        ask_for(connected, [DEALS])
        clock.advance(100 * MS)
        connected.send('{"method":"PING"}')
        message = connected.recv()
        assert isinstance(message, str)


def test_a_connection_without_a_valid_subscription_is_closed() -> None:
    with quiet(subscription_seconds=0.5) as served, client(served) as connected:
        ask_for(connected, ["nothing of the kind"])
        assert closing_code(connected) == 1000


def test_a_subscribed_connection_without_data_is_closed_later() -> None:
    limits = {"subscription_seconds": 0.5, "silence_seconds": 1.0}
    with quiet(**limits) as served, client(served) as connected:
        began = time.monotonic()
        ask_for(connected, [DEPTH])
        assert closing_code(connected) == 1000
        assert time.monotonic() - began >= 1.0


def test_pings_keep_a_connection_open() -> None:
    with quiet(subscription_seconds=0.3) as served, client(served) as connected:
        began = time.monotonic()
        while time.monotonic() - began < 1.0:
            connected.send('{"method":"PING"}')
            assert next_text(connected)["msg"] == "PONG"


def test_an_old_connection_is_closed() -> None:
    with quiet(connection_hours=0.1 / 3600) as served, client(served) as connected:
        assert closing_code(connected) == 1000


def test_a_client_that_does_not_read_is_closed_and_the_others_go_on() -> None:
    clock = ManualClock(NOW)
    events = [change(n, n * 100, levels=6_000) for n in range(1, 46)]
    narrow = ((socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096),)
    with (
        exchange(ScriptedSource(events, book=BOOK), clock=clock, backlog_frames=10) as served,
        client(served, sockopt=narrow) as slow,
        client(served) as quick,
    ):
        ask_for(slow, [DEPTH])
        ask_for(quick, [DEPTH])
        seen: list[bytes] = []
        for _ in events:
            clock.advance(100 * MS)
            seen.append(next_frame(quick))
        assert versions(seen) == list(range(1, 46))
        assert closing_code(slow) == 1008


def test_a_recording_begins_when_somebody_listens_and_then_stays_quiet(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.gz", usual_lines())
    source = RecordedMarket([path], "BTCUSDC", start_at=Nanos(0), speed=10.0)
    with exchange(source) as served, client(served) as connected:
        ask_for(connected, [DEPTH])
        frames = [next_frame(connected) for _ in range(4)]
        assert versions(frames) == [10, 16, 20, 24]
        sent = PushDataV3ApiWrapper.FromString(frames[0]).sendTime
        assert abs(sent - SystemClock().now() // MS) < 5_000
        connected.send('{"method":"PING"}')
        assert next_text(connected)["msg"] == "PONG"
        depth = requests.get(f"{served.rest_url}/api/v3/depth?symbol=BTCUSDC", timeout=PATIENCE)
        assert depth.json()["lastUpdateId"] == 24


def test_a_damaged_recording_is_told_and_the_exchange_stays(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "cut.log", [*usual_lines(), "what is this"])
    source = RecordedMarket([path], "BTCUSDC", start_at=Nanos(0), speed=AS_FAST_AS_TAKEN)
    with exchange(source) as served, client(served) as connected:
        ask_for(connected, [DEPTH])
        assert versions([next_frame(connected) for _ in range(4)]) == [10, 16, 20, 24]
        connected.send('{"method":"PING"}')
        assert next_text(connected)["msg"] == "PONG"
        assert "cut.log, line 11" in str(served.failure)


def long_recording(path: Path, messages: int) -> Path:
    lines = [line(0, snapshot(0, [("100.00", "1.0")], [("101.00", "1.0")]))]
    for n in range(1, messages + 1):
        bid = (f"{100 + n % 50 / 100:.2f}", f"{n % 7}.{n % 10}")
        lines.append(line(n * 100, diff(n, n, [bid], [("101.50", f"{n % 3}.5")])))
    return write_lines(path, lines)


def test_as_fast_as_taken_nothing_is_lost_through_a_narrow_pipe(tmp_path: Path) -> None:
    path = long_recording(tmp_path / "long.gz", 3_000)
    narrow = ((socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096),)
    served = serve(
        EmbeddedSettings(backlog_frames=10),
        recordings=[path],
        symbol="BTCUSDC",
        speed=AS_FAST_AS_TAKEN,
    )
    try:
        with client(served, sockopt=narrow) as connected:
            ask_for(connected, [DEPTH, QUOTES])
            book = BookClient(connected, served.rest_url, "BTCUSDC")
            book.read(3_000)
            assert (book.gaps, book.different) == (0, 0)
            assert book.version == 3_000
            assert book.same > 100
    finally:
        assert served.stop()


def test_the_synthetic_market_keeps_a_book_without_gaps() -> None:
    served = serve(EmbeddedSettings(pairs=("ETHUSDC",), pace=20.0))
    try:
        with client(served) as connected:
            ask_for(connected, channels_of("ETHUSDC", "10ms"))
            book = BookClient(connected, served.rest_url, "ETHUSDC")
            # On a busy machine the first hundreds are older than the snapshot.
            ends = time.monotonic() + PATIENCE
            while book.same <= 100 and time.monotonic() < ends:
                book.read(book.depth_frames + 100)
            assert (book.gaps, book.different) == (0, 0)
            assert book.same > 100
    finally:
        assert served.stop()


def test_stopping_is_quick_whoever_is_connected() -> None:
    served = EmbeddedExchange(EmbeddedSettings(), [ScriptedSource(book=BOOK)])
    served.start()
    with client(served) as connected, client(served):
        ask_for(connected, [DEPTH])
        requests.get(f"{served.rest_url}/api/v3/ping", timeout=PATIENCE)
        began = time.monotonic()
        assert served.stop()
        assert time.monotonic() - began < 1.0
        assert closing_code(connected) == 1012
    assert not served.alive
    with quiet(port=served.port) as again:
        assert again.port == served.port


def test_a_port_that_is_taken_is_said_plainly() -> None:
    with quiet() as served:
        second = EmbeddedExchange(EmbeddedSettings(port=served.port), [ScriptedSource(book=BOOK)])
        with pytest.raises(ConfigError, match=f"port {served.port}"):
            second.start()


def test_nothing_to_trade_and_one_pair_twice_are_refused(tmp_path: Path) -> None:
    twice: list[MarketSource] = [ScriptedSource(book=BOOK), ScriptedSource(book=BOOK)]
    with pytest.raises(ConfigError, match="BTCUSDC comes from two sources"):
        EmbeddedExchange(EmbeddedSettings(), twice).start()
    with pytest.raises(ConfigError, match="no market"):
        EmbeddedExchange(EmbeddedSettings(), []).start()
    with pytest.raises(ConfigError, match="no recording at"):
        serve(EmbeddedSettings(), recordings=[tmp_path / "none.gz"], symbol="BTCUSDC")


def test_a_fault_of_ours_ends_the_exchange() -> None:
    class Broken(ScriptedSource):
        def advance(self, until: Nanos) -> Sequence[MarketEvent]:
            if until > NOW:
                raise ZeroDivisionError("a bug")
            return ()

    clock = ManualClock(NOW)
    served = EmbeddedExchange(EmbeddedSettings(), [Broken(book=BOOK)], clock=clock)
    served.start()
    clock.advance(MS)
    assert served.wait(PATIENCE)
    assert not served.alive

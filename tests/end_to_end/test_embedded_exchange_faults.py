"""Bad days at the embedded exchange, ordered by HTTP as a demonstration would."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import websocket

from tests.book_client import ask_for, channels_of, connect, next_frame, next_text
from tests.fakes import ManualClock
from tests.scripted_source import ScriptedSource
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.domain.units import MILLISECOND, Lots, Nanos, Ticks
from trading_agent.embedded_exchange.server import EmbeddedExchange
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.embedded_exchange.source import DepthChanged

NOW = 1_800_000_000_000_000_000
WINDOW = 100 * MILLISECOND
PATIENCE = 10.0
BOOK = (0, ((Ticks(10_000), Lots(5)),), ((Ticks(10_100), Lots(5)),))
DEPTH = channels_of("BTCUSDC")[0]


class Stage:
    """An exchange with one depth version every 100 ms, moved on by hand."""

    def __init__(self, served: EmbeddedExchange, clock: ManualClock) -> None:
        self.served = served
        self._clock = clock

    def order(self, wish: Any) -> Any:
        answer = requests.post(f"{self.served.rest_url}/_faults", json=wish, timeout=PATIENCE)
        return answer.json()

    def get(self, path: str, timeout: float = PATIENCE) -> requests.Response:
        return requests.get(f"{self.served.rest_url}/api/v3/{path}", timeout=timeout)

    def frames(self, connected: websocket.WebSocket, windows: int, expected: int) -> list[bytes]:
        self._clock.advance(windows * WINDOW)
        return [next_frame(connected) for _ in range(expected)]


@contextmanager
def stage(*, over_http: bool = True) -> Iterator[Stage]:
    clock = ManualClock(NOW)
    events = [
        DepthChanged("BTCUSDC", Nanos(NOW + n * WINDOW), n, n, ((Ticks(9_000 + n), Lots(n)),), ())
        for n in range(1, 30)
    ]
    served = EmbeddedExchange(
        EmbeddedSettings(faults_over_http=over_http),
        [ScriptedSource(events, book=BOOK)],
        clock=clock,
    )
    served.start()
    try:
        yield Stage(served, clock)
    finally:
        assert served.stop()


@contextmanager
def listener(served: EmbeddedExchange) -> Iterator[websocket.WebSocket]:
    connected = connect(served.stream_url)
    try:
        ask_for(connected, [DEPTH])
        yield connected
    finally:
        connected.shutdown()


def versions(frames: list[bytes]) -> list[int]:
    return [int(PushDataV3ApiWrapper.FromString(f).publicAggreDepths.toVersion) for f in frames]


@pytest.mark.parametrize(
    ("kind", "heard"),
    [("drop", [1, 4, 5]), ("duplicate", [1, 2, 2, 3, 3, 4, 5]), ("reorder", [1, 3, 2, 4, 5])],
)
def test_frames_are_lost_doubled_or_turned_around(kind: str, heard: list[int]) -> None:
    with stage() as it, listener(it.served) as connected:
        assert versions(it.frames(connected, 1, 1)) == [1]
        count = 1 if kind == "reorder" else 2
        assert it.order({"frame": {"kind": kind, "count": count}})["pending"] == count
        assert [1, *versions(it.frames(connected, 4, len(heard) - 1))] == heard
        assert requests.get(f"{it.served.rest_url}/_faults", timeout=PATIENCE).json() == {
            "pending": 0,
            "silent": False,
        }


@pytest.mark.parametrize(
    "kind", ["garbage", "truncated", "wrong_symbol", "off_tick", "crossed", "huge"]
)
def test_a_spoilt_frame_stands_in_place_of_a_good_one(kind: str) -> None:
    with stage() as it, listener(it.served) as connected:
        it.order({"frame": {"kind": kind}})
        spoilt, good = it.frames(connected, 2, 2)
        assert versions([good]) == [2]
        assert spoilt != good
        assert (len(spoilt) > 4 * 1024 * 1024) is (kind == "huge")


def test_silence_loses_frames_and_ends() -> None:
    with stage() as it, listener(it.served) as connected:
        assert versions(it.frames(connected, 1, 1)) == [1]
        assert it.order({"silent": True})["silent"] is True
        it.frames(connected, 3, 0)
        # Its answer proves that the silent windows have passed: the market is asked first.
        while it.get("depth?symbol=BTCUSDC").json()["lastUpdateId"] < 4:
            pass
        it.order({"silent": False})
        assert versions(it.frames(connected, 1, 1)) == [5]


def test_all_sockets_are_closed_with_the_code_asked_for() -> None:
    with stage() as it, listener(it.served) as one, listener(it.served) as two:
        it.order({"close": 1011})
        for connected in (one, two):
            opcode, data = connected.recv_data()
            assert opcode == websocket.ABNF.OPCODE_CLOSE
            assert int.from_bytes(data[:2], "big") == 1011


def test_the_script_can_be_forgotten() -> None:
    with stage() as it, listener(it.served) as connected:
        it.order({"frame": {"kind": "drop", "count": 100}, "silent": True})
        requests.delete(f"{it.served.rest_url}/_faults", timeout=PATIENCE)
        assert versions(it.frames(connected, 1, 1)) == [1]


def test_the_rules_of_a_pair_change_in_the_middle_of_a_run() -> None:
    def rules() -> dict[str, Any]:
        (listed,) = it.get("exchangeInfo?symbol=BTCUSDC").json()["symbols"]
        return dict(listed)

    with stage() as it:
        before = rules()
        it.order({"rules": {"symbol": "BTCUSDC", "taker_fee": "0.0005"}})
        it.order({"rules": {"symbol": "BTCUSDC", "side_type": 3, "status": "2"}})
        changed = {"takerCommission": "0.0005", "tradeSideType": 3, "status": "2"}
        assert rules() == before | changed
        requests.delete(f"{it.served.rest_url}/_faults", timeout=PATIENCE)
        assert rules() == before


def test_a_throttled_answer_may_name_a_time() -> None:
    with stage() as it:
        it.order({"answer": {"kind": "throttled", "retry_after": 3}})
        it.order({"answer": {"kind": "throttled", "status": 418}})
        first, second, third = (it.get("time") for _ in range(3))
        assert (first.status_code, first.headers["Retry-After"]) == (429, "3")
        assert first.json()["code"] == 429
        assert second.status_code == 418
        assert "Retry-After" not in second.headers
        assert third.status_code == 200


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "forbidden"}, 403),
        ({"kind": "html"}, 200),
        ({"kind": "hanging", "seconds": 0.05}, 504),
    ],
)
def test_a_page_of_html_comes_instead_of_json(fault: dict[str, Any], status: int) -> None:
    with stage() as it:
        it.order({"answer": fault})
        answer = it.get("time")
        assert answer.status_code == status
        assert "html" in answer.text.lower()
        assert answer.headers["content-type"].startswith("text/html")
        assert it.get("time").json()["serverTime"] > 0


def test_an_unwell_exchange_names_its_status() -> None:
    with stage() as it:
        it.order({"answer": {"kind": "unwell", "status": 502, "path": "/api/v3/depth"}})
        assert it.get("time").status_code == 200
        assert it.get("depth?symbol=BTCUSDC").status_code == 502
        assert it.get("depth?symbol=BTCUSDC").status_code == 200


def test_a_truncated_answer_is_half_of_the_right_one() -> None:
    with stage() as it:
        it.order({"answer": {"kind": "truncated"}})
        answer = it.get("exchangeInfo")
        assert answer.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.text)
        assert it.get("exchangeInfo").text.startswith(answer.text)


def test_a_late_answer_is_right_and_does_not_hold_up_others() -> None:
    with stage() as it, listener(it.served) as connected:
        it.order({"answer": {"kind": "late", "seconds": 30, "path": "/api/v3/depth"}})
        with pytest.raises(requests.ReadTimeout):
            it.get("depth?symbol=BTCUSDC", timeout=0.3)
        it.order({"answer": {"kind": "late", "seconds": 0.2, "path": "/api/v3/depth"}})
        began = time.monotonic()
        assert it.get("depth?symbol=BTCUSDC").json()["lastUpdateId"] == 0
        assert time.monotonic() - began >= 0.2
        connected.send('{"method":"PING"}')
        assert next_text(connected)["msg"] == "PONG"


def test_a_hanging_answer_does_not_hold_up_the_stop() -> None:
    with stage() as it:
        it.order({"answer": {"kind": "hanging", "seconds": 3_000}})
        with pytest.raises(requests.ReadTimeout):
            it.get("time", timeout=0.2)
        began = time.monotonic()
        assert it.served.stop()
        assert time.monotonic() - began < 1.0


@pytest.mark.parametrize(
    "wish",
    [
        {"frame": {"kind": "melt"}},
        {"frame": {"kind": "crossed", "topic": "spot@public.aggre.deals.v3.api.pb"}},
        {"answer": {"kind": "late", "seconds": -1}},
        {"close": 5},
        {"rules": {"symbol": "BTCUSDC", "side_type": 5}},
        {"rules": {"symbol": "BTCUSDC", "taker_fee": "-1"}},
        {"unknown": 1},
        [],
    ],
)
def test_an_order_that_makes_no_sense_is_answered_with_its_problems(wish: Any) -> None:
    with stage() as it:
        answer = requests.post(f"{it.served.rest_url}/_faults", json=wish, timeout=PATIENCE)
        assert answer.status_code == 400
        assert answer.json()["problems"]


def test_the_door_is_shut_unless_the_settings_open_it() -> None:
    with stage(over_http=False) as it:
        answer = requests.post(f"{it.served.rest_url}/_faults", json={}, timeout=PATIENCE)
        assert answer.status_code == 404

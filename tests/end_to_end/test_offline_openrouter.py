"""The offline provider as a server: it starts, is found, and ends, whoever hangs on it."""

import socket
import threading

import pytest
import requests

from tests.overseer_desk import offline
from trading_agent.domain.errors import ConfigError
from trading_agent.offline_openrouter.scenarios import Scenario
from trading_agent.offline_openrouter.server import OfflineOpenRouter, serve
from trading_agent.offline_openrouter.settings import OfflineOpenRouterSettings

KEY = {"Authorization": "Bearer sk-or-v1-x"}
ASK = {"model": "simulated/swift", "messages": [{"role": "user", "content": "hello"}]}


def test_it_says_where_it_is_and_answers() -> None:
    server = serve(OfflineOpenRouterSettings(answer_seconds=0.0))
    try:
        answer = requests.post(
            f"{server.base_url}/chat/completions", json=ASK, headers=KEY, timeout=5
        )
        assert answer.json()["model"] == "simulated/swift"
        assert server.alive
        assert len(server.generations) == len(server.log) == 1
    finally:
        assert server.stop()
    assert not server.alive


def test_a_port_that_is_taken_is_a_plain_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}"):
            OfflineOpenRouter(OfflineOpenRouterSettings(port=port)).start()


@pytest.mark.parametrize("scenario", [Scenario.HANG, Scenario.DRIP, Scenario.OK])
def test_it_ends_in_time_whoever_hangs_on_it(scenario: Scenario) -> None:
    asked = threading.Event()
    with offline(answer_seconds=60.0 if scenario is Scenario.OK else 0.0) as server:
        server.script.put(scenario)
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            body = b'{"model":"simulated/swift","messages":[{"role":"user","content":"x"}]}'
            head = (
                "POST /api/v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                "Authorization: Bearer x\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            client.sendall(head.encode() + body)
            while not server.log:
                asked.wait(0.005)
            assert server.stop()


def test_a_reset_is_a_reset() -> None:
    with offline() as server:
        server.script.put(Scenario.RESET)
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{server.base_url}/chat/completions", json=ASK, headers=KEY, timeout=5)
        server.script.clear()
        answer = requests.get(f"{server.base_url}/models", headers=KEY, timeout=5)
        assert answer.ok

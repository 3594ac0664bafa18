"""Where the key goes, and where it does not."""

import asyncio
import time

import pytest

from llm_overseer.core.openrouter import OpenRouterTransport
from llm_overseer.core.transport import TransportTrouble, Trouble
from llm_overseer.errors import InsecureAddress
from tests.overseer_desk import KEY, offline, transport_to


@pytest.mark.parametrize("url", ["http://openrouter.ai/api/v1", "http://127.0.0.1.evil.example/"])
def test_the_key_does_not_travel_in_the_clear(url: str) -> None:
    with pytest.raises(InsecureAddress):
        OpenRouterTransport(url, KEY, time.perf_counter)


def test_a_proxy_of_the_environment_does_not_see_what_stays_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def story() -> int:
        transport = transport_to(server)
        received = await transport.fetch("/key", 5.0)
        await transport.close()
        return received.status

    with offline() as server:
        assert asyncio.run(story()) == 200


def test_nobody_there_is_told_apart_from_somebody_who_breaks() -> None:
    async def story() -> TransportTrouble:
        transport = OpenRouterTransport("http://127.0.0.1:1/api/v1", KEY, time.perf_counter)
        with pytest.raises(TransportTrouble) as caught:
            await transport.send({"model": "a/b", "messages": []}, 5.0)
        await transport.close()
        return caught.value

    assert asyncio.run(story()).trouble is Trouble.UNREACHABLE

"""The client in a process of its own: answers come back, and whatever becomes of it, we live on."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from llm_overseer.core.messenger import Messenger
from llm_overseer.core.openrouter import OpenRouterTransport
from llm_overseer.core.transport import Received, TransportTrouble, Trouble
from llm_overseer.errors import InsecureAddress
from tests.overseer_desk import KEY, offline
from trading_agent.offline_openrouter.server import OfflineOpenRouter

BODY = {
    "model": "simulated/swift",
    "messages": [{"role": "user", "content": "hello"}],
    "max_completion_tokens": 50,
}


def told(story: Callable[[Messenger, OfflineOpenRouter], Awaitable[None]], **server: Any) -> None:
    async def live() -> None:
        messenger = Messenger(made.base_url, KEY)
        try:
            await story(messenger, made)
        finally:
            await messenger.close()

    with offline(**server) as made:
        asyncio.run(live())


def process_of(messenger: Messenger) -> int:
    assert messenger.pid is not None
    return messenger.pid


def test_what_comes_back_is_what_the_client_alone_would_have_got() -> None:
    async def story(messenger: Messenger, server: OfflineOpenRouter) -> None:
        alone = OpenRouterTransport(server.base_url, KEY, time.perf_counter)
        for path in ("/models", "/key", "/nothing"):
            mine, theirs = await messenger.fetch(path, 5.0), await alone.fetch(path, 5.0)
            assert (mine.status, mine.body) == (theirs.status, theirs.body)
            assert mine.headers == theirs.headers
        assert (await messenger.send(BODY, 5.0)).status == 200
        await alone.close()

    told(story)


def test_many_are_asked_at_once_and_each_gets_its_own_answer() -> None:
    async def story(messenger: Messenger, _: OfflineOpenRouter) -> None:
        paths = ["/models", "/key", "/nothing"] * 10
        found = await asyncio.gather(*(messenger.fetch(path, 10.0) for path in paths))
        assert [each.status for each in found] == [200, 200, 404] * 10

    told(story)


def test_who_does_not_answer_in_time_is_given_up(tmp_path: Path) -> None:
    async def story(messenger: Messenger, _: OfflineOpenRouter) -> None:
        await messenger.fetch("/key", 5.0)
        begun = time.perf_counter()
        with pytest.raises(TransportTrouble) as trouble:
            await messenger.send(BODY, 0.5)
        assert trouble.value.trouble is Trouble.TIMEOUT
        assert time.perf_counter() - begun < 1.5
        assert (await messenger.fetch("/key", 5.0)).status == 200

    told(story, answer_seconds=5.0)


def test_its_death_is_no_answer_and_the_next_question_gets_another(tmp_path: Path) -> None:
    async def story(messenger: Messenger, _: OfflineOpenRouter) -> None:
        await messenger.fetch("/key", 5.0)
        first = process_of(messenger)
        asked = asyncio.create_task(messenger.send(BODY, 10.0))
        await asyncio.sleep(0.05)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(TransportTrouble) as trouble:
            await asked
        assert trouble.value.trouble is Trouble.BROKEN
        assert (await messenger.fetch("/key", 10.0)).status == 200
        assert process_of(messenger) != first

    told(story, answer_seconds=3.0)


def test_nobody_is_there_is_told_as_such() -> None:
    async def live() -> None:
        messenger = Messenger("http://127.0.0.1:9/api/v1", KEY)
        with pytest.raises(TransportTrouble) as trouble:
            await messenger.send(BODY, 10.0)
        assert trouble.value.trouble is Trouble.UNREACHABLE
        await messenger.close()

    asyncio.run(live())


def test_it_ends_with_whoever_made_it_and_the_key_is_nowhere_to_be_seen() -> None:
    async def story(messenger: Messenger, _: OfflineOpenRouter) -> None:
        await messenger.fetch("/key", 5.0)
        process = Path("/proc") / str(process_of(messenger))
        assert KEY.encode() not in (process / "cmdline").read_bytes()
        assert KEY.encode() not in (process / "environ").read_bytes()
        await messenger.close()
        assert not process.exists()

    told(story)


def test_the_client_is_not_loaded_here(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from llm_overseer.core.messenger import Messenger\n"
        "messenger = Messenger(sys.argv[1], 'sk-or-v1-x')\n"
        "got = asyncio.run(messenger.fetch('/models', 10.0))\n"
        "print(got.status, [it for it in ('openai', 'httpx2', 'httpx') if it in sys.modules])\n"
    )

    async def story(_: Messenger, server: OfflineOpenRouter) -> None:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", code, server.base_url), stdout=asyncio.subprocess.PIPE
        )
        said, _nothing = await child.communicate()
        assert said.decode().strip() == "200 []"

    told(story)


def test_the_key_goes_no_open_road() -> None:
    with pytest.raises(InsecureAddress):
        Messenger("http://openrouter.example/api/v1", KEY)


def test_an_answer_of_many_mebibytes_passes(tmp_path: Path) -> None:
    async def story(messenger: Messenger, _: OfflineOpenRouter) -> None:
        got: Received = await messenger.send(BODY, 10.0)
        assert len(got.body) > 400_000

    told(story, author=lambda _request, _model: "x" * 450_000)

"""Answers that break on the way: late, dripping, cut, not what they say they are."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from trading_agent.offline_openrouter.scenarios import Scenario

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Abort = Callable[[Any], None]
"""Resets the connection of this client address."""

DAMAGED: Final = frozenset(
    (
        *(Scenario.HANG, Scenario.DRIP, Scenario.RESET, Scenario.CUT_BODY),
        *(Scenario.BAD_GZIP, Scenario.HUGE_BODY),
    )
)
_DRIP_SECONDS: Final = 0.1
_HUGE: Final = 50 * 1024 * 1024
_CHUNK: Final = 256 * 1024


class Damaged:
    """An ASGI response. Ends when its client leaves or the server stops."""

    def __init__(
        self, scenario: Scenario, body: bytes, stopping: asyncio.Event, abort: Abort
    ) -> None:
        self._scenario = scenario
        self._body = body
        self._stopping = stopping
        self._abort = abort

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_left(receive))
        try:
            await self._answer(scope, send, gone)
        finally:
            gone.cancel()

    async def _answer(self, scope: Message, send: Send, gone: "asyncio.Task[None]") -> None:
        match self._scenario:
            case Scenario.HANG:
                await self._wait(gone, None)
            case Scenario.RESET:
                self._abort(scope["client"])
            case Scenario.DRIP:
                await self._drip(send, gone)
            case Scenario.BAD_GZIP:
                await _start(send, len(self._body), (b"content-encoding", b"gzip"))
                await send({"type": "http.response.body", "body": self._body})
            case Scenario.HUGE_BODY:
                await self._flood(send, gone)
            case _:
                await _start(send, len(self._body))
                half = self._body[: len(self._body) // 2]
                await send({"type": "http.response.body", "body": half, "more_body": True})
                self._abort(scope["client"])

    async def _drip(self, send: Send, gone: "asyncio.Task[None]") -> None:
        await _start(send, len(self._body))
        for sign in self._body:
            part = bytes((sign,))
            await send({"type": "http.response.body", "body": part, "more_body": True})
            if await self._wait(gone, _DRIP_SECONDS):
                return

    async def _flood(self, send: Send, gone: "asyncio.Task[None]") -> None:
        await _start(send, _HUGE)
        for _ in range(_HUGE // _CHUNK):
            if gone.done() or self._stopping.is_set():
                return
            await send({"type": "http.response.body", "body": b" " * _CHUNK, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _wait(self, gone: "asyncio.Task[None]", seconds: float | None) -> bool:
        """True when the client or the server has gone."""
        stopped = asyncio.create_task(self._stopping.wait())
        done, _ = await asyncio.wait(
            (gone, stopped), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        stopped.cancel()
        return bool(done)


async def _start(send: Send, length: int, *headers: tuple[bytes, bytes]) -> None:
    own = [
        (b"content-type", b"application/json"),
        (b"content-length", str(length).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": 200, "headers": own})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

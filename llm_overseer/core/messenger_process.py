"""The process that asks the provider: questions come in on standard input, answers go out on
standard output, many at a time. It ends when its maker is gone, and is always safe to kill."""

import asyncio
import os
import sys
import time
from typing import Final

import msgspec

from llm_overseer.core.messages import (
    HEAD,
    LARGEST,
    Failed,
    FromProcess,
    GiveUp,
    Got,
    Hello,
    Question,
    Send,
    ToProcess,
    framed,
)
from llm_overseer.core.openrouter import OpenRouterTransport
from llm_overseer.core.transport import TransportTrouble

_NICENESS: Final = 10
"""The desk goes first."""
_read = msgspec.msgpack.Decoder(ToProcess).decode


class Desk:
    """Questions under way; one event loop."""

    def __init__(self, transport: OpenRouterTransport, out: int) -> None:
        self._transport = transport
        self._out = out
        self._under_way: dict[int, asyncio.Task[None]] = {}

    def take(self, message: ToProcess) -> None:
        match message:
            case Hello():
                raise ValueError("said hello twice")
            case GiveUp(number=number):
                task = self._under_way.pop(number, None)
                if task is not None:
                    task.cancel()
            case _:
                self._under_way[message.number] = asyncio.create_task(self._ask(message))

    async def close(self) -> None:
        for task in self._under_way.values():
            task.cancel()
        await self._transport.close()

    async def _ask(self, question: Question) -> None:
        self._give(await self._answer(question))
        self._under_way.pop(question.number, None)

    async def _answer(self, question: Question) -> FromProcess:
        number = question.number
        try:
            if isinstance(question, Send):
                got = await self._transport.send(question.body, question.seconds)
            else:
                got = await self._transport.fetch(question.path, question.seconds)
        except TransportTrouble as trouble:
            return Failed(number, trouble.trouble.value, trouble.latency_ms)
        return Got(number, got.status, dict(got.headers), got.body, got.latency_ms)

    def _give(self, answer: FromProcess) -> None:
        """Whole, before the next; the desk reads at once."""
        left = memoryview(framed(answer))
        while left:
            left = left[os.write(self._out, left) :]


async def _live(out: int) -> None:
    reader = asyncio.StreamReader(limit=LARGEST)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    desk: Desk | None = None
    try:
        while True:
            (length,) = HEAD.unpack(await reader.readexactly(HEAD.size))
            message = _read(await reader.readexactly(length))
            if desk is not None:
                desk.take(message)
            elif isinstance(message, Hello):
                transport = OpenRouterTransport(
                    message.base_url, message.key, time.perf_counter, title=message.title
                )
                desk = Desk(transport, out)
    except asyncio.IncompleteReadError:
        return
    finally:
        if desk is not None:
            await desk.close()


def main() -> None:
    os.nice(_NICENESS)
    out = os.dup(sys.stdout.fileno())
    # Whatever a library prints must not be read as an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asyncio.run(_live(out))


if __name__ == "__main__":
    main()

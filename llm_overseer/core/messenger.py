"""A transport whose client lives in a process of its own: what it loads weighs tens of mebibytes,
and what a provider pours into it is none of the desk's work."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from llm_overseer.core.messages import (
    HEAD,
    LARGEST,
    Failed,
    Fetch,
    FromProcess,
    GiveUp,
    Hello,
    Question,
    Send,
    framed,
)
from llm_overseer.core.transport import (
    Received,
    TransportTrouble,
    Trouble,
    refuse_open_road,
)

_PACKAGE: Final = Path(__file__).resolve().parents[2]
_PASSED_ON: Final = (
    *("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "VIRTUAL_ENV"),
    *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)
"""Nothing else of our environment: secrets live there."""
_GRACE_SECONDS: Final = 2.0
"""Beyond a question's own time, for the way there and back and the process' start."""
_ENDING_SECONDS: Final = 2.0
_read = msgspec.msgpack.Decoder(FromProcess).decode


class Messenger:
    """One event loop. The process starts with the first question and is replaced when it dies.

    Raises InsecureAddress where the key would travel in the clear.
    """

    def __init__(self, base_url: str, key: str, *, title: str = "") -> None:
        refuse_open_road(base_url)
        self._hello = Hello(base_url, key, title)
        self._process: Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[FromProcess]] = {}
        self._number = 0

    @property
    def pid(self) -> int | None:
        """Of the process, when it was started."""
        return None if self._process is None else self._process.pid

    async def send(self, body: Mapping[str, Any], seconds: float) -> Received:
        return await self._asked(Send(self._next(), body, seconds))

    async def fetch(self, path: str, seconds: float) -> Received:
        return await self._asked(Fetch(self._next(), path, seconds))

    async def close(self) -> None:
        process, self._process = self._process, None
        if self._listening is not None:
            self._listening.cancel()
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _ENDING_SECONDS)

    def _next(self) -> int:
        self._number += 1
        return self._number

    async def _asked(self, question: Question) -> Received:
        answer: asyncio.Future[FromProcess] = asyncio.get_running_loop().create_future()
        self._waiting[question.number] = answer
        try:
            async with asyncio.timeout(question.seconds + _GRACE_SECONDS):
                await self._put(question)
                said = await answer
        except TimeoutError as late:
            raise TransportTrouble(Trouble.TIMEOUT, round(question.seconds * 1_000)) from late
        except OSError as broken:
            raise TransportTrouble(Trouble.BROKEN, 0) from broken
        finally:
            del self._waiting[question.number]
            if not answer.done():
                await self._give_up(question.number)
        if isinstance(said, Failed):
            raise TransportTrouble(Trouble(said.trouble), said.latency_ms)
        return Received(said.status, said.headers, said.body, said.latency_ms)

    async def _put(self, question: Question) -> None:
        async with self._starting:
            process = self._process or await self._start()
        assert process.stdin is not None
        process.stdin.write(framed(question))
        await process.stdin.drain()

    async def _give_up(self, number: int) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError):
                process.stdin.write(framed(GiveUp(number)))

    async def _start(self) -> Process:
        """Raises OSError."""
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "llm_overseer.core.messenger_process"),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_environment(os.environ),
            # Of a group of its own: Ctrl-C at the terminal is not meant for it.
            process_group=0,
        )
        assert process.stdin is not None
        process.stdin.write(framed(self._hello))
        self._listening = asyncio.create_task(self._listen(process))
        return process

    async def _listen(self, process: Process) -> None:
        """Until the process ends; whoever waits then has no answer."""
        reader = process.stdout
        assert reader is not None
        try:
            while True:
                (length,) = HEAD.unpack(await reader.readexactly(HEAD.size))
                if length > LARGEST:
                    raise ValueError("no message is so long")
                said = _read(await reader.readexactly(length))
                waiting = self._waiting.get(said.number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(said)
        except asyncio.IncompleteReadError:
            self._lose(process, "it has ended")
        except (ValueError, msgspec.DecodeError) as error:
            with suppress(ProcessLookupError):
                process.kill()
            self._lose(process, str(error))

    def _lose(self, process: Process, why: str) -> None:
        if self._process is not process:
            return
        self._process = None
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(OSError(f"the process that asks: {why}"))


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    passed = {name: ours[name] for name in _PASSED_ON if name in ours}
    return passed | {"PYTHONPATH": str(_PACKAGE)}

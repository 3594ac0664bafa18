"""Where the command line asks the overseer of a running engine: a socket in its folder that only
its owner can open. One line in, an answer out."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from trading_agent.domain.errors import CommandError, TradingError

_SOCKET: Final = "counter.sock"
_MOST_LINE: Final = 2_000
_MOST_ANSWER: Final = 1_000_000
_SECONDS: Final = 120.0
_LINE_SECONDS: Final = 5.0
_OWNER_ONLY: Final = 0o600
_GOOD, _BAD = b"+", b"-"
Answering = Callable[[str], Awaitable[str]]


class Counter:
    """One event loop. `open` and `close` around it."""

    def __init__(self, folder: Path, answer: Answering) -> None:
        self._folder = folder
        self._answer = answer
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """OSError when it cannot be: the overseer does without."""
        path = self._folder / _SOCKET
        with suppress(FileNotFoundError):
            path.unlink()
        listener = socket.socket(socket.AF_UNIX)
        try:
            _reached(self._folder, listener.bind)
            path.chmod(_OWNER_ONLY)
            self._server = await asyncio.start_unix_server(
                self._serve, sock=listener, limit=_MOST_LINE
            )
        except OSError:
            listener.close()
            raise

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            with suppress(FileNotFoundError):
                (self._folder / _SOCKET).unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await asyncio.wait_for(reader.readline(), _LINE_SECONDS)
            writer.write(await self._answered(line.decode("utf-8", "replace").strip()))
            await writer.drain()
        except (OSError, ValueError, TimeoutError):
            pass  # whoever asked has gone, or has asked nothing
        finally:
            writer.close()

    async def _answered(self, line: str) -> bytes:
        try:
            return _GOOD + (await self._answer(line)).encode()
        except TradingError as error:
            return _BAD + str(error).encode()


def ask_running(folder: Path, words: str) -> str | None:
    """None when no engine runs there. Raises CommandError."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(_SECONDS)
    with client:
        try:
            _reached(folder, client.connect)
        except OSError:
            return None
        try:
            client.sendall(words.replace("\n", " ").encode()[: _MOST_LINE - 1] + b"\n")
            told = _read(client)
        except OSError as error:
            raise CommandError(f"the overseer broke off: {error}") from error
    if told[:1] == _BAD:
        raise CommandError(told[1:].decode())
    return told[1:].decode()


def _read(client: socket.socket) -> bytes:
    parts = bytearray()
    while len(parts) < _MOST_ANSWER and (part := client.recv(65_536)):
        parts += part
    if not parts:
        raise CommandError("the overseer broke off; it may be starting anew")
    return bytes(parts)


def _reached(folder: Path, do: Callable[[str], None]) -> None:
    """The name of a socket may have a hundred letters, however deep its folder lies."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        near = Path(f"/proc/self/fd/{descriptor}")
        do(str((near if near.exists() else folder) / _SOCKET))
    finally:
        os.close(descriptor)

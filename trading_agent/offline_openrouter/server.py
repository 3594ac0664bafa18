"""The offline OpenRouter: its pages on loopback, one event loop in one worker."""

import asyncio
import logging
import socket
import struct
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette

from trading_agent.domain.errors import ConfigError
from trading_agent.offline_openrouter.accounts import Generation
from trading_agent.offline_openrouter.chat import (
    Author,
    Logged,
    Pages,
    unknown_page,
    wrong_method,
)
from trading_agent.offline_openrouter.scenarios import Script
from trading_agent.offline_openrouter.settings import OfflineOpenRouterSettings
from trading_agent.offline_openrouter.simulated_model import simulated_answer
from trading_agent.runtime.clock import Clock, SystemClock
from trading_agent.runtime.worker import Heartbeats, Stop, Worker

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 2.0
_GRACE_SECONDS: Final = 0.2
_BEAT_SECONDS: Final = 0.5
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing sends a reset."""


class OfflineOpenRouter:
    """`start` returns when it listens, and raises ConfigError when it cannot.

    `script` says what goes wrong; `author` writes the answers, by default the simulated model.
    """

    def __init__(
        self,
        settings: OfflineOpenRouterSettings,
        *,
        clock: Clock | None = None,
        author: Author = simulated_answer,
        heartbeats: Heartbeats | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self.script = Script()
        self.port = settings.port
        """The port it listens on, once started."""
        self._pages = Pages(settings, self._clock, self.script, author, self._abort)
        self._listening: Future[None] = Future()
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker = Worker(
            "offline-openrouter",
            self._run,
            restart=None,
            heartbeats=heartbeats or Heartbeats(self._clock),
            interrupt=self._interrupt,
        )

    @property
    def base_url(self) -> str:
        """What a client is given."""
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        return f"http://{host}:{self.port}/api/v1"

    @property
    def alive(self) -> bool:
        return self._worker.alive

    @property
    def log(self) -> Sequence[Logged]:
        """The newest requests, oldest first."""
        return tuple(self._pages.log)

    @property
    def generations(self) -> Sequence[Generation]:
        """Everything that was billed."""
        return tuple(self._pages.account.generations.values())

    def start(self) -> None:
        self._listener = self._bind()
        self._worker.start()
        self._listening.result(_START_SECONDS)

    def stop(self) -> bool:
        """False when it did not end in time."""
        return self._worker.stop(_STOP_SECONDS)

    def wait(self, seconds: float) -> bool:
        """Until it ended or the time is over; True when it ended."""
        return self._worker.join(seconds)

    def _bind(self) -> socket.socket:
        settings = self._settings
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        # Named, or asyncio would not switch off the delay of small writes: 40 ms an answer.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as fault:
            listener.close()
            raise ConfigError(
                f"the offline OpenRouter cannot listen on {settings.host}, port "
                f"{settings.port}: {fault.strerror}"
            ) from fault
        self.port = listener.getsockname()[1]
        return listener

    def _run(self, stop: Stop) -> None:
        try:
            asyncio.run(self._live(stop))
        except BaseException as death:
            if not self._listening.done():
                self._listening.set_exception(death)
            raise

    async def _live(self, stop: Stop) -> None:
        self._loop = asyncio.get_running_loop()
        app = Starlette(
            routes=self._pages.routes(),
            exception_handlers={404: unknown_page, 405: wrong_method},
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level=logging.WARNING,
                access_log=False,
                server_header=False,
            )
        )
        watch = asyncio.create_task(self._watch(self._server, stop))
        try:
            await self._server.serve(sockets=[self._listener])
        finally:
            watch.cancel()

    async def _watch(self, server: uvicorn.Server, stop: Stop) -> None:
        while not server.started:
            await asyncio.sleep(0.001)
        self._listening.set_result(None)
        while not stop.is_set():
            await asyncio.sleep(_BEAT_SECONDS)
        self._wind_down()

    def _interrupt(self) -> None:
        """Any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wind_down)

    def _wind_down(self) -> None:
        server, loop = self._server, self._loop
        if server is None or loop is None:
            return
        self._pages.stopping.set()
        server.should_exit = True
        loop.call_later(_GRACE_SECONDS, self._cut_off, server)

    def _cut_off(self, server: uvicorn.Server) -> None:
        server.force_exit = True
        for connection in tuple(server.server_state.connections):
            connection.transport.abort()

    def _abort(self, client: Any) -> None:
        """Reset the connection of this client address."""
        server = self._server
        for connection in tuple(server.server_state.connections) if server else ():
            transport = connection.transport
            if transport.get_extra_info("peername")[:2] == tuple(client):
                sock = transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                transport.abort()


def serve(settings: OfflineOpenRouterSettings, *, clock: Clock | None = None) -> OfflineOpenRouter:
    """Start one. Raises ConfigError when it cannot listen."""
    server = OfflineOpenRouter(settings, clock=clock)
    server.start()
    return server

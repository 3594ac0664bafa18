"""The exchange on loopback: one event loop in one worker, one clock of play for all."""

import asyncio
import logging
import socket
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

from trading_agent.domain.errors import ConfigError, TradingError
from trading_agent.embedded_exchange.fault_answers import FaultyAnswers, fault_routes
from trading_agent.embedded_exchange.faults import Faults
from trading_agent.embedded_exchange.play import Play
from trading_agent.embedded_exchange.recorded import RecordedMarket
from trading_agent.embedded_exchange.rest import Rest
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.embedded_exchange.source import MarketSource
from trading_agent.embedded_exchange.streams import Streams
from trading_agent.embedded_exchange.synthetic import SyntheticMarket
from trading_agent.runtime.clock import Clock, SystemClock
from trading_agent.runtime.worker import Heartbeats, Stop, Worker

_LOG = logging.getLogger(__name__)

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 2.0
_LONGEST_REST_SECONDS: Final = 0.05
_SWEEP_SECONDS: Final = 0.1
_GRACE_SECONDS: Final = 0.4
_PONG_SECONDS: Final = 60.0


class EmbeddedExchange:
    """REST and streams of an exchange whose market comes from `sources`.

    `start` returns when it listens, and raises ConfigError when it cannot. `failure` tells
    why the market stands still when its recording turned out to be damaged.
    """

    def __init__(
        self,
        settings: EmbeddedSettings,
        sources: Sequence[MarketSource],
        *,
        clock: Clock | None = None,
        faults: Faults | None = None,
        heartbeats: Heartbeats | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self.faults = faults or Faults()
        self.failure: TradingError | None = None
        self.over = False
        """The recording has been played to its end."""
        self.port = settings.port
        """The port it listens on, once started."""
        self._play = Play(sources, self._clock, settings.pace)
        self._streams = Streams(settings, self._play, self.faults)
        self._listening: Future[None] = Future()
        self._server: uvicorn.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._worker = Worker(
            "embedded-exchange",
            self._run,
            restart=None,
            heartbeats=heartbeats or Heartbeats(self._clock),
            interrupt=self._interrupt,
        )

    @property
    def rest_url(self) -> str:
        return f"http://{self._address}"

    @property
    def stream_url(self) -> str:
        return f"ws://{self._address}/ws"

    @property
    def alive(self) -> bool:
        return self._worker.alive

    @property
    def _address(self) -> str:
        host = self._settings.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def start(self) -> None:
        listener = self._bind()
        try:
            self._play.start()
        except TradingError:
            listener.close()
            raise
        self._listener = listener
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
        # Only where the protocol is named does asyncio send small packets at once.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as fault:
            listener.close()
            raise ConfigError(
                f"the embedded exchange cannot listen on {settings.host}, port "
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
        self._stopping = asyncio.Event()
        self._server = uvicorn.Server(self._uvicorn_config(self._stopping))
        tasks = [
            asyncio.create_task(self._announce(self._server)),
            asyncio.create_task(self._sweep(stop)),
            asyncio.create_task(self._drive()),
        ]
        for task in tasks:
            task.add_done_callback(self._task_ended)
        if stop.wanted:
            self._wind_down()
        try:
            await self._server.serve(sockets=[self._listener])
        finally:
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def _task_ended(self, task: "asyncio.Task[None]") -> None:
        """A fault of ours must end the exchange, not half of it."""
        if not task.cancelled() and task.exception() is not None:
            self._wind_down()

    def _uvicorn_config(self, stopping: asyncio.Event) -> uvicorn.Config:
        routes = [
            *Rest(self._play, self.faults).routes(),
            WebSocketRoute("/ws", self._streams.attend),
        ]
        if self._settings.faults_over_http:
            routes += fault_routes(self.faults)
        return uvicorn.Config(
            FaultyAnswers(Starlette(routes=routes), self.faults, stopping),
            http="h11",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_ping_timeout=_PONG_SECONDS,
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            server_header=False,
        )

    async def _announce(self, server: uvicorn.Server) -> None:
        while not server.started:
            await asyncio.sleep(0.001)
        self._listening.set_result(None)

    async def _sweep(self, stop: Stop) -> None:
        while not stop.is_set():
            self._streams.sweep()
            await asyncio.sleep(_SWEEP_SECONDS)

    async def _drive(self) -> None:
        try:
            await (self._hurry() if self._play.hurries else self._keep_time())
        except TradingError as failure:
            self.failure = failure
            _LOG.error("the embedded exchange's market stands still: %s", failure)

    async def _keep_time(self) -> None:
        while True:
            self._streams.publish(self._play.advance())
            self.over = self._play.over
            pause = min(self._play.seconds_to_next(), _LONGEST_REST_SECONDS)
            await asyncio.sleep(max(pause, self._play.tick_seconds))

    async def _hurry(self) -> None:
        while True:
            await self._streams.listened()
            self.over = self._play.over
            if self.over:
                return
            self._streams.publish(self._play.step())
            await asyncio.sleep(0)  # lets clients in before their room is looked at
            await self._streams.room()

    def _interrupt(self) -> None:
        """Any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wind_down)

    def _wind_down(self) -> None:
        server, loop, stopping = self._server, self._loop, self._stopping
        if server is None or loop is None or stopping is None:
            return
        stopping.set()
        server.should_exit = True
        loop.call_later(_GRACE_SECONDS, self._cut_off, server)

    def _cut_off(self, server: uvicorn.Server) -> None:
        """Whoever has not taken leave by now does not read."""
        server.force_exit = True
        for connection in tuple(server.server_state.connections):
            connection.transport.abort()


def serve(
    settings: EmbeddedSettings,
    *,
    recordings: Sequence[Path | str] = (),
    symbol: str = "",
    speed: float = 1.0,
    clock: Clock | None = None,
) -> EmbeddedExchange:
    """Start an exchange with the synthetic market, or with recordings played as `symbol`.

    Raises ConfigError when there is nothing to play or nowhere to listen.
    """
    clock = clock or SystemClock()
    source: MarketSource
    if recordings:
        source = RecordedMarket(recordings, symbol, start_at=clock.now(), speed=speed)
    else:
        source = SyntheticMarket(settings, clock.now())
    exchange = EmbeddedExchange(settings, [source], clock=clock)
    exchange.start()
    return exchange

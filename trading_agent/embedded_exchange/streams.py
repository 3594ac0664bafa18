"""The WebSocket side: who listens to what, and frames on their way out.

Owned by the server's event loop. A frame is encoded once; every listener gets the same
bytes, in the same order.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

from starlette.websockets import WebSocket, WebSocketDisconnect

from trading_agent.adapters.mexc.wire import MAX_STREAMS_PER_CONNECTION, Channel, read_channel
from trading_agent.embedded_exchange.aggregation import Batch
from trading_agent.embedded_exchange.control_text import (
    Method,
    Request,
    acknowledged,
    pong,
    read_request,
    refused,
)
from trading_agent.embedded_exchange.faults import Faults
from trading_agent.embedded_exchange.frames import encode
from trading_agent.embedded_exchange.play import Play
from trading_agent.embedded_exchange.settings import EmbeddedSettings

_NORMAL, _TOO_SLOW = 1000, 1008
_GOODBYE_SECONDS = 5.0
_HURRIED_BACKLOG = 64
_GONE = (WebSocketDisconnect, TimeoutError)


class Connection:
    """One client: its channels, what waits to be sent to it, when it last showed life."""

    def __init__(self, now: float) -> None:
        self.channels: dict[str, Channel] = {}
        self.opened_at = now
        self.alive_at = now
        """When it last pinged, subscribed or was sent data; seconds of the event loop."""
        self.closing: tuple[int, str] | None = None
        self._waiting: deque[bytes | str] = deque()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def backlog(self) -> int:
        return len(self._waiting)

    def put(self, message: bytes | str) -> None:
        self._waiting.append(message)
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """What waits is dropped; the goodbye is sent next."""
        if self.closing is None:
            self.closing = (code, reason)
            self._waiting.clear()
            self._wake.set()
            self._room.set()

    async def room(self) -> None:
        """Until little waits for this client, or it is being closed."""
        if len(self._waiting) > _HURRIED_BACKLOG and self.closing is None:
            self._room.clear()
            await self._room.wait()

    async def send_all(self, socket: WebSocket) -> None:
        """Sends until closed. Raises WebSocketDisconnect when the client is gone."""
        while self.closing is None:
            while self._waiting:
                message = self._waiting.popleft()
                if isinstance(message, bytes):
                    await socket.send_bytes(message)
                else:
                    await socket.send_text(message)
            self._room.set()
            self._wake.clear()
            if self.closing is None:
                await self._wake.wait()
        code, reason = self.closing
        await asyncio.wait_for(socket.close(code, reason), _GOODBYE_SECONDS)


class Streams:
    """All connections. `publish` takes batches, `attend` serves one client to its end."""

    def __init__(self, settings: EmbeddedSettings, play: Play, faults: Faults) -> None:
        self._settings = settings
        self._play = play
        self._faults = faults
        self._connections: dict[Connection, None] = {}
        self._listeners: dict[str, list[Connection]] = {}
        self._came = asyncio.Event()

    @property
    def clients(self) -> int:
        return len(self._connections)

    async def attend(self, socket: WebSocket) -> None:
        """The life of one client's connection."""
        await socket.accept()
        if "listenKey" in socket.query_params:
            await socket.send_text("Invalid listen key")
            await socket.close(_NORMAL)
            return
        connection = Connection(_loop_time())
        self._connections[connection] = None
        tasks = (
            asyncio.create_task(connection.send_all(socket)),
            asyncio.create_task(self._hear_all(socket, connection)),
        )
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._remove(connection)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, _GONE):
                raise end

    async def _hear_all(self, socket: WebSocket, connection: Connection) -> None:
        """Until the client is gone."""
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if (text := message.get("text")) is not None:
                self._hear(connection, text)

    def _hear(self, connection: Connection, text: str) -> None:
        request = read_request(text)
        if request is None:
            return
        match request.method:
            case Method.PING:
                connection.alive_at = _loop_time()
                connection.put(pong())
            case Method.SUBSCRIPTION:
                self._subscribe(connection, request)
            case Method.UNSUBSCRIPTION:
                self._unsubscribe(connection, request)

    def _subscribe(self, connection: Connection, request: Request) -> None:
        refusals: list[str] = []
        accepted: list[str] = []
        for name in request.channels:
            channel = self._wanted(connection, name)
            if channel is None:
                refusals.append(name)
                continue
            accepted.append(name)
            if name not in connection.channels:
                connection.channels[name] = channel
                self._add_listener(connection, channel)
        if accepted:
            connection.alive_at = _loop_time()
            connection.put(acknowledged(request.id, accepted))
        if refusals:
            connection.put(refused(request.id, refusals))

    def _wanted(self, connection: Connection, name: str) -> Channel | None:
        """None for a channel that is not offered, or one too many."""
        if name in connection.channels:
            return connection.channels[name]
        try:
            channel = read_channel(name)
        except ValueError:
            return None
        full = len(connection.channels) >= MAX_STREAMS_PER_CONNECTION
        return None if full or not self._play.offers(channel) else channel

    def _unsubscribe(self, connection: Connection, request: Request) -> None:
        for name in request.channels:
            channel = connection.channels.pop(name, None)
            if channel is not None:
                self._drop_listener(connection, channel)
        connection.put(acknowledged(request.id, request.channels))

    def _add_listener(self, connection: Connection, channel: Channel) -> None:
        listeners = self._listeners.setdefault(channel.name, [])
        if not listeners:
            self._play.listen(channel)
        listeners.append(connection)
        self._came.set()

    def _drop_listener(self, connection: Connection, channel: Channel) -> None:
        listeners = self._listeners[channel.name]
        listeners.remove(connection)
        if not listeners:
            del self._listeners[channel.name]
            self._play.forget(channel)
        if not self._listeners:
            self._came.clear()

    def _remove(self, connection: Connection) -> None:
        del self._connections[connection]
        for channel in connection.channels.values():
            self._drop_listener(connection, channel)
        connection.close(_NORMAL, "gone")

    def publish(self, batches: Iterable[Batch]) -> None:
        """Encode and hand to every listener. A client too far behind is closed, except in a
        hurry, when whoever publishes waits for `room` first."""
        pairs = self._play.pairs
        for batch in batches:
            listeners = self._listeners.get(batch.channel.name)
            if listeners and not self._faults.silent:
                frame = encode(batch, pairs[batch.channel.symbol or ""])
                self._deliver(listeners, self._faults.spoil(batch.channel, frame))

    def _deliver(self, listeners: Sequence[Connection], frames: Sequence[bytes]) -> None:
        now = _loop_time()
        for connection in listeners:
            connection.alive_at = now
            for frame in frames:
                connection.put(frame)
            if not self._play.hurries and connection.backlog > self._settings.backlog_frames:
                connection.close(_TOO_SLOW, "too slow")

    async def listened(self) -> None:
        """Until somebody listens to anything."""
        await self._came.wait()

    async def room(self) -> None:
        """Until no client is behind."""
        for connection in tuple(self._connections):
            await connection.room()

    def sweep(self) -> None:
        """Close connections that have outlived what the exchange grants them."""
        now = _loop_time()
        code = self._faults.take_close_code()
        for connection in self._connections:
            if code is not None:
                connection.close(code, "")
            elif (reason := self._overdue(connection, now)) is not None:
                connection.close(_NORMAL, reason)

    def _overdue(self, connection: Connection, now: float) -> str | None:
        settings = self._settings
        quiet = now - connection.alive_at
        if not connection.channels and quiet > settings.subscription_seconds:
            return "no valid subscription"
        if quiet > settings.silence_seconds:
            return "no data"
        if now - connection.opened_at > settings.connection_hours * 3_600.0:
            return "connection too old"
        return None


def _loop_time() -> float:
    return asyncio.get_running_loop().time()

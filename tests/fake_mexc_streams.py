"""A scripted stream server on loopback: grants, refuses, goes silent, sends anything."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Condition
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response
from websockets.sync.server import ServerConnection, serve

from tests.fakes import ManualClock
from trading_agent.runtime.worker import Heartbeats, Stop, Worker

DEADLINE_SECONDS = 10.0
REFUSAL = "Not Subscribed successfully! [{}].  Reason\uff1a Blocked! "

Policy = Callable[[str, int], str | None]
"""Channel and request number to the text that answers a subscription; None for silence."""


def grant(channel: str, request: int) -> str:
    return json.dumps({"id": request, "code": 0, "msg": channel})


def refuse(channel: str, request: int) -> str:
    return json.dumps({"id": request, "code": 0, "msg": REFUSAL.format(channel)})


class FakeStreams:
    """Grants everything and answers pings, until told otherwise."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.policy: Policy = grant
        self.answers_pings = True
        self.headers: dict[str, str] = {}
        """Added to the answer to every handshake."""
        self.open: list[ServerConnection] = []
        self.accepted = 0
        self.pings = 0
        self.asked: list[str] = []
        """Channels of every subscription request, in order."""
        self.granted: set[str] = set()
        self.changed = Condition()
        """Guards everything above; notified of every change."""
        self._server = serve(
            self._handle,
            "127.0.0.1",
            0,
            compression=None,
            ping_interval=None,
            ssl=tls,
            process_response=self._greet,
        )
        self._scheme = "ws" if tls is None else "wss"
        self._worker = Worker(
            "fake-streams",
            self._serve,
            restart=None,
            heartbeats=Heartbeats(ManualClock()),
            interrupt=self._server.shutdown,
        )

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.socket.getsockname()[1]}/ws"

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        assert self._worker.stop(DEADLINE_SECONDS)

    def wait(self, until: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(until, DEADLINE_SECONDS), "the client never did that"

    def send(self, message: bytes | str) -> None:
        """A message to every open connection."""
        with self.changed:
            for connection in self.open:
                with suppress(ConnectionClosed):
                    connection.send(message)

    def send_raw(self, data: bytes) -> None:
        """Bytes past the server's own idea of the protocol."""
        with self.changed:
            for connection in self.open:
                with suppress(OSError):
                    connection.socket.sendall(data)

    def close_all(self, code: int = 1000) -> None:
        with self.changed:
            connections = list(self.open)
        for connection in connections:
            connection.close(code)

    def cut_all(self) -> None:
        """As when a cable is pulled: no goodbye."""
        with self.changed:
            for connection in self.open:
                with suppress(OSError):
                    connection.socket.shutdown(2)

    def _serve(self, _stop: Stop) -> None:
        self._server.serve_forever()

    def _greet(self, _connection: ServerConnection, _request: Any, response: Response) -> None:
        for name, value in self.headers.items():
            response.headers[name] = value

    def _handle(self, connection: ServerConnection) -> None:
        with self.changed:
            self.open.append(connection)
            self.accepted += 1
            self.granted.clear()
            self.changed.notify_all()
        try:
            for text in connection:
                self._answer(connection, json.loads(text))
        except ConnectionClosed:
            return
        finally:
            with self.changed:
                self.open.remove(connection)
                self.changed.notify_all()

    def _answer(self, connection: ServerConnection, message: dict[str, Any]) -> None:
        with self.changed:
            if message["method"] == "PING":
                self.pings += 1
                if self.answers_pings:
                    connection.send('{"id":0,"code":0,"msg":"PONG"}')
            elif message["method"] == "UNSUBSCRIPTION":
                connection.send(grant(message["params"][0], message["id"]))
            elif message["method"] == "SUBSCRIPTION":
                for channel in message["params"]:
                    self.asked.append(channel)
                    answer = self.policy(channel, message["id"])
                    if answer is not None:
                        if answer == grant(channel, message["id"]):
                            self.granted.add(channel)
                        connection.send(answer)
            self.changed.notify_all()


@contextmanager
def fake_streams(tls: ssl.SSLContext | None = None) -> Iterator[FakeStreams]:
    server = FakeStreams(tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()

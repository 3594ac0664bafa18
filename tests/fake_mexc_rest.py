"""A scripted exchange over HTTP on loopback: it answers what the test tells it to."""

import json
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fakes import ManualClock
from trading_agent.adapters.mexc.rest import MexcClient
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.domain.units import SECOND
from trading_agent.runtime.worker import Heartbeats, Stop, Worker

DEADLINE_SECONDS = 10.0


@dataclass(frozen=True)
class Reply:
    """`drip`: one byte of the body at a time, this many seconds apart. `hang`: nothing is
    answered until the server closes. `claim`: the length announced instead of the true one."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: float = 0.0
    drip_headers: bool = False
    hang: bool = False
    claim: int | None = None


def reply(document: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(document).encode(), named)


@dataclass(frozen=True)
class Request:
    path: str
    query: Mapping[str, str]


Answer = Callable[[Mapping[str, str]], Reply]
"""A reply that depends on the query, or on the state of the market."""


class FakeRest:
    """Replies of a path are used up one by one; the last one is given forever."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked_once = Event()
        self.requests: list[Request] = []
        self.connections = 0
        self.closing = Event()
        self._replies: dict[str, deque[Reply | Answer]] = {}
        self._script = Lock()
        self._server = _Server(self)
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._worker = Worker(
            "fake-rest",
            self._serve,
            restart=None,
            heartbeats=Heartbeats(ManualClock()),
            interrupt=self._server.shutdown,
        )

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def script(self, path: str, *replies: Reply | Answer) -> None:
        with self._script:
            self._replies[path] = deque(replies)

    def asked(self, path: str) -> list[Mapping[str, str]]:
        return [request.query for request in self.requests if request.path == path]

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        self.closing.set()
        assert self._worker.stop(DEADLINE_SECONDS)
        self._server.server_close()

    def next_reply(self, target: str) -> Reply:
        parts = urlsplit(target)
        with self._script:
            self.requests.append(Request(parts.path, dict(parse_qsl(parts.query))))
            self.asked_once.set()
            replies = self._replies.get(parts.path)
            if not replies:
                return reply({"code": -1, "msg": f"no script for {parts.path}"}, 404)
            given = replies.popleft() if len(replies) > 1 else replies[0]
            return given if isinstance(given, Reply) else given(self.requests[-1].query)

    def _serve(self, _stop: Stop) -> None:
        self._server.serve_forever(poll_interval=0.01)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeRest) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.fake.connections += 1

    def do_GET(self) -> None:
        answer = self.server.fake.next_reply(self.path)
        if answer.hang:
            self.server.fake.closing.wait(DEADLINE_SECONDS)
            self.close_connection = True
            return
        try:
            self._answer(answer)
        except OSError:
            self.close_connection = True

    def _answer(self, answer: Reply) -> None:
        if answer.drip_headers:
            self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 4_000, answer.drip)
            return
        self.send_response(answer.status)
        length = len(answer.body) if answer.claim is None else answer.claim
        for name, value in {"Content-Length": str(length), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.drip:
            self._drip(answer.body, answer.drip)
        else:
            self.wfile.write(answer.body)
        self.close_connection = answer.claim is not None

    def _drip(self, body: bytes, seconds: float) -> None:
        for byte in body:
            if self.server.fake.closing.wait(seconds):
                return
            self.wfile.write(bytes([byte]))
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


@contextmanager
def fake_rest(tls: ssl.SSLContext | None = None) -> Iterator[FakeRest]:
    server = FakeRest(tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Pauses:
    """Stands for waiting: remembers how long, and moves the clock instead."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.clock.advance(round(seconds * SECOND))


@contextmanager
def client_of(
    fake: FakeRest, clock: ManualClock, **changes: Any
) -> Iterator[tuple[MexcClient, Pauses]]:
    """A client of the scripted exchange whose pauses take no time."""
    pauses = Pauses(clock)
    client = MexcClient(MexcSettings(rest_url=fake.url, **changes), clock, pauses)
    try:
        yield client, pauses
    finally:
        client.close()

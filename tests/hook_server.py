"""The other side of a webhook: real HTTP on loopback that takes, refuses, throttles, hangs up."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from trading_agent.runtime.clock import SystemClock
from trading_agent.runtime.worker import Heartbeats, Stop, Worker


class Answer(NamedTuple):
    """`status` 0: the connection is closed without one."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Request(NamedTuple):
    headers: dict[str, str]
    body: bytes
    answered: int

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


class HookServer:
    """`answers` are given one after another, then 200; `requests` is everything that came."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.requests: list[Request] = []
        self._came = threading.Condition()  # guards both
        ours = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = ours._take(dict(self.headers), body)
                if answer.status == 0:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Tests say what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/very-secret"

    def _take(self, headers: dict[str, str], body: bytes) -> Answer:
        with self._came:
            answer = self.answers.popleft() if self.answers else Answer()
            self.requests.append(Request(headers, body, answer.status))
            self._came.notify_all()
        return answer

    def wait_for(self, seen: Callable[["HookServer"], bool]) -> None:
        with self._came:
            assert self._came.wait_for(lambda: seen(self), 20.0), len(self.requests)

    def taken(self) -> list[dict[str, Any]]:
        """What was answered with 200, in order."""
        with self._came:
            return [request.document for request in self.requests if request.answered == 200]

    def run(self, _stop: Stop) -> None:
        self._server.serve_forever(0.05)

    def interrupt(self) -> None:
        self._server.shutdown()

    def close(self) -> None:
        self._server.server_close()


@contextmanager
def hook_server() -> Iterator[HookServer]:
    server = HookServer()
    worker = Worker(
        "hook-server",
        server.run,
        restart=None,
        heartbeats=Heartbeats(SystemClock()),
        interrupt=server.interrupt,
    )
    worker.start()
    try:
        yield server
    finally:
        worker.stop(20.0)
        server.close()

"""The strict Bot API on a socket: form, JSON and multipart bodies, long polls, cut cables."""

import json
import socket
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from tests.telegram_api.api import Params, Refused, TelegramApi
from tests.threads.waiting import working
from trading_agent.runtime.worker import Stop

_LARGEST = 60_000_000


class TelegramServer:
    """`with` starts and stops it. `cut` ends every connection without an answer until `mend`."""

    def __init__(self, api: TelegramApi) -> None:
        self.api = api
        self.is_cut = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                with outer._lock:
                    outer._open.add(self.connection)

            def finish(self) -> None:
                with outer._lock:
                    outer._open.discard(self.connection)
                try:
                    super().finish()
                except OSError:
                    return

            def do_POST(self) -> None:
                outer._serve(self)

            def do_GET(self) -> None:
                outer._serve(self)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self._thread = working(self._serve_until, name="bot-api", interrupt=self._server.shutdown)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/bot"

    def __enter__(self) -> "TelegramServer":
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        assert self._thread.stop(10.0)
        self._server.server_close()

    def _serve_until(self, _: Stop) -> None:
        self._server.serve_forever(0.05)

    def cut(self) -> None:
        self.is_cut.set()
        with self._lock:
            connections = list(self._open)
        for each in connections:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def mend(self) -> None:
        self.is_cut.clear()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        if self.is_cut.is_set():
            handler.close_connection = True
            return
        try:
            status, body = self._answer(handler)
            if self.is_cut.is_set():
                handler.close_connection = True
                return
            handler.send_response(status)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)
        except OSError:
            handler.close_connection = True

    def _answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        length = int(handler.headers.get("Content-Length", 0))
        raw = handler.rfile.read(min(length, _LARGEST))
        prefix, _, method = handler.path.strip("/").partition("/")
        try:
            if not prefix.startswith("bot") or ":" not in prefix:
                raise Refused(404, "Not Found")
            if prefix != f"bot{self.api.token}":
                raise Refused(401, "Unauthorized")
            params = _params(handler.headers.get("Content-Type", ""), raw)
            result = self.api.answer(method.partition("?")[0], params)
        except Refused as refused:
            answer = {"ok": False, "error_code": refused.status, "description": refused.words}
            if refused.parameters:
                answer["parameters"] = refused.parameters
            return refused.status, json.dumps(answer).encode()
        return 200, json.dumps({"ok": True, "result": result}).encode()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        return


def _params(content_type: str, raw: bytes) -> Params:
    kind = content_type.partition(";")[0].strip()
    if kind == "application/json":
        found = json.loads(raw or b"{}")
        assert isinstance(found, dict)
        return found
    if kind == "multipart/form-data":
        return _multipart(content_type, raw)
    return dict(parse_qsl(raw.decode(), keep_blank_values=True, strict_parsing=bool(raw)))


def _multipart(content_type: str, raw: bytes) -> Params:
    """Files by the name that refers to them as `attach://name`."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + raw)
    fields: Params = {}
    for part in message.get_payload():
        assert not isinstance(part, str)
        name = part.get_param("name", header="content-disposition")
        body = part.get_payload(decode=True)
        is_file = part.get_filename() is not None
        fields[str(name)] = body if is_file else body.decode()
    return {name: _attached(value, fields) for name, value in fields.items()}


def _attached(value: Any, fields: Params) -> Any:
    if isinstance(value, str) and value.startswith("attach://"):
        return fields[value.removeprefix("attach://")]
    return value

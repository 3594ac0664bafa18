"""npm's `telegram-test-api` as an independent Bot API, behind a small shim.

The shim makes up for where it is not like Telegram: `getMe` without `is_bot`, dates in
milliseconds, edits and presses answered with null, no menus, and questions for news that never
wait.
"""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.threads.waiting import working

PACKAGE = "telegram-test-api@4.2.1"
_SERVER = """
const {TelegramServer} = require('telegram-test-api');
const server = new (TelegramServer || require('telegram-test-api'))(
  {port: Number(process.argv[1]), host: '127.0.0.1'});
server.start().then(() => console.log('up'));
"""
_NEWS_SECONDS = 0.1


def install(folder: Path) -> None:
    """Skips the test where npm cannot."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm is not here: the second opinion of the Bot API is not asked")
    command = [npm, "install", PACKAGE, "--no-audit", "--no-fund", "--prefix", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=90, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm had no answer: the second opinion of the Bot API is not asked")
    if done.returncode != 0:
        pytest.skip(f"npm could not install {PACKAGE}: {done.stderr.decode()[-200:]}")


class SecondOpinion:
    """The other server through its own client's routes; `base_url` leads through the shim."""

    def __init__(self, inner: str, base_url: str, token: str) -> None:
        self._inner = inner
        self.base_url = base_url
        self._token = token

    def send(self, user: int, text: str) -> None:
        person = {"id": user, "is_bot": False, "first_name": "Anna", "username": "anna"}
        message = {
            "botToken": self._token,
            "date": int(time.monotonic()),
            "from": person,
            "chat": {"id": user, "first_name": "Anna", "type": "private"},
            "text": text,
            "entities": [{"offset": 0, "length": len(text.split()[0]), "type": "bot_command"}],
        }
        self._post("sendCommand", message)

    def press(self, user: int, message: dict[str, Any], data: str) -> None:
        query = {
            "botToken": self._token,
            "from": {"id": user, "is_bot": False, "first_name": "Anna"},
            "message": {
                "message_id": message["messageId"],
                "date": 1,
                "chat": {"id": user, "type": "private"},
                "text": message["message"]["text"],
            },
            "data": data,
        }
        self._post("sendCallback", query)

    def answer(self, holds: str) -> dict[str, Any]:
        """The newest of the bot's messages, as it is now, that holds those words."""
        ends = time.monotonic() + 20.0
        while True:
            history = self._post("getUpdatesHistory", {"token": self._token})["result"]
            texts = [each for each in history if holds in each.get("message", {}).get("text", "")]
            if texts:
                found = texts[-1]
                assert isinstance(found, dict)
                return found
            assert time.monotonic() < ends, history
            threading.Event().wait(0.02)

    def _post(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        found = requests.post(f"{self._inner}/{route}", json=body, timeout=5).json()
        assert isinstance(found, dict)
        return found


@contextmanager
def second_opinion(folder: Path, token: str) -> Iterator[SecondOpinion]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["node", "-e", _SERVER, str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) as node:
        assert node.stdout is not None
        assert node.stdout.readline() == b"up\n"
        inner = f"http://127.0.0.1:{port}"
        shim = _Shim(("127.0.0.1", 0), _handler(inner))
        thread = working(lambda _: shim.serve_forever(0.05), interrupt=shim.shutdown)
        try:
            address = f"http://127.0.0.1:{shim.server_address[1]}/bot"
            yield SecondOpinion(inner, address, token)
        finally:
            assert thread.stop(10.0)
            shim.server_close()
            node.terminate()


class _Shim(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        return


def _handler(inner: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            method = self.path.rpartition("/")[2]
            answer = json.dumps({"ok": True, "result": self._result(method, body)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _result(self, method: str, body: bytes) -> Any:
            if method == "setMyCommands":
                return True
            kind = {"Content-Type": self.headers["Content-Type"]}
            found = requests.post(inner + self.path, data=body, headers=kind, timeout=5).json()
            result = found.get("result")
            if method == "getMe":
                return {**result, "is_bot": True}
            if method == "getUpdates" and not result:
                threading.Event().wait(_NEWS_SECONDS)
            if method == "sendMessage":
                return {**result, "date": result["date"] // 1_000, "reply_markup": None}
            return True if result is None else result

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler

"""Calls on a tape: recorded once with their failures and latencies, played again without a
network.

One JSON line a call, appended. A question asked several times gets its answers in the order they
were given.
"""

import base64
import json
import os
import zlib
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from llm_overseer.core.request import request_document
from llm_overseer.core.transport import Received, Take, Transport, TransportTrouble, key_of
from llm_overseer.errors import CassetteMissing, RecordsDamaged

_VERSION: Final = 1


class RecordingTransport:
    """Another transport, and a tape of all it does."""

    def __init__(self, inner: Transport, path: Path) -> None:
        self._inner = inner
        self._path = path

    async def send(self, body: Mapping[str, Any], seconds: float) -> Received:
        request = request_document(body)
        return await self._taped(request, lambda: self._inner.send(body, seconds))

    async def fetch(self, path: str, seconds: float) -> Received:
        return await self._taped(_page(path), lambda: self._inner.fetch(path, seconds))

    async def close(self) -> None:
        await self._inner.close()

    async def _taped(self, request: bytes, ask: Any) -> Received:
        try:
            received: Received = await ask()
        except TransportTrouble as trouble:
            late = trouble.latency_ms
            self._write(Take(request=request, trouble=trouble.trouble.value, latency_ms=late))
            raise
        self._write(
            Take(
                request=request,
                status=received.status,
                headers=received.headers,
                response=received.body,
                latency_ms=received.latency_ms,
            )
        )
        return received

    def _write(self, take: Take) -> None:
        with self._path.open("ab") as file:
            file.write(_line(take))
            file.flush()
            os.fsync(file.fileno())


class PlayedTransport:
    """Raises CassetteMissing for what nobody recorded; `misses` counts them."""

    def __init__(self, takes: Iterable[Take]) -> None:
        self._takes: dict[str, deque[Take]] = defaultdict(deque)
        for take in takes:
            self._takes[take.key()].append(take)
        self.misses = 0

    async def send(self, body: Mapping[str, Any], seconds: float) -> Received:
        return self._play(request_document(body), seconds)

    async def fetch(self, path: str, seconds: float) -> Received:
        return self._play(_page(path), seconds)

    async def close(self) -> None:
        """Nothing is held."""

    def _play(self, request: bytes, seconds: float) -> Received:
        waiting = self._takes.get(key_of(request))
        if not waiting:
            self.misses += 1
            raise CassetteMissing(f"nobody recorded request {key_of(request)[:12]}")
        take = waiting.popleft()
        if take.latency_ms > seconds * 1_000 and not take.trouble:
            raise CassetteMissing("recorded under a longer deadline than this one")
        return take.play()


def read_tape(path: Path) -> tuple[Take, ...]:
    """Raises RecordsDamaged. A last line without its end is a recorder that was killed."""
    lines = path.read_bytes().split(b"\n")[:-1]
    try:
        return tuple(_take(json.loads(line)) for line in lines)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise RecordsDamaged(f"{path} is not a readable cassette") from error


def _page(path: str) -> bytes:
    return f"GET {path}".encode()


def _line(take: Take) -> bytes:
    body = json.loads(take.request) if take.request.startswith(b"{") else {}
    document = {
        "v": _VERSION,
        "key": take.key(),
        "models": body.get("models"),
        "request": _packed(take.request),
        "status": take.status,
        "headers": dict(take.headers),
        "response": _packed(take.response),
        "latency_ms": take.latency_ms,
        "trouble": take.trouble,
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _take(document: Mapping[str, Any]) -> Take:
    if document["v"] != _VERSION:
        raise ValueError("another version")
    return Take(
        request=_unpacked(document["request"]),
        status=document["status"],
        headers=document["headers"],
        response=_unpacked(document["response"]),
        latency_ms=document["latency_ms"],
        trouble=document["trouble"],
    )


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))

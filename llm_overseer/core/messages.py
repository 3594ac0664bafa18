"""What travels between a desk and the process that asks a provider for it: a length, then a
message."""

import struct
from collections.abc import Mapping
from typing import Any, Final

import msgspec

HEAD: Final = struct.Struct("<I")
"""Bytes that follow."""
LARGEST: Final = 32 * 1024 * 1024


class Hello(msgspec.Struct, frozen=True, tag=True):
    """First of all, so that the key is in no argument and no environment."""

    base_url: str
    key: str
    title: str


class Send(msgspec.Struct, frozen=True, tag=True):
    """A chat completion. `number` comes back with its answer."""

    number: int
    body: Mapping[str, Any]
    seconds: float


class Fetch(msgspec.Struct, frozen=True, tag=True):
    number: int
    path: str
    seconds: float


class GiveUp(msgspec.Struct, frozen=True, tag=True):
    """Nobody waits for it any more."""

    number: int


class Got(msgspec.Struct, frozen=True, tag=True):
    number: int
    status: int
    headers: dict[str, str]
    body: bytes
    latency_ms: int


class Failed(msgspec.Struct, frozen=True, tag=True):
    number: int
    trouble: str
    latency_ms: int


Question = Send | Fetch
ToProcess = Hello | Send | Fetch | GiveUp
FromProcess = Got | Failed
_encode = msgspec.msgpack.Encoder().encode


def framed(message: ToProcess | FromProcess) -> bytes:
    body = _encode(message)
    return HEAD.pack(len(body)) + body

"""Control messages as the exchange reads and answers them: text in, text out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Method(StrEnum):
    SUBSCRIPTION = "SUBSCRIPTION"
    UNSUBSCRIPTION = "UNSUBSCRIPTION"
    PING = "PING"


@dataclass(frozen=True, slots=True)
class Request:
    """`id` is 0 when the client gave none."""

    method: Method
    channels: tuple[str, ...]
    id: int


_LONGEST: Final = 65_536


def read_request(text: str) -> Request | None:
    """None for text that is no request; the exchange does not answer it."""
    if len(text) > _LONGEST:
        return None
    try:
        content = json.loads(text)
        method = Method(content["method"].upper())
        channels = content.get("params") or ()
        request_id = content.get("id")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(channels, list | tuple) or not all(isinstance(c, str) for c in channels):
        return None
    known_id = request_id if type(request_id) is int and request_id >= 0 else 0
    return Request(method, tuple(channels), known_id)


def pong() -> str:
    return '{"id":0,"code":0,"msg":"PONG"}'


def acknowledged(request_id: int, channels: Sequence[str]) -> str:
    return _answer(request_id, ",".join(channels))


def refused(request_id: int, channels: Sequence[str]) -> str:
    """Code 0 like a success, a full-width colon and a trailing blank: as the exchange does."""
    names = ",".join(channels)
    return _answer(request_id, f"Not Subscribed successfully! [{names}].  Reason： Blocked! ")  # noqa: RUF001


def _answer(request_id: int, message: str) -> str:
    content = {"id": request_id, "code": 0, "msg": message}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

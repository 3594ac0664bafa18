"""How requests reach a provider, and what comes back: the Protocol and its values."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from llm_overseer.errors import InsecureAddress, OverseerError

CACHE_HEADER: Final = "x-openrouter-cache-status"
SIMULATED_HEADER: Final = "x-openrouter-simulated"
_LOOPBACK: Final = frozenset(("127.0.0.1", "::1", "localhost"))


class Trouble(StrEnum):
    """Why there is no answer at all."""

    UNREACHABLE = "unreachable"
    """No connection: nothing was sent."""
    TIMEOUT = "timeout"
    BROKEN = "broken"
    TOO_LARGE = "too_large"


class TransportTrouble(OverseerError):
    """`latency_ms`: how long it took to find out."""

    def __init__(self, trouble: Trouble, latency_ms: int) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.latency_ms = latency_ms


@dataclass(frozen=True, slots=True)
class Received:
    """Any answer, whatever its status. `headers`: the few that matter, in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One try as it went over the wire: what was sent, and the answer or the trouble. Enough to
    play it again."""

    request: bytes
    """Canonical."""
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    response: bytes = b""
    latency_ms: int = 0
    trouble: str = ""

    def key(self) -> str:
        return key_of(self.request)

    def play(self) -> Received:
        """Raises TransportTrouble, if that is what happened."""
        if self.trouble:
            raise TransportTrouble(Trouble(self.trouble), self.latency_ms)
        return Received(self.status, self.headers, self.response, self.latency_ms)


def key_of(request: bytes) -> str:
    return hashlib.sha256(request).hexdigest()


class Transport(Protocol):
    async def send(self, body: Mapping[str, Any], seconds: float) -> Received:
        """A chat completion, within `seconds` altogether. Raises TransportTrouble."""
        ...

    async def fetch(self, path: str, seconds: float) -> Received:
        """GET of an account's page: "/models", "/key", "/generation?id=…". Raises the same."""
        ...

    async def close(self) -> None: ...


def refuse_open_road(base_url: str) -> bool:
    """Whether it stays on this machine. Raises InsecureAddress where the key would travel in the
    clear."""
    address = urlsplit(base_url)
    local = address.hostname in _LOOPBACK
    if not local and address.scheme != "https":
        raise InsecureAddress(f"{address.scheme}://{address.hostname} would see the key")
    return local


def is_simulated(received: Received) -> bool:
    """The offline server says so of itself."""
    return SIMULATED_HEADER in received.headers


def from_cache(received: Received) -> bool:
    """The provider answered from its own cache, for nothing."""
    return received.headers.get(CACHE_HEADER, "").upper() == "HIT"

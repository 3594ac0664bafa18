"""HTTP with bounds: one time for a whole answer, one size, no redirects, our own errors."""

import http.client
import io
import socket
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from trading_agent.adapters.mexc.settings import MexcSettings, is_loopback
from trading_agent.domain.errors import Denied, Unavailable
from trading_agent.domain.units import SECOND, Nanos

_CHUNK: Final = 65_536
_LONGEST_RETRY_AFTER: Final = 3 * 86_400.0
"""The longest ban the exchange speaks of; seconds."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`retry_after`: the header as sent, empty when there was none."""

    status: int
    body: bytes
    retry_after: str


class HttpTransport:
    """A pool of connections to one address. Any thread may ask."""

    def __init__(self, settings: MexcSettings, trust: str | None = None) -> None:
        """`trust`: a file of certificates to believe instead of the usual ones."""
        self._url = settings.rest_url
        self._connect_timeout = settings.connect_timeout_seconds
        self._read_timeout = settings.read_timeout_seconds
        self._limit = settings.answer_limit_bytes
        self._session = requests.Session()
        self._session.trust_env = not is_loopback(self._url)
        self._session.verify = trust or True
        self._session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip"})
        adapter = _BoundedAdapter(
            pool_connections=1, pool_maxsize=settings.pool_connections, max_retries=0
        )
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def get(self, path: str, query: dict[str, str], within: float) -> HttpAnswer:
        """One attempt, over within `within` seconds, looking up the name not counted.

        Raises Unavailable when no whole answer came, Denied when the address is not the
        exchange: a bad certificate or a redirect. Messages name the path, never the query.
        """
        connect = min(within / 2, self._connect_timeout)
        try:
            with self._session.get(
                self._url + path,
                params=query,
                timeout=(connect, min(within - connect, self._read_timeout)),
                allow_redirects=False,
                stream=True,
            ) as response:
                return self._read(path, response)
        except requests.RequestException as error:
            raise _translated(path, error) from error

    def close(self) -> None:
        self._session.close()

    def _read(self, path: str, response: requests.Response) -> HttpAnswer:
        if 300 <= response.status_code < 400:
            raise Denied(f"{path}: redirected (status {response.status_code}); not followed")
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > self._limit:
                raise Unavailable(f"{path}: the answer is larger than {self._limit} bytes")
        return HttpAnswer(
            response.status_code, bytes(body), response.headers.get("Retry-After", "")
        )


def retry_seconds(header: str, now: Nanos) -> float | None:
    """Seconds that a Retry-After header asks for, given as a number or a date."""
    header = header.strip()
    if header.isascii() and header.isdigit():
        seconds = float(header[:10])
    else:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - now / SECOND
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def _translated(path: str, error: requests.RequestException) -> Denied | Unavailable:
    if _has_bad_certificate(error):
        return Denied(f"{path}: the certificate of the exchange is not good")
    if isinstance(error, requests.exceptions.ReadTimeout):
        return Unavailable(f"{path}: no whole answer in time")
    return Unavailable(f"{path}: no answer ({type(error).__name__})")


def _has_bad_certificate(error: BaseException) -> bool:
    """The certificate's error lies several wrappings deep, as reason, argument or cause."""
    to_look_at: list[object] = [error]
    for _ in range(16):
        if not to_look_at:
            break
        cause = to_look_at.pop()
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        if isinstance(cause, BaseException):
            to_look_at += [cause.__cause__, getattr(cause, "reason", None), *cause.args[:2]]
    return False


class _TimedReader(io.RawIOBase):
    """Reads of a socket that end together: a byte now and then does not buy more time."""

    def __init__(self, sock: socket.socket) -> None:
        seconds = sock.gettimeout()
        self._sock = sock
        self._ends_at = None if seconds is None else time.monotonic() + seconds
        self._raw: io.RawIOBase = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._ends_at is not None:
            left = self._ends_at - time.monotonic()
            if left <= 0.0:
                raise TimeoutError("the whole answer did not come in time")
            self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedAnswer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


class _PlainConnection(HTTPConnection):
    response_class = _TimedAnswer


class _SecureConnection(HTTPSConnection):
    response_class = _TimedAnswer


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _BoundedAdapter(HTTPAdapter):
    """The read timeout counts from the request sent to the last byte of the answer."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _bound(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        _bound(manager)
        return manager


def _bound(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

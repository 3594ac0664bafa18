"""The one place where a stream touches a socket; its errors become ours here."""

import socket
import ssl
from typing import Final, Protocol

from websocket import ABNF, WebSocket, WebSocketException

from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.domain.errors import FeedError

_MOMENT_SECONDS: Final = 0.05
"""How long `receive` waits: also how late a snapshot or a stop may be noticed."""
_SEND_SECONDS: Final = 5.0
_CHUNK: Final = 65_536


class StreamLink(Protocol):
    """One connection. Every method but `cut` belongs to one thread; all may raise FeedError,
    after which the connection is of no more use."""

    def open(self) -> None:
        """Connect and shake hands."""
        ...

    def receive(self) -> bytes:
        """What has come, waiting a moment at most; empty when nothing did."""
        ...

    def send(self, text: str) -> None: ...

    def pong(self, payload: bytes) -> None: ...

    def close(self) -> None:
        """Never raises."""
        ...

    def cut(self) -> None:
        """Any thread: whatever the connection is doing ends at once. Never raises."""
        ...


class SocketLink:
    """websocket-client for the handshake and for what we send.

    What comes is read from its socket as it is: its own reader takes frames of any size
    and asks the system several times for each of them.
    """

    def __init__(self, settings: MexcSettings, trust: ssl.SSLContext | None = None) -> None:
        """`trust`: what to believe of certificates, instead of the usual."""
        self._url = settings.stream_url
        self._connect_seconds = settings.connect_timeout_seconds
        options = {} if trust is None else {"context": trust}
        self._socket = WebSocket(enable_multithread=False, sslopt=options)

    def open(self) -> None:
        try:
            self._socket.settimeout(self._connect_seconds)
            self._socket.connect(self._url, redirect_limit=0)  # type: ignore[no-untyped-call]
            extensions = (self._socket.headers or {}).get("sec-websocket-extensions")
            self._socket.settimeout(_MOMENT_SECONDS)
        except (WebSocketException, OSError, ValueError) as error:
            status = getattr(error, "status_code", "")
            raise FeedError(f"unreachable: {type(error).__name__} {status}".rstrip()) from error
        if extensions:
            raise FeedError("protocol: the exchange insists on an extension (compression?)")

    def receive(self) -> bytes:
        try:
            data: bytes = self._open_socket().recv(_CHUNK)
        except TimeoutError:
            return b""
        except OSError as error:
            raise FeedError(f"closed: {type(error).__name__}") from error
        if not data:
            raise FeedError("closed: without a word")
        return data

    def send(self, text: str) -> None:
        self._send(text.encode(), ABNF.OPCODE_TEXT)

    def pong(self, payload: bytes) -> None:
        self._send(payload, ABNF.OPCODE_PONG)

    def close(self) -> None:
        try:
            self._socket.settimeout(_MOMENT_SECONDS)
            if self._socket.connected:
                self._socket.send_close()
        except (WebSocketException, OSError):
            pass  # it is over either way; saying so was a courtesy
        self._socket.shutdown()  # type: ignore[no-untyped-call]

    def cut(self) -> None:
        opened = self._socket.sock
        if opened is not None:
            try:
                # Past the TLS layer's own method: it would let the reading thread go on
                # with the bare bytes below.
                socket.socket.shutdown(opened, socket.SHUT_RDWR)
            except OSError:
                return  # closed in the meantime, which is what was wanted

    def _send(self, payload: bytes, opcode: int) -> None:
        """With more patience than for reading: a message sent in part cannot be taken back."""
        try:
            self._socket.settimeout(_SEND_SECONDS)
            self._socket.send(payload, opcode)
            self._socket.settimeout(_MOMENT_SECONDS)
        except (WebSocketException, OSError) as error:
            raise FeedError(f"closed: {type(error).__name__} while sending") from error

    def _open_socket(self) -> socket.socket:
        opened = self._socket.sock
        if opened is None:
            raise FeedError("closed: before it was opened")
        return opened

"""Bytes of a WebSocket connection → whole messages, each bounded before it is taken in.

Client side of RFC 6455 without extensions: no compression, no masked frames. Knows no
socket; a `FeedError` it raises ends the connection.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from trading_agent.domain.errors import FeedError


class Opcode(IntEnum):
    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


_FINAL: Final = 0x80
_RESERVED: Final = 0x70
_OPCODE: Final = 0x0F
_MASKED: Final = 0x80
_LENGTH: Final = 0x7F
_CONTROL: Final = 0x08
_LENGTH_IN_2_BYTES: Final = 126
_LENGTH_IN_8_BYTES: Final = 127
_LARGEST_CONTROL: Final = 125
_MOST_FRAGMENTS: Final = 1_024
_SHORT_HEADER: Final = 4
_BINARY: Final = Opcode.BINARY
_WHOLE_BINARY: Final = _FINAL | Opcode.BINARY
_OPCODES: Final = frozenset(Opcode)


class MessageReader:
    """One for each connection."""

    def __init__(self, limit: int) -> None:
        """`limit`: the largest message taken, all its fragments together; bytes."""
        self._limit = limit
        self._buffer = bytearray()
        self._fragments: list[bytes] = []
        self._fragmented: int | None = None
        """Opcode of the message whose fragments are being collected."""
        self._collected = 0

    def messages(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Opcode and payload of every message that `data` completes, in order.

        Raises FeedError at the first frame that must not be taken, after yielding what
        came before it: "oversize:" as soon as a header announces too much, "protocol:" for
        what the standard forbids.
        """
        if (payload := self._lone_binary(data)) is not None:
            yield _BINARY, payload
            return
        self._buffer += data
        while (frame := self._next_frame()) is not None:
            first, payload = frame
            message = self._joined(first & _OPCODE, payload, final=bool(first & _FINAL))
            if message is not None:
                yield message

    def _lone_binary(self, data: bytes) -> bytes | None:
        """The payload when one read brought one whole binary message and nothing else, as nearly
        every read does; None for the general way to deal with."""
        size = len(data)
        if size < _SHORT_HEADER or data[0] != _WHOLE_BINARY or self._buffer:
            return None
        if self._fragmented is not None:
            return None
        start, length = 2, data[1]
        if length == _LENGTH_IN_2_BYTES:
            start, length = _SHORT_HEADER, data[2] << 8 | data[3]
        elif length > _LENGTH_IN_2_BYTES:
            return None
        return data[start:] if start + length == size and length <= self._limit else None

    def _next_frame(self) -> tuple[int, bytes] | None:
        """First byte and payload of the next whole frame; None while it is not all here."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & _LENGTH, 2
        if length >= _LENGTH_IN_2_BYTES:
            start = 4 if length == _LENGTH_IN_2_BYTES else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start])
        self._check(buffer[0], buffer[1], length)
        end = start + length
        if len(buffer) < end:
            return None
        frame = buffer[0], bytes(buffer[start:end])
        del buffer[:end]
        return frame

    def _check(self, first: int, second: int, length: int) -> None:
        """Everything a header can be refused for, before the payload is waited for."""
        opcode = first & _OPCODE
        if first & _RESERVED:
            raise FeedError("protocol: a frame uses an extension (compression?) nobody asked for")
        if second & _MASKED:
            raise FeedError("protocol: a server's frame is masked")
        if opcode not in _OPCODES:
            raise FeedError(f"protocol: unknown opcode {opcode}")
        if opcode & _CONTROL:
            if length > _LARGEST_CONTROL or not first & _FINAL:
                raise FeedError("protocol: a control frame is long or in pieces")
        elif (opcode == Opcode.CONTINUATION) != (self._fragmented is not None):
            raise FeedError("protocol: fragments out of order")
        elif self._collected + length > self._limit:
            raise FeedError(
                f"oversize: a message of {self._collected + length} bytes; {self._limit} allowed"
            )

    def _joined(self, opcode: int, payload: bytes, *, final: bool) -> tuple[int, bytes] | None:
        if opcode & _CONTROL or (final and self._fragmented is None):
            return opcode, payload
        if self._fragmented is None:
            self._fragmented = opcode
        self._fragments.append(payload)
        self._collected += len(payload)
        if not final:
            if len(self._fragments) >= _MOST_FRAGMENTS:
                raise FeedError(f"oversize: a message in more than {_MOST_FRAGMENTS} pieces")
            return None
        whole = self._fragmented, b"".join(self._fragments)
        self._fragments, self._fragmented, self._collected = [], None, 0
        return whole

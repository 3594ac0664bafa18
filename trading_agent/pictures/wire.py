"""What travels between the process that wishes for pictures and the one that draws them."""

import struct
from typing import Final, NamedTuple, get_args

import msgspec

from trading_agent.domain.errors import InvariantError
from trading_agent.runtime.picture_ports import PictureData

HEAD: Final = struct.Struct("<BI")
"""A word, and the length of what follows in bytes."""
DRAWN: Final = 0
FAILED: Final = 1
LARGEST: Final = 32 * 1024 * 1024

_KINDS: Final[tuple[type[PictureData], ...]] = get_args(PictureData)
_encode = msgspec.msgpack.Encoder().encode


class Answer(NamedTuple):
    """`content`: a PNG, or why there is none."""

    word: int
    content: bytes


def asked(data: PictureData) -> bytes:
    body = _encode(data)
    return HEAD.pack(_KINDS.index(type(data)), len(body)) + body


def read(word: int, body: bytes) -> PictureData:
    """Raises InvariantError."""
    try:
        return msgspec.msgpack.decode(body, type=_KINDS[word])
    except (IndexError, msgspec.DecodeError) as error:
        raise InvariantError(f"nobody asks so for a picture: {error}") from error


def answered(answer: Answer) -> bytes:
    return HEAD.pack(answer.word, len(answer.content)) + answer.content

"""The reader of WebSocket frames, by bytes alone."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_agent.adapters.mexc.websocket_frames import MessageReader, Opcode
from trading_agent.domain.errors import FeedError

Message = tuple[int, bytes]


def frame(opcode: int, payload: bytes, *, final: bool = True, first: int = 0) -> bytes:
    head = bytes([opcode | (0x80 if final else 0) | first])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    if len(payload) < 65_536:
        return head + b"\x7e" + len(payload).to_bytes(2) + payload
    return head + b"\x7f" + len(payload).to_bytes(8) + payload


def read(data: bytes, limit: int = 1_000_000) -> list[Message]:
    return list(MessageReader(limit).messages(data))


def announced(length: int, opcode: int = Opcode.BINARY) -> bytes:
    """A header that promises `length` bytes, and none of them."""
    return bytes([0x80 | opcode, 0x7F]) + length.to_bytes(8)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 300_000])
def test_a_message_of_any_length(length: int) -> None:
    payload = random.Random(length).randbytes(length)
    assert read(frame(Opcode.BINARY, payload)) == [(Opcode.BINARY, payload)]


messages = st.lists(
    st.tuples(st.sampled_from([Opcode.TEXT, Opcode.BINARY]), st.binary(max_size=300)), max_size=8
)


@given(messages, st.lists(st.integers(1, 40), min_size=1))
def test_messages_do_not_depend_on_how_the_bytes_arrive(
    sent: list[Message], cuts: list[int]
) -> None:
    data = b"".join(frame(opcode, payload) for opcode, payload in sent)
    reader, received, at, turn = MessageReader(1_000), list[Message](), 0, 0
    while at < len(data):
        size = cuts[turn % len(cuts)]
        received += reader.messages(data[at : at + size])
        at, turn = at + size, turn + 1
    assert received == sent


@given(st.binary(max_size=200))
def test_any_bytes_give_messages_or_our_error(data: bytes) -> None:
    try:
        for _, payload in MessageReader(64).messages(data):
            assert len(payload) <= 125
    except FeedError as error:
        assert str(error).startswith(("oversize:", "protocol:"))


def test_fragments_are_joined_with_control_frames_between_them() -> None:
    data = (
        frame(Opcode.BINARY, b"one ", final=False)
        + frame(Opcode.PING, b"?")
        + frame(Opcode.CONTINUATION, b"two ", final=False)
        + frame(Opcode.CONTINUATION, b"three")
        + frame(Opcode.TEXT, b"next")
    )
    assert read(data) == [
        (Opcode.PING, b"?"),
        (Opcode.BINARY, b"one two three"),
        (Opcode.TEXT, b"next"),
    ]


def test_a_large_message_is_refused_by_its_header() -> None:
    with pytest.raises(FeedError, match=r"^oversize: a message of 4194305 bytes"):
        read(announced(4 * 1024 * 1024 + 1), limit=4 * 1024 * 1024)
    assert read(announced(4 * 1024 * 1024), limit=4 * 1024 * 1024) == []


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 64 * 1024 * 1024])
def test_a_length_without_bounds_is_refused_by_its_header(length: int) -> None:
    with pytest.raises(FeedError, match="oversize:"):
        read(announced(length))


def test_fragments_count_together() -> None:
    data = frame(Opcode.BINARY, b"x" * 60, final=False) + frame(Opcode.CONTINUATION, b"x" * 60)
    assert read(data, limit=120) == [(Opcode.BINARY, b"x" * 120)]
    with pytest.raises(FeedError, match="oversize:"):
        read(data, limit=119)


def test_tiny_fragments_without_end_are_refused() -> None:
    data = frame(Opcode.BINARY, b"", final=False) + 5_000 * frame(
        Opcode.CONTINUATION, b"", final=False
    )
    with pytest.raises(FeedError, match="pieces"):
        read(data)


def test_what_came_before_a_bad_frame_is_not_lost() -> None:
    reader = MessageReader(1_000)
    received = []
    with pytest.raises(FeedError):
        for message in reader.messages(frame(Opcode.TEXT, b"good") + b"\xc2\x00"):
            received.append(message)  # noqa: PERF402 - what is yielded before the error counts
    assert received == [(Opcode.TEXT, b"good")]


@pytest.mark.parametrize(
    "data",
    [
        frame(Opcode.BINARY, b"x", first=0x40),
        frame(Opcode.BINARY, b"x", first=0x20),
        frame(Opcode.BINARY, b"x", first=0x10),
        b"\x82\x81\x00\x00\x00\x00x",
        frame(0x3, b"x"),
        frame(0xB, b"x"),
        frame(Opcode.PING, b"x" * 126),
        frame(Opcode.CLOSE, b"", final=False),
        frame(Opcode.CONTINUATION, b"x"),
        frame(Opcode.BINARY, b"x", final=False) + frame(Opcode.BINARY, b"x"),
    ],
    ids=[
        "compressed",
        "reserved 2",
        "reserved 3",
        "masked",
        "opcode 3",
        "opcode 11",
        "long ping",
        "close in pieces",
        "continuation of nothing",
        "message within a message",
    ],
)
def test_what_the_standard_forbids_is_refused(data: bytes) -> None:
    with pytest.raises(FeedError, match=r"^protocol:"):
        read(data)

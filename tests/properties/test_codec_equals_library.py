"""Differential fuzzing: the decoder says of any bytes exactly what the protobuf library says."""

from decimal import Decimal
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.mexc_frames import (
    BOOK_TICKER,
    CHANNELS,
    DEPTH,
    INSTRUMENTS,
    KLINE,
    TRADES,
    book_ticker,
    depth,
    field,
    image,
    kline,
    trades,
    varint,
    wrapper,
)
from trading_agent.adapters.mexc.codec import FrameDecoder, decode_with_library
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.domain.errors import FeedError

BTCUSDC = INSTRUMENTS[0]
DECODER = FrameDecoder(INSTRUMENTS, CHANNELS)
"""One for all examples, as one connection uses one for all its frames."""

FUZZ = settings(max_examples=150, deadline=None)

prices = st.integers(1, 10**9).map(lambda ticks: str(BTCUSDC.price(ticks)))
sizes = st.integers(0, 10**12).map(lambda lots: f"{BTCUSDC.size(lots):f}")
odd_numbers = st.one_of(
    prices,
    sizes,
    st.from_regex(r"[0-9]{0,20}(\.[0-9]{0,20})?", fullmatch=True),
    st.text("0123456789.-+eE ", max_size=12),
)
times = st.integers(1, 2**42)
versions = st.integers(0, 10**15)


def levels(price: st.SearchStrategy[str], size: st.SearchStrategy[str]) -> Any:
    return st.lists(st.tuples(price, size), max_size=12)


@st.composite
def depths(draw: st.DrawFn, price: Any = prices, size: Any = sizes) -> Any:
    first = draw(versions)
    last = first + draw(st.integers(0, 50))
    asks, bids = draw(levels(price, size)), draw(levels(price, size))
    return depth(asks, bids, str(first), str(last), sent_at=draw(times))


@st.composite
def deals(draw: st.DrawFn, price: Any = prices, size: Any = sizes) -> Any:
    return trades(*draw(st.lists(st.tuples(price, size, st.sampled_from((1, 2)), times))))


@st.composite
def quotes(draw: st.DrawFn, price: Any = prices, size: Any = sizes) -> Any:
    bid, ask = draw(st.tuples(price, size)), draw(st.tuples(price, size))
    return book_ticker(bid, ask, draw(st.sampled_from(("", "0", "17521975455"))))


@st.composite
def candles(draw: st.DrawFn, price: Any = prices, size: Any = sizes) -> Any:
    return kline(draw(st.tuples(price, price, price, price)), draw(size))


valid = st.one_of(depths(), deals(), quotes(), candles())
doubtful = st.one_of(
    *(strategy(odd_numbers, odd_numbers) for strategy in (depths, deals, quotes, candles))
)


def said_by_library(frame: bytes) -> Any:
    try:
        return image(decode_with_library(frame, INSTRUMENTS, CHANNELS))
    except FeedError as error:
        return str(error)


def assert_alike(frame: bytes) -> None:
    try:
        decoded: Any = image(DECODER.decode(frame))
    except FeedError as error:
        decoded = str(error)
    assert decoded == said_by_library(frame), frame.hex()


@FUZZ
@given(valid)
def test_valid_frames_are_decoded_without_the_library(message: Any) -> None:
    frame = message.SerializeToString()
    before = DECODER.library_frames
    assert_alike(frame)
    assert DECODER.library_frames == before


@FUZZ
@given(levels(prices, sizes), levels(prices, sizes))
def test_numbers_become_what_the_pair_counts_them_as(asks: Any, bids: Any) -> None:
    decoded = DECODER.decode(depth(asks, bids).SerializeToString())
    expected = [
        (BTCUSDC.ticks(Decimal(price)), BTCUSDC.lots(Decimal(size))) for price, size in asks + bids
    ]
    assert list(zip(decoded.rows["price"], decoded.rows["size"], strict=True)) == expected


@FUZZ
@given(doubtful)
def test_frames_with_any_numbers_are_decoded_alike(message: Any) -> None:
    assert_alike(message.SerializeToString())


@FUZZ
@given(
    st.one_of(valid, doubtful),
    st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_frames_with_changed_bytes_are_decoded_alike(
    message: Any, changes: list[tuple[int, int]]
) -> None:
    frame = bytearray(message.SerializeToString())
    for position, value in changes:
        frame[position % len(frame)] = value
        assert_alike(bytes(frame))


@FUZZ
@given(valid, valid, st.integers(0, 2**16), st.integers(0, 2**16))
def test_frames_spliced_of_two_are_decoded_alike(
    left: Any, right: Any, first_cut: int, second_cut: int
) -> None:
    head, rest = left.SerializeToString(), right.SerializeToString()
    head = head[: first_cut % (len(head) + 1)]
    assert_alike(head)
    assert_alike(head + rest[second_cut % (len(rest) + 1) :])
    assert_alike(head + rest)


@FUZZ
@given(st.binary(max_size=200))
@example(b"")
@example(b"\x0b\x0c")
def test_random_bytes_are_decoded_alike(frame: bytes) -> None:
    assert_alike(frame)
    assert_alike(wrapper(DEPTH).SerializeToString() + field(313, frame))
    assert_alike(wrapper(TRADES).SerializeToString() + field(314, frame))
    assert_alike(wrapper(BOOK_TICKER).SerializeToString() + field(315, frame))
    assert_alike(wrapper(KLINE).SerializeToString() + field(308, frame))


unknown_fields = st.one_of(
    st.builds(field, st.integers(16, 400), st.integers(0, 2**64 - 1)),
    st.builds(field, st.integers(16, 300), st.binary(max_size=20)),
    st.builds(lambda number: varint(number << 3 | 1) + bytes(8), st.integers(1, 2**20)),
    st.builds(lambda number: varint(number << 3 | 5) + bytes(4), st.integers(1, 2**20)),
    st.builds(lambda n: varint(n << 3 | 3) + varint(n << 3 | 4), st.integers(1, 400)),
    # A number we know, in a shape we do not.
    st.builds(field, st.integers(1, 15), st.integers(0, 2**64 - 1)),
    st.builds(lambda tail: varint(2**35 + tail), st.integers(0, 255)),
)


@st.composite
def shuffled(draw: st.DrawFn, message: Any) -> bytes:
    """The fields of a message in any order, unknown ones between them, and so within."""
    pieces = []
    for descriptor, value in message.ListFields():
        for item in value if descriptor.is_repeated else [value]:
            if descriptor.message_type is not None:
                content: bytes | int = draw(shuffled(item))
            elif isinstance(item, str):
                content = item.encode()
            else:
                content = item
            pieces.append(field(descriptor.number, content))
    pieces += draw(st.lists(unknown_fields, max_size=2))
    return b"".join(draw(st.permutations(pieces)))


@FUZZ
@given(st.data())
def test_fields_in_any_order_with_unknown_ones_between_are_decoded_alike(
    data: st.DataObject,
) -> None:
    message = data.draw(valid)
    assert_alike(data.draw(shuffled(message)))


@FUZZ
@given(st.data())
def test_known_fields_in_any_order_need_no_library(data: st.DataObject) -> None:
    message = data.draw(valid)
    pieces = data.draw(st.permutations(top_level(message)))
    before = DECODER.library_frames
    assert_alike(b"".join(pieces))
    assert DECODER.library_frames == before


def top_level(message: Any) -> list[bytes]:
    pieces = []
    for descriptor, value in message.ListFields():
        alone = PushDataV3ApiWrapper()
        if descriptor.message_type is not None:
            getattr(alone, descriptor.name).CopyFrom(value)
        else:
            setattr(alone, descriptor.name, value)
        pieces.append(alone.SerializeToString())
    return pieces


def test_every_flip_of_one_bit_is_decoded_alike() -> None:
    for message in (
        depth(asks=[("65000.01", "0.5")], bids=[("64999.99", "0")]),
        trades(("115091.25", "0.000059", 1, 1_755_973_886_258)),
        book_ticker(("93387.28", "3.73485"), ("93387.29", "7.669875"), "1234"),
        kline(("117317.31", "117341", "117317.3", "117325.26"), "3.12599"),
    ):
        frame = message.SerializeToString()
        for position in range(8 * len(frame)):
            flipped = bytearray(frame)
            flipped[position // 8] ^= 1 << position % 8
            assert_alike(bytes(flipped))

"""The frame decoder at its edges. Both ways of decoding must say the same of every frame."""

import numpy as np
import pytest

from tests.mexc_frames import (
    BOOK_TICKER,
    BTCUSDC,
    CHANNELS,
    DEPTH,
    INSTRUMENTS,
    KLINE,
    SENT_AT,
    TRADES,
    body_frame,
    book_ticker,
    decode_both,
    depth,
    field,
    image,
    instrument,
    kline,
    level,
    lines,
    outcome_of_both,
    refusal_of_both,
    trades,
    varint,
    wrapper,
)
from trading_agent.adapters.mexc.codec import (
    FrameDecoder,
    FrameKind,
    decode_with_library,
    warm_up,
)
from trading_agent.adapters.mexc.frame_kernel import decode_rows
from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.domain.market_rows import ROW, RowFlag

MS = 1_000_000
LEVELS = [("65000.01", "0.5"), ("65000.02", "0.25")]


VERSIONS = field(4, b"101") + field(5, b"103")


def test_a_depth_frame_becomes_asks_then_bids_of_one_message() -> None:
    frame = depth(asks=LEVELS, bids=[("64999.99", "0")]).SerializeToString()
    decoded = decode_both(frame, compiled=True)
    assert decoded.kind is FrameKind.DEPTH
    assert decoded.symbol == BTCUSDC
    assert lines(decoded) == [
        ("ASK", 6_500_001, 500_000),
        ("ASK", 6_500_002, 250_000),
        ("BID", 6_499_999, 0),
    ]
    assert decoded.rows["flags"].tolist() == [0, 0, RowFlag.LAST]
    assert decoded.rows["sequence"].tolist() == [103] * 3
    assert decoded.rows["venue_at"].tolist() == [SENT_AT * MS] * 3
    assert decoded.rows["at"].tolist() == [0] * 3


def test_rows_carry_the_place_of_their_pair_in_the_run() -> None:
    frame = depth(bids=[("2.5174", "7")], channel=CHANNELS[1]).SerializeToString()
    decoded = decode_both(frame, compiled=True)
    assert decoded.symbol == 2
    assert decoded.rows["symbol"].tolist() == [2]
    assert lines(decoded) == [("BID", 25_174, 7)]


def test_a_depth_frame_without_levels_still_advances_the_version() -> None:
    decoded = decode_both(depth(first="7", last="9").SerializeToString(), compiled=True)
    assert (decoded.first_version, decoded.last_version) == (7, 9)
    assert decoded.rows.dtype == ROW
    assert len(decoded.rows) == 0


def test_bids_before_asks_on_the_wire_are_put_in_order() -> None:
    body = VERSIONS + field(2, level("1.00", "1")) + field(1, level("2.00", "2"))
    body += field(2, level("0.99", "3")) + field(1, level("2.01", "4"))
    decoded = decode_both(body_frame(313, body), compiled=True)
    assert lines(decoded) == [
        ("ASK", 200, 2_000_000),
        ("ASK", 201, 4_000_000),
        ("BID", 100, 1_000_000),
        ("BID", 99, 3_000_000),
    ]
    assert decoded.rows["flags"].tolist() == [0, 0, 0, RowFlag.LAST]


def test_the_order_of_fields_does_not_matter() -> None:
    body = field(5, b"103") + field(1, field(2, b"0.5") + field(1, b"65000.01")) + field(4, b"101")
    frame = (
        field(313, body)
        + field(6, SENT_AT)
        + field(3, b"BTCUSDC")
        + field(4, b"id")
        + field(1, DEPTH.encode())
    )
    decoded = decode_both(frame, compiled=True)
    assert lines(decoded) == [("ASK", 6_500_001, 500_000)]
    assert decoded.sent_at == SENT_AT * MS


def test_unknown_fields_are_passed_over_wherever_they_stand() -> None:
    unknown = field(15, b"\xff\x00") + field(99, 7) + varint(77 << 3 | 1) + bytes(8)
    unknown += varint(78 << 3 | 5) + bytes(4)
    item = field(1, unknown + level("65000.01", "0.5") + unknown)
    frame = unknown + body_frame(313, unknown + item + VERSIONS + unknown) + unknown
    assert lines(decode_both(frame, compiled=True)) == [("ASK", 6_500_001, 500_000)]


def test_a_repeated_number_counts_as_last_written() -> None:
    item = field(1, level("65000.01", "0.5") + level("65000.02", "0.25"))
    assert lines(decode_both(body_frame(313, item + VERSIONS))) == [("ASK", 6_500_002, 250_000)]


def test_a_body_in_two_pieces_is_read_as_one() -> None:
    pieces = field(313, field(1, level("2.00", "2")) + field(4, b"5"))
    pieces += field(313, field(2, level("1.00", "1")) + field(5, b"6"))
    decoded = decode_both(wrapper(DEPTH).SerializeToString() + pieces, compiled=False)
    assert lines(decoded) == [("ASK", 200, 2_000_000), ("BID", 100, 1_000_000)]
    assert (decoded.first_version, decoded.last_version) == (5, 6)


def test_a_body_of_another_kind_beside_the_right_one_decides() -> None:
    frame = depth(asks=LEVELS).SerializeToString()
    assert refusal_of_both(frame + field(314, b"")).startswith("garbage:")
    assert lines(decode_both(field(314, b"") + frame, compiled=False))[0][0] == "ASK"


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("0.01", 1),
        ("1", 100),
        ("1.0", 100),
        ("10.000000000000000000", 1_000),
        ("9999999999999999.99", 10**18 - 1),
        ("92233720368547758.07", 2**63 - 1),
    ],
)
def test_prices_are_exact(text: str, ticks: int) -> None:
    assert lines(decode_both(depth(asks=[(text, "1")]).SerializeToString())) == [
        ("ASK", ticks, 1_000_000)
    ]


@pytest.mark.parametrize("size", ["0", "0.0", "0.00000000", "0.000000000000000000"])
def test_every_spelling_of_zero_removes_a_level(size: str) -> None:
    assert lines(decode_both(depth(bids=[("1", size)]).SerializeToString(), compiled=True)) == [
        ("BID", 100, 0)
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("", "-1", "+1", "1e5", "1E5", "1.", ".5", ".", "00.1", "01", "1.1.1", "NaN", "inf"),
        *(" 1", "1 ", "1,5", "1_000", "١٢", "0x10", "1\x00", "1" * 19, "9" * 5_000),
        "1.0000000000000000000",
    ],
)
def test_what_is_no_plain_number_is_garbage(text: str) -> None:
    refused = refusal_of_both(depth(asks=[("1", "1"), (text, "1")]).SerializeToString())
    assert refused.startswith("garbage: asks[1].price:")
    refused = refusal_of_both(depth(bids=[("1", text)]).SerializeToString())
    assert refused.startswith("garbage: bids[0].quantity:")


def test_a_price_between_two_ticks_is_off_tick() -> None:
    refused = refusal_of_both(depth(asks=[("65000.011", "1")]).SerializeToString())
    assert refused.startswith("off_tick: asks[0].price:")
    refused = refusal_of_both(depth(asks=[("65000.01", "0.0000001")]).SerializeToString())
    assert refused.startswith("off_tick: asks[0].quantity:")


def test_a_number_beyond_64_bits_is_garbage() -> None:
    refused = refusal_of_both(depth(asks=[("92233720368547758.08", "1")]).SerializeToString())
    assert refused.startswith("garbage: asks[0].price:")
    assert "too large" in refused


def test_a_price_of_zero_is_garbage() -> None:
    refused = refusal_of_both(depth(asks=[("0.00", "1")]).SerializeToString())
    assert refused.startswith("garbage: asks[0].price:")


def test_a_level_without_price_or_size_is_garbage() -> None:
    for item in (b"", field(1, b"1"), field(2, b"1")):
        refused = refusal_of_both(body_frame(313, field(1, item) + VERSIONS))
        assert refused.startswith("garbage: asks[0].")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        *(("", "3"), ("3", ""), ("4", "3"), ("x", "3"), ("-1", "3"), ("1", "1e9"), ("1.5", "3")),
        *(("1", "1" * 19), ("0" * 18 + "1", "3")),
    ],
)
def test_versions_must_be_there_and_must_not_run_backwards(first: str, last: str) -> None:
    refused = refusal_of_both(depth(asks=LEVELS, first=first, last=last).SerializeToString())
    assert refused.partition(":")[0] in ("garbage", "off_tick")
    assert "Version" in refused


def test_versions_beyond_32_bits_are_exact() -> None:
    decoded = decode_both(
        depth(first="999999999999999998", last="999999999999999999").SerializeToString(),
        compiled=True,
    )
    assert decoded.last_version == 10**18 - 1


def test_the_channel_must_be_one_of_those_subscribed() -> None:
    frame = depth(asks=LEVELS, channel=DEPTH.replace("100ms", "10ms")).SerializeToString()
    assert refusal_of_both(frame).startswith("unsubscribed:")
    assert refusal_of_both(b"").startswith("unsubscribed:")
    assert refusal_of_both(field(1, DEPTH.encode()[:-1])).startswith("unsubscribed:")


def test_the_wrapper_must_name_the_channels_symbol_or_none() -> None:
    message = depth(asks=LEVELS)
    message.symbol = "BTCUSDT"
    assert refusal_of_both(message.SerializeToString()).startswith("wrong_symbol:")
    message.symbol = ""
    assert refusal_of_both(message.SerializeToString()).startswith("wrong_symbol:")
    message.ClearField("symbol")
    assert lines(decode_both(message.SerializeToString(), compiled=True))[0][0] == "ASK"


def test_the_body_must_be_the_one_the_channel_sends() -> None:
    message = depth(asks=LEVELS)
    message.channel = TRADES
    assert refusal_of_both(message.SerializeToString()).startswith("garbage:")
    assert refusal_of_both(wrapper(DEPTH).SerializeToString()).startswith("garbage:")


def test_broken_text_is_garbage_even_where_nobody_reads_it() -> None:
    event_type = field(3, b"\xff") + VERSIONS
    assert refusal_of_both(body_frame(313, event_type)).startswith("garbage:")
    assert refusal_of_both(wrapper(DEPTH).SerializeToString() + field(4, b"\xff")).startswith(
        "garbage:"
    )


def test_a_channel_or_symbol_said_twice_counts_as_last_said_if_both_are_text() -> None:
    frame = depth(asks=LEVELS).SerializeToString()
    for number in (1, 3):
        assert refusal_of_both(field(number, b"\xff") + frame).startswith("garbage:")
        assert lines(decode_both(field(number, b"other") + frame))[0] == ("ASK", 6_500_001, 500_000)


def test_numbers_of_needless_length_are_read_as_the_library_does() -> None:
    for length in range(2, 12):
        for tag, content in ((42, b"\x03103"), (48, b"\x05"), (26, b"\x00"), (34, b"\x03101")):
            needless = bytes([tag | 128]) + b"\x80" * (length - 2) + b"\x00" + content
            outcome_of_both(body_frame(313, VERSIONS + needless))
            outcome_of_both(needless + depth(asks=LEVELS).SerializeToString())
        size = b"\x83" + b"\x80" * (length - 2) + b"\x00"
        outcome_of_both(body_frame(313, VERSIONS + b"\x2a" + size + b"104"))
        time = b"\x20\x83" + b"\x80" * (length - 2) + b"\x00"
        deal = level("1", "1") + field(3, 1) + time
        outcome_of_both(body_frame(314, field(1, deal), TRADES))


def test_unread_text_may_be_in_any_language() -> None:
    body = field(3, "深度".encode()) + VERSIONS
    assert decode_both(body_frame(313, body), compiled=False).last_version == 103


def test_a_frame_cut_anywhere_is_refused() -> None:
    frame = depth(asks=LEVELS, bids=LEVELS).SerializeToString()
    for length in range(len(frame)):
        refusal_of_both(frame[:length])


def test_a_length_that_reaches_beyond_the_frame_is_refused() -> None:
    for length in (200, 2**20, 2**27, 2**31 - 1, 2**32, 2**63 - 1, 2**64 - 1):
        for start in (b"\x0a", b"\x1a", b"\xca\x13"):
            assert refusal_of_both(start + varint(length) + b"1234").startswith("garbage:")


def test_more_bytes_than_four_mebibytes_are_oversize() -> None:
    frame = depth().SerializeToString()
    filler = field(99, bytes(4 * 1024 * 1024 - len(frame) - 6))
    assert len(frame + filler) == 4 * 1024 * 1024
    assert decode_both(frame + filler, compiled=True).last_version == 103
    assert refusal_of_both(frame + filler + b"\x00").startswith("oversize:")


def test_more_rows_than_any_book_has_are_oversize() -> None:
    item = field(1, level("1", "1"))
    assert len(decode_both(body_frame(313, item * 4_096 + VERSIONS), compiled=True).rows) == 4_096
    assert len(decode_both(body_frame(313, item * 4_097 + VERSIONS), compiled=False).rows) == 4_097
    assert refusal_of_both(body_frame(313, item * 16_385 + VERSIONS)).startswith("oversize:")


def test_the_time_of_sending_may_be_that_of_creation_or_unknown() -> None:
    message = depth(asks=LEVELS, sent_at=None)
    assert decode_both(message.SerializeToString(), compiled=True).sent_at == 0
    message.createTime = 5
    assert decode_both(message.SerializeToString(), compiled=True).sent_at == 5 * MS


@pytest.mark.parametrize("sent_at", [-1, 2**63 - 1, 9_223_372_036_855])
def test_a_time_that_is_none_is_garbage(sent_at: int) -> None:
    refused = refusal_of_both(depth(asks=LEVELS, sent_at=sent_at).SerializeToString())
    assert refused.startswith("garbage: sendTime:")


def test_a_channel_of_no_use_to_the_core_is_checked_all_the_same() -> None:
    message = wrapper(CHANNELS[6])
    message.publicMiniTicker.price = "whatever"
    decoded = decode_both(message.SerializeToString(), compiled=False)
    assert (decoded.kind, decoded.symbol, len(decoded.rows)) == (FrameKind.OTHER, 2, 0)
    message.publicAggreDepths.toVersion = "1"
    assert refusal_of_both(message.SerializeToString()).startswith("garbage:")


def test_a_pair_in_many_channels_is_told_apart_by_the_whole_name() -> None:
    decoder = FrameDecoder(INSTRUMENTS, [DEPTH, TRADES, BOOK_TICKER, KLINE])
    kinds = [
        decoder.decode(message.SerializeToString()).kind
        for message in (
            kline(("1", "1", "1", "1"), "0"),
            book_ticker(("1", "1"), ("2", "1")),
            trades(("1", "1", 1, 1)),
            depth(),
        )
    ]
    assert kinds == [FrameKind.KLINE, FrameKind.BOOK_TICKER, FrameKind.TRADES, FrameKind.DEPTH]
    assert decoder.compiled_frames == 4


def test_rows_once_handed_out_are_never_written_again() -> None:
    decoder = FrameDecoder(INSTRUMENTS, CHANNELS)
    frame = depth(asks=[("1", "1")] * 100).SerializeToString()
    kept = [decoder.decode(frame).rows for _ in range(100)]
    for number, rows in enumerate(kept):
        rows["at"] = number
    decoder.decode(depth(bids=[("9", "9")] * 100).SerializeToString())
    for number, rows in enumerate(kept):
        assert rows["at"].tolist() == [number] * 100
        assert rows["price"].tolist() == [100] * 100
    assert decoder.compiled_frames == 101


def test_a_refused_frame_leaves_nothing_in_the_next_one() -> None:
    decoder = FrameDecoder(INSTRUMENTS, CHANNELS)
    with pytest.raises(FeedError):
        decoder.decode(depth(asks=[("1", "1"), ("x", "1")], bids=LEVELS).SerializeToString())
    decoded = decoder.decode(depth(bids=[("2", "2")]).SerializeToString())
    assert lines(decoded) == [("BID", 200, 2_000_000)]


def test_a_channel_of_a_pair_not_in_the_run_cannot_be_decoded() -> None:
    with pytest.raises(ConfigError, match="ETHUSDC"):
        FrameDecoder(INSTRUMENTS, [DEPTH.replace("BTCUSDC", "ETHUSDC")])
    with pytest.raises(ConfigError, match="no such channel"):
        FrameDecoder(INSTRUMENTS, ["spot@public.gossip.v3.api.pb@BTCUSDC"])
    with pytest.raises(ConfigError, match="decimals"):
        FrameDecoder([instrument("BTCUSDC", price_decimals=19)], [DEPTH])


def test_a_coin_with_eighteen_decimals_can_still_be_counted() -> None:
    tiny = [instrument("BTCUSDC", price_decimals=18, size_decimals=0)]
    frame = depth(asks=[("0.000000000000000007", "5000000000")]).SerializeToString()
    decoder = FrameDecoder(tiny, [DEPTH])
    assert lines(decoder.decode(frame)) == [("ASK", 7, 5_000_000_000)]
    assert image(decoder.decode(frame)) == image(decode_with_library(frame, tiny, [DEPTH]))


def test_warming_up_compiles_what_frames_use() -> None:
    warm_up()
    before = len(decode_rows.signatures)
    decode_both(depth(asks=LEVELS).SerializeToString(), compiled=True)
    assert before == len(decode_rows.signatures) == 1


def test_a_row_is_laid_out_as_the_decoder_writes_it() -> None:
    cells = np.zeros((1, 6), np.int64)
    cells[0] = 1, 2, 3, 4, 5, 6 | 7 << 16 | 8 << 32
    assert cells.view(ROW)[0].tolist() == [(1, 2, 3, 4, 5, 6, 7, 8)]

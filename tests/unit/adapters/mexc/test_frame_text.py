"""Frames explained to a person."""

import pytest

from tests.mexc_frames import INSTRUMENTS, depth, field, kline, trades, wrapper
from trading_agent.adapters.mexc.frame_text import explain
from trading_agent.domain.errors import FeedError


def refusal(frame: bytes) -> str:
    with pytest.raises(FeedError) as caught:
        explain(frame, INSTRUMENTS)
    return str(caught.value)


def test_a_known_pair_shows_its_own_decimals() -> None:
    told = explain(depth(asks=[("65000", "0.5")]).SerializeToString(), INSTRUMENTS)
    assert (told["price_decimals"], told["size_decimals"]) == (2, 6)
    assert told["rows"][0]["price"] == "65000.00"
    assert told["rows"][0]["size"] == "0.500000"
    assert told["frame"]["publicAggreDepths"]["asks"] == [{"price": "65000", "quantity": "0.5"}]


def test_an_unknown_pair_shows_the_decimals_of_the_frame() -> None:
    frame = depth(asks=[("65000", "0.5")], bids=[("64999.125", "1")]).SerializeToString()
    told = explain(frame)
    assert (told["price_decimals"], told["size_decimals"]) == (3, 1)
    assert [row["price"] for row in told["rows"]] == ["65000.000", "64999.125"]


def test_an_unknown_pair_with_padded_sizes_still_fits() -> None:
    told = explain(trades(("0.50", "123456789012." + "0" * 18, 1, 5)).SerializeToString())
    assert told["rows"][0]["price"] == "0.50"
    assert told["rows"][0]["size"] == "123456789012.000000"
    assert told["rows"][0]["kind"] == "BUY"
    assert told["rows"][0]["venue_at"] == 5_000_000


def test_the_way_of_decoding_is_told() -> None:
    compiled = kline(("1", "1", "1", "1"), "2").SerializeToString()
    assert explain(compiled)["decoded_by"] == "compiled"
    assert explain(compiled + field(15, b"") + b"\x0b\x0c")["decoded_by"] == "library"


def test_a_channel_without_rows_is_told_all_the_same() -> None:
    message = wrapper("spot@public.miniTicker.v3.api.pb@MXUSDT@UTC+8")
    message.publicMiniTicker.price = "2.5174"
    told = explain(message.SerializeToString(), INSTRUMENTS)
    assert told["kind"] == "OTHER"
    assert told["frame"]["publicMiniTicker"] == {"price": "2.5174"}
    assert told["rows"] == []
    assert told["price_decimals"] is None


@pytest.mark.parametrize(
    ("damage", "where"),
    [
        (lambda frame: frame[:30], "byte 0: frame.channel: 47 bytes long, 28 left"),
        (lambda frame: frame[:-1], "byte 65: frame.publicAggreDepths:"),
        (lambda frame: b"\x2f" + frame, "byte 0: frame: no field begins with 0x2f"),
        (lambda frame: frame + b"\x30", "frame.sendTime: a number that does not end"),
        (lambda frame: frame + b"\x30" + b"\xff" * 11, "a number that does not end"),
        (lambda frame: frame.replace(b"BTCUSDC", b"BTC\xffSDC"), "byte 45: frame.channel: not UTF"),
        (lambda frame: frame.replace(b"65000.01", b"6500\xfe.01"), "asks.price: not UTF-8"),
        (lambda frame: frame.replace(b"65000.01", b"65000e01"), "asks[0].price: not a plain"),
        (lambda frame: frame.replace(b"103", b"100"), "fromVersion: 101 is after toVersion 100"),
        (lambda frame: frame.replace(b"depth", b"dapth"), "frame.channel: no such channel"),
        (lambda frame: b"", "frame.channel: the frame names no channel"),
    ],
)
def test_garbage_is_refused_with_what_and_where(damage, where) -> None:  # type: ignore[no-untyped-def]
    frame = depth(asks=[("65000.01", "0.5")]).SerializeToString()
    refused = refusal(damage(frame))
    assert refused.startswith("garbage:")
    assert where in refused


def test_a_known_pair_does_not_hide_a_price_between_its_ticks() -> None:
    frame = depth(asks=[("65000.015", "0.5")]).SerializeToString()
    assert refusal(frame).startswith("off_tick: asks[0].price:")
    assert explain(frame)["price_decimals"] == 3


def test_a_frame_without_end_is_oversize() -> None:
    assert refusal(bytes(4 * 1024 * 1024 + 1)).startswith("oversize:")

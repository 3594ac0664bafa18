"""Recorded and documented frames: bytes in, the exchange's own fields and our rows out."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from tests.mexc_frames import image, instrument, lines, vectors
from trading_agent.adapters.mexc.codec import (
    DecodedFrame,
    FrameDecoder,
    FrameKind,
    decode_with_library,
)
from trading_agent.adapters.mexc.frame_text import explain
from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper

SYMBOLS = (
    instrument("BTCUSDC"),
    instrument("BTCUSDT", size_decimals=8),
    instrument("MXUSDT", price_decimals=4),
)
COMPILED = {
    "aggre_deals_btcusdc": [("BUY", 11_509_125, 59)],
    "aggre_deals_with_tradeId": [("SELL", 9_322_000, 4_438_243)],
    "aggre_depth_btcusdc": [("ASK", 11_519_874, 68_865), ("BID", 11_483_884, 101)],
    "aggre_depth_2026_fields": [("BID", 9_287_758, 0)],
    "aggre_book_ticker": [
        ("BEST_BID", 9_338_728, 373_485_000),
        ("BEST_ASK", 9_338_729, 766_987_500),
    ],
    "kline_min1": [
        ("KLINE_OPEN", 11_731_731, 0),
        ("KLINE_HIGH", 11_734_100, 0),
        ("KLINE_LOW", 11_731_730, 0),
        ("KLINE_CLOSE", 11_732_526, 0),
        ("KLINE_VOLUME", 0, 312_599_854),
    ],
}


def recorded() -> list[tuple[str, bytes, dict[str, Any]]]:
    return [
        (vector["name"], bytes.fromhex(vector["hex"]), vector["decoded"])
        for vector in vectors("mexc_pb_vectors.json")["vectors"]
    ]


def by_name(name: str) -> tuple[bytes, dict[str, Any]]:
    for known, frame, fields in recorded():
        if known == name:
            return frame, fields
    raise AssertionError(f"no vector {name}")


def decode(name: str) -> tuple[DecodedFrame, FrameDecoder]:
    frame, fields = by_name(name)
    decoder = FrameDecoder(SYMBOLS, [fields["channel"]])
    return decoder.decode(frame), decoder


def test_every_vector_reads_as_the_exchange_means_it_and_back() -> None:
    for name, frame, fields in recorded():
        message = PushDataV3ApiWrapper.FromString(frame)
        assert MessageToDict(message) == fields, name
        assert message.SerializeToString() == frame, name


def test_every_vector_is_decoded_alike_by_library_and_decoder() -> None:
    for name, frame, fields in recorded():
        decoder = FrameDecoder(SYMBOLS, [fields["channel"]])
        by_library = decode_with_library(frame, SYMBOLS, [fields["channel"]])
        assert image(decoder.decode(frame)) == image(by_library), name
        assert decoder.compiled_frames == (1 if name in COMPILED else 0), name
        assert decoder.library_frames == (0 if name in COMPILED else 1), name


@pytest.mark.parametrize("name", COMPILED)
def test_a_vector_becomes_exact_ticks_and_lots(name: str) -> None:
    decoded, decoder = decode(name)
    assert lines(decoded) == COMPILED[name]
    assert decoder.compiled_frames == 1


def test_a_vector_of_no_use_to_the_core_has_no_rows() -> None:
    decoded, _ = decode("mini_ticker")
    assert decoded.kind is FrameKind.OTHER
    assert decoded.symbol == 2
    assert len(decoded.rows) == 0


def test_versions_and_times_of_a_recorded_depth_frame() -> None:
    decoded, _ = decode("aggre_depth_btcusdc")
    assert (decoded.first_version, decoded.last_version) == (17_521_975_448, 17_521_975_455)
    assert decoded.sent_at == 1_755_973_885_809_000_000
    assert decoded.rows["venue_at"].tolist() == [decoded.sent_at] * 2
    assert decoded.rows["sequence"].tolist() == [17_521_975_455] * 2
    assert decoded.rows["flags"].tolist() == [0, 1]
    assert decoded.rows["symbol"].tolist() == [0, 0]


def test_the_time_of_a_recorded_deal_is_its_own() -> None:
    decoded, _ = decode("aggre_deals_btcusdc")
    assert decoded.rows["venue_at"].tolist() == [1_755_973_886_258_000_000]
    assert decoded.sent_at == 1_755_973_886_309_000_000


def test_a_recorded_candle_carries_its_timeframe_and_window() -> None:
    decoded, _ = decode("kline_min1")
    assert decoded.rows["flags"].tolist() == [3 << 8] * 4 + [3 << 8 | 1]
    assert decoded.rows["venue_at"].tolist() == [1_754_737_920_000_000_000] * 5
    assert decoded.sent_at == 1_754_737_941_062_000_000


def test_every_vector_can_be_explained_without_knowing_its_pair() -> None:
    for name, frame, fields in recorded():
        told = explain(frame)
        assert told["frame"] == fields, name
        assert bool(told["rows"]) == (name in COMPILED), name
        assert told["bytes"] == len(frame), name


def test_an_explained_vector_shows_decimals() -> None:
    frame, _ = by_name("aggre_depth_btcusdc")
    told = explain(frame, SYMBOLS)
    assert told["kind"] == "DEPTH"
    assert told["decoded_by"] == "compiled"
    assert told["rows"] == [
        {
            "kind": "ASK",
            "price": "115198.74",
            "size": "0.068865",
            "sequence": 17_521_975_455,
            "venue_at": 1_755_973_885_809_000_000,
        },
        {
            "kind": "BID",
            "price": "114838.84",
            "size": "0.000101",
            "sequence": 17_521_975_455,
            "venue_at": 1_755_973_885_809_000_000,
        },
    ]

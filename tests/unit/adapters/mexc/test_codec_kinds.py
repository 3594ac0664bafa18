"""Deals, best quotes and candles as rows; depth is in test_codec."""

import pytest

from tests.mexc_frames import (
    CHANNELS,
    SENT_AT,
    book_ticker,
    decode_both,
    kline,
    lines,
    refusal_of_both,
    trades,
)
from trading_agent.adapters.mexc.codec import FrameKind
from trading_agent.domain.market_rows import RowFlag

MS = 1_000_000


def test_deals_say_who_was_aggressive_and_when() -> None:
    frame = trades(("115091.25", "0.000059", 1, 1_000), ("115091.26", "1", 2, 1_001))
    decoded = decode_both(frame.SerializeToString(), compiled=True)
    assert decoded.kind is FrameKind.TRADES
    assert lines(decoded) == [("BUY", 11_509_125, 59), ("SELL", 11_509_126, 1_000_000)]
    assert decoded.rows["venue_at"].tolist() == [1_000 * MS, 1_001 * MS]
    assert decoded.rows["flags"].tolist() == [0, RowFlag.LAST]
    assert decoded.rows["sequence"].tolist() == [0, 0]
    assert decoded.sent_at == SENT_AT * MS
    assert (decoded.first_version, decoded.last_version) == (0, 0)


def test_deals_come_out_oldest_first_and_equal_times_keep_their_order() -> None:
    frame = trades(("1", "1", 1, 30), ("2", "1", 1, 20), ("3", "1", 2, 30), ("4", "1", 2, 20))
    decoded = decode_both(frame.SerializeToString(), compiled=True)
    assert decoded.rows["price"].tolist() == [200, 400, 100, 300]
    assert decoded.rows["flags"].tolist() == [0, 0, 0, RowFlag.LAST]


@pytest.mark.parametrize(
    "deal",
    [
        *(("1", "1", 0, 5), ("1", "1", 3, 5), ("1", "1", -1, 5), ("1", "1", 2**31 - 1, 5)),
        *(("1", "1", 1, 0), ("1", "1", 1, -5), ("1", "1", 1, 9_223_372_036_855)),
        *(("0", "1", 1, 5), ("1", "", 1, 5), ("", "1", 2, 5)),
    ],
)
def test_a_deal_without_side_time_or_numbers_is_garbage(deal: tuple[str, str, int, int]) -> None:
    assert refusal_of_both(trades(deal).SerializeToString()).startswith("garbage: deals[0].")


def test_best_quotes_become_two_rows_of_one_message() -> None:
    frame = book_ticker(("93387.28", "3.73485"), ("93387.29", "7.669875"), "1234")
    decoded = decode_both(frame.SerializeToString(), compiled=True)
    assert decoded.kind is FrameKind.BOOK_TICKER
    assert lines(decoded) == [
        ("BEST_BID", 9_338_728, 3_734_850),
        ("BEST_ASK", 9_338_729, 7_669_875),
    ]
    assert decoded.rows["sequence"].tolist() == [1_234, 1_234]
    assert decoded.rows["flags"].tolist() == [0, RowFlag.LAST]
    assert (decoded.first_version, decoded.last_version) == (1_234, 1_234)


def test_best_quotes_of_older_servers_have_no_version() -> None:
    decoded = decode_both(book_ticker(("1", "1"), ("2", "1")).SerializeToString(), compiled=True)
    assert decoded.rows["sequence"].tolist() == [0, 0]


def test_best_quotes_need_both_sides() -> None:
    for bid, ask in ((("", "1"), ("2", "1")), (("1", "1"), ("2", "")), (("1", "1"), ("0", "1"))):
        assert refusal_of_both(book_ticker(bid, ask).SerializeToString()).startswith("garbage:")


def test_a_candle_becomes_five_rows_with_its_timeframe() -> None:
    frame = kline(("117317.31", "117341", "117317.3", "117325.26"), "3.12599")
    decoded = decode_both(frame.SerializeToString(), compiled=True)
    assert decoded.kind is FrameKind.KLINE
    assert lines(decoded) == [
        ("KLINE_OPEN", 11_731_731, 0),
        ("KLINE_HIGH", 11_734_100, 0),
        ("KLINE_LOW", 11_731_730, 0),
        ("KLINE_CLOSE", 11_732_526, 0),
        ("KLINE_VOLUME", 0, 3_125_990),
    ]
    assert decoded.rows["flags"].tolist() == [3 << 8] * 4 + [3 << 8 | RowFlag.LAST]
    assert decoded.rows["venue_at"].tolist() == [1_754_737_920_000 * MS] * 5


def test_the_timeframe_is_the_channels() -> None:
    frame = kline(("1", "1", "1", "1"), "0", channel=CHANNELS[5])
    decoded = decode_both(frame.SerializeToString(), compiled=True)
    assert set((decoded.rows["flags"] >> 8).tolist()) == {8}


def test_a_candle_of_another_interval_is_garbage() -> None:
    message = kline(("1", "1", "1", "1"), "0")
    for interval in ("Min5", "", "Min1 ", "Min", "@Min1"):
        message.publicSpotKline.interval = interval
        assert refusal_of_both(message.SerializeToString()).startswith("garbage: interval:")


def test_a_candle_must_end_after_it_began() -> None:
    message = kline(("1", "1", "1", "1"), "0")
    for start, end in ((0, 60), (60, 60), (60, 0), (-60, 60), (60, 2**62)):
        message.publicSpotKline.windowStart = start
        message.publicSpotKline.windowEnd = end
        assert refusal_of_both(message.SerializeToString()).startswith("garbage: window")


def test_every_number_of_a_candle_is_needed() -> None:
    for name in ("openingPrice", "highestPrice", "lowestPrice", "closingPrice", "volume"):
        message = kline(("1", "2", "1", "1"), "5")
        message.publicSpotKline.ClearField(name)
        assert refusal_of_both(message.SerializeToString()).startswith(f"garbage: {name}:")

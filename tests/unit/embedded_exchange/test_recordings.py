"""Recordings of whole books and of trades, a small one of each layout, as rows."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.parquet_files import write_parquet
from tests.small_recordings import MS, STARTED, usual_lines, write_lines
from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.embedded_exchange.recorded import RecordedMarket
from trading_agent.embedded_exchange.recorded_formats import (
    RecordedDiff,
    RecordedRow,
    RecordedSnapshot,
    RecordedTrade,
)
from trading_agent.embedded_exchange.recorded_names import name_by_place, split_pair
from trading_agent.embedded_exchange.recordings import Recording, open_recording
from trading_agent.embedded_exchange.source import DepthChanged, Printed

AT = STARTED // MS
"""The first book's time, milliseconds."""

BOOKS = [
    "timestamp,sequence,exchange_timestamp,"
    "bid_price_0,bid_size_0,ask_price_0,ask_size_0,bid_price_1,bid_size_1,ask_price_1,ask_size_1",
    f"9.5,7,{AT},100.1,2.0,100.2,1.5,100.0,1.0,100.3,4.0",
    f"9.6,7,{AT + 100},100.1,2.0,100.2,1.5,100.0,1.0,100.3,4.0",
    f"9.7,8,{AT + 200},100.1,0.5,100.2,1.5,99.9,9e-06,,",
]
TRADES = [
    "timestamp,price,size,side,trade_id,exchange_timestamp",
    f"9.6,100.2,0.25,buy,1,{AT + 150}.250000",
    f"9.6,100.1,1.5,sell,2,{AT + 50}.000000",
]


def csv_files(folder: Path) -> tuple[Path, Path]:
    books = write_lines(folder / "books_BTC_USDT_20250903T1248.csv.gz", BOOKS)
    return books, write_lines(folder / "trades_BTC_USDT_20250903T1248.csv", TRADES)


def rows_of(recording: Recording) -> Sequence[RecordedRow]:
    return list(recording.rows())


def changes_of(recording: Recording) -> Sequence[RecordedDiff]:
    return [row for row in recording.rows() if isinstance(row, RecordedDiff)]


def test_books_of_csv_begin_empty_and_change(tmp_path: Path) -> None:
    recording = open_recording(csv_files(tmp_path))
    about = recording.about
    assert (about.symbol, about.decimals.price, about.decimals.size) == ("BTCUSDT", 1, 6)
    later = Nanos(STARTED + 200 * MS)
    sold, bought = Nanos(STARTED + 50 * MS), Nanos(STARTED + 150 * MS + 250_000)
    assert rows_of(recording) == [
        RecordedSnapshot(Nanos(0), 0, (), ()),
        RecordedDiff(
            Nanos(STARTED),
            *(1, 1),
            ((1000, 1_000_000), (1001, 2_000_000)),
            ((1002, 1_500_000), (1003, 4_000_000)),
            Nanos(STARTED),
        ),
        RecordedTrade(sold, 1001, 1_500_000, False, sold),
        RecordedTrade(bought, 1002, 250_000, True, bought),
        RecordedDiff(later, 2, 2, ((999, 9), (1001, 500_000), (1000, 0)), ((1003, 0),), later),
    ]
    assert rows_of(recording) == rows_of(recording)


def test_lists_of_levels_in_parquet_read_alike(tmp_path: Path) -> None:
    books = {
        "ts_ms": [AT + 9, AT + 209],
        "exch_ts_ms": [AT, AT + 200],
        "symbol": ["ETHUSDT", "ETHUSDT"],
        "bids_px": [[100.1, 100.0], [100.1]],
        "bids_qty": [[2.0, 1.0], [0.5]],
        "asks_px": [[100.2], [100.2, 100.3]],
        "asks_qty": [[1.5], [1.5, 4.0]],
    }
    trades = {
        "exch_ts_ms": [AT + 100],
        "symbol": ["ETHUSDT"],
        "price": [100.25],
        "qty": [0.5],
        "side": ["buy"],
    }
    files = (
        write_parquet(tmp_path / "book.parquet", books, "zstd"),
        write_parquet(tmp_path / "trades.parquet", trades, "zstd"),
    )
    recording = open_recording(files)
    assert recording.about.symbol == "ETHUSDT"
    when, later = Nanos(STARTED + 100 * MS), Nanos(STARTED + 200 * MS)
    assert rows_of(recording)[1:] == [
        RecordedDiff(
            Nanos(STARTED), 1, 1, ((10000, 10), (10010, 20)), ((10020, 15),), Nanos(STARTED)
        ),
        RecordedTrade(when, 10025, 5, True, when),
        RecordedDiff(later, 2, 2, ((10010, 5), (10000, 0)), ((10030, 40),), later),
    ]


def test_integers_in_columns_are_tenths_of_a_dollar_and_of_a_thousandth_coin(
    tmp_path: Path,
) -> None:
    columns = {
        "exch_ts_ms": [AT, AT + 250],
        "recv_ts_us": [AT * 1_000, AT * 1_000],
        "bp0": [938_328, 938_329],
        "bq0": [4_467, 4_467],
        "ap0": [938_348, 938_348],
        "aq0": [5_034, 5_030],
    }
    path = write_parquet(tmp_path / "standx-perp_BTCUSD_orderbook.parquet", columns, "gzip")
    recording = open_recording((path,))
    assert recording.about.symbol == "BTCUSD"
    assert (recording.about.decimals.price, recording.about.decimals.size) == (1, 4)
    _, second = changes_of(recording)
    assert (second.bids, second.asks) == (
        ((938_329, 4_467), (938_328, 0)),
        ((938_348, 5_030),),
    )


def test_hours_in_files_of_their_own_follow_each_other(tmp_path: Path) -> None:
    second = [BOOKS[0], BOOKS[3].replace(str(AT + 200), str(AT + 3_600_000))]
    files = (
        write_lines(tmp_path / "b_BTC_13.csv", second),
        write_lines(tmp_path / "a_BTC_12.csv", BOOKS),
    )
    found = changes_of(open_recording(files))
    assert [each.at - STARTED for each in found] == [0, 200 * MS]
    assert [each.last_version for each in found] == [1, 2]


def test_a_level_that_comes_back_is_told_anew(tmp_path: Path) -> None:
    lines = [BOOKS[0], BOOKS[1], BOOKS[3], BOOKS[1].replace(str(AT), str(AT + 300))]
    first, _, third = changes_of(open_recording((write_lines(tmp_path / "a.csv", lines),)))
    assert (1000, 1_000_000) in first.bids
    assert third.bids == ((1000, 1_000_000), (1001, 2_000_000), (999, 0))


def test_a_recording_of_tables_is_played_as_a_market(tmp_path: Path) -> None:
    market = RecordedMarket(csv_files(tmp_path), "BTCUSDC", start_at=Nanos(5 * SECOND))
    (pair,) = market.instruments()
    assert (pair.base, pair.quote, pair.price_decimals, pair.size_decimals) == (
        *("BTC", "USDC"),
        *(1, 6),
    )
    events = market.advance(Nanos(6 * SECOND))
    depth = [event for event in events if isinstance(event, DepthChanged)]
    prints = [event for event in events if isinstance(event, Printed)]
    assert [each.at - 5 * SECOND for each in depth] == [0, 200 * MS]
    assert [(each.price, each.taker_bought) for each in prints] == [(1001, False), (1002, True)]
    image = market.image("BTCUSDC", 5)
    assert image is not None
    assert image.bids == ((1001, 500_000), (999, 9))


@pytest.mark.parametrize(
    ("place", "text", "complaint"),
    [
        (2, "9.6,7", "line 3: damaged: 2 cells under 11 names"),
        (2, BOOKS[2].replace("100.1,", "a hundred,"), "bid_price_0 holds what is no number"),
        (2, BOOKS[2].replace("100.1,", "-100.1,"), "a price that is not above zero"),
        (2, BOOKS[2].replace(str(AT + 100), ""), "exchange_timestamp holds no time"),
    ],
)
def test_a_damaged_table_is_refused(tmp_path: Path, place: int, text: str, complaint: str) -> None:
    lines = [*BOOKS[:place], text, *BOOKS[place + 1 :]]
    with pytest.raises(FeedError, match=complaint):
        open_recording((write_lines(tmp_path / "a.csv", lines),))


def test_a_trade_of_no_side_is_refused(tmp_path: Path) -> None:
    books, _ = csv_files(tmp_path)
    trades = write_lines(tmp_path / "t.csv", [line.replace("buy", "both") for line in TRADES])
    with pytest.raises(FeedError, match="a trade's side is both"):
        open_recording((books, trades))


def test_what_holds_no_book_names_its_columns(tmp_path: Path) -> None:
    _, trades = csv_files(tmp_path)
    with pytest.raises(ConfigError, match=r"no depth updates in trades_.*timestamp, price, size"):
        open_recording((trades,))
    lines = write_lines(tmp_path / "lines.log", usual_lines())
    with pytest.raises(ConfigError, match="tables and streams are not one recording"):
        open_recording((trades, lines))


def test_what_merely_begins_with_a_letter_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "ours.log"
    path.write_bytes(b"SQLite format 3\x00, and so on")
    with pytest.raises(ConfigError, match=r"no depth updates in ours\.log$"):
        open_recording((path,))


def test_two_pairs_are_not_one_recording(tmp_path: Path) -> None:
    books, trades = csv_files(tmp_path)
    other = trades.rename(tmp_path / "trades_ETH_USDT.csv")
    with pytest.raises(FeedError, match="one recording, yet of BTCUSDT, ETHUSDT"):
        open_recording((books, other))


def test_a_recording_without_a_name_is_called_by_its_place() -> None:
    for place, name in (
        ("any/orderbooks_BTC_USDT_20250903T1248.csv.gz", "BTCUSDT"),
        ("any/orderbooks_BTC_20250904T1946.csv.gz", "BTC"),
        ("standx-perp_BTCUSD/standx-perp_BTCUSD_orderbook_2026-01-06_h12-17.parquet", "BTCUSD"),
        ("bitstamp-spot_BTCUSD_L3/2015-05-01T00-05.log.xz", "BTCUSD"),
        ("any/book.csv", "book"),
    ):
        assert name_by_place(Path("/nowhere") / place) == name


@pytest.mark.parametrize(
    ("symbol", "parts"),
    [
        ("ETHBTC", ("ETH", "BTC")),
        ("BTCUSD", ("BTC", "USD")),
        ("BTCFDUSD", ("BTC", "FDUSD")),
        ("ETH-USDT", ("ETH", "USDT")),
        ("BTC", ("BTC", "")),
        ("book", ("book", "")),
    ],
)
def test_a_pair_is_split_at_its_quote_asset(symbol: str, parts: tuple[str, str]) -> None:
    assert split_pair(symbol) == parts

"""Recordings of several formats as tapes, alone and together."""

from pathlib import Path

import numpy as np
import pytest

from tests.parquet_files import write_parquet
from tests.small_logs import log_lines, write_log
from tests.small_recordings import MS, STARTED, usual_lines, write_lines
from trading_agent.domain.market_rows import RowKind
from trading_agent.research.recorded_band import read_band
from trading_agent.research.recorded_tape import RecordedTape, read_tapes

AT = STARTED // MS


def books(path: Path, *, locked: bool = False) -> Path:
    """Three of them, a quarter of a second apart; `locked`: the second is."""
    columns = {
        "exch_ts_ms": [AT, AT + 250, AT + 500],
        "bp0": [938_328, 938_348 if locked else 938_329, 938_328],
        "bq0": [4_467, 4_467, 4_467],
        "ap0": [938_348, 938_348, 938_348],
        "aq0": [5_034, 5_034, 5_033],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_parquet(path, columns)


def read(path: Path) -> RecordedTape:
    (tape,) = read_tapes((path,))
    return tape


def test_a_recording_of_books_without_prints_is_a_tape(tmp_path: Path) -> None:
    tape = read(books(tmp_path / "perp_BTCUSD.parquet"))
    assert (tape.symbol, tape.instrument.base, tape.instrument.quote) == ("BTCUSD", "BTC", "USD")
    assert (tape.instrument.price_decimals, tape.instrument.size_decimals) == (1, 4)
    assert len(tape.prints) == 0
    assert tape.depth["kind"].tolist()[0] == RowKind.CLEAR
    times = np.unique(tape.depth["at"][tape.depth["at"] > 0]) - STARTED
    assert times.tolist() == [0, 250 * MS, 500 * MS]


def test_a_locked_book_is_told_whole_when_it_is_sound_again(tmp_path: Path) -> None:
    tape = read(books(tmp_path / "perp_BTCUSD.parquet", locked=True))
    clears = tape.depth[tape.depth["kind"] == RowKind.CLEAR]
    assert (clears["at"] - STARTED).tolist()[1:] == [500 * MS]


@pytest.mark.parametrize("name", ["orders.log.xz", "orders.log"])
def test_a_log_of_every_order_is_a_tape_of_levels_and_prints(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "exchange_BTCUSD_L3"
    folder.mkdir()
    tape = read(write_log(folder / name, log_lines()))
    assert (tape.symbol, tape.instrument.price_decimals) == ("BTCUSD", 2)
    assert set(tape.prints["kind"].tolist()) == {RowKind.SELL}
    assert tape.prints["size"].sum() == 4 * 10**8
    assert tape.prints["price"].tolist() == [10_050, 10_050]
    assert set(tape.depth["kind"].tolist()) == {RowKind.CLEAR, RowKind.BID, RowKind.ASK}
    assert (np.diff(tape.depth["at"]) >= 0).all()


def test_folders_of_recordings_are_read_and_twins_are_told_apart(tmp_path: Path) -> None:
    books(tmp_path / "data" / "one_BTCUSD" / "book.parquet")
    books(tmp_path / "data" / "two_BTCUSD" / "book.parquet")
    (tmp_path / "data" / "three").mkdir()
    write_lines(tmp_path / "data" / "three" / "a.gz", usual_lines())
    band = read_band([tmp_path / "data"])
    assert [tape.symbol for tape in band] == ["BTCUSD@one_BTCUSD", "BTCUSDT", "BTCUSD@two_BTCUSD"]
    assert [tape.symbol for tape in read_band([tmp_path / "data" / "two_BTCUSD"])] == ["BTCUSD"]

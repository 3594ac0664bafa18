"""Files of recorders to rows, and what is said about damaged ones."""

import gzip
import json
from pathlib import Path

import pytest

from tests.small_recordings import (
    MS,
    STARTED,
    diff,
    line,
    quote,
    snapshot,
    trade,
    usual_lines,
    write_document,
    write_lines,
)
from trading_agent.domain.errors import ConfigError, FeedError
from trading_agent.embedded_exchange.recorded_formats import (
    Decimals,
    RecordedDiff,
    RecordedQuote,
    RecordedRow,
    RecordedSnapshot,
    RecordedTrade,
    RowReader,
    Scale,
    read_rows,
    recording_files,
)
from trading_agent.embedded_exchange.recorded_survey import survey


def rows_of(*paths: Path, symbol: str = "BTCUSDT") -> list[RecordedRow]:
    return list(read_rows(paths, RowReader(Decimals(2, 1), symbol)))


def test_lines_become_rows_with_integers_in_the_recordings_decimals(tmp_path: Path) -> None:
    rows = rows_of(write_lines(tmp_path / "any.gz", usual_lines()))
    assert rows[0] == RecordedDiff(STARTED, 1, 10, ((10000, 10),), (), STARTED)
    assert rows[1] == RecordedQuote(STARTED + 40 * MS, 12, (10010, 20), (10020, 15))
    assert rows[3] == RecordedSnapshot(
        STARTED + 120 * MS, 15, ((10010, 20), (10000, 10)), ((10020, 15), (10030, 40))
    )
    assert rows[4] == RecordedTrade(STARTED + 150 * MS, 10020, 5, True, STARTED)
    assert rows[9] == RecordedDiff(
        STARTED + 300 * MS, 21, 24, ((10010, 5), (10000, 0)), (), STARTED
    )


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
@pytest.mark.parametrize("name", ["plain.log", "packed.gz"])
def test_the_clock_of_the_recorder_is_told_by_its_digits(
    tmp_path: Path, unit: int, name: str
) -> None:
    rows = rows_of(write_lines(tmp_path / name, usual_lines(unit)))
    assert [row.at - STARTED for row in rows][:4] == [0, 40 * MS, 100 * MS, 120 * MS]


def test_a_json_list_takes_times_from_its_messages(tmp_path: Path) -> None:
    updates = write_document(
        tmp_path / "u.json.gz",
        [diff(1, 2, [("100.10", "1.0")], at_ms=0), diff(3, 4, [("100.20", "1.0")], at_ms=1_000)],
    )
    trades = write_document(tmp_path / "t.json.gz", [trade("100.10", "1.0", at_ms=500)])
    book = write_document(tmp_path / "s.json.gz", snapshot(1, [("100.00", "1.0")], []))
    rows = rows_of(updates, trades, book)
    assert [type(row) for row in rows] == [
        RecordedSnapshot,
        RecordedDiff,
        RecordedTrade,
        RecordedDiff,
    ]
    assert [row.at for row in rows[1:]] == [STARTED, STARTED + 500 * MS, STARTED + 1_000 * MS]


def test_a_json_list_larger_than_a_piece_is_read_whole(tmp_path: Path) -> None:
    entries = [diff(n, n, [(f"{n}.50", "1.0")] * 40, at_ms=n) for n in range(1, 1_001)]
    path = write_document(tmp_path / "u.json", entries)
    assert path.stat().st_size > 2 * (1 << 18)
    rows = rows_of(path)
    assert [row.last_version for row in rows if isinstance(row, RecordedDiff)] == list(
        range(1, 1_001)
    )


def test_a_clock_that_steps_back_does_not_turn_time_back(tmp_path: Path) -> None:
    lines = [line(50, diff(1, 1)), line(20, diff(2, 2)), line(60, diff(3, 3))]
    rows = rows_of(write_lines(tmp_path / "a.log", lines))
    assert [row.at - STARTED for row in rows] == [50 * MS, 50 * MS, 60 * MS]


def test_messages_of_other_streams_are_passed_over(tmp_path: Path) -> None:
    lines = [line(0, {"e": "kline", "s": "BTCUSDT"}), line(1, {"result": None, "id": 1})]
    assert rows_of(write_lines(tmp_path / "a.log", lines)) == []


@pytest.mark.parametrize(
    "broken",
    [
        "1723161254000000000 {not json",
        "yesterday {}",
        "1723161254000000000",
        line(0, {**diff(1, 2), "b": [["1e3", "1.0"]]}),
        line(0, {**diff(1, 2), "b": [["1.005", "1.0"]]}),
        line(0, {**diff(1, 2), "u": "two"}),
        line(0, diff(9, 8)),
        line(0, {**trade("1.0", "1.0"), "p": None}),
        line(0, {**quote(1, ("1.0", "1.0"), ("2.0", "1.0")), "B": "-1"}),
    ],
)
def test_a_damaged_line_is_one_error_that_names_file_and_line(tmp_path: Path, broken: str) -> None:
    path = write_lines(tmp_path / "cut.log", [*usual_lines()[:3], broken, *usual_lines()[3:]])
    with pytest.raises(FeedError, match=r"cut\.log, line 4: damaged"):
        rows_of(path)


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.log", [*usual_lines()[:2], "", *usual_lines()[2:], ""])
    assert len(rows_of(path)) == len(usual_lines())


def test_a_row_of_another_pair_is_an_error(tmp_path: Path) -> None:
    lines = [line(0, diff(1, 1)), line(1, {**diff(2, 2), "s": "ETHUSDT"})]
    path = write_lines(tmp_path / "two.log", lines)
    with pytest.raises(FeedError, match=r"two\.log, line 2: holds ETHUSDT"):
        rows_of(path)


def test_packing_cut_short_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    text = "\n".join(usual_lines() * 200).encode()
    path.write_bytes(gzip.compress(text)[:-200])
    with pytest.raises(FeedError, match=r"cut\.gz: damaged compression"):
        rows_of(path)


def test_a_list_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.json"
    path.write_text(json.dumps([diff(1, 1), diff(2, 2)])[:-5])
    with pytest.raises(FeedError, match=r"cut\.json, line 1: the JSON list breaks off .* 1$"):
        rows_of(path)


def test_a_file_of_no_known_shape_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "text.log"
    path.write_text("hello\n")
    with pytest.raises(FeedError, match=r"text\.log, line 1: neither"):
        rows_of(path)


def test_a_folder_stands_for_the_recordings_in_it(tmp_path: Path) -> None:
    for name in ("b.gz", "a.json", "README.md"):
        write_lines(tmp_path / name, usual_lines())
    assert [path.name for path in recording_files([tmp_path])] == ["a.json", "b.gz"]


def test_what_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no recording at .*nowhere\.gz"):
        recording_files([tmp_path / "nowhere.gz"])
    with pytest.raises(ConfigError, match="no recording in folder"):
        recording_files([tmp_path])
    with pytest.raises(ConfigError, match="no recording named"):
        recording_files([])


def test_the_survey_finds_the_decimals_really_used(tmp_path: Path) -> None:
    lines = [
        line(
            0, snapshot(1, [("61737.63000000", "0.04250000")], [("61738.00000000", "1.00000000")])
        ),
        line(1, diff(2, 2, [("61700.50000000", "3.00001000")])),
        line(2, trade("61737.60000000", "0.00000000")),
    ]
    found = survey([write_lines(tmp_path / "a.gz", lines)])
    assert found.decimals == Decimals(price=2, size=5)
    assert (found.symbol, found.has_quotes, found.snapshots) == ("BTCUSDT", False, 1)


def test_the_survey_looks_at_quotes_and_across_pieces(tmp_path: Path) -> None:
    padding = [line(n, diff(n, n, [("1.0", "1.0")] * 50)) for n in range(1, 400)]
    last = line(500, quote(400, ("1.0005", "1.0"), ("1.5", "0.125")))
    first = line(0, snapshot(0, [], []))
    path = write_lines(tmp_path / "a.log", [first, *padding, last])
    assert path.stat().st_size > (1 << 18)
    found = survey([path])
    assert found.decimals == Decimals(price=4, size=3)
    assert found.has_quotes


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "is empty"),
        ([line(0, snapshot(1, [], []))], "no depth updates"),
        ([line(0, diff(1, 1))], "no book snapshot"),
    ],
)
def test_the_survey_refuses_what_cannot_be_played(
    tmp_path: Path, lines: list[str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        survey([write_lines(tmp_path / "a.gz", lines)])


def test_a_scale_takes_plain_decimals_only() -> None:
    scale = Scale(2)
    assert (scale["1.50"], scale["0"], scale["7.0000"]) == (150, 0, 700)
    for text in ("1.005", "1e2", "-1", "NaN", "", "999999999999999999"):
        with pytest.raises(ValueError, match=r"decimal|fit"):
            scale[text]

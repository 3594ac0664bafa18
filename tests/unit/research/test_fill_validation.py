"""Which files are which recording, and what is told of those that are none."""

import json
from pathlib import Path

import pytest

from tests.small_logs import log_lines, write_log
from tests.small_recordings import (
    diff,
    line,
    snapshot,
    trade,
    usual_lines,
    write_document,
    write_lines,
)
from tests.unit.cli.verbs import call
from trading_agent.cli.validate_fills import validate_fills as verb
from trading_agent.domain.errors import CommandError, ConfigError, FeedError
from trading_agent.execution.settings import PaperSettings
from trading_agent.research.fill_validation import (
    FillValidation,
    ValidationRequest,
    validate_fills,
)
from trading_agent.research.fill_validation_order_log import is_order_log, read_order_log


def validated(*data: Path, symbol: str | None = None) -> tuple[FillValidation, list[str]]:
    said: list[str] = []
    request = ValidationRequest(data=data, settings=PaperSettings(), symbol=symbol)
    return validate_fills(request, said.append), said


def streams(folder: Path, name: str = "btc.gz") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = usual_lines()
    lines[4] = line(150, trade("100.20", "0.5", at_ms=150))
    lines[8] = line(250, trade("100.10", "2.0", taker_bought=False, at_ms=250))
    return write_lines(folder / name, lines)


def test_streams_of_an_exchange_give_a_table_of_aggressors(tmp_path: Path) -> None:
    found, said = validated(streams(tmp_path))
    (figures,) = found.aggressors
    assert (figures.symbol, figures.aggressors, figures.early) == ("BTCUSDT", 2, 0)
    assert (figures.all.mean, figures.all.p95) == (0.0, 0.0)
    assert found.twins == ()
    assert said == []


def test_the_exchange_s_times_decide_what_was_before_not_the_receiver_s(tmp_path: Path) -> None:
    lines = [
        line(0, diff(1, 10, at_ms=0)),
        line(10, snapshot(10, [("100.0", "1")], [("101.0", "1"), ("102.0", "1")])),
        line(20, diff(11, 12, [], [("101.0", "0")], at_ms=100)),
        line(30, trade("101.0", "1", at_ms=90)),
    ]
    found, _ = validated(write_lines(tmp_path / "late.gz", lines))
    assert found.aggressors[0].all.mean == 0.0


@pytest.mark.parametrize("name", ["orders.log.xz", "orders.log"])
def test_an_order_log_gives_tables_of_twins(tmp_path: Path, name: str) -> None:
    path = write_log(tmp_path / name, log_lines())
    assert is_order_log(path)
    found, _ = validated(tmp_path)
    (log,) = found.twins
    assert (log.name, log.traded, log.printed, log.jumped) == (name, 4.0, 4.0, 0)
    assert log.agreed == 0.0
    assert (log.queued.orders, log.queued.filled) == (1, 1)
    assert log.all.orders == 2
    assert [model.volume_ratio for model in log.queued.models] == [1.0, 1.0, 1.5]


def test_folders_in_a_folder_are_recordings_and_the_others_are_named(tmp_path: Path) -> None:
    streams(tmp_path / "one")
    (tmp_path / "two").mkdir()
    write_log(tmp_path / "two" / "orders.log", log_lines())
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "book.npz").write_bytes(b"PK")
    (tmp_path / "table").mkdir()
    write_lines(tmp_path / "table" / "trades.csv.gz", ["time,price", "1,2"])
    found, said = validated(tmp_path)
    assert "no depth updates" in said.pop()
    assert (len(found.aggressors), len(found.twins)) == (1, 1)
    none = tmp_path / "none"
    assert said == [f"left out: {none}: no recording in folder {none}"]


def test_a_recording_without_prints_is_left_out_and_twins_are_told_apart(tmp_path: Path) -> None:
    streams(tmp_path / "one")
    streams(tmp_path / "other")
    (tmp_path / "silent").mkdir()
    lines = ["timestamp,bid_price_0,bid_size_0,ask_price_0,ask_size_0", "1,100.0,1,101.0,1"]
    write_lines(tmp_path / "silent" / "BTC_USDT.csv", lines)
    found, said = validated(tmp_path)
    assert [each.symbol for each in found.aggressors] == ["BTCUSDT@one", "BTCUSDT@other"]
    silent = tmp_path / "silent"
    assert said == [f"left out: {silent}: no prints in BTC_USDT.csv"]


def test_what_is_named_must_be_a_recording(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no recording at"):
        validated(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="no recording in folder"):
        validated(tmp_path)
    lone = write_document(tmp_path / "book.json", snapshot(1, [("1", "1")], [("2", "1")]))
    with pytest.raises(ConfigError, match="no depth updates"):
        validated(lone)


def test_another_symbol_is_left_out_and_an_unknown_one_an_error(tmp_path: Path) -> None:
    path = streams(tmp_path)
    assert len(validated(path, symbol="BTCUSDT")[0].aggressors) == 1
    with pytest.raises(CommandError, match="hold BTCUSDT"):
        validated(path, symbol="ETHUSDT")


@pytest.mark.parametrize(
    "damaged",
    ["soon order_created {}\n", "5 order_created {]\n", "5 order_deleted {}\n", "5\n"],
)
def test_a_damaged_line_of_an_order_log_is_named(tmp_path: Path, damaged: str) -> None:
    lines = log_lines()
    lines[3] = damaged
    with pytest.raises(FeedError, match="line 4: damaged"):
        read_order_log(write_log(tmp_path / "orders.log", lines))


def test_an_order_log_cut_short_is_damaged(tmp_path: Path) -> None:
    path = write_log(tmp_path / "orders.log.xz", log_lines() * 200)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FeedError, match="damaged"):
        read_order_log(path)


def test_the_verb_prints_tables_for_people_and_a_document_for_programs(tmp_path: Path) -> None:
    write_log(tmp_path / "orders.log", log_lines())
    path = streams(tmp_path / "streams")
    tables = call(verb, str(path), str(tmp_path / "orders.log"))
    assert tables.exit_code == 0
    for words in ("BTCUSDT", "just before", "as shown", "pessimistic", "central", "optimistic"):
        assert words in tables.stdout
    told = call(verb, str(path), "--json")
    document = json.loads(told.stdout.splitlines()[-1])
    assert document["aggressors"][0]["symbol"] == "BTCUSDT"
    assert document["twins"] == []


def test_the_verb_ends_with_two_for_data_it_cannot_use(tmp_path: Path) -> None:
    ended = call(verb, str(tmp_path / "nowhere"))
    assert ended.exit_code == 2
    assert "no recording at" in ended.stderr

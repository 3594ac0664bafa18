"""The benchmark runs, and its document has the shape others read."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.small_recordings import usual_lines, write_lines
from trading_agent.cli.bench import lines
from trading_agent.domain.market_rows import RowKind
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.units import Nanos
from trading_agent.research.bench_engine import (
    bench_core,
    bench_instrument,
    bench_plan,
    measure_engine,
)
from trading_agent.research.bench_frames import measure_frames
from trading_agent.research.bench_market import generate_rows, save_for_peers
from trading_agent.research.bench_recorded import RECORDING, recorded_rows
from trading_agent.research.bench_socket import measure_socket
from trading_agent.research.bench_symbols import measure_symbols

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
VERB = "import typer\nfrom trading_agent.cli.bench import bench\ntyper.run(bench)\n"


def run_verb(*arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", VERB, *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_few_rows_from_a_file_come_to_the_whole_document(tmp_path: Path) -> None:
    save_for_peers(generate_rows(3_000), tmp_path / "ev.npy")
    told = run_verb(
        "--rows", str(tmp_path / "ev.npy"), "--data", str(tmp_path), "--only", "replay"
    )  # fmt: skip
    replay = told["replay"]
    assert replay["generated_rows_per_s"] > 100_000
    assert replay["rows"] > 90_000
    assert replay["orders"] > 5
    assert replay["recorded_rows_per_s"] is None
    assert str(tmp_path) in told["notes"][0]
    for unasked in ("decision_us", "socket_us", "decode_us", "rss_mib"):
        assert told[unasked] is None
    assert told["start_s"] == {"warm": None, "cold": None}
    assert told["peers"] == {}


def test_every_run_over_the_same_rows_trades_the_same() -> None:
    rows = generate_rows(3_000)
    first, second = (measure_engine(rows, bench_instrument(), runs=1) for _ in range(2))
    assert (first.orders, first.fills) == (second.orders, second.fills)
    assert first.orders > 5


def test_a_decision_and_a_decode_take_time_and_the_compiled_one_less() -> None:
    speed = measure_frames(1_200)
    for taken in (speed.decision, speed.with_facts, speed.compiled, speed.library):
        assert 0 < taken.p50 <= taken.p99
    assert speed.compiled.p50 < speed.library.p50
    assert speed.compiled.p50 < speed.decision.p50


def test_more_pairs_cost_more_and_all_of_them_are_fed() -> None:
    told = measure_symbols((1, 4), seconds=2)
    assert list(told) == ["1", "4"]
    assert 0 < told["1"] < told["4"] < 100


@pytest.mark.slow
def test_frames_come_through_a_real_socket_from_another_process() -> None:
    told = measure_socket(200)
    assert told["frames"] == 200
    assert 0 < float(str(told["decision_p50"])) < float(str(told["p50"])) <= float(str(told["p99"]))


def test_a_recording_of_another_exchange_becomes_rows_with_a_ready_book(tmp_path: Path) -> None:
    folder = tmp_path / RECORDING
    folder.mkdir(parents=True)
    write_lines(folder / "some.gz", usual_lines())
    rows, instrument = recorded_rows(folder)
    assert np.unique(rows["kind"]).tolist() == [1, 2, 3, 4, 5, 7, 8]
    assert (np.diff(rows["at"]) >= 0).all()
    at = Nanos(int(rows["at"][0]))
    core = bench_core(bench_plan(), instrument, at, batch=True)
    core.open()
    core.step(Stamped(1, at, MarketRows(rows)))
    (view,) = core.snapshot(at).symbols
    assert view.book_ready
    assert (str(view.bid), str(view.ask)) == ("100.1", "100.2")
    assert rows["kind"].tolist().count(RowKind.CLEAR) == 1


def test_the_document_is_told_line_by_line() -> None:
    document = {"replay": {"rows": 4_200, "speed": None}, "notes": ["a word"]}
    assert lines(document) == [
        "replay",
        "  rows: 4,200",
        "  speed: not measured",
        "notes",
        "  a word",
    ]

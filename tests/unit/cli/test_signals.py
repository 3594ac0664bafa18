"""`flash-trading signals`, as a person calls it."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.verbs import call
from trading_agent.cli.signals import calibrate, evaluate

BTC = Path(__file__).parents[3] / ".." / "shared" / "data" / "depth" / "binance-spot_BTCUSDT"


@pytest.fixture(scope="module")
def recording() -> str:
    if not BTC.is_dir():
        pytest.skip("no recorded market data beside the project")
    return str(BTC)


@pytest.mark.slow
def test_evaluate_tells_every_figure_with_its_interval_and_writes_the_page(
    recording: str, tmp_path: Path
) -> None:
    file = tmp_path / "signals.html"
    told = call(evaluate, recording, "--json", "--latency-ms", "50", "--html", str(file))
    assert told.exit_code == 0
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["latency_ms"] == [50.0, 60.0]
    for kind in ("figures", "groups", "deciles", "monotonies", "decay", "turnovers", "flash"):
        assert found[kind], kind
        assert all("symbol" in each for each in found[kind])
    for each in found["flash"]:
        assert each["n"] > 0 and {"value", "low", "high"} <= set(each["net_bps"])
        assert each["baseline"]["shifts"] >= 20
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.slow
def test_evaluate_says_in_words_what_predicts_and_what_pays(recording: str) -> None:
    told = call(evaluate, recording, "--fee-bps", "5")
    assert told.exit_code == 0
    assert "The flash signal by group" in told.stdout
    assert "No edge: the flash signal does not pay" in told.stdout
    assert "imbalance: 0.5, 1" in told.stdout


@pytest.mark.slow
def test_calibrate_prints_the_evidence_and_an_overlay(recording: str) -> None:
    told = call(calibrate, recording, "--an-hour", "400")
    assert told.exit_code == 0
    table, overlay = told.stdout.split("\n{\n", 1)
    assert "hits out of half" in table and "OFF_HOURS" in table
    signal = json.loads("{" + overlay)["trading"]["signal"]
    assert 0.0 < signal["imbalance_threshold"] < 1.0


def test_a_folder_that_is_not_there_is_named() -> None:
    told = call(evaluate, "nowhere")
    assert told.exit_code != 0
    assert "nowhere" in told.stderr

"""`flash-trading signals`, as a person calls it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.verbs import call
from trading_agent.cli.signals import calibrate, evaluate
from trading_agent.strategies.standard import STANDARD

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
    told = call(
        evaluate, recording, "--json", "--standard", "--latency-ms", "50", "--html", str(file)
    )
    assert told.exit_code == 0
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["latency_ms"] == [50.0, 60.0]
    kinds = ("figures", "groups", "deciles", "monotonies", "decay", "turnovers", "flash")
    for kind in (*kinds, "strategies", "proposals", "pattern_counts"):
        assert found[kind], kind
        assert all("symbol" in each for each in found[kind])
    for each in found["flash"]:
        assert each["n"] > 0 and {"value", "low", "high"} <= set(each["net_bps"])
        # Six minutes have no room to shift what is looked at half a minute ahead.
        far = each["horizon"] > 10.0
        assert (each["baseline"]["shifts"] == 0) == far and (each["chance"] is None or not far)
    assert found["candlesticks"] and found["candlestick_nets"]
    assert len(found["strategies"]) == len(STANDARD)
    for each in found["strategies"]:
        # A figure with its interval and its number, or words why there is none.
        assert each["why"] or (each["trips"] >= 8 and {"value", "low"} <= set(each["net_bps"]))
    # The recording states none: the worst that is configured.
    assert found["fees"]["BTCUSDT"] == {"taker_bps": 20.0, "maker_bps": 20.0}
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.slow
def test_evaluate_says_in_words_what_predicts_and_what_pays(recording: str) -> None:
    told = call(evaluate, recording, "--fee-bps", "5")
    assert told.exit_code == 0
    assert "The flash signal by group" in told.stdout
    assert "No edge: the flash signal does not pay; no strategy pays, of 1" in told.stdout
    assert "Strategies, each alone through the engine" in told.stdout
    assert "Chart patterns" in told.stdout
    assert "imbalance: 0.5, 1" in told.stdout


@pytest.mark.slow
def test_calibrate_prints_the_evidence_and_an_overlay(recording: str) -> None:
    told = call(calibrate, recording, "--an-hour", "400")
    assert told.exit_code == 0
    table, overlay = told.stdout.split("\n{\n", 1)
    assert "hits out of half" in table and "OFF_HOURS" in table
    signal = json.loads("{" + overlay)["trading"]["signal"]
    assert 0.0 < signal["imbalance_threshold"] < 1.0


NEVER = {"trading": {"signal": {"imbalance_threshold": 1.0}}}


@pytest.mark.slow
def test_evaluate_measures_by_the_configuration_and_what_is_laid_over_it(
    recording: str, tmp_path: Path
) -> None:
    overlay, base = tmp_path / "never.json", tmp_path / "base.json"
    overlay.write_text(json.dumps(NEVER))
    momentum = {"name": "momentum", "parameters": {"timeframe_seconds": 15}}
    base.write_text(
        json.dumps({"strategies": {"active": [momentum]}, "paper": {"latency_ms": 40.0}})
    )
    told = call(evaluate, recording, "--json", "--config", str(base), "--overlay", str(overlay))
    assert told.exit_code == 0
    assert str(base) in told.stderr and str(overlay) in told.stderr
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["turnovers"][0]["n"] == 0 and found["flash"] == []
    assert found["latency_ms"] == [40.0, 50.0]
    assert [(e["strategy"], e["timeframe"]) for e in found["strategies"]] == [("momentum", "15s")]


@pytest.mark.slow
def test_calibrate_starts_from_the_configuration(recording: str, tmp_path: Path) -> None:
    overlay = tmp_path / "never.json"
    overlay.write_text(json.dumps(NEVER))
    told = call(calibrate, recording, "--an-hour", "400", "--json", "--overlay", str(overlay))
    assert told.exit_code == 0
    (evidence,) = json.loads(told.stdout.splitlines()[-1])["evidence"]
    assert evidence["before_n"] == 0 and evidence["n"] > 0


@pytest.mark.parametrize("verb", [evaluate, calibrate])
def test_a_configuration_that_is_wrong_is_said_with_its_place(
    verb: Callable[..., None], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"trading": {"signal": {"imbalance_treshold": 0.1}}}))
    told = call(verb, "nowhere", "--overlay", str(wrong))
    assert told.exit_code != 0
    assert "imbalance_treshold" in told.stderr and "imbalance_threshold" in told.stderr


def test_a_folder_that_is_not_there_is_named() -> None:
    told = call(evaluate, "nowhere")
    assert told.exit_code != 0
    assert "nowhere" in told.stderr

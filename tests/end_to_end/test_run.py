"""The whole system as a user starts it: the real process, the real exchange on loopback."""

import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DATA = PROJECT / ".." / "shared" / "data" / "depth"
DEMO = PROJECT / "configs" / "demo.json"


def flash_trading(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trading_agent", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=110,
        env={**os.environ, **environment},
        check=False,
    )


def closing(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert run.returncode == 0, run.stderr
    document: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return document


def check_money(document: dict[str, Any]) -> None:
    profit = Decimal(document["realised_profit"]) + Decimal(document["unrealised_profit"])
    assert Decimal(document["equity"]) == 10_000 + profit


def test_a_run_trades_is_recorded_and_replays_to_the_same_facts(tmp_path: Path) -> None:
    recording, data = tmp_path / "run.rec", tmp_path / "data"
    run = flash_trading(
        *("run", "--overlay", DEMO, "--duration", "25", "--seed", "5", "--json"),
        *("--data-dir", data, "--record-to", recording),
    )
    document = closing(run)
    assert document["exit_reason"] == "duration"
    assert document["simulated"] is True
    assert "SIMULATED MARKET" in run.stderr
    assert document["orders"] > 0
    assert document["fills"] > 0
    assert document["fees"] == "0"
    assert (document["gaps"], document["invalid"]) == (0, {})
    assert document["top"]["checked"] == document["top"]["equal"] > 50
    check_money(document)
    check_log(data, document)

    for hash_seed in ("0", "4242"):
        replay = flash_trading("replay", recording, "--verify", "--json", PYTHONHASHSEED=hash_seed)
        assert closing(replay)["digest"] == document["digest"]
    no_collector = (
        "import gc, sys; gc.disable(); sys.argv[1:] = "
        f"['replay', {str(recording)!r}, '--verify']; "
        "import trading_agent.__main__ as m; m.main()"
    )
    verified = subprocess.run([sys.executable, "-c", no_collector], cwd=PROJECT, check=False)
    assert verified.returncode == 0

    report = closing_report(data)
    assert report["reconciles"] is True
    assert len(report["fills"]) == document["fills"]


def check_log(data: Path, document: dict[str, Any]) -> None:
    """Every fact of the run stands in the log, between its start and its end."""
    lines = [json.loads(line) for line in (data / "log.jsonl").read_text().splitlines()]
    assert [lines[0]["event"], lines[-1]["event"]] == ["run starts", "run ends: duration"]
    assert lines[0]["simulated"] is True
    sequences = [line["sequence"] for line in lines if "fact" in line]
    assert sequences == list(range(1, len(sequences) + 1))
    events = [line["event"] for line in lines]
    assert events.count("OrderFilled") == document["fills"]
    assert events.count("DeskOpened") == events.count("DeskClosed") == 1
    assert lines[-1]["closing"]["digest"] == document["digest"]


def closing_report(data: Path) -> dict[str, Any]:
    report = flash_trading("report", "--data-dir", data, "--json")
    assert report.returncode == 0, report.stderr
    document: dict[str, Any] = json.loads(report.stdout)
    return document


def test_a_restart_goes_on_with_the_same_account(tmp_path: Path) -> None:
    arguments = ("run", "--overlay", DEMO, "--duration", "12", "--json", "--data-dir", tmp_path)
    first = closing(flash_trading(*arguments))
    second = closing(flash_trading(*arguments))
    report = closing_report(tmp_path)
    assert report["reconciles"] is True
    assert report["runs"] == 2
    assert len(report["fills"]) == first["fills"] + second["fills"]
    check_money(second)


def test_another_market_is_refused_the_same_journal(tmp_path: Path) -> None:
    assert flash_trading("run", "--duration", "1", "--data-dir", tmp_path).returncode == 0
    recording = tmp_path / "market.gz"
    recording.write_bytes(b"")
    run = flash_trading("run", "--play", recording, "--duration", "1", "--data-dir", tmp_path)
    assert run.returncode == 2
    assert "market.gz" in run.stderr


@pytest.mark.skipif(not DATA.is_dir(), reason="recorded market data is not here")
@pytest.mark.parametrize(
    ("folder", "symbol", "least_checked"),
    [("binance-spot_BTCUSDT", "BTCUSDC", 3_000), ("binance-spot_ETHUSDT", "ETHUSDC", 3_000)],
)
def test_a_recorded_market_is_rebuilt_exactly_through_the_wire(
    tmp_path: Path, folder: str, symbol: str, least_checked: int
) -> None:
    document = closing(
        flash_trading(
            *("run", "--play", DATA / folder, "--as", symbol, "--speed", "max"),
            *("--duration", "90", "--json", "--data-dir", tmp_path),
        )
    )
    assert document["exit_reason"] == "recording_over"
    assert document["gaps"] == 0
    assert document["top"]["checked"] > least_checked
    assert document["top"]["equal"] >= 0.999 * document["top"]["checked"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_in_order_and_soon(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "trading_agent", "run", "--json", "--data-dir", str(tmp_path)]
    process = subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "SIMULATED MARKET" in line:
            break
    asked = time.monotonic()
    process.send_signal(number)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert time.monotonic() - asked < 3.0
    assert json.loads(output.splitlines()[-1])["exit_reason"] == number.name


def test_bad_configuration_ends_with_all_its_errors_and_code_2(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{\n "symbols": ["BTC USDC"],\n "rsik": {},\n "venue": "mars"\n}\n')
    run = flash_trading("run", "--config", config, "--duration", "1")
    assert run.returncode == 2
    assert all(word in run.stderr for word in ("rsik", "risk", "venue", "symbols", ":3"))
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--speed", "fast", "--duration", "1"), "speed"),
        (("run", "--speed", "2", "--duration", "1"), "--play"),
        (("run", "--as", "BTCUSDC", "--duration", "1"), "--play"),
        (("run", "--venue", "moon", "--duration", "1"), "moon"),
        (("run", "--play", "nowhere.gz", "--duration", "1"), "nowhere.gz"),
        (("replay", "nowhere.rec"), "nowhere.rec"),
        (("report", "--data-dir", "nowhere"), "nowhere"),
        (("decode", "zz"), "zz"),
    ],
)
def test_a_mistyped_command_is_answered_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    extra = ("--data-dir", str(tmp_path)) if arguments[0] == "run" else ()
    run = flash_trading(*arguments, *extra)
    assert run.returncode in (1, 2)
    assert words in run.stderr
    assert "Traceback" not in run.stderr


def test_a_recording_is_not_written_over_by_a_person_and_goes_on_after_a_death(
    tmp_path: Path,
) -> None:
    there = tmp_path / "run.rec"
    there.write_text("something of value")
    arguments = ("run", "--duration", "1", "--data-dir", tmp_path / "data", "--record-to", there)
    refused = flash_trading(*arguments)
    assert refused.returncode == 2
    assert "never written over" in refused.stderr
    again = flash_trading(*arguments, FLASH_TRADING_RESTARTED="1")
    assert again.returncode == 0
    assert there.read_text() == "something of value"
    assert flash_trading("replay", tmp_path / "run-2.rec", "--verify").returncode == 0


def test_a_data_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = flash_trading("run", "--duration", "1", "--data-dir", tmp_path / "file" / "data")
    assert run.returncode == 2
    assert str(tmp_path / "file" / "data") in run.stderr
    assert "Traceback" not in run.stderr

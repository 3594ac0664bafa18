"""`flash-trading exchange` as a process: it serves, says where, and ends when told to."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import websocket

from tests.small_recordings import usual_lines, write_lines
from tests.unit.cli.verbs import call
from trading_agent.adapters.mexc.wire import Acknowledged, depth_channel, read_control, subscribe
from trading_agent.cli.exchange import exchange

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
COMMAND = (sys.executable, "-m", "trading_agent", "exchange")


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate(timeout=PATIENCE)


def greeting(running: subprocess.Popen[str]) -> tuple[str, str, str]:
    """The market's name, the REST address and the streams' address."""
    assert running.stdout is not None
    lines = [running.stdout.readline() for _ in range(4)]
    assert lines[3].strip() == "Ctrl-C stops it", running.stderr.read() if running.stderr else ""
    market = lines[0].strip()
    return market, lines[1].split()[1], lines[2].split()[1]


def ended(running: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = running.communicate(timeout=PATIENCE)
    return running.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal(number: signal.Signals) -> None:
    with process("--seed", "11") as running:
        market, rest, streams = greeting(running)
        assert market == "SIMULATED MARKET: synthetic, seed 11, BTCUSDC, ETHUSDC"
        listed = requests.get(f"{rest}/api/v3/exchangeInfo", timeout=PATIENCE).json()["symbols"]
        assert [pair["symbol"] for pair in listed] == ["BTCUSDC", "ETHUSDC"]
        socket = websocket.create_connection(streams, timeout=PATIENCE)
        try:
            socket.send(subscribe([depth_channel("BTCUSDC", 100)], 1))
            answer = read_control(str(socket.recv()))
            assert answer == Acknowledged(1, (depth_channel("BTCUSDC", 100),))
            assert isinstance(socket.recv(), bytes)
            running.send_signal(number)
            code, out, err = ended(running)
        finally:
            socket.close()
    assert (code, out, err) == (0, "stopped\n", "")


def test_a_recording_is_played_to_its_end_and_stays_to_be_looked_at(tmp_path: Path) -> None:
    recording = write_lines(tmp_path / "btc.gz", usual_lines())
    with process("--play", str(recording), "--as", "btc/usdc", "--speed", "max") as running:
        market, rest, streams = greeting(running)
        assert market == "SIMULATED MARKET: btc.gz played as BTCUSDC"
        socket = websocket.create_connection(streams, timeout=PATIENCE)
        try:
            socket.send(subscribe([depth_channel("BTCUSDC", 100)], 1))
            assert running.stdout is not None
            assert "the recording is over" in running.stdout.readline()
            book = requests.get(
                f"{rest}/api/v3/depth", {"symbol": "BTCUSDC", "limit": "5"}, timeout=PATIENCE
            ).json()
        finally:
            socket.close()
        assert book["bids"][0] == ["100.1", "0.50000000"]
        running.send_signal(signal.SIGINT)
        assert ended(running)[0] == 0


def test_a_recording_that_breaks_off_ends_it(tmp_path: Path) -> None:
    lines = [*usual_lines(), "1723161255000000000 {broken"]
    recording = write_lines(tmp_path / "btc.gz", lines)
    with process("--play", str(recording), "--as", "BTCUSDC", "--speed", "max") as running:
        _, _, streams = greeting(running)
        socket = websocket.create_connection(streams, timeout=PATIENCE)
        try:
            socket.send(subscribe([depth_channel("BTCUSDC", 100)], 1))
            code, _, err = ended(running)
        finally:
            socket.close()
    assert code == 1
    assert "line 11" in err


def test_a_port_that_is_taken_is_told() -> None:
    with process() as running:
        _, rest, _ = greeting(running)
        port = rest.rpartition(":")[2]
        result = call(exchange, "--port", port)
    assert result.exit_code == 2
    assert f"port {port}" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--speed", "2"], 1, "--play"),
        (["--as", "BTCUSDC"], 1, "--play"),
        (["--play", "nowhere.gz"], 2, "no recording at nowhere.gz"),
        (["--play", ".", "--speed", "fast"], 2, "'fast'"),
        (["--play", ".", "--as", "!"], 1, "--as !"),
        (["--compare", "nowhere.gz"], 2, "no recording at nowhere.gz"),
    ],
)
def test_what_cannot_be_served_is_told(arguments: list[str], code: int, words: str) -> None:
    result = call(exchange, *arguments)
    assert result.exit_code == code
    assert words in result.stderr


def test_the_pairs_of_the_configuration_are_served(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"symbols": ["NEXO/USDC"], "embedded": {"seed": 5}}))
    with process("--config", str(config)) as running:
        market, _, _ = greeting(running)
    assert market == "SIMULATED MARKET: synthetic, seed 5, NEXOUSDC, BTCUSDC, ETHUSDC"


def test_the_simulated_market_is_compared_with_a_recording(tmp_path: Path) -> None:
    recording = write_lines(tmp_path / "btc.gz", usual_lines())
    result = call(exchange, "--compare", str(recording))
    assert result.exit_code == 0, result.stderr
    title, heads, *figures = result.stdout.splitlines()
    assert title == "BTCUSDC of the simulated market (seed 7) and BTCUSDT of btc.gz"
    assert heads.split() == ["simulated", "recorded", "ratio"]
    assert any(re.match(r"spread median ticks +\d+ +\d+", line) for line in figures)


def test_a_comparison_needs_a_market_of_the_same_kind(tmp_path: Path) -> None:
    lines = [line.replace("BTCUSDT", "LTCUSDT") for line in usual_lines()]
    recording = write_lines(tmp_path / "ltc.gz", lines)
    unknown = call(exchange, "--compare", str(recording))
    assert unknown.exit_code == 1
    assert "--as" in unknown.stderr
    named = call(exchange, "--compare", str(recording), "--as", "ETHUSDC")
    assert named.exit_code == 0
    assert named.stdout.startswith("ETHUSDC of the simulated market")
    foreign = call(exchange, "--compare", str(recording), "--as", "LTCUSDC")
    assert foreign.exit_code == 1
    assert "no simulated market of LTCUSDC" in foreign.stderr

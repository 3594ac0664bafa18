"""The whole engine with its overseer, as a person starts and asks it."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_run import DEMO, PROJECT, closing, flash_trading

NERVOUS: dict[str, Any] = {
    "overseer": {
        "mode": "auto_tighten",
        "provider": "offline",
        "detectors": {
            "learn_minutes": 0,
            "window_minutes": 10,
            "stress_percentile": 50.0,
            "stress_seconds": 0,
            "calm_seconds": 1,
        },
        "cadence": {"coalesce_seconds": 0.2, "stress_minutes": 0},
        "attribution": {"settle_minutes": 0, "hold_out": 0.0},
    },
}


@pytest.mark.slow
def test_a_run_shows_a_simulated_overseer_at_work(tmp_path: Path) -> None:
    overlay, data, recording = tmp_path / "nervous.json", tmp_path / "data", tmp_path / "run.rec"
    overlay.write_text(json.dumps(NERVOUS))
    command = ("run", "--overlay", DEMO, "--overlay", overlay, "--duration", "25", "--seed", "5")
    more = ("--json", "--data-dir", data, "--record-to", recording)
    engine = subprocess.Popen(
        [sys.executable, "-m", "trading_agent", *map(str, (*command, *more))],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        status = asked_of_running(data)
        out, err = engine.communicate(timeout=110)
    finally:
        engine.kill()
        engine.wait()
    assert "mode auto_tighten" in status
    assert "simulated provider" in status
    run = subprocess.CompletedProcess([], engine.returncode, out, err)
    document = closing(run)
    events = [json.loads(line) for line in (data / "log.jsonl").read_text().splitlines()]
    applied = [each for each in events if each["event"] == "OverlayApplied"]
    assert applied, "no reason in 25 seconds of a nervous overseer"
    assert not any("no longer measured" in str(each) for each in events)
    decision = applied[0]["fact"]["overlay"]["overlay"].partition(".")[0]
    why = flash_trading("overseer", "why", decision, "--data-dir", data)
    assert why.returncode == 0, why.stderr
    assert "SIMULATED model" in why.stdout
    assert "then: active" in why.stdout
    taken_again = flash_trading("overseer", "replay", "all", "--data-dir", data)
    assert taken_again.returncode == 0, taken_again.stdout
    assert f"{decision}: byte for byte the same" in taken_again.stdout
    assert " 0 different" in taken_again.stdout
    replay = flash_trading("replay", recording, "--verify", "--json")
    assert closing(replay)["digest"] == document["digest"]


def asked_of_running(data: Path) -> str:
    """Once the overseer has opened its counter."""
    for _ in range(60):
        asked = flash_trading("overseer", "status", "--data-dir", data)
        if asked.returncode == 0 and "no overseer runs" not in asked.stdout:
            return asked.stdout
    raise AssertionError(asked.stderr)


def test_the_simulated_provider_can_be_had_by_itself() -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "trading_agent", "fake-openrouter"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("SIMULATED MODELS")
        address = server.stdout.readline().split()[1]
        assert address.startswith("http://127.0.0.1:")
        wanted = urllib.request.Request(
            f"{address}/models", headers={"Authorization": "Bearer sk-or-v1-anything"}
        )
        with urllib.request.urlopen(wanted, timeout=20) as answer:
            names = [each["id"] for each in json.load(answer)["data"]]
        assert "simulated/swift" in names
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


def test_a_verb_about_a_desk_that_is_not_there_says_so(tmp_path: Path) -> None:
    asked = flash_trading("overseer", "status", "--data-dir", tmp_path)
    assert asked.returncode == 1
    assert "flash-trading run opens one" in asked.stderr

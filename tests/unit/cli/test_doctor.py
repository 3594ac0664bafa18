"""`flash-trading doctor`: a line for everything looked at, and an exit code."""

import json
from pathlib import Path

from tests.unit.cli.verbs import call
from trading_agent.cli.doctor import doctor


def config_file(tmp_path: Path, **settings: object) -> str:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"data_directory": "var", **settings}))
    return str(path)


def test_all_is_well_with_the_embedded_exchange(tmp_path: Path) -> None:
    result = call(doctor, "--config", config_file(tmp_path, venue="mexc"), "--venue", "embedded")
    assert result.exit_code == 0, result.output
    *lines, verdict = result.stdout.splitlines()
    assert verdict == "all is well"
    assert len(lines) == 10
    assert all(line.startswith("ok ") for line in lines)


def test_what_failed_has_one_line_that_says_what_to_mend(tmp_path: Path) -> None:
    nobody = {"rest_url": "http://127.0.0.1:9", "stream_url": "ws://127.0.0.1:9/ws"}
    result = call(doctor, "--config", config_file(tmp_path, venue="mexc", mexc=nobody))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    failed = [index for index, line in enumerate(lines) if line.startswith("FAILED")]
    assert len(failed) == 4
    assert all(lines[index + 1].split()[0] == "mend:" for index in failed)
    assert lines[-1] == "4 to mend"


def test_a_bad_configuration_ends_with_two(tmp_path: Path) -> None:
    result = call(doctor, "--config", config_file(tmp_path, symbols=[], risk={"nonsense": 1}))
    assert result.exit_code == 2
    assert result.stdout.splitlines()[-1].startswith("FAILED")
    assert "nonsense" in result.stderr
    assert "symbols" in result.stderr


def test_an_unknown_venue_ends_with_two(tmp_path: Path) -> None:
    result = call(doctor, "--config", config_file(tmp_path), "--venue", "binance")
    assert result.exit_code == 2
    assert "embedded and mexc" in result.stderr

"""`flash-trading new-indicator` writes an indicator that loads, computes, and is never
overwritten."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.cli.verbs import call
from tests.unit.signals.indicators.walks import bars_of, walk
from trading_agent.cli.new_indicator import new_indicator
from trading_agent.config.own_indicators import load_own_indicators
from trading_agent.runtime.exit_codes import ExitCode


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    sys.modules.pop("own_indicator_my_gap", None)


def test_what_is_written_loads_and_computes(tmp_path: Path) -> None:
    result = call(new_indicator, "my_gap", "--folder", str(tmp_path))
    assert result.exit_code == 0
    assert str(tmp_path / "my_gap.py") in result.stdout
    bars = bars_of(walk(40))
    computed = load_own_indicators(tmp_path).compute("my_gap", bars, period=10)[:, 0]
    assert np.isnan(computed[:9]).all()
    for place in range(9, 40):
        average = bars.close[place - 9 : place + 1].mean()
        assert computed[place] == pytest.approx((bars.close[place] / average - 1.0) * 1e4)


def test_it_says_how_to_switch_it_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flash_trading_config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    output = call(new_indicator, "my_gap").stdout
    assert (tmp_path / "indicators" / "my_gap.py").is_file()
    settings = json.loads(output[output.index("\n{") : output.index("\nA strategy")])
    assert settings == {"timeframes": {"folder": "indicators"}}
    assert 'Need("1m", "my_gap", (("period", 20),))' in output


def test_an_existing_file_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "my_gap.py").write_text("mine")
    result = call(new_indicator, "my_gap", "--folder", str(tmp_path))
    assert result.exit_code == ExitCode.FAILED
    assert "is there already" in result.stderr
    assert (tmp_path / "my_gap.py").read_text() == "mine"


@pytest.mark.parametrize("name", ["", "My", "../my", "class", "rsi"])
def test_a_bad_name_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    result = call(new_indicator, "--folder", str(tmp_path / "new"), "--", name)
    assert result.exit_code == ExitCode.FAILED
    assert "indicator" in result.stderr
    assert list(tmp_path.iterdir()) == []

"""`flash-trading new-strategy` writes a strategy that loads, trades, and is never overwritten."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.verbs import call
from tests.unit.strategies.sight import NAN, WrittenSight, a_view, bought, left
from trading_agent.cli.new_strategy import new_strategy
from trading_agent.config.own_strategies import load_own_strategies
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.signals.indicators.catalogue import Catalogue
from trading_agent.strategies.standard import make
from trading_agent.strategies.strategy import Need, StrategyView


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    sys.modules.pop("own_strategy_my_cross", None)


def switched_on(output: str) -> dict[str, Any]:
    """The settings that the verb prints."""
    settings: dict[str, Any] = json.loads(output[output.index("\n{") :])
    return settings


def averages(before_bps: float, now_bps: float, position: int = 0) -> StrategyView:
    fast, slow = (Need("1m", "ema", (("period", period),)) for period in (10, 30))
    sight = WrittenSight(
        {fast: (100.0 * (1.0 + now_bps / 10_000.0),), slow: (100.0,)},
        {fast: (100.0 * (1.0 + before_bps / 10_000.0),), slow: (100.0,)},
    )
    return a_view(sight, position)


def test_what_is_written_loads_and_trades(tmp_path: Path) -> None:
    result = call(new_strategy, "my_cross", "--folder", str(tmp_path))
    assert result.exit_code == 0
    assert str(tmp_path / "my_cross.py") in result.stdout
    strategy = make("my_cross", {}, load_own_strategies(tmp_path, Catalogue()))
    proposal = bought(strategy, averages(0.0, 1.0))
    assert proposal.reason == "fast average +1.00 bps from the slow one, +0.00 before"
    left(strategy, averages(1.0, -1.0, position=5))
    for silent in (averages(0.0, 0.4), averages(1.0, 2.0), averages(NAN, 1.0), averages(0.0, NAN)):
        assert strategy.propose(silent) is None
    assert strategy.propose(averages(1.0, -1.0)) is None
    assert strategy.propose(averages(0.0, 1.0, position=5)) is None


def test_it_says_how_to_switch_it_on(tmp_path: Path) -> None:
    settings = switched_on(call(new_strategy, "my_cross", "--folder", str(tmp_path)).stdout)
    (active,) = settings["strategies"]["active"]
    assert (active["name"], active["allocation"]) == ("my_cross", 1.0)
    own = load_own_strategies(Path(settings["strategies"]["folder"]), Catalogue())
    make("my_cross", active["parameters"], own)


def test_it_stands_beside_the_configuration_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flash_trading_config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    result = call(new_strategy, "my_cross")
    assert (tmp_path / "strategies" / "my_cross.py").is_file()
    assert switched_on(result.stdout)["strategies"]["folder"] == "strategies"


def test_an_existing_file_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "my_cross.py").write_text("mine")
    result = call(new_strategy, "my_cross", "--folder", str(tmp_path))
    assert result.exit_code == ExitCode.FAILED
    assert "is there already" in result.stderr
    assert (tmp_path / "my_cross.py").read_text() == "mine"


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "strategies").write_text("")
    result = call(new_strategy, "my_cross", "--folder", str(tmp_path / "strategies"))
    assert result.exit_code == ExitCode.FAILED
    assert "is there already" in result.stderr


@pytest.mark.parametrize(
    "name", ["", "My", "my-cross", "7th", "../my", "my.py", "class", "momentum", "é", "m" * 65]
)
def test_a_bad_name_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    result = call(new_strategy, "--folder", str(tmp_path / "new"), "--", name)
    assert result.exit_code == ExitCode.FAILED
    assert "name" in result.stderr
    assert list(tmp_path.iterdir()) == []

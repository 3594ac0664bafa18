"""How far prices go in each kind of market, in a market whose truth is known."""

import csv
import json
import math
from pathlib import Path
from random import Random

import pytest

from tests.unit.cli.verbs import call
from trading_agent.cli.signal_regimes import regimes
from trading_agent.research.regime_moves import RegimeMove, regime_moves, regime_table
from trading_agent.runtime.exit_codes import ExitCode
from trading_agent.signals.enhanced.settings import RegimeParameters

CANDLES = 6_000


@pytest.fixture(scope="module")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A walk whose steps are three times as wide for 60 candles in every 600."""
    dice, close = Random(5), 100.0
    path = tmp_path_factory.mktemp("candles") / "walk.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(("open_time_ms", "open", "high", "low", "close", "volume"))
        for place in range(CANDLES):
            width = 3e-4 if place % 600 < 60 else 1e-4
            steps = [dice.gauss(0.0, width) for _ in range(8)]
            path_of = [close]
            for step in steps:
                path_of.append(path_of[-1] * math.exp(step))
            opening, close = close, path_of[-1]
            sheet.writerow((place * 60_000, opening, max(path_of), min(path_of), close, 1.0))
    return path


@pytest.fixture(scope="module")
def found(candles: Path) -> dict[str, RegimeMove]:
    moves = regime_moves((candles,), RegimeParameters(), 5, "1m", 1)
    return {each.regime: each for each in moves}


def test_wild_markets_reach_farther_and_quiet_ones_less_far(found: dict[str, RegimeMove]) -> None:
    wild, ranging = found["wild"].reach, found["ranging"].reach
    assert wild.value > 1.8
    assert wild.low is not None
    assert wild.low > 1.0
    assert ranging.value < 1.0
    assert sum(each.n for each in found.values()) <= CANDLES
    assert sum(each.share for each in found.values()) == pytest.approx(1.0, abs=0.05)


def test_a_walk_has_no_trend_in_any_of_them(found: dict[str, RegimeMove]) -> None:
    trend = found["ranging"].trend
    assert trend is not None
    assert trend.low is not None
    assert trend.high is not None
    assert trend.low < 0.0 < trend.high


def test_they_are_told(candles: Path, found: dict[str, RegimeMove]) -> None:
    rows = regime_table(list(found.values()), 5).rows
    assert [row[1] for row in rows] == [name.replace("_", " ") for name in found]
    shown = call(regimes, str(candles))
    assert shown.exit_code == 0
    assert "Kinds of market" in shown.stdout
    assert "wild" in shown.stdout
    told = json.loads(call(regimes, str(candles), "--json").stdout)
    assert {each["regime"] for each in told["regimes"]} == set(found)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    told = call(regimes, str(tmp_path / "none.csv"))
    assert told.exit_code == ExitCode.FAILED
    assert "no such file" in told.stderr

"""Strategies, their symbols, indicators and timeframes as a configuration names them."""

import json
from pathlib import Path
from typing import Any

import pytest

from trading_agent.config.loading import load
from trading_agent.domain.errors import ConfigError

ETHER_ONLY = {"symbols": ["ETHUSDC"], "embedded": {"pairs": ["ETHUSDC"]}}


def written(folder: Path, content: object) -> Path:
    path = folder / "base.json"
    path.write_text(json.dumps(content, indent=1))
    return path


def errors(folder: Path, content: object) -> list[str]:
    """Lines without the folder they speak of; none for what is accepted."""
    path = written(folder, content)
    try:
        load(path, [], {})
    except ConfigError as error:
        return str(error).replace(f"{folder}/", "").split("\n")
    return []


def running(*active: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"strategies": {"active": list(active)}, **more}


def counting(*indicators: dict[str, Any]) -> dict[str, Any]:
    return {"timeframes": {"indicators": list(indicators)}}


@pytest.mark.parametrize("name", ["momentom", "Momentum"])
def test_an_unknown_strategy_is_one_line_with_what_was_meant(tmp_path: Path, name: str) -> None:
    assert errors(tmp_path, running({"name": "flash"}, {"name": name})) == [
        f"base.json:8:5: strategies.active.1.name: there is no strategy {name};"
        " did you mean momentum?"
    ]


def test_where_nothing_is_near_all_strategies_are_named(tmp_path: Path) -> None:
    (line,) = errors(tmp_path, running({"name": "xyz"}))
    assert "there is no strategy xyz; there are breakout, flash, lead_lag, " in line


def test_a_strategy_is_given_once(tmp_path: Path) -> None:
    (line,) = errors(tmp_path, running({"name": "momentum"}, {"name": "momentum", "weight": 2}))
    assert line == "base.json:8:5: strategies.active.1.name: momentum is given twice"


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"averge_period": 3}, "momentum has no parameter averge_period; did you mean average_per"),
        ({"average_period": -3}, "momentum: average_period = -3.0: 0 to 10000"),
        ({"average_period": 2.5}, "momentum: average_period = 2.5: a whole number"),
        ({"timeframe_seconds": 7}, "momentum: timeframe_seconds = 7: one of 1, 5, 15, 60, "),
    ],
)
def test_parameters_that_do_not_fit_are_told_at_their_place(
    tmp_path: Path, parameters: dict[str, float], words: str
) -> None:
    (line,) = errors(tmp_path, running({"name": "momentum", "parameters": parameters}))
    assert line.startswith(f"base.json:6:5: strategies.active.0.parameters: {words}")


def test_a_follower_needs_its_leader_among_the_symbols(tmp_path: Path) -> None:
    assert errors(tmp_path, running({"name": "lead_lag"}, **ETHER_ONLY)) == [
        "base.json:5:5: strategies.active.0.name: lead_lag follows BTCUSDC: add it to the"
        " symbols of the run"
    ]
    assert errors(tmp_path, running({"name": "lead_lag"})) == []
    assert errors(tmp_path, running({"name": "lead_lag"}, symbols=["eth/usdc", "btc/usdc"])) == []


def test_a_strategy_trades_symbols_of_the_run(tmp_path: Path) -> None:
    lines = errors(
        tmp_path,
        running({"name": "momentum", "symbols": ["eth/usdc", "SOLUSDC", "foo bar", "BTCUSDC"]}),
    )
    assert lines == [
        f"base.json:{line}:6: strategies.active.0.symbols.{place}: {symbol} is not among the"
        " symbols of the run"
        for line, place, symbol in ((8, 1, "SOLUSDC"), (9, 2, "foo bar"))
    ]


def test_how_a_pair_is_spelt_changes_neither_settings_nor_their_digest(tmp_path: Path) -> None:
    loaded = [
        load(written(tmp_path, running({"name": "momentum", "symbols": [pair]})), [], {})
        for pair in ("ETHUSDC", " eth/usdc ", "Eth-Usdc", "BTCUSDC")
    ]
    plain, spelt, dashed, other = loaded
    assert spelt.config.strategies.active[0].symbols == ("ETHUSDC",)
    assert spelt.digest == dashed.digest == plain.digest != other.digest


def test_names_of_ones_own_are_left_to_their_folder(tmp_path: Path) -> None:
    own: dict[str, Any] = {"folder": "mine", "active": [{"name": "my_cross"}]}
    assert errors(tmp_path, {"strategies": own}) == []
    own["active"].append({"name": "flash", "parameters": {"x": 1}})
    (line,) = errors(tmp_path, {"strategies": own})
    assert "strategies.active.1.parameters: flash has no parameter x" in line
    own["active"][1] = {"name": "my_cross_too", "symbols": ["SOLUSDC"]}
    (line,) = errors(tmp_path, {"strategies": own})
    assert "strategies.active.1.symbols.0: SOLUSDC is not among" in line


def test_an_unknown_indicator_is_one_line_with_what_was_meant(tmp_path: Path) -> None:
    assert errors(tmp_path, counting({"name": "ema"}, {"name": "rsii"})) == [
        "base.json:8:5: timeframes.indicators.1.name: there is no indicator rsii; did you mean rsi?"
    ]
    (line,) = errors(tmp_path, counting({"name": "zzzzzz"}))
    assert line.endswith("timeframes.indicators.0.name: there is no indicator zzzzzz")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"perod": 3}, "rsi has no parameter perod; did you mean period?"),
        ({"period": 0}, "rsi: period = 0.0: 2 to 10000"),
        ({"period": 2.5}, "rsi: period = 2.5: a whole number"),
    ],
)
def test_parameters_of_an_indicator_that_do_not_fit_are_told_at_their_place(
    tmp_path: Path, parameters: dict[str, float], words: str
) -> None:
    assert errors(tmp_path, counting({"name": "rsi", "parameters": parameters})) == [
        f"base.json:6:5: timeframes.indicators.0.parameters: {words}"
    ]


@pytest.mark.parametrize(
    ("timeframes", "path"),
    [
        ({"timeframes": ["1m", "2m"]}, "timeframes.timeframes.1"),
        ({"patterns": ["1s", "1M"]}, "timeframes.patterns.1"),
        ({"regime": "60s"}, "timeframes.regime"),
    ],
)
def test_a_timeframe_is_one_of_nine(tmp_path: Path, timeframes: dict[str, Any], path: str) -> None:
    (line,) = errors(tmp_path, {"timeframes": timeframes})
    assert f" {path}: " in line
    assert "it must be one of 1s, 5s, 15s, 1m, 5m, 15m, 1h, 4h, 1d" in line


def test_weights_by_session_name_what_there_is(tmp_path: Path) -> None:
    def weighing(**weights: dict[str, float]) -> list[str]:
        more = {"active": [{"name": "flash"}, {"name": "momentum"}], "weights": "session"}
        return errors(tmp_path, {"strategies": {**more, "session_weights": weights}})

    assert weighing(US={"flash": 0.0, "momentum": 2.0}, OFF_HOURS={"flash": 1.0}) == []
    (line,) = weighing(USS={"flash": 1.0})
    assert line.endswith("session_weights.USS: there is no session USS; did you mean US?")
    (line,) = weighing(US={"flsh": 1.0})
    assert line.endswith("session_weights.US.flsh: flsh is not active; did you mean flash?")
    (line,) = weighing(US={"flash": -1.0})
    assert line.endswith("-1.0 is not allowed; it must be a number from 0 to 100")


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    content = running({"name": "flsh"}, {"name": "lead_lag", "symbols": ["XYZUSDC"]}, **ETHER_ONLY)
    lines = errors(tmp_path, content | counting({"name": "rsii"}))
    assert [line.split(": ")[1] for line in lines] == [
        "strategies.active.0.name",
        "strategies.active.1.name",
        "strategies.active.1.symbols.0",
        "timeframes.indicators.0.name",
    ]

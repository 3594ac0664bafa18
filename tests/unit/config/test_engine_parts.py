"""What the engine is made with is what the configuration says."""

import json
from pathlib import Path
from typing import Any

import pytest

from trading_agent.config.engine_parts import engine_settings, own_parts
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.loading import load
from trading_agent.domain.errors import ConfigError


def loaded(folder: Path, content: dict[str, Any]) -> FlashTradingConfig:
    path = folder / "base.json"
    path.write_text(json.dumps(content))
    return load(path, [], {}).config


def test_pairs_of_a_strategy_reach_the_engine_as_the_exchange_writes_them(tmp_path: Path) -> None:
    active = [
        {"name": "momentum", "symbols": ["eth/usdc", "Btc-Usdc", "ETHUSDC"], "weight": 2.0},
        {"name": "flash", "allocation": 0.5, "symbols": []},
    ]
    strategies = {"active": active, "quorum": 0.25, "weights": "performance"}
    settings = engine_settings(loaded(tmp_path, {"strategies": strategies})).strategies
    momentum, flash = settings.active
    assert momentum.symbols == ("ETHUSDC", "BTCUSDC", "ETHUSDC")
    assert (momentum.name, momentum.weight) == ("momentum", 2.0)
    assert (flash.symbols, flash.allocation) == ((), 0.5)
    assert (settings.quorum, settings.weights) == (0.25, "performance")


def test_every_slice_of_the_engine_is_the_configured_one(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        {
            "trading": {"execution": {"hold_seconds": 77}},
            "risk": {"max_open_orders": 3},
            "paper": {"latency_ms": 33.0},
            "portfolio": {"starting_balances": {"USDC": 4_000}},
            "timeframes": {"regime": "5m"},
            "patterns": {"longest_gap": 1},
        },
    )
    settings = engine_settings(config)
    assert settings.plan == config.trading
    assert settings.plan.execution.hold_seconds == 77
    assert settings.limits == config.risk
    assert settings.limits.max_open_orders == 3
    assert settings.paper == config.paper
    assert settings.paper.latency_ms == 33.0
    assert settings.portfolio == config.portfolio
    assert settings.timeframes == config.timeframes
    assert settings.timeframes.regime == "5m"
    assert settings.patterns == config.patterns
    assert settings.patterns.longest_gap == 1


def test_ones_own_strategies_come_from_the_folder_beside_the_file(tmp_path: Path) -> None:
    assert own_parts(engine_settings(loaded(tmp_path, {}))).strategies == {}
    settings = engine_settings(loaded(tmp_path, {"strategies": {"folder": "mine"}}))
    assert own_parts(settings).strategies == {}, "a folder that is not there holds none"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "faulty.py").write_text("1 / 0\n")
    with pytest.raises(ConfigError, match=r"mine.faulty\.py:1: ZeroDivisionError"):
        own_parts(settings)

"""The files that come with the project."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from trading_agent.config.files import FILE_NAME
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.loading import load

PROJECT = Path(__file__).parents[3]
BASE = PROJECT / FILE_NAME
SCHEMA = PROJECT / "configs" / "flash_trading_config.schema.json"
OVERLAYS = sorted(path for path in (PROJECT / "configs").glob("*.json") if path != SCHEMA)
NAMES = [path.stem for path in OVERLAYS]


def resolved(*names: str) -> FlashTradingConfig:
    return load(BASE, [PROJECT / "configs" / f"{name}.json" for name in names], {}).config


def test_the_overlays_that_are_spoken_of_exist() -> None:
    assert set(NAMES) >= {
        "mexc_paper",
        "demo",
        "conservative",
        "balanced",
        "aggressive",
        "high_frequency",
    }


def test_the_base_file_loads_alone() -> None:
    assert resolved().venue == "embedded"


@pytest.mark.parametrize("name", NAMES)
def test_every_overlay_loads_and_says_something(name: str) -> None:
    changed = resolved(name) != resolved()
    assert changed == (name != "balanced")


@pytest.mark.parametrize("venue", ["mexc_paper", "demo"])
@pytest.mark.parametrize("preset", ["conservative", "balanced", "aggressive", "high_frequency"])
def test_every_preset_goes_with_every_venue(venue: str, preset: str) -> None:
    assert resolved(venue, preset).venue == resolved(venue).venue
    assert resolved(preset, venue).venue == resolved(venue).venue


def test_balanced_takes_any_preset_back() -> None:
    base = resolved()
    again = resolved("conservative", "balanced")
    assert again.risk == base.risk
    assert again.trading.execution == base.trading.execution
    assert again.trading.signal == base.trading.signal
    assert again.trading.sessions == base.trading.sessions


@pytest.mark.parametrize("path", [BASE, *OVERLAYS], ids=lambda path: path.stem)
def test_every_file_names_its_schema_and_obeys_it(path: Path) -> None:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    named = (path.parent / document["$schema"]).resolve()
    assert named == SCHEMA.resolve()
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    for document in ({"venu": "mexc"}, {"risk": {"max_open_orders": 0}}, {"symbols": []}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document, schema)


def test_the_sessions_are_the_agreed_ones() -> None:
    plan = resolved().trading
    table = {
        name: (
            it.start_hour,
            it.end_hour,
            it.signal.imbalance_threshold,
            it.signal.spread_full_size_bps,
            it.signal.spread_limit_bps,
            it.signal.book_levels,
            it.signal.evaluation_interval_ms,
            it.execution.size_factor,
            it.execution.take_profit_bps,
            it.execution.stop_bps,
            it.execution.max_open_positions,
            it.execution.order_kind,
        )
        for name, it in plan.sessions.items()
    }
    assert table == {
        "ASIA": (0, 8, 0.15, 2.0, 60.0, 10, 50, 0.8, 25.0, 15.0, 3, "IOC"),
        "EUROPE": (8, 16, 0.20, 1.0, 50.0, 10, 50, 1.0, 20.0, 10.0, 5, "IOC"),
        "US": (13, 21, 0.25, 0.8, 40.0, 15, 30, 1.2, 15.0, 8.0, 8, "IOC"),
    }


def test_presets_stand_in_order_of_boldness() -> None:
    kinds = [resolved(name) for name in ("conservative", "balanced", "aggressive")]
    notional = [it.trading.execution.order_notional for it in kinds]
    threshold = [it.trading.signal.imbalance_threshold for it in kinds]
    positions = [it.risk.max_open_positions for it in kinds]
    limits = [it.risk.max_order_notional for it in kinds]
    assert notional == sorted(set(notional))
    assert threshold == sorted(set(threshold), reverse=True)
    assert positions == sorted(set(positions))
    assert limits == sorted(set(limits))


def test_high_frequency_asks_for_the_fast_streams() -> None:
    config = resolved("mexc_paper", "high_frequency")
    assert config.mexc.pace_ms == 10
    assert config.trading.sessions["US"].signal.evaluation_interval_ms == 10

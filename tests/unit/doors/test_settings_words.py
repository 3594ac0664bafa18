"""The configuration in words."""

from collections.abc import Callable

import pytest

from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.loading import LoadedConfig, digest
from trading_agent.domain.errors import CommandError, ConfigError
from trading_agent.doors.settings_words import CHIEF, SettingsWords, flat


def loaded(config: FlashTradingConfig | None = None) -> LoadedConfig:
    config = config or FlashTradingConfig()
    return LoadedConfig(config, digest(config), ("a.json",))


def words(load_again: Callable[[], LoadedConfig] = loaded) -> SettingsWords:
    return SettingsWords(loaded(), load_again)


def test_the_chief_settings_are_there() -> None:
    told = dict(words().describe(""))
    assert told["symbols"] == "BTCUSDC, ETHUSDC"
    assert told["venue"] == "embedded"
    missing = [name for name in CHIEF if name not in told and name != "portfolio.starting_balances"]
    assert missing == []


def test_a_slice_is_told_whole_and_a_key_alone() -> None:
    risk = dict(words().describe("risk"))
    assert "risk.max_order_notional" in risk and all(name.startswith("risk.") for name in risk)
    assert words().describe("paper.latency_ms") == (
        ("paper.latency_ms", flat(FlashTradingConfig())["paper.latency_ms"]),
    )


@pytest.mark.parametrize("key", ["risk.max_order_notionl", "max_order_notional"])
def test_a_key_that_is_none_names_the_one_that_was_meant(key: str) -> None:
    with pytest.raises(CommandError, match=r"did you mean risk\.max_order_notional\?"):
        words().describe(key)


def test_files_that_say_the_same_are_said_to() -> None:
    assert words().reload() == ("the files are sound and say what this run began with",)


def test_what_has_changed_is_told_for_the_next_start() -> None:
    changed = FlashTradingConfig(symbols=("ETHUSDC",))
    first, second = words(lambda: loaded(changed)).reload()
    assert first == "from the next start on:"
    assert second == "symbols: BTCUSDC, ETHUSDC → ETHUSDC"


def test_faulty_files_are_an_error_of_theirs() -> None:
    def broken() -> LoadedConfig:
        raise ConfigError("a.json:3: unknown key")

    with pytest.raises(ConfigError, match="unknown key"):
        words(broken).reload()

"""Settings from the environment."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.loading import load
from trading_agent.domain.errors import ConfigError


def config_of(folder: Path, environment: Mapping[str, str]) -> FlashTradingConfig:
    path = folder / "base.json"
    path.write_text(json.dumps({"portfolio": {"starting_balances": {"USDC": 5000}}}))
    return load(path, [], environment).config


def error_of(folder: Path, name: str, value: str) -> str:
    with pytest.raises(ConfigError) as caught:
        config_of(folder, {name: value})
    return str(caught.value)


def test_values_are_read_as_their_settings_take_them(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        {
            "FLASH_TRADING__RISK__MAX_ORDER_NOTIONAL": "750.5",
            "FLASH_TRADING__MEXC__EXPECT_ZERO_FEE": "false",
            "FLASH_TRADING__TRADING__SIGNAL__HYSTERESIS": "1",
            "FLASH_TRADING__DATA_DIRECTORY": "123",
            "FLASH_TRADING__SYMBOLS": "btc/usdc, ETH-USDC",
            "FLASH_TRADING__MEXC__KLINE_TIMEFRAMES": '["1m", "5m"]',
            "UNRELATED": "x",
        },
    )
    assert config.risk.max_order_notional == Decimal("750.5")
    assert config.mexc.expect_zero_fee is False
    assert config.trading.signal.hysteresis == 1.0
    assert config.data_directory.name == "123"
    assert config.symbols == ("BTCUSDC", "ETHUSDC")
    assert config.mexc.kline_timeframes == ("1m", "5m")


def test_names_may_be_written_in_any_case(tmp_path: Path) -> None:
    assert config_of(tmp_path, {"flash_trading__Venue": "mexc"}).venue == "mexc"


def test_sessions_and_assets_are_reached_by_their_own_names(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        {
            "FLASH_TRADING__TRADING__SESSIONS__NIGHT__START_HOUR": "22",
            "FLASH_TRADING__TRADING__SESSIONS__NIGHT__END_HOUR": "24",
            "FLASH_TRADING__portfolio__starting_balances__usdc": "7000",
        },
    )
    assert list(config.trading.sessions) == ["NIGHT"]
    assert config.portfolio.starting_balances == {"USDC": Decimal(7000)}


def test_a_whole_object_may_be_given_and_a_deeper_name_goes_over_it(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        {
            "FLASH_TRADING__RISK": '{"max_open_orders": 3, "max_open_positions": 2}',
            "FLASH_TRADING__RISK__MAX_OPEN_ORDERS": "4",
        },
    )
    assert (config.risk.max_open_orders, config.risk.max_open_positions) == (4, 2)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("FLASH_TRADING__RISK__MAX_OPEN_ORDERS", "many", '"many" is not allowed'),
        ("FLASH_TRADING__RISK__MAX_OPEN_ORDERS", "", '"" is not allowed'),
        ("FLASH_TRADING__RISK__MAX_OPEN_ORDERS", "NaN", '"NaN" is not allowed'),
        ("FLASH_TRADING__RISK__MAX_OPN_ORDERS", "1", "did you mean max_open_orders?"),
        ("FLASH_TRADING__VENUE", "binance", "one of embedded, mexc"),
        ("FLASH_TRADING__VENUE__NAME", "x", "an object is not allowed"),
        ("FLASH_TRADING__RISK", "{", "double quotes"),
        ("FLASH_TRADING__RISK", '{"max_open_orders": NaN}', "risk.max_open_orders: NaN"),
        ("FLASH_TRADING__RISK____X", "1", "names no setting"),
        ("FLASH_TRADING__", "1", "names no setting"),
        ("FLASH_TRADING_RISK__MAX_OPEN_ORDERS", "1", "did you mean FLASH_TRADING__RISK__"),
    ],
)
def test_a_mistake_names_its_variable(tmp_path: Path, name: str, value: str, words: str) -> None:
    text = error_of(tmp_path, name, value)
    assert text.startswith(f"{name}: ")
    assert words in text
    assert "\n" not in text

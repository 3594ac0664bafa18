"""Settings of the adapter, and how streams are spread over connections."""

import pytest
from pydantic import ValidationError

from tests.mexc_vectors import BTCUSDT, renamed
from trading_agent.adapters.mexc.connection_plan import plan_connections
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.wire import read_channel
from trading_agent.domain.errors import ConfigError


@pytest.mark.parametrize(
    "url",
    [
        "http://api.mexc.com",
        "ftp://api.mexc.com",
        "https://user:secret@api.mexc.com",
        "https://",
        "api.mexc.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
    ],
)
def test_a_rest_url_that_is_not_safe_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        MexcSettings(rest_url=url)


@pytest.mark.parametrize("url", ["ws://wbs-api.mexc.com/ws", "https://wbs-api.mexc.com/ws"])
def test_a_stream_url_that_is_not_safe_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        MexcSettings(stream_url=url)


def test_this_machine_needs_no_encryption() -> None:
    settings = MexcSettings(rest_url="http://127.0.0.1:8080/", stream_url="ws://localhost:8081/ws")
    assert settings.rest_url == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    "changes",
    [
        {"pace_ms": 50},
        {"streams_per_connection": 31},
        {"rotate_after_hours": 24.0},
        {"ping_seconds": 25.0},
        {"kline_timeframes": ["1s"]},
        {"weight_budget": 0},
        {"unknown_key": 1},
    ],
)
def test_values_the_exchange_does_not_allow_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MexcSettings.model_validate(changes)


def test_every_setting_says_what_it_means() -> None:
    fields = MexcSettings.model_fields
    assert [name for name, field in fields.items() if not field.description] == []


def test_all_streams_of_a_pair_share_one_connection() -> None:
    instruments = [renamed(BTCUSDT, f"COIN{number}USDC") for number in range(50)]
    settings = MexcSettings(kline_timeframes=("1m", "5m"))
    plans = plan_connections(settings, instruments)
    assert [plan.name for plan in plans][:2] == ["mexc-1", "mexc-2"]
    assert all(len(plan.channels) <= 30 for plan in plans)
    seen: dict[int, str] = {}
    for plan in plans:
        for channel, symbol in plan.channels.items():
            assert read_channel(channel).symbol == instruments[symbol].symbol
            assert seen.setdefault(symbol, plan.name) == plan.name
        assert set(plan.depth_channels.values()) == set(plan.channels.values())
    assert sorted(seen) == list(range(50))
    assert len(plans) == 9


def test_best_quotes_and_candles_can_be_left_out() -> None:
    settings = MexcSettings(kline_timeframes=(), subscribe_best_quotes=False, pace_ms=10)
    (plan,) = plan_connections(settings, [BTCUSDT])
    assert set(plan.channels) == {
        "spot@public.aggre.depth.v3.api.pb@10ms@BTCUSDT",
        "spot@public.aggre.deals.v3.api.pb@10ms@BTCUSDT",
    }


def test_a_pair_too_large_for_a_connection_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match="kline_timeframes"):
        plan_connections(MexcSettings(streams_per_connection=3), [BTCUSDT])

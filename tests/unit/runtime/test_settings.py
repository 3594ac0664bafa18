import pytest
from pydantic import ValidationError

from trading_agent.runtime.settings import RuntimeSettings


def test_the_defaults_hold_together() -> None:
    settings = RuntimeSettings()
    assert settings.silence_seconds * 1_000 > settings.pulse_ms


def test_a_core_that_wakes_too_seldom_for_its_watchdog_is_refused() -> None:
    with pytest.raises(ValidationError, match="pulse_ms"):
        RuntimeSettings(silence_seconds=1.0, pulse_ms=500)


def test_collections_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="collect_seconds"):
        RuntimeSettings(collect_seconds=100, collect_latest_seconds=50)

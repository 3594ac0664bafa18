import json
from decimal import Decimal

import pytest

from tests.builders import a_plan, engine_settings
from trading_agent.domain.errors import StorageError
from trading_agent.engine.settings_text import settings_from_text, settings_to_text
from trading_agent.execution.settings import PaperSettings
from trading_agent.risk.settings import RiskLimits
from trading_agent.signals.settings import SessionPlan
from trading_agent.signals.timeframe_settings import TimeframeSettings

UNUSUAL = engine_settings(
    plan=a_plan(signal={"imbalance_threshold": 0.1 + 0.2}, size_factor=1 / 3),
    limits=RiskLimits(max_order_notional=Decimal("1234.500")),
    paper=PaperSettings(unknown_fee=Decimal("0.00123")),
)


@pytest.mark.parametrize("settings", [engine_settings(plan=SessionPlan()), UNUSUAL])
def test_settings_are_read_back_exactly(settings: object) -> None:
    text = settings_to_text(settings)  # type: ignore[arg-type]
    assert settings_from_text(text) == settings
    assert "\n" not in text


def test_sessions_keep_their_order() -> None:
    again = settings_from_text(settings_to_text(engine_settings(plan=SessionPlan())))
    assert list(again.plan.sessions) == list(SessionPlan().sessions)


def test_a_recording_from_before_candlesticks_has_none() -> None:
    slices = json.loads(settings_to_text(engine_settings(timeframes=TimeframeSettings())))
    (timeframes,) = [each for each in slices if "candlesticks" in each]
    del timeframes["candlesticks"]
    assert settings_from_text(json.dumps(slices)).timeframes == TimeframeSettings(candlesticks=())


@pytest.mark.parametrize("text", ["", "{", "[]", "[{},{},{}]", "5", "null", '[{"x":1},{},{},{}]'])
def test_anything_else_is_a_storage_error(text: str) -> None:
    with pytest.raises(StorageError):
        settings_from_text(text)

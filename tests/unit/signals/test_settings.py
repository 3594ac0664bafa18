import pytest
from pydantic import ValidationError

from trading_agent.signals.settings import (
    ExecutionOverrides,
    ExecutionParameters,
    SessionPlan,
    SessionSettings,
    SignalOverrides,
    SignalParameters,
)


@pytest.mark.parametrize(
    ("base", "overrides"),
    [(SignalParameters, SignalOverrides), (ExecutionParameters, ExecutionOverrides)],
)
def test_a_session_can_override_everything_that_has_a_base(base: type, overrides: type) -> None:
    assert set(overrides.model_fields) == set(base.model_fields)


@pytest.mark.parametrize(
    "wrong",
    [
        {"imbalance_threshold": 1.01},
        {"imbalance_threshold": float("nan")},
        {"book_levels": 0},
        {"cooldown_ms": -1},
        {"momentum_window_ms": 60_001},
        {"cooldown_seconds": 1},
    ],
)
def test_a_value_out_of_range_or_an_unknown_key_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        SignalParameters.model_validate(wrong)


def test_a_weekday_is_written_in_three_letters() -> None:
    with pytest.raises(ValidationError):
        SessionSettings.model_validate({"start_hour": 1, "end_hour": 2, "weekdays": ["Monday"]})


def test_a_plan_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        SessionPlan().overlap = "earlier_start"

"""Settings of the enhanced signals, and what sessions change."""

import pytest
from pydantic import ValidationError

from trading_agent.signals.enhanced.settings import EnhancedSettings


def read(**settings: object) -> EnhancedSettings:
    return EnhancedSettings.model_validate(settings)


def test_a_session_changes_only_what_it_names() -> None:
    found = read(
        confirmation={"quorum": 0.7, "least_opinion": 0.2},
        sessions={"ASIA": {"confirmation": {"quorum": 0.9}, "aggregation": {"dead_band": 0.3}}},
    )
    asia, us = found.confirmation_in("ASIA"), found.confirmation_in("US")
    assert (asia.quorum, asia.least_opinion) == (0.9, 0.2)
    assert us == found.confirmation
    assert found.aggregation_in("ASIA").dead_band == 0.3
    assert found.aggregation_in("ASIA").family_weights == found.aggregation.family_weights


def test_a_session_may_take_away_what_silences() -> None:
    found = read(sessions={"US": {"aggregation": {"silencing": []}}})
    assert found.aggregation_in("US").silencing == ()
    assert found.aggregation_in("ASIA").silencing


@pytest.mark.parametrize(
    "settings",
    [
        {"confirmation": {"timeframe_weights": {"2m": 0.5}}},
        {"confirmation": {"quorum": 1.1}},
        {"aggregation": {"family_weights": {"rumours": 0.5}}},
        {"aggregation": {"silencing": ["rain"]}},
        {"sessions": {"US": {"regime": {}}}},
        {"regime": {"window": 10, "variance_step": 6}},
        {"regime": {"quiet_leave": 0.9}},
        {"liquidity": {"bands_bps": []}},
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        read(**settings)

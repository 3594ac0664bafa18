"""Which provider a run has, and that bounds of the desk are those of the overseer."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llm_overseer.settings import OverseerSettings
from tests.fakes import ManualClock
from trading_agent.adapters.storage.secrets import OPENROUTER_API_KEY, Secrets
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.doors.beside import tapped
from trading_agent.doors.oversight import ProviderOfRun, limits_of, settings_of_run
from trading_agent.engine.settings import OverlayBounds
from trading_agent.interfaces.oversight.library import bounded, simulated
from trading_agent.interfaces.oversight.modes import configured_mode

KEYED = Secrets(Path("secrets"), {OPENROUTER_API_KEY: "sk-or-v1-x"})
BARE = Secrets(Path("secrets"))


def run_on(venue: str, **overseer: Any) -> FlashTradingConfig:
    return FlashTradingConfig.model_validate({"venue": venue, "overseer": overseer})


def provider(secrets: Secrets, **overseer: str) -> ProviderOfRun:
    return ProviderOfRun(run_on("mexc", **overseer), secrets, ManualClock())


@pytest.mark.parametrize(
    ("secrets", "overseer", "there"),
    [
        (BARE, {}, False),
        (KEYED, {}, True),
        (KEYED, {"mode": "rules"}, False),
        (KEYED, {"mode": "off"}, False),
        (BARE, {"mode": "auto"}, False),
        (BARE, {"provider": "offline"}, True),
        (BARE, {"provider": "offline", "mode": "rules"}, False),
    ],
)
def test_a_provider_is_there_with_a_key_or_inside(
    secrets: Secrets, overseer: dict[str, str], there: bool
) -> None:
    assert provider(secrets, **overseer).there is there


@pytest.mark.parametrize(
    ("venue", "secrets", "overseer", "mode"),
    [
        ("embedded", BARE, {}, "auto_tighten"),
        ("embedded", KEYED, {}, "shadow"),
        ("mexc", BARE, {}, "rules"),
        ("mexc", KEYED, {}, "shadow"),
        ("embedded", BARE, {"provider": "openrouter"}, "rules"),
        ("embedded", BARE, {"mode": "rules"}, "rules"),
        ("mexc", BARE, {"provider": "offline"}, "auto_tighten"),
        ("mexc", KEYED, {"provider": "offline"}, "auto_tighten"),
    ],
)
def test_models_are_simulated_where_nothing_is_real(
    venue: str, secrets: Secrets, overseer: dict[str, str], mode: str
) -> None:
    config = run_on(venue, **overseer)
    run = ProviderOfRun(config, secrets, ManualClock())
    assert run.simulated is (mode == "auto_tighten")
    chosen = configured_mode(config.overseer, has_provider=run.there, simulated=run.simulated)
    assert chosen.value == mode
    paced = settings_of_run(config, secrets)
    assert (paced.detectors.learn_minutes < 10) is run.simulated
    assert (paced.library.limits.tighten_ttl < 10) is run.simulated


def test_the_pace_can_be_chosen() -> None:
    calm = run_on("embedded", pace="configured")
    assert settings_of_run(calm, BARE) == calm.overseer
    own = run_on("embedded", cadence={"heartbeat_minutes": 17})
    assert settings_of_run(own, BARE) == own.overseer
    hasty = run_on("mexc", pace="demonstration")
    assert settings_of_run(hasty, KEYED).cadence.heartbeat_minutes < 10


def test_the_key_goes_to_the_address_of_the_settings() -> None:
    found = provider(KEYED)()
    assert found is not None
    assert (found.base_url, found.key) == ("https://openrouter.ai/api/v1", "sk-or-v1-x")
    assert not found.simulated
    assert provider(BARE)() is None


def test_the_simulated_one_is_started_once_and_says_what_it_is() -> None:
    run = provider(KEYED, provider="offline", mode="shadow")
    try:
        found, again = run(), run()
        assert found is again
        assert found is not None
        assert found.simulated
        assert found.base_url.startswith("http://127.0.0.1:")
        assert found.key != "sk-or-v1-x"
    finally:
        run.close()


def test_the_bounds_of_the_desk_are_those_of_the_library() -> None:
    bounds = OverlayBounds(
        most_halt_seconds=600,
        most_at_once=2,
        overseer_loosens_percent=5.0,
        most_risk_multiplier=Decimal("1.05"),
    )
    limits = bounded(OverseerSettings(), limits_of(bounds))
    assert limits.limits.loosen_auto == Decimal("0.05")
    assert limits.limits.presets == ("defensive", "conservative")
    assert limits.limits.halt_ttl == 10
    assert limits.limits.active == 2
    threshold = limits.parameters["entry_threshold"]
    assert threshold.overlay[1] <= bounds.most_entry_threshold
    assert set(limits.parameters) == {"risk_mult", "entry_threshold"}


def test_every_tier_of_the_simulated_provider_has_a_model() -> None:
    tiers = simulated(OverseerSettings()).tiers()
    assert all(each.models[0].startswith("simulated/") for each in tiers)


def test_one_tap_is_itself_and_none_is_nobody() -> None:
    from tests.fakes import ListRecorder

    first, second = ListRecorder(), ListRecorder()
    assert tapped(None, None) is None
    assert tapped(None, first) is first
    both = tapped(first, second)
    assert both is not None
    both.put("input")  # type: ignore[arg-type]
    assert first.inputs == second.inputs == ["input"]

"""The overseer's door as this run has it: where models are, and what is measured beside."""

import secrets as dice
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trading_agent.adapters.storage.secrets import OPENROUTER_API_KEY, Secrets
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.engine.settings import OverlayBounds
from trading_agent.engine.tuning import PRESETS
from trading_agent.interfaces.oversight.door import OversightDoor
from trading_agent.interfaces.oversight.parts import OversightParts, Tell, TrialsPort
from trading_agent.interfaces.oversight.settings import OversightSettings
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.desk import Desk
from trading_agent.runtime.oversight_ports import Outside, OverlayLimits, Provider

OVERSEER_FOLDER: Final = "overseer"
_WITHOUT_MODELS: Final = ("off", "rules")


class ProviderOfRun:
    """The one that the settings name: OpenRouter with a key, or the offline one, which is started
    when it is first asked for."""

    def __init__(self, config: FlashTradingConfig, secrets: Secrets, clock: Clock) -> None:
        self._config = config
        self._key = secrets.get(OPENROUTER_API_KEY)
        self.clock = clock
        self._stop: Callable[[], bool] | None = None
        self._offline: Provider | None = None

    @property
    def there(self) -> bool:
        """Rules load no client, not even for later."""
        return self.simulated or self._real_key is not None

    @property
    def simulated(self) -> bool:
        return _simulated(self._config, has_key=self._key is not None)

    def __call__(self) -> Provider | None:
        """On the overseer's thread. Raises ConfigError."""
        if self.simulated:
            self._offline = self._offline or self._started()
            return self._offline
        key = self._real_key
        base_url = self._config.overseer.base_url
        return None if key is None else Provider(base_url=base_url, key=key)

    @property
    def _real_key(self) -> str | None:
        settings = self._config.overseer
        wanted = settings.mode not in _WITHOUT_MODELS and settings.provider != "offline"
        return self._key if wanted else None

    def close(self) -> None:
        if self._stop is not None:
            self._stop()

    def _started(self) -> Provider:
        from trading_agent.offline_openrouter.server import OfflineOpenRouter

        key = f"sk-or-v1-offline-{dice.token_hex(8)}"
        settings = self._config.offline_openrouter
        chosen = settings.model_copy(update={"key": settings.key or key, "port": 0})
        server = OfflineOpenRouter(chosen, clock=self.clock)
        server.start()
        self._stop = server.stop
        return Provider(base_url=server.base_url, key=chosen.key, simulated=True)


def _simulated(config: FlashTradingConfig, *, has_key: bool) -> bool:
    """Where nobody gave a key and the market is simulated too, unless told otherwise."""
    settings = config.overseer
    if settings.mode in _WITHOUT_MODELS:
        return False
    nothing_real = not has_key and config.venue == "embedded"
    return settings.provider == "offline" or (settings.provider == "automatic" and nothing_real)


def settings_of_run(config: FlashTradingConfig, secrets: Secrets) -> OversightSettings:
    """As the models of this run are looked at and asked."""
    has_key = secrets.get(OPENROUTER_API_KEY) is not None
    return config.overseer.paced(simulated=_simulated(config, has_key=has_key))


def limits_of(bounds: OverlayBounds) -> OverlayLimits:
    return OverlayLimits(
        least_risk=bounds.least_risk_multiplier,
        most_risk=bounds.most_risk_multiplier,
        least_threshold=bounds.least_entry_threshold,
        most_threshold=bounds.most_entry_threshold,
        loosens_percent=bounds.overseer_loosens_percent,
        least_ttl_seconds=bounds.least_ttl_seconds,
        tighten_seconds=bounds.most_tightening_seconds,
        loosen_seconds=bounds.most_loosening_seconds,
        pause_seconds=bounds.most_pause_seconds,
        halt_seconds=bounds.most_halt_seconds,
        halted_seconds_a_day=bounds.most_halted_seconds_a_day,
        active=bounds.most_at_once,
        active_a_symbol=bounds.most_a_symbol,
        changes_a_day=bounds.most_changes_a_day,
        snapshot_seconds=bounds.most_snapshot_age_seconds,
        presets=tuple(
            preset.value
            for preset, (risk, threshold) in PRESETS.items()
            if bounds.least_risk_multiplier <= risk <= bounds.most_risk_multiplier
            and bounds.least_entry_threshold <= threshold <= bounds.most_entry_threshold
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OversightSurroundings:
    """What the door stands in. `say`: to console and log; `tell`: to people."""

    directory: Path
    desk: Desk
    trials: TrialsPort | None
    outside: Callable[[], Outside]
    say: Callable[[str], None]
    tell: Tell


def oversight_door(
    config: FlashTradingConfig, provider: ProviderOfRun, around: OversightSurroundings
) -> OversightDoor:
    return OversightDoor(
        OversightParts(
            settings=config.overseer.paced(simulated=provider.simulated),
            limits=limits_of(config.overlays),
            desk=around.desk,
            folder=around.directory / OVERSEER_FOLDER,
            clock=provider.clock,
            has_provider=provider.there,
            simulated=provider.simulated,
            provider=provider,
            trials=around.trials,
            outside=around.outside,
            say=around.say,
            tell=around.tell,
        )
    )

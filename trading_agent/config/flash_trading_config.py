"""Every room's settings in one frozen value: what flash_trading_config.json says."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.records.settings import RecordsSettings
from trading_agent.adapters.storage.settings import StorageSettings
from trading_agent.domain.settings_slice import SettingsSlice
from trading_agent.embedded_exchange.settings import EmbeddedSettings
from trading_agent.engine.settings import OverlayBounds
from trading_agent.execution.settings import PaperSettings
from trading_agent.interfaces.oversight.settings import OversightSettings
from trading_agent.interfaces.telegram.settings import TelegramSettings
from trading_agent.notifications.settings import NotificationSettings
from trading_agent.offline_openrouter.settings import OfflineOpenRouterSettings
from trading_agent.pictures.settings import PictureSettings
from trading_agent.portfolio.settings import PortfolioSettings
from trading_agent.risk.settings import RiskLimits
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.signals.enhanced.settings import EnhancedSettings
from trading_agent.signals.patterns.settings import PatternSettings
from trading_agent.signals.settings import SessionPlan
from trading_agent.signals.timeframe_settings import TimeframeSettings
from trading_agent.strategies.settings import StrategySettings

_PAIR: Final = re.compile(r"[A-Z0-9]{4,24}|[A-Z0-9]{1,16}[/-][A-Z0-9]{1,16}", re.ASCII)


def canonical_pair(text: str) -> str:
    """BTC/USDC, btc-usdc and BtcUsdc are BTCUSDC; raises ValueError for anything else."""
    upper = text.strip().upper()
    if _PAIR.fullmatch(upper) is None:
        raise ValueError("is not a pair; write BTCUSDC, BTC/USDC or BTC-USDC")
    return upper.replace("/", "").replace("-", "")


def _different(pairs: tuple[str, ...]) -> tuple[str, ...]:
    twice = [pair for index, pair in enumerate(pairs) if pair in pairs[:index]]
    if twice:
        raise ValueError(f"{twice[0]} is given twice")
    return pairs


def _named(text: object) -> object:
    if isinstance(text, str) and (not text.strip() or "\0" in text):
        raise ValueError("is not the name of a directory")
    return text


Pair = Annotated[str, AfterValidator(canonical_pair)]


def _with_canonical_pairs(settings: StrategySettings) -> StrategySettings:
    """What is no pair stays as it is: it is refused with what is not traded."""
    active = tuple(
        each.model_copy(update={"symbols": tuple(map(_canonical_where_it_is, each.symbols))})
        for each in settings.active
    )
    return settings.model_copy(update={"active": active})


def _canonical_where_it_is(text: str) -> str:
    try:
        return canonical_pair(text)
    except ValueError:
        return text


class FlashTradingConfig(SettingsSlice):
    """What a run is told before it starts."""

    symbols: Annotated[
        tuple[Pair, ...], Field(min_length=1, max_length=100), AfterValidator(_different)
    ] = ("BTCUSDC", "ETHUSDC")
    """Pairs that are watched and traded; BTCUSDC, BTC/USDC or BTC-USDC, in any case."""
    venue: Literal["embedded", "mexc"] = "embedded"
    """Where the market comes from: the embedded exchange, which is simulated and needs no
    network, or MEXC's public data. Orders are on paper either way."""
    data_directory: Annotated[Path, BeforeValidator(_named)] = Path("var")
    """Directory of journals and recordings; relative to the folder of the configuration file."""
    trading: SessionPlan = SessionPlan()
    strategies: Annotated[StrategySettings, AfterValidator(_with_canonical_pairs)] = (
        StrategySettings()
    )
    timeframes: TimeframeSettings = TimeframeSettings()
    patterns: PatternSettings = PatternSettings()
    enhanced: EnhancedSettings = EnhancedSettings()
    risk: RiskLimits = RiskLimits()
    overlays: OverlayBounds = OverlayBounds()
    paper: PaperSettings = PaperSettings()
    portfolio: PortfolioSettings = PortfolioSettings()
    mexc: MexcSettings = MexcSettings()
    embedded: EmbeddedSettings = EmbeddedSettings()
    runtime: RuntimeSettings = RuntimeSettings()
    storage: StorageSettings = StorageSettings()
    records: RecordsSettings = RecordsSettings()
    notifications: NotificationSettings = NotificationSettings()
    telegram: TelegramSettings = TelegramSettings()
    pictures: PictureSettings = PictureSettings()
    overseer: OversightSettings = OversightSettings()
    offline_openrouter: OfflineOpenRouterSettings = OfflineOpenRouterSettings()

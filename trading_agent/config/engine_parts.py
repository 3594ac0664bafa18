"""What the engine is made with, out of the configuration."""

from pathlib import Path

from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.own_indicators import load_own_indicators
from trading_agent.config.own_strategies import load_own_strategies
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.signals.indicators.catalogue import Catalogue
from trading_agent.strategies.own_parts import OwnParts


def engine_settings(config: FlashTradingConfig) -> EngineSettings:
    return EngineSettings(
        plan=config.trading,
        limits=config.risk,
        paper=config.paper,
        portfolio=config.portfolio,
        strategies=config.strategies,
        timeframes=config.timeframes,
        patterns=config.patterns,
        enhanced=config.enhanced,
        overlays=config.overlays,
    )


def own_parts(settings: EngineSettings) -> OwnParts:
    """A person's own, made anew: the indicators first, which strategies may need. Raises
    ConfigError for a faulty file, and for an indicator that is to be kept and is not there."""
    folder = settings.timeframes.folder
    catalogue = Catalogue() if folder is None else load_own_indicators(Path(folder))
    for choice in settings.timeframes.indicators:
        catalogue.open(choice.name, **choice.parameters)
    folder = settings.strategies.folder
    strategies = {} if folder is None else load_own_strategies(Path(folder), catalogue)
    return OwnParts(strategies, catalogue)

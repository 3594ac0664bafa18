"""What the engine is made with, out of the configuration."""

from collections.abc import Mapping
from pathlib import Path

from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.own_strategies import load_own_strategies
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.strategies.strategy import Strategy


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


def own_strategies(config: FlashTradingConfig) -> Mapping[str, type[Strategy]]:
    """A person's own, by name. Raises ConfigError for a faulty file."""
    folder = config.strategies.folder
    return {} if folder is None else load_own_strategies(Path(folder))

"""What the engine is made with, out of the configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from trading_agent.adapters.mexc.codec import warm_up as prepare_decoder
from trading_agent.config.flash_trading_config import FlashTradingConfig
from trading_agent.config.own_strategies import load_own_strategies
from trading_agent.engine.assembly import prepare_live
from trading_agent.engine.desk_state import EngineSettings
from trading_agent.engine.timeframes import prepare_indicators
from trading_agent.runtime.warm_up import Kernel
from trading_agent.strategies.strategy import Strategy

KERNELS: Final = (
    Kernel("the engine's loop", prepare_live),
    Kernel("the frame decoder", prepare_decoder),
    Kernel("the indicators", prepare_indicators),
)
"""What a live run compiles before it looks at the market; first what takes longest."""


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
    )


def own_strategies(config: FlashTradingConfig) -> Mapping[str, type[Strategy]]:
    """A person's own, by name. Raises ConfigError for a faulty file."""
    folder = config.strategies.folder
    return {} if folder is None else load_own_strategies(Path(folder))

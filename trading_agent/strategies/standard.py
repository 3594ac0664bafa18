"""The strategies that come with the engine, and how one is made from a name and parameters."""

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.indicator import Values
from trading_agent.strategies.breakout import BreakoutStrategy
from trading_agent.strategies.flash import FlashStrategy
from trading_agent.strategies.lead_lag import LeadLagStrategy
from trading_agent.strategies.macd_bollinger import MacdBollingerStrategy
from trading_agent.strategies.market_making import MarketMakingStrategy
from trading_agent.strategies.mean_reversion import MeanReversionStrategy
from trading_agent.strategies.momentum import MomentumStrategy
from trading_agent.strategies.rsi_bollinger import RsiBollingerStrategy
from trading_agent.strategies.strategy import Strategy
from trading_agent.strategies.supertrend import SupertrendStrategy

_CLASSES: Final[tuple[type[Strategy], ...]] = (
    FlashStrategy,
    MomentumStrategy,
    RsiBollingerStrategy,
    MacdBollingerStrategy,
    SupertrendStrategy,
    MarketMakingStrategy,
    MeanReversionStrategy,
    BreakoutStrategy,
    LeadLagStrategy,
)
STANDARD: Final[Mapping[str, type[Strategy]]] = MappingProxyType(
    {strategy.name: strategy for strategy in _CLASSES}
)


def read_values(strategy: type[Strategy], given: Mapping[str, float]) -> Values:
    """All parameters, defaults filled in. ConfigError for what does not fit."""
    known = {parameter.name for parameter in strategy.parameters}
    if unknown := [name for name in given if name not in known]:
        raise ConfigError(
            f"{strategy.name} has no parameter {unknown[0]}{_instead(unknown[0], known)}"
        )
    try:
        return {
            parameter.name: parameter.read(given.get(parameter.name, parameter.default))
            for parameter in strategy.parameters
        }
    except ConfigError as error:
        raise ConfigError(f"{strategy.name}: {error}") from error


def make(name: str, given: Mapping[str, float], own: Mapping[str, type[Strategy]]) -> Strategy:
    """`own`: a person's own strategies by name. ConfigError when there is none of that name, or
    its parameters do not fit."""
    strategy = STANDARD.get(name) or own.get(name)
    if strategy is None:
        instead = _instead(name, [*STANDARD, *own])
        raise ConfigError(f"there is no strategy {name}{instead}")
    values = read_values(strategy, given)
    try:
        return strategy(values)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from error


def _instead(word: str, choices: Iterable[str]) -> str:
    """What was probably meant, or all that could be."""
    names = sorted(set(choices))
    near = difflib.get_close_matches(word.lower(), names, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(names)}" if names else "; it has none"

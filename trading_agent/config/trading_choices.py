"""Strategies and indicators that are named in the configuration: whether there are such."""

from collections.abc import Iterator

from trading_agent.config.flash_trading_config import FlashTradingConfig, canonical_pair
from trading_agent.config.places import Conflict, Path
from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.catalogue import Catalogue
from trading_agent.strategies.roster import missing_leaders
from trading_agent.strategies.settings import ActiveStrategy
from trading_agent.strategies.standard import STANDARD, make


def choice_conflicts(config: FlashTradingConfig) -> Iterator[Conflict]:
    """Each at the setting a person would change. A person's own strategies are looked at when
    their folder is loaded."""
    names: set[str] = set()
    for place, active in enumerate(config.strategies.active):
        path: Path = ("strategies", "active", place)
        if active.name in names:
            yield (*path, "name"), f"{active.name} is given twice"
        names.add(active.name)
        yield from _of_strategy(path, active, config)
    catalogue = Catalogue()
    for place, choice in enumerate(config.timeframes.indicators):
        try:
            catalogue.find(choice.name).read(choice.parameters)
        except ConfigError as error:
            yield ("timeframes", "indicators", place), str(error)


def _of_strategy(
    path: Path, active: ActiveStrategy, config: FlashTradingConfig
) -> Iterator[Conflict]:
    for place, symbol in enumerate(active.symbols):
        if _pair(symbol) not in config.symbols:
            yield (*path, "symbols", place), f"{symbol} is not among the symbols of the run"
    if active.name not in STANDARD and config.strategies.folder is not None:
        return
    try:
        strategy = make(active.name, active.parameters, {})
    except ConfigError as error:
        place_of = "parameters" if active.name in STANDARD else "name"
        yield (*path, place_of), str(error)
        return
    if words := missing_leaders(strategy, config.symbols):
        yield (*path, "name"), words


def _pair(symbol: str) -> str:
    try:
        return canonical_pair(symbol)
    except ValueError:
        return symbol

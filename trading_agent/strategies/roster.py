"""Which strategies the desk runs, each with its share."""

from collections.abc import Container, Mapping
from typing import Any

from msgspec import Struct

from trading_agent.strategies.settings import StrategySettings
from trading_agent.strategies.standard import make
from trading_agent.strategies.strategy import Strategy


class Seat(Struct, frozen=True):
    """A strategy at the desk. `symbols`: empty for all."""

    strategy: Strategy
    allocation: float
    weight: float
    symbols: frozenset[str]
    own: bool
    """Whether a person wrote it."""

    def trades(self, symbol: str) -> bool:
        return not self.symbols or symbol in self.symbols


def missing_leaders(strategy: Strategy, symbols: Container[str]) -> str:
    """What it follows and is not watched, in words; empty when there is nothing."""
    missing = [each for each in strategy.requires.leaders if each not in symbols]
    if not missing:
        return ""
    return f"{strategy.name} follows {', '.join(missing)}: add it to the symbols of the run"


def roster(settings: StrategySettings, own: Mapping[str, Any]) -> tuple[Seat, ...]:
    """In the order in which they are asked. `own`: a person's strategies by name. ConfigError
    for a name nobody knows, or parameters that do not fit."""
    return tuple(
        Seat(
            make(active.name, active.parameters, own),
            active.allocation,
            active.weight,
            frozenset(active.symbols),
            active.name in own,
        )
        for active in settings.active
    )

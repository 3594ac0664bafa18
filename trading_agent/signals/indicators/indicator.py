"""What an indicator is: its name, parameters, outputs and needs; and a person's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Protocol

import numpy as np

from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators.bars import Bar, Floats

LONGEST: Final = 10_000
"""Candles: the longest window of any indicator."""
USER_KINDS: Final = 1 << 16
"""Kinds from here on are people's own: the compiled switch does not know them."""

Values = Mapping[str, Any]
"""Parameters by name: int where they are whole, float otherwise."""
Update = Callable[[Floats, Bar, Floats], None]
"""`update(memory, bar, out)`: takes one finished candle in and writes every output, NaN until
ready. Plain Python, or compiled by `numba.njit`."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """`default` within `lowest` and `highest`, both allowed. `whole`: counts, mostly candles."""

    name: str
    default: float
    lowest: float
    highest: float
    whole: bool = True

    def read(self, value: float) -> float:
        if not self.lowest <= value <= self.highest:
            raise ConfigError(f"{self.name} = {value}: {self.lowest:g} to {self.highest:g}")
        if self.whole and value != int(value):
            raise ConfigError(f"{self.name} = {value}: a whole number")
        return int(value) if self.whole else float(value)


def candles(name: str, default: int, lowest: int = 2) -> Parameter:
    """A number of candles."""
    return Parameter(name, default, lowest, LONGEST)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A description; the work is done by a compiled function found by `kind`.

    Memory starts as zeros, but for the parameters' values, which stand from place 1 on in their
    order. Place 0 counts candles. `rising` names parameters that must grow from one to the next.
    """

    name: str
    kind: int
    parameters: tuple[Parameter, ...]
    outputs: tuple[str, ...]
    memory_size: Callable[[Values], int]
    warm_up: Callable[[Values], int]
    """Candles until every output is finite: the candle of this number is the first."""
    rising: tuple[str, ...] = ()
    update: Update | None = None
    """For a person's own indicator alone."""

    def read(self, given: Values) -> dict[str, float]:
        """All parameters, defaults filled in. ConfigError for what does not fit."""
        known = {parameter.name for parameter in self.parameters}
        if unknown := [name for name in given if name not in known]:
            raise ConfigError(f"{self.name} has no parameter {unknown[0]}")
        values: dict[str, float] = {}
        for parameter in self.parameters:
            try:
                values[parameter.name] = parameter.read(
                    given.get(parameter.name, parameter.default)
                )
            except ConfigError as error:
                raise ConfigError(f"{self.name}: {error}") from error
        ordered = [values[name] for name in self.rising]
        if any(one >= following for one, following in pairwise(ordered)):
            raise ConfigError(f"{self.name}: {' < '.join(self.rising)} must hold")
        return values

    def new_memory(self, values: Values) -> Floats:
        """Memory of one instance before its first candle; `values` as `read` returns them."""
        memory = np.zeros(int(self.memory_size(values)), np.float64)
        memory[1 : 1 + len(self.parameters)] = [
            values[parameter.name] for parameter in self.parameters
        ]
        return memory


class UserIndicator(Protocol):
    """A person's own indicator, as `Catalogue.register` takes it.

    `memory_size` counts places: at least 1 + the number of parameters, which stand from place 1
    on in their order; place 0 and everything behind the parameters is free and starts as zeros.
    """

    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> tuple[Parameter, ...]: ...
    @property
    def outputs(self) -> tuple[str, ...]: ...
    @property
    def update(self) -> Update: ...
    def memory_size(self, values: Values) -> int: ...
    def warm_up(self, values: Values) -> int: ...

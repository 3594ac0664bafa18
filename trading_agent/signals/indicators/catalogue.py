"""Every indicator by its name, and the face they turn to Python."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numba.core.registry import CPUDispatcher

from trading_agent.domain.errors import ConfigError
from trading_agent.signals.indicators import (
    averages,
    channels,
    oscillators,
    trend,
    volatility,
    volume,
)
from trading_agent.signals.indicators.bars import Bar, Bars, Floats, bar_at, bars_of
from trading_agent.signals.indicators.indicator import (
    USER_KINDS,
    Indicator,
    UserIndicator,
)
from trading_agent.signals.indicators.kernel import run, run_own

STANDARD: Final[Mapping[str, Indicator]] = MappingProxyType(
    {
        indicator.name: indicator
        for family in (averages, oscillators, trend, channels, volatility, volume)
        for indicator in family.INDICATORS
    }
)


class OpenIndicator:
    """One instance, fed one finished candle at a time. `values` are its parameters."""

    def __init__(self, indicator: Indicator, values: Mapping[str, float]) -> None:
        self.indicator = indicator
        self.values = values
        self.memory = indicator.new_memory(values)
        self.warm_up = int(indicator.warm_up(values))
        self.seen = 0
        self._out = np.full(len(indicator.outputs), np.nan)

    @property
    def ready(self) -> bool:
        return self.seen >= self.warm_up

    def update(self, bar: Bar) -> tuple[float, ...]:
        """The outputs as of this candle, NaN until ready."""
        # Ints among the prices would make numba compile everything once more.
        typed = Bar(int(bar.open_at), *(float(value) for value in bar[1:]))
        if self.indicator.update is None:
            # One door for one candle and for many: a second one would be compiled for seconds.
            run(self.indicator.kind, self.memory, bars_of(typed), self._out.reshape(1, -1))
        else:
            self._out[:] = np.nan
            self.indicator.update(self.memory, typed, self._out)
        self.seen += 1
        return tuple(self._out.tolist())

    def run(self, bars: Bars) -> Floats:
        """`update` for each candle: one row of outputs each, the same to the last bit."""
        # Each of ours writes all of its outputs at every candle.
        shape = (len(bars.close), len(self.indicator.outputs))
        update = self.indicator.update
        outs = np.empty(shape) if update is None else np.full(shape, np.nan)
        if update is None:
            run(self.indicator.kind, self.memory, bars, outs)
        elif isinstance(update, CPUDispatcher):
            run_own(update, self.memory, bars, outs)
        else:
            for index in range(len(outs)):
                update(self.memory, bar_at(bars, index), outs[index])
        self.seen += len(outs)
        return outs


class Catalogue:
    """The standard indicators and a person's own, which one desk knows."""

    def __init__(self) -> None:
        self._indicators = dict(STANDARD)

    def __iter__(self) -> Iterator[Indicator]:
        return iter(self._indicators.values())

    def find(self, name: str) -> Indicator:
        """ConfigError when there is none."""
        try:
            return self._indicators[name]
        except KeyError as error:
            raise ConfigError(f"there is no indicator {name}") from error

    def register(self, own: UserIndicator) -> Indicator:
        """ConfigError when the name is taken or what it asks for cannot be given. What it is
        given is a finished candle and its own memory: it cannot look ahead."""
        if own.name in self._indicators:
            raise ConfigError(f"there is an indicator {own.name} already")
        indicator = Indicator(
            own.name,
            USER_KINDS + len(self._indicators) - len(STANDARD),
            tuple(own.parameters),
            tuple(own.outputs),
            own.memory_size,
            own.warm_up,
            update=own.update,
        )
        _check(indicator)
        self._indicators[own.name] = indicator
        return indicator

    def open(self, name: str, **parameters: float) -> OpenIndicator:
        indicator = self.find(name)
        return OpenIndicator(indicator, indicator.read(parameters))

    def compute(self, name: str, candles: Bars, **parameters: float) -> Floats:
        """Outputs of a fresh instance, a row per candle."""
        return self.open(name, **parameters).run(candles)


def compute(name: str, candles: Bars, **parameters: float) -> Floats:
    """Of a standard indicator: a row of outputs per candle, NaN until ready."""
    return Catalogue().compute(name, candles, **parameters)


def open_standard(name: str, **parameters: float) -> OpenIndicator:
    """One that comes with the engine."""
    indicator = STANDARD[name]
    return OpenIndicator(indicator, indicator.read(parameters))


def _check(indicator: Indicator) -> None:
    values = indicator.read({})
    if not indicator.outputs:
        raise ConfigError(f"{indicator.name} has no outputs")
    if indicator.memory_size(values) < 1 + len(indicator.parameters):
        raise ConfigError(f"{indicator.name}: its memory does not hold its parameters")
    if indicator.warm_up(values) < 1:
        raise ConfigError(f"{indicator.name}: nothing is known before the first candle")

"""Settings of timeframes: over which candles which indicators are kept up to date."""

from typing import Annotated, Literal

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice

Timeframe = Literal["1s", "5s", "15s", "1m", "5m", "15m", "1h", "4h", "1d"]
EVERY: tuple[Timeframe, ...] = ("1s", "5s", "15s", "1m", "5m", "15m", "1h", "4h", "1d")


class IndicatorChoice(SettingsSlice):
    """One indicator."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    """An indicator by its name, such as rsi or bollinger."""
    parameters: dict[str, float] = {}  # noqa: RUF012 - pydantic gives everyone a copy
    """Its parameters by name, mostly numbers of candles; one left out keeps its default."""


def _choose(name: str, **parameters: float) -> IndicatorChoice:
    return IndicatorChoice(name=name, parameters=parameters)


PATTERNS: tuple[Timeframe, ...] = ("1m", "5m", "15m", "1h", "4h")
CANDLESTICKS: tuple[Timeframe, ...] = ("15m", "1h", "4h")


class TimeframeSettings(SettingsSlice):
    """What is kept up to date for the board and for whoever asks; a strategy's own needs come on
    top."""

    timeframes: tuple[Timeframe, ...] = EVERY
    """Lengths of the candles; empty for none."""
    indicators: tuple[IndicatorChoice, ...] = (
        _choose("ema", period=12),
        _choose("ema", period=26),
        _choose("sma", period=50),
        _choose("macd"),
        _choose("rsi"),
        _choose("stochastic_slow"),
        _choose("adx"),
        _choose("atr"),
        _choose("bollinger"),
        _choose("supertrend"),
        _choose("donchian"),
        _choose("natr"),
    )
    """Over the finished candles of each of these timeframes."""
    folder: str | None = None
    """Folder of a person's own indicators, one file each; relative to the configuration file.
    None for none."""
    patterns: tuple[Timeframe, ...] = PATTERNS
    """Timeframes whose candles are searched for chart patterns; empty for none."""
    candlesticks: tuple[Timeframe, ...] = CANDLESTICKS
    """Timeframes whose candles are read for candlestick patterns; empty for none."""
    regime: Timeframe | None = "1m"
    """Timeframe whose candles say what kind of market it is; null for none."""

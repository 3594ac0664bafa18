import re
from pathlib import Path
from typing import ClassVar

import pytest

from tests.unit.strategies.sight import a_view
from trading_agent.domain.decision import Proposal
from trading_agent.domain.errors import ConfigError
from trading_agent.market.candles import TIMEFRAME_NAMES
from trading_agent.signals.indicators.catalogue import STANDARD as INDICATORS
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.candle_reading import SECONDS
from trading_agent.strategies.momentum import MomentumStrategy
from trading_agent.strategies.standard import STANDARD, make, read_values
from trading_agent.strategies.strategy import Requirements, Strategy, StrategyView

EVERY = pytest.mark.parametrize("name", STANDARD)
OF_CANDLES = pytest.mark.parametrize(
    "name", [name for name in STANDARD if name not in {"flash", "market_making"}]
)


class OwnStrategy:
    name: ClassVar[str] = "own"
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, values: Values) -> None:
        self.values = values

    @property
    def requires(self) -> Requirements:
        return Requirements(timeframe="1m")

    def propose(self, view: StrategyView) -> Proposal | None:
        return None


OWN: dict[str, type[Strategy]] = {"own": OwnStrategy}


def test_there_are_nine_under_their_own_names() -> None:
    assert list(STANDARD) == [
        "flash",
        "momentum",
        "rsi_bollinger",
        "macd_bollinger",
        "supertrend",
        "market_making",
        "mean_reversion",
        "breakout",
        "lead_lag",
    ]


@EVERY
def test_each_is_made_of_its_defaults_and_can_be_asked_for_what_it_needs(name: str) -> None:
    required = make(name, {}, {}).requires
    asked_at_closes = required.timeframe in TIMEFRAME_NAMES
    assert required.signals or asked_at_closes or required.refresh
    for need in required.needs:
        assert need.timeframe == required.timeframe
        INDICATORS[need.indicator].read(dict(need.values))


@EVERY
def test_each_parameters_default_and_ends_are_allowed(name: str) -> None:
    parameters = STANDARD[name].parameters
    assert len({parameter.name for parameter in parameters}) == len(parameters)
    for parameter in parameters:
        for value in (parameter.default, parameter.lowest, parameter.highest):
            assert read_values(STANDARD[name], {parameter.name: value})[parameter.name] == value


@OF_CANDLES
@pytest.mark.parametrize("timeframe", TIMEFRAME_NAMES)
def test_each_takes_every_timeframe(name: str, timeframe: str) -> None:
    strategy = make(name, {"timeframe_seconds": SECONDS[timeframe]}, {})
    assert strategy.requires.timeframe == timeframe
    assert {need.timeframe for need in strategy.requires.needs} <= {timeframe}


@OF_CANDLES
def test_each_refuses_a_length_that_no_candle_has(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"{name}: timeframe_seconds = 61: one of 1, 5, 15, 60"):
        make(name, {"timeframe_seconds": 61}, {})


@OF_CANDLES
def test_each_is_silent_at_another_close(name: str) -> None:
    assert make(name, {"timeframe_seconds": 60}, {}).propose(a_view(closed="5m")) is None


def test_defaults_fill_what_is_not_given() -> None:
    values = read_values(MomentumStrategy, {"lookback": 3.0})
    assert values["lookback"] == 3
    assert isinstance(values["lookback"], int)
    assert set(values) == {parameter.name for parameter in MomentumStrategy.parameters}


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("momentun", {}, "there is no strategy momentun; did you mean momentum?"),
        ("owm", {}, "there is no strategy owm; did you mean own?"),
        ("zzz", {}, "there is no strategy zzz; there are breakout, flash, lead_lag, .*own"),
        ("momentum", {"lookbak": 5}, "momentum has no parameter lookbak; did you mean lookback?"),
        ("flash", {"lookback": 5}, "flash has no parameter lookback; it has none"),
        ("momentum", {"lookback": 0}, "momentum: lookback = 0: 1 to 10000"),
        ("momentum", {"lookback": 2.5}, "momentum: lookback = 2.5: a whole number"),
        ("momentum", {"lookback": float("nan")}, "momentum: lookback = nan: 1 to 10000"),
        ("breakout", {"volume_window": 256}, "breakout: volume_window = 256: 1 to 255"),
    ],
)
def test_what_does_not_fit_is_said(name: str, given: dict[str, float], words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("?", r"\?")):
        make(name, given, OWN)


def test_ones_own_is_made_as_the_standard_ones_are() -> None:
    assert isinstance(make("own", {}, OWN), OwnStrategy)


@EVERY
def test_the_page_names_each_parameter_with_its_default(name: str) -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "strategies.md"
    table = page.read_text("utf-8").partition("## The standard ones")[2].partition("\n## ")[0]
    (row,) = (line for line in table.splitlines() if f"| `{name}` |" in line)
    for parameter in STANDARD[name].parameters:
        assert re.search(rf"`{parameter.name}` {parameter.default:g}(?![\d.])", row), parameter

"""Where TA-Lib has the function, it is right: equal to 1e-9 once both are ready."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import talib

from tests.unit.signals.indicators.walks import WALKS, bars_of
from trading_agent.signals.indicators.bars import Bars
from trading_agent.signals.indicators.catalogue import STANDARD, compute


@dataclass(frozen=True)
class Oracle:
    """`answer` gives what should stand in the first columns; `steep` says that rounding of
    nothing becomes anything, so walks that stand still cannot be compared."""

    name: str
    parameters: dict[str, float]
    answer: Callable[[Bars, Any], Any]
    steep: bool = False


def on_close(name: str, function: Any) -> list[Oracle]:
    return [
        Oracle(name, {"period": period}, lambda bars, p: [function(bars.close, p["period"])])
        for period in (2, 5, 20, 50)
    ]


def on_range(name: str, function: Any) -> list[Oracle]:
    return [
        Oracle(
            name,
            {"period": period},
            lambda bars, p: [function(bars.high, bars.low, bars.close, p["period"])],
        )
        for period in (2, 7, 14, 40)
    ]


def stochastic(bars: Bars, p: Any) -> Any:
    return talib.STOCH(
        bars.high,
        bars.low,
        bars.close,
        fastk_period=p["period"],
        slowk_period=p["slowing"],
        slowd_period=p["smoothing"],
    )


def adx(bars: Bars, p: Any) -> Any:
    prices = (bars.high, bars.low, bars.close, p["period"])
    return [talib.ADX(*prices), talib.PLUS_DI(*prices), talib.MINUS_DI(*prices)]


def aroon(bars: Bars, p: Any) -> Any:
    down, up = talib.AROON(bars.high, bars.low, p["period"])
    return [up, down, talib.AROONOSC(bars.high, bars.low, p["period"])]


ORACLES = [
    *on_close("sma", talib.SMA),
    *on_close("ema", talib.EMA),
    *on_close("wma", talib.WMA),
    *on_close("dema", talib.DEMA),
    *on_close("tema", talib.TEMA),
    *on_close("kama", talib.KAMA),
    *on_close("rsi", talib.RSI),
    *on_close("roc", talib.ROC),
    *on_range("atr", talib.ATR),
    *on_range("natr", talib.NATR),
    *on_range("williams_r", talib.WILLR),
    *on_range("cci", talib.CCI),
    *(
        Oracle(
            "macd",
            {"fast": fast, "slow": slow, "signal": signal},
            lambda bars, p: talib.MACD(bars.close, p["fast"], p["slow"], p["signal"]),
        )
        for fast, slow, signal in ((12, 26, 9), (2, 5, 1), (10, 11, 30))
    ),
    *(
        Oracle(
            "stochastic_fast",
            {"period": period, "smoothing": smoothing},
            lambda bars, p: talib.STOCHF(
                bars.high, bars.low, bars.close, p["period"], p["smoothing"]
            ),
        )
        for period, smoothing in ((5, 3), (14, 1), (30, 10))
    ),
    *(
        Oracle("stochastic_slow", {"period": a, "slowing": b, "smoothing": c}, stochastic)
        for a, b, c in ((5, 3, 3), (14, 1, 2), (21, 7, 5))
    ),
    *(
        Oracle(
            "stochastic_rsi",
            {"strength_period": a, "period": b, "smoothing": c},
            lambda bars, p: talib.STOCHRSI(
                bars.close, p["strength_period"], p["period"], p["smoothing"]
            ),
            steep=True,
        )
        for a, b, c in ((14, 5, 3), (10, 14, 1))
    ),
    *(
        Oracle(
            "mfi",
            {"period": period},
            lambda bars, p: [talib.MFI(bars.high, bars.low, bars.close, bars.volume, p["period"])],
        )
        for period in (2, 14)
    ),
    *(Oracle("adx", {"period": period}, adx) for period in (2, 14, 30)),
    *(Oracle("aroon", {"period": period}, aroon) for period in (2, 14, 25)),
    *(
        Oracle(
            "parabolic_sar",
            {"acceleration": step, "maximum": most},
            lambda bars, p: [talib.SAR(bars.high, bars.low, p["acceleration"], p["maximum"])],
        )
        for step, most in ((0.02, 0.2), (0.1, 0.15), (0.5, 0.3))
    ),
    *(
        Oracle(
            "bollinger",
            {"period": period, "deviations": width},
            lambda bars, p: talib.BBANDS(bars.close, p["period"], p["deviations"], p["deviations"]),
        )
        for period, width in ((20, 2.0), (2, 1.0), (50, 2.5))
    ),
    Oracle("obv", {}, lambda bars, _: [talib.OBV(bars.close, bars.volume)]),
    Oracle(
        "accumulation_distribution",
        {},
        lambda bars, _: [talib.AD(bars.high, bars.low, bars.close, bars.volume)],
    ),
    *(
        Oracle(
            "chaikin_oscillator",
            {"fast": fast, "slow": slow},
            lambda bars, p: [
                talib.ADOSC(bars.high, bars.low, bars.close, bars.volume, p["fast"], p["slow"])
            ],
        )
        for fast, slow in ((3, 10), (5, 30))
    ),
]


@pytest.mark.parametrize(
    "oracle",
    ORACLES,
    ids=lambda oracle: "-".join((oracle.name, *map(str, oracle.parameters.values()))),
)
def test_equals_ta_lib(oracle: Oracle) -> None:
    for market in WALKS:
        # Where the price stands still TA-Lib divides rounding by rounding.
        if not (oracle.steep and market == "standstills"):
            check_against_ta_lib(oracle, market)


def check_against_ta_lib(oracle: Oracle, market: str) -> None:
    bars = bars_of(WALKS[market]())
    outputs = compute(oracle.name, bars, **oracle.parameters)
    indicator = STANDARD[oracle.name]
    first = indicator.warm_up(indicator.read(oracle.parameters)) - 1
    for column, expected in enumerate(oracle.answer(bars, oracle.parameters)):
        assert np.isfinite(expected[first:]).all()
        scale = float(np.max(np.abs(expected[first:])))
        np.testing.assert_allclose(
            outputs[first:, column],
            expected[first:],
            rtol=1e-9,
            atol=1e-9 * scale,
            err_msg=f"{market}: {indicator.outputs[column]}",
        )


@pytest.mark.parametrize(
    "oracle",
    ORACLES,
    ids=lambda oracle: "-".join((oracle.name, *map(str, oracle.parameters.values()))),
)
def test_is_ready_when_ta_lib_is(oracle: Oracle) -> None:
    bars = bars_of(WALKS["ordinary"]())
    indicator = STANDARD[oracle.name]
    first = indicator.warm_up(indicator.read(oracle.parameters)) - 1
    begins = [np.flatnonzero(np.isfinite(one))[0] for one in oracle.answer(bars, oracle.parameters)]
    assert max(begins) == first

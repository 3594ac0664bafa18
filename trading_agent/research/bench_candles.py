"""What finished candles cost: indicators one by one and in bulk, and a minute's whole work."""

import math
import time
from random import Random
from statistics import median
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct

from trading_agent.domain.market_rows import RowFlag, RowKind, Rows, empty_rows
from trading_agent.domain.message import MarketRows, Stamped
from trading_agent.domain.units import MINUTE, SECOND, Nanos
from trading_agent.research.bench_engine import (
    EVERYTHING,
    bench_core,
    bench_instrument,
    bench_plan,
    without_collections,
)
from trading_agent.signals.indicators.bars import Bars, make_bars
from trading_agent.signals.indicators.catalogue import STANDARD, OpenIndicator

FOUR: Final = ("rsi", "macd", "bollinger", "atr")
CANDLES: Final = 100_000
PASSES: Final = 3
MINUTES: Final = 180
_RUNS: Final = 7


class CandleSpeed(Struct, frozen=True, kw_only=True):
    """`four_ns`: RSI, MACD, Bollinger bands and ATR together, for each of many candles;
    `ta_lib_ns`: the same by TA-Lib. `minute_us`: all work of a minute's close for one pair, with
    sixty seconds to catch up on, nine timeframes, the default indicators and patterns."""

    four_ns: float
    ta_lib_ns: float | None
    minute_us: dict[str, float]


def measure_candles() -> CandleSpeed:
    bars = _bars()
    return CandleSpeed(
        four_ns=round(_four(bars), 1),
        ta_lib_ns=_by_ta_lib(bars),
        minute_us=_minutes(),
    )


def as_document(speed: CandleSpeed) -> dict[str, Any]:
    return msgspec.to_builtins(speed)  # type: ignore[no-any-return]


def _bars() -> Bars:
    dice, price = Random(1), 60_000.0
    closes = []
    for _ in range(CANDLES):
        price *= math.exp(dice.gauss(0.0, 4e-4))
        closes.append(price)
    close = np.array(closes)
    opening = np.concatenate(([close[0]], close[:-1]))
    high, low = np.maximum(opening, close) * 1.0001, np.minimum(opening, close) * 0.9999
    at = np.arange(CANDLES, dtype=np.int64) * MINUTE
    return make_bars(at, (opening, high, low, close), np.full(CANDLES, 3.0))


def _four(bars: Bars) -> float:
    """Nanoseconds a candle."""

    def once() -> None:
        for name in FOUR:
            indicator = STANDARD[name]
            OpenIndicator(indicator, indicator.read({})).run(bars)

    return _fastest(once) / CANDLES * 1e9


def _by_ta_lib(bars: Bars) -> float | None:
    try:
        import talib
    except ImportError:
        return None
    close = bars.close

    def once() -> None:
        talib.RSI(close, 14)
        talib.MACD(close, 12, 26, 9)
        talib.BBANDS(close, 20, 2.0, 2.0)
        talib.ATR(bars.high, bars.low, close, 14)

    return round(_fastest(once) / CANDLES * 1e9, 1)


def _fastest(work: Any) -> float:
    work()
    times = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times)


def _minutes() -> dict[str, float]:
    """The same minutes several times over: of each the fastest, since the work is the same and
    what the machine does beside it is not. The first time is for what is compiled on the way."""
    with without_collections():
        passes = [_closes() for _ in range(PASSES + 1)][1:]
    ordered = sorted(min(each) for each in zip(*passes, strict=True))
    return {
        "p50": round(median(ordered), 1),
        "p99": round(ordered[int(0.99 * len(ordered))], 1),
        "max": round(ordered[-1], 1),
    }


def _closes() -> list[float]:
    """Microseconds of every minute's close."""
    instrument = bench_instrument()
    core = bench_core(bench_plan(), instrument, Nanos(0), batch=True, extent=EVERYTHING)
    core.open()
    dice, price, number, costs = Random(2), 6_000_000, 0, []
    for minute in range(MINUTES):
        for second in range(60):
            price += dice.randint(-300, 300)
            number += 1
            rows = _print(price, Nanos(minute * MINUTE + second * SECOND))
            began = time.perf_counter()
            core.step(Stamped(number, Nanos(int(rows["at"][0])), MarketRows(rows)))
            took = time.perf_counter() - began
            if second == 0 and minute:
                costs.append(took * 1e6)
    return costs


def _print(price: int, at: Nanos) -> Rows:
    rows = empty_rows(1)
    rows["at"] = rows["venue_at"] = at
    rows["price"], rows["size"] = price, 1_000
    rows["kind"], rows["flags"] = RowKind.BUY, RowFlag.LAST
    return rows

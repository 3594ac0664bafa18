"""Volume: what flowed in and out, and the average price it paid."""

from typing import Final

import numpy as np

from trading_agent.domain.units import DAY, HOUR
from trading_agent.signals.indicators.indicator import Indicator, Parameter, candles
from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.smoothing import not_ready, typical_price
from trading_agent.signals.indicators.volume_profile import (
    profile_size,
    update_volume_profile,
)
from trading_agent.signals.indicators.windows import rolling_sum, sum_size

OBV: Final = 0x60
ACCUMULATION: Final = 0x61
CHAIKIN_OSCILLATOR: Final = 0x62
CHAIKIN_MONEY_FLOW: Final = 0x63
VWAP: Final = 0x64
VOLUME_PROFILE: Final = 0x65


@woven
def update_volume(kind, memory, bar, out):
    if kind == OBV:
        update_obv(memory, bar, out)
    elif kind == ACCUMULATION:
        memory[1] += money_flow(bar)
        out[0] = memory[1]
    elif kind == CHAIKIN_OSCILLATOR:
        update_chaikin_oscillator(memory, bar, out)
    elif kind == CHAIKIN_MONEY_FLOW:
        update_chaikin_money_flow(memory, bar, out)
    elif kind == VWAP:
        update_vwap(memory, bar, out)
    elif kind == VOLUME_PROFILE:
        update_volume_profile(memory, bar, out)
    else:
        not_ready(out)


@woven
def money_flow(bar):
    """The volume, by where the close lies between low (−1) and high (+1)."""
    spread = bar.high - bar.low
    if spread <= 0.0:
        return 0.0
    return ((bar.close - bar.low) - (bar.high - bar.close)) / spread * bar.volume


@woven
def update_obv(memory, bar, out):
    """Starts with the first candle's volume, so only its changes mean something."""
    if memory[0] == 0.0 or bar.close > memory[1]:
        memory[2] += bar.volume
    elif bar.close < memory[1]:
        memory[2] -= bar.volume
    memory[0] = 1.0
    memory[1] = bar.close
    out[0] = memory[2]


@woven
def update_chaikin_oscillator(memory, bar, out):
    """Both averages start at the first value, as TA-Lib's. Place 3 sums the flow."""
    count = memory[0] + 1.0
    memory[0] = count
    memory[3] += money_flow(bar)
    if count == 1.0:
        memory[4] = memory[3]
        memory[5] = memory[3]
    else:
        memory[4] += (memory[3] - memory[4]) * (2.0 / (memory[1] + 1.0))
        memory[5] += (memory[3] - memory[5]) * (2.0 / (memory[2] + 1.0))
    out[0] = memory[4] - memory[5] if count >= memory[2] else np.nan


@woven
def update_chaikin_money_flow(memory, bar, out):
    """−1 to 1; 0 without volume."""
    count = memory[0] + 1.0
    memory[0] = count
    period = int(memory[1])
    flow = rolling_sum(memory, 2, period, money_flow(bar))
    volume = rolling_sum(memory, 2 + sum_size(period), period, bar.volume)
    share = flow / volume if volume > 0.0 else 0.0
    out[0] = share if count >= period else np.nan


@woven
def update_vwap(memory, bar, out):
    """Anchored at `hour` of each UTC day: midnight, or the hour a session opens. The typical
    price itself until there is volume. Places: 2 the day, 3 money, 4 volume."""
    day = np.float64((bar.open_at - np.int64(memory[1]) * HOUR) // DAY)
    if memory[0] == 0.0 or day != memory[2]:
        memory[2] = day
        memory[3] = 0.0
        memory[4] = 0.0
    memory[0] = 1.0
    price = typical_price(bar)
    memory[3] += price * bar.volume
    memory[4] += bar.volume
    out[0] = memory[3] / memory[4] if memory[4] > 0.0 else price


INDICATORS: Final = (
    Indicator(
        "obv",
        OBV,
        (),
        ("obv",),
        memory_size=lambda _: 3,
        warm_up=lambda _: 1,
    ),
    Indicator(
        "accumulation_distribution",
        ACCUMULATION,
        (),
        ("accumulation",),
        memory_size=lambda _: 2,
        warm_up=lambda _: 1,
    ),
    Indicator(
        "chaikin_oscillator",
        CHAIKIN_OSCILLATOR,
        (candles("fast", 3), candles("slow", 10)),
        ("oscillator",),
        memory_size=lambda _: 6,
        warm_up=lambda values: values["slow"],
        rising=("fast", "slow"),
    ),
    Indicator(
        "chaikin_money_flow",
        CHAIKIN_MONEY_FLOW,
        (candles("period", 20),),
        ("money_flow",),
        memory_size=lambda values: 2 + 2 * sum_size(values["period"]),
        warm_up=lambda values: values["period"],
    ),
    Indicator(
        "vwap",
        VWAP,
        (Parameter("hour", 0, 0, 23),),
        ("vwap",),
        memory_size=lambda _: 5,
        warm_up=lambda _: 1,
    ),
    Indicator(
        "volume_profile",
        VOLUME_PROFILE,
        (
            candles("period", 120),
            Parameter("bins", 24, 4, 256),
            Parameter("share", 0.7, 0.1, 0.99, whole=False),
        ),
        ("point_of_control", "value_low", "value_high"),
        memory_size=lambda values: profile_size(values["period"], values["bins"]),
        warm_up=lambda values: values["period"],
    ),
)

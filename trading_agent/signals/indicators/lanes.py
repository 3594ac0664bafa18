"""Batches of the indicators that cost less than fetching their memory: the state stays in
registers from candle to candle. Each takes the very steps its `update` takes, in their order.

They begin where the memory stands, take candles until one is past its warm-up by the plain way,
and leave the memory as the plain way would.
"""

import numpy as np

from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.smoothing import towards, true_range_of
from trading_agent.signals.indicators.windows import fold_sums


@woven
def run_sma(memory, first, close, outs):
    """Place 0 counts candles, 1 is the period, then a `rolling_sum`: a lap at a time."""
    period = int(memory[1])
    share = 1.0 / memory[1]
    ring = memory[4 : 4 + period]
    index = first
    while index < len(close):
        place = int(memory[2])
        steps = min(period - place - 1, len(close) - index)
        values = close[index : index + steps]
        behind = ring[place + 1 : place + 1 + steps]
        averages = outs[index : index + steps, 0]
        front = memory[3]
        for step in range(steps):
            front += values[step]
            averages[step] = (front + behind[step]) * share
        for step in range(steps):
            ring[place + step] = values[step]
        for step in range(min(steps, int(max(memory[1] - 1.0 - memory[0], 0.0)))):
            averages[step] = np.nan
        memory[0] += steps
        memory[2] = place + steps
        memory[3] = front
        index += steps
        if index < len(close):
            memory[0] += 1.0
            memory[2] = 0.0
            memory[3] = 0.0
            ring[period - 1] = close[index]
            outs[index, 0] = fold_sums(memory, 4, period) * share
            index += 1


@woven
def run_ema(memory, first, close, outs):
    """Places 2 and 3 are the smoothing, seeded already."""
    weight = 2.0 / (memory[1] + 1.0)
    average = memory[3]
    for index in range(first, len(close)):
        average = towards(average, close[index], weight)
        outs[index, 0] = average
    memory[3] = average


@woven
def run_atr(memory, first, bars, outs):
    """Places 2 to 5 are the average true range, seeded already."""
    high, low, close = bars
    weight = 1.0 / memory[1]
    last_close = memory[3]
    average = memory[5]
    for index in range(first, len(close)):
        reach = true_range_of(high[index], low[index], last_close)
        last_close = close[index]
        average = towards(average, reach, weight)
        outs[index, 0] = average
    memory[3] = last_close
    memory[5] = average

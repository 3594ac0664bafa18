"""Batches of the indicators that cost less than fetching their memory: the state stays in
registers from candle to candle. Each takes the very steps its `update` takes, in their order.

What warms up goes the plain way first. They leave the memory so that either way can go on.
"""

import numpy as np

from trading_agent.signals.indicators.channels import bands
from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.oscillators import strength_of
from trading_agent.signals.indicators.smoothing import towards, true_range_of
from trading_agent.signals.indicators.windows import fold_sums, moments


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


@woven
def run_macd(memory, first, close, outs):
    """Places 4 to 9 are the smoothings of the fast and the slow average and of the signal, all
    seeded already."""
    fast_weight = 2.0 / (memory[1] + 1.0)
    slow_weight = 2.0 / (memory[2] + 1.0)
    signal_weight = 2.0 / (memory[3] + 1.0)
    fast, slow, signal = memory[5], memory[7], memory[9]
    for index in range(first, len(close)):
        value = close[index]
        fast = towards(fast, value, fast_weight)
        slow = towards(slow, value, slow_weight)
        line = fast - slow
        signal = towards(signal, line, signal_weight)
        outs[index, 0] = line
        outs[index, 1] = signal
        outs[index, 2] = line - signal
    memory[0] += len(close) - first
    memory[5] = fast
    memory[7] = slow
    memory[9] = signal


@woven
def run_rsi(memory, first, close, outs):
    """Place 3 is the last close, 4 to 7 are the smoothings of gains and losses, seeded already."""
    weight = 1.0 / memory[1]
    last, gain, loss = memory[3], memory[5], memory[7]
    for index in range(first, len(close)):
        change = close[index] - last
        last = close[index]
        gain = towards(gain, max(change, 0.0), weight)
        loss = towards(loss, max(-change, 0.0), weight)
        outs[index, 0] = strength_of(gain, loss)
    memory[3] = last
    memory[5] = gain
    memory[7] = loss


@woven
def run_bollinger(memory, first, close, outs):
    """As far as the candle before the one that ends a lap; where it stopped. Places 3 to 6 are
    those of `mean_and_variance`, then its values and its two rings of sums."""
    period = int(memory[1])
    place = int(memory[3])
    if memory[0] < memory[1]:
        return first
    steps = min(period - place - 1, len(close) - first)
    share = 1.0 / memory[1]
    values = memory[7 + place : 7 + period]
    plains = memory[8 + period + place : 7 + 2 * period]
    squares = memory[8 + 2 * period + place : 7 + 3 * period]
    centre, plain, square = memory[4], memory[5], memory[6]
    for step in range(steps):
        value = close[first + step]
        values[step] = value
        difference = value - centre
        plain += difference
        square += difference * difference
        mean, variance = moments(centre, plain + plains[step], square + squares[step], share)
        bands(value, mean, memory[2] * np.sqrt(variance), outs[first + step])
    memory[0] += steps
    memory[3] = place + steps
    memory[5] = plain
    memory[6] = square
    return first + steps

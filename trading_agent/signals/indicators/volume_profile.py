"""Volume by price over the last candles: the price most was traded at, and around it the value
area that holds a share of all volume.

A candle's whole volume counts at its typical price. Bins stand on a grid of prices whose step is
the smallest power of two that covers the window with at most `bins` of them: the profile depends
on the candles in the window alone, and a bin's place is its number modulo `bins`, so nothing
moves while the price wanders. Volumes are counted anew when the step changes, and once every
`period` candles, which leaves no rounding behind.

To count a candle in takes as many steps however long the window is; to find the fullest bin and
the area about it takes a look at every bin, for a candle that leaves may take the lead from any
of them.
"""

from typing import Final

import numpy as np
from numba.extending import register_jitable

from trading_agent.signals.indicators.inlining import woven
from trading_agent.signals.indicators.smoothing import not_ready, typical_price
from trading_agent.signals.indicators.windows import extreme_size, highest, lowest

_SLOT: Final = 4
_STEP: Final = 5
_HIGH: Final = 6


@register_jitable
def profile_size(period, bins):
    return _HIGH + 2 * extreme_size(period) + 2 * period + bins


@woven
def update_volume_profile(memory, bar, out):
    count = memory[0] + 1.0
    memory[0] = count
    period = int(memory[1])
    bins = int(memory[2])
    low_at = _HIGH + extreme_size(period)
    prices = low_at + extreme_size(period)
    counts = prices + 2 * period
    slot = int(memory[_SLOT])
    price = typical_price(bar)
    high = highest(memory, _HIGH, period, price)
    low = lowest(memory, low_at, period, price)
    old_price = memory[prices + slot]
    old_volume = memory[prices + period + slot]
    memory[prices + slot] = price
    memory[prices + period + slot] = bar.volume
    slot = slot + 1 if slot + 1 < period else 0
    memory[_SLOT] = slot
    step = fitting_step(memory[_STEP], low, high, bins)
    if slot == 0 or step != memory[_STEP]:
        memory[_STEP] = step
        recount(memory, prices, period, bins, min(count, period))
    else:
        if count > period:
            memory[counts + bin_of(old_price, step, bins)] -= old_volume
        memory[counts + bin_of(price, step, bins)] += bar.volume
    not_ready(out)
    if count >= period:
        read_profile(memory, counts, low, high, out)


@woven
def fitting_step(step, low, high, bins):
    """The smallest power of two that needs no more than `bins`; any will do for one price."""
    step = step if 0.0 < step < np.inf else 1.0
    if not high > low:
        return step
    while bins_between(low, high, step) > bins:
        step *= 2.0
    while bins_between(low, high, 0.5 * step) <= bins:
        step *= 0.5
    return step


@woven
def bins_between(low, high, step):
    return np.floor(high / step) - np.floor(low / step) + 1.0


@woven
def bin_of(price, step, bins):
    number = np.floor(price / step)
    place = number - bins * np.floor(number / bins)
    # Nothing checks bounds here: a price of no sensible size must still stay inside.
    return int(place) if 0.0 <= place < bins else 0


@woven
def recount(memory, prices, period, bins, seen):
    counts = prices + 2 * period
    for place in range(counts, counts + bins):
        memory[place] = 0.0
    for place in range(prices, prices + int(seen)):
        memory[counts + bin_of(memory[place], memory[_STEP], bins)] += memory[place + period]


@woven
def read_profile(memory, counts, low, high, out):
    """The fullest bin (the lowest of equals) and the area about it. Without volume, or with a
    single price, the whole window."""
    step = memory[_STEP]
    bins = int(memory[2])
    first = np.floor(low / step)
    last = int(np.floor(high / step) - first)
    start = bin_of(low, step, bins)
    total = 0.0
    top = 0
    for number in range(last + 1):
        volume = memory[counts + (start + number) % bins]
        total += volume
        if volume > memory[counts + (start + top) % bins]:
            top = number
    out[0] = 0.5 * (low + high)
    out[1] = low
    out[2] = high
    if high > low and total > 0.0:
        below, above = value_area(memory, counts, (start, top, last), memory[3] * total)
        out[0] = (first + top + 0.5) * step
        out[1] = (first + below) * step
        out[2] = (first + above + 1.0) * step


@woven
def value_area(memory, counts, where, wanted):
    """From the fullest bin on to the fuller neighbour (the upper of equals), until the bins hold
    what is wanted. `where`: place of the lowest bin, then numbers of the fullest and the last."""
    start, top, last = where
    bins = int(memory[2])
    below = top
    above = top
    held = memory[counts + (start + top) % bins]
    while held < wanted and (below > 0 or above < last):
        under = memory[counts + (start + below - 1) % bins] if below > 0 else -np.inf
        over = memory[counts + (start + above + 1) % bins] if above < last else -np.inf
        if over >= under:
            above += 1
            held += over
        else:
            below -= 1
            held += under
    return below, above

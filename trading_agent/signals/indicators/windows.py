"""Rolling windows in flat memory: sums, weighted sums, moments and extremes.

Each candle goes once around a ring of `period` places. What came since the lap began is folded
into the front; a place not yet overwritten holds the fold of itself and everything behind it up
to the end of the lap before. Front and the next place together are the window. At the end of a
lap the ring is folded anew from its newest candle to its oldest: `period` steps every `period`
candles, so the work a candle is constant on average. Nothing is ever subtracted from a sum, so
errors do not accumulate, and the same structure serves extremes.

A window starts as zeros. `*_size` is the number of places it takes from `at` on.
Positions are kept and advanced as floats: converting there and back would be on the critical path.
"""

from numba.extending import register_jitable

from trading_agent.signals.indicators.inlining import woven


@register_jitable
def delay_size(period):
    return period + 1


@woven
def delayed(memory, at, period, value):
    """The value of `period` candles ago; 0 until there is one."""
    position = memory[at]
    place = at + 1 + int(position)
    before = memory[place]
    memory[place] = value
    position += 1.0
    memory[at] = position if position < period else 0.0
    return before


@register_jitable
def sum_size(period):
    return period + 2


@woven
def rolling_sum(memory, at, period, value):
    """Sum of the last `period` values; of all, until there are as many."""
    position = memory[at]
    place = at + 2 + int(position)
    position += 1.0
    if position < period:
        front = memory[at + 1] + value
        memory[place] = value
        memory[at] = position
        memory[at + 1] = front
        return front + memory[place + 1]
    memory[place] = value
    memory[at] = 0.0
    memory[at + 1] = 0.0
    return fold_sums(memory, at + 2, period)


@woven
def fold_sums(memory, ring, period):
    """Each place becomes the sum of itself and all behind it."""
    total = 0.0
    for slot in range(ring + period - 1, ring - 1, -1):
        total += memory[slot]
        memory[slot] = total
    return total


@register_jitable
def weighted_size(period):
    return 2 * period + 3


@woven
def weighted_sum(memory, at, period, value):
    """Sum of the last `period` values, the newest times `period`, the oldest times 1. Not
    meaningful before `period` values."""
    position = memory[at]
    place = at + 3 + int(position)
    position += 1.0
    plain = memory[at + 1] + value
    weighted = memory[at + 2] + position * value
    memory[place] = value
    if position < period:
        memory[at] = position
        memory[at + 1] = plain
        memory[at + 2] = weighted
        return weighted + (period - position) * plain + memory[place + 1 + period]
    memory[at] = 0.0
    memory[at + 1] = 0.0
    memory[at + 2] = 0.0
    plain = 0.0
    weighted = 0.0
    for slot in range(at + 2 + period, at + 2, -1):
        plain += memory[slot]
        weighted += plain
        memory[slot] = plain
        memory[slot + period] = weighted
    return weighted


@register_jitable
def moments_size(period):
    return 3 * period + 4


@woven
def mean_and_variance(memory, at, period, value):
    """Of the last `period` values; the variance is that of a population. Not meaningful before.

    Sums of differences, and of their squares, from a value that is in the window itself: little
    is lost however far the prices lie from zero, and equal prices have variance exactly 0.
    The values themselves stand from `at + 4` on.
    """
    position = memory[at]
    place = at + 4 + int(position)
    position += 1.0
    memory[place] = value
    if position < period:
        centre = memory[at + 1]
        difference = value - centre
        plain = memory[at + 2] + difference
        squares = memory[at + 3] + difference * difference
        memory[at] = position
        memory[at + 2] = plain
        memory[at + 3] = squares
        plain += memory[place + 1 + period]
        squares += memory[place + 1 + 2 * period]
    else:
        centre = value
        memory[at] = 0.0
        memory[at + 1] = centre
        memory[at + 2] = 0.0
        memory[at + 3] = 0.0
        plain = 0.0
        squares = 0.0
        for slot in range(at + 3 + period, at + 3, -1):
            difference = memory[slot] - centre
            plain += difference
            squares += difference * difference
            memory[slot + period] = plain
            memory[slot + 2 * period] = squares
    return moments(centre, plain, squares, 1.0 / period)


@woven
def moments(centre, plain, squares, share):
    """Mean and variance from sums of differences from the centre; `share`: 1 / candles."""
    shift = plain * share
    return centre + shift, max(squares * share - shift * shift, 0.0)


@register_jitable
def extreme_size(period):
    return period + 3


@woven
def highest(memory, at, period, value):
    """Of the last `period` values; of all, until there are as many."""
    position = memory[at]
    place = at + 3 + int(position)
    front = value if position == 0.0 else max(memory[at + 1], value)
    position += 1.0
    memory[place] = value
    if position < period:
        memory[at] = position
        memory[at + 1] = front
        return front if memory[at + 2] == 0.0 else max(front, memory[place + 1])
    memory[at] = 0.0
    memory[at + 2] = 1.0
    top = value
    for slot in range(at + 2 + period, at + 2, -1):
        top = max(top, memory[slot])
        memory[slot] = top
    return top


@woven
def lowest(memory, at, period, value):
    """Of the last `period` values; of all, until there are as many."""
    return -highest(memory, at, period, -value)


@register_jitable
def age_size(period):
    return 2 * period + 4


@woven
def age_of_highest(memory, at, period, value):
    """Candles since the highest of the last `period` values, the newest of equals. Not
    meaningful before `period` values."""
    position = memory[at]
    place = at + 4 + int(position)
    if position == 0.0 or value >= memory[at + 1]:
        memory[at + 1] = value
        memory[at + 2] = position
    memory[place] = value
    memory[place + period] = position
    newest = position
    position += 1.0
    if position < period:
        memory[at] = position
        if memory[at + 1] >= memory[place + 1]:
            return newest - memory[at + 2]
        return position + period - 1.0 - memory[place + 1 + period]
    memory[at] = 0.0
    top = value
    top_position = newest
    for slot in range(at + 3 + period, at + 3, -1):
        if memory[slot] > top:
            top = memory[slot]
            top_position = memory[slot + period]
        memory[slot] = top
        memory[slot + period] = top_position
    return newest - top_position

"""How far a second of the market lies from those before it; compiled.

Robust z: deviations from the median, a deviation being the scaled median absolute one. Exact: what
is rejected without looking for medians could not have been far enough.
"""

from typing import Final

import numpy as np
from numba import njit

from trading_agent.market.compiling import part
from trading_agent.market.seconds import SECONDS_KEPT

DEVIATIONS_A_SPREAD: Final = 1.4826
"""Standard deviations of a normal distribution in one median absolute deviation
(1 / 0.6745; Rousseeuw and Croux, Alternatives to the Median Absolute Deviation, 1993)."""
SPREAD: Final = 0
VOLUME: Final = 1
RETURN: Final = 2
MESSAGES: Final = 3
FIGURES: Final = 4

_MASK: Final = SECONDS_KEPT - 1


@njit(cache=True, error_model="numpy")
def judge_second(past, number, span, unit, limits, found):
    """Compare second `number` of the ring `past` with those before it: `span` says with how many,
    and how many must be known at least.

    `limits` a figure: deviations from which it is far, and what a deviation is taken for at least.
    `found` a figure: robust z (NaN when it is not far, or too few seconds are known), the figure,
    the median. `unit`: a lot at a price of one tick, in the quote asset.
    """
    window, least = span
    values = np.empty(window)
    for figure in range(FIGURES):
        found[figure, 0] = np.nan
        value = figure_of(past, number, figure, unit)
        if not np.isfinite(value):
            continue
        deviations = limits[figure, 0]
        scale = limits[figure, 1]
        known = 0
        below = 0
        above = 0
        for before in range(max(number - window, 0), number):
            other = figure_of(past, before, figure, unit)
            if np.isfinite(other):
                values[known] = other
                known += 1
                # In as many of the least deviations as are needed: more than half of them so
                # near, and the median is.
                away = (value - other) / scale
                above += away < deviations
                below += away > -deviations
        near = 2 * above > known and (figure != RETURN or 2 * below > known)
        if known < least or near:
            continue
        median = middle(values, known)
        for place in range(known):
            values[place] = abs(values[place] - median)
        z = (value - median) / max(DEVIATIONS_A_SPREAD * middle(values, known), scale)
        if (abs(z) if figure == RETURN else z) >= deviations:
            found[figure, 0] = z
            found[figure, 1] = value
            found[figure, 2] = median


@part
def figure_of(past, number, figure, unit):
    """NaN where there is nothing to say: a return across a hole."""
    second = past[number & _MASK]
    if figure == SPREAD:
        return second.spread_bps
    if figure == VOLUME:
        return second.volume * second.mid * unit
    if figure == MESSAGES:
        return np.float64(second.messages)
    if second.follows == 0 or number == 0:
        return np.nan
    return (second.mid / past[(number - 1) & _MASK].mid - 1.0) * 1e4


@part
def middle(values, count):
    """The median of the first values, which are moved about."""
    upper = count // 2
    low = 0
    high = count - 1
    while low < high:
        left, right = split(values, low, high)
        if upper <= right:
            high = right
        elif upper >= left:
            low = left
        else:
            break
    if count % 2 == 1:
        return values[upper]
    below = values[0]
    for place in range(1, upper):
        below = max(below, values[place])
    return (below + values[upper]) / 2.0


@part
def split(values, left, right):
    """Hoare's partition around the value in the middle: up to `right` there is none above it,
    from `left` on none below."""
    pivot = values[(left + right) // 2]
    while left <= right:
        while values[left] < pivot:
            left += 1
        while values[right] > pivot:
            right -= 1
        if left <= right:
            values[left], values[right] = values[right], values[left]
            left += 1
            right -= 1
    return left, right

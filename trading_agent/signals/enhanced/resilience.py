"""How fast a side of the book comes back after it was swept; compiled, message by message.

Prints of one message that took most of the best level they met are a sweep. From then on the lots
near the touch are counted, as a difference to what they were, until so much of what was lost is
back.
"""

from typing import Final

import numpy as np
from numba import njit

from trading_agent.market.book import (
    WINDOW,
    far_position,
    first_level,
    level_size,
    occupied_at_or_below,
    size_at,
)
from trading_agent.market.compiling import part

TIMES: Final = 64
"""Recoveries remembered a side."""
NOWHERE: Final = (1 << 63) - 1
"""Better than any key."""

_BIDS: Final = 0
_ASKS: Final = 1

SWEPT_SIDE: Final = np.dtype(
    [
        ("since", np.int64),
        ("lowest", np.int64),
        ("change", np.int64),
        ("least", np.int64),
        ("sweeps", np.int64),
        ("given_up", np.int64),
        ("count", np.int64),
        ("times", np.int64, (TIMES,)),
    ],
    align=True,
)
"""`since`: of the sweep that is being recovered from, 0 for none. Lots at keys (as in the ladders)
from `lowest` on less those before the sweep, now (`change`) and at `least`; `NOWHERE`
where nothing recovers. Recovery n took `times` n modulo `TIMES`, nanoseconds; `count` have ended,
`given_up` of them for want of patience."""

RESILIENCE: Final = np.dtype(
    [
        ("recovering", np.int64),
        ("sweep_share", np.float64),
        ("band", np.float64),
        ("recovered_share", np.float64),
        ("patience", np.int64),
        ("sides", SWEPT_SIDE, (2,)),
    ],
    align=True,
)
"""`recovering` sides of bids (0) and asks (1). `band`: ratio of the mid price; `patience`:
nanoseconds."""


@part
def note_trades(resilience, book, bought, sold, at):
    """Lots that aggressors of one message bought and sold, of a book with both sides."""
    if bought > 0:
        note_taken(resilience, _ASKS, book, bought, at)
    if sold > 0:
        note_taken(resilience, _BIDS, book, sold, at)


@part
def note_taken(resilience, number, book, lots, at):
    """What follows while the side recovers belongs to the first sweep."""
    side = resilience.sides[number]
    ladder = book.asks if number == _ASKS else book.bids
    if side.since != 0 or lots < resilience.sweep_share * level_size(ladder, first_level(ladder)):
        return
    side.since = at
    side.lowest = band_end(resilience, number, book)
    side.change = 0
    side.least = 0
    side.sweeps += 1
    resilience.recovering += 1


@njit(error_model="numpy", inline="always")
def note_change(resilience, book, key, size):
    """A level row while a side recovers, before it changes the book. Which side it is about cannot
    be guessed: nothing branches on it."""
    side = resilience.sides[_BIDS if key > 0 else _ASKS]
    ladder = book.bids if key > 0 else book.asks
    slot = key - ladder.base
    before = ladder.sizes[slot] if 0 <= slot < WINDOW else size_at(ladder, key)
    side.change += (max(size, 0) - before) * np.int64(key >= side.lowest)


@part
def watch_recoveries(resilience, book, at):
    """A depth message while a side recovers."""
    for number in range(2):
        side = resilience.sides[number]
        if side.since == 0:
            continue
        ladder = book.asks if number == _ASKS else book.bids
        move_band(side, ladder, band_end(resilience, number, book))
        if at <= side.since:
            continue
        side.least = min(side.least, side.change)
        # Lots that were never seen to be fewer were back before the first look.
        back = side.least == 0 or (
            side.change > side.least
            and side.change >= side.least * (1.0 - resilience.recovered_share)
        )
        waited = at - side.since
        if not back and waited < resilience.patience:
            continue
        if not back:
            side.given_up += 1
            waited = resilience.patience
        side.times[side.count & (TIMES - 1)] = waited
        side.count += 1
        side.since = 0
        side.lowest = NOWHERE
        resilience.recovering -= 1


@part
def band_end(resilience, number, book):
    """The lowest key within the band of the mid price."""
    mid = 0.5 * (book.bid + book.ask)
    reach = mid * resilience.band
    return np.int64(np.ceil(-mid - reach if number == _ASKS else mid - reach))


@part
def move_band(side, ladder, lowest):
    """The mid price has moved: other levels are near."""
    if lowest < side.lowest:
        side.change += lots_between(ladder, lowest, side.lowest - 1)
    elif lowest > side.lowest:
        side.change -= lots_between(ladder, side.lowest, lowest - 1)
    side.lowest = lowest


@part
def lots_between(ladder, low, high):
    """Of all levels with a key from `low` to `high`."""
    total = np.int64(0)
    slot = occupied_at_or_below(ladder, min(high - ladder.base, ladder.best))
    while slot >= 0 and ladder.base + slot >= low:
        total += ladder.sizes[slot]
        slot = occupied_at_or_below(ladder, slot - 1)
    if low < ladder.base:
        far = far_position(ladder, low)
        while far < ladder.far_count and ladder.far_keys[far] <= high:
            total += ladder.far_sizes[far]
            far += 1
    return total


@njit(error_model="numpy", inline="always")
def forget_recoveries(resilience):
    """The book was lost: what comes back then is another book."""
    resilience.recovering = 0
    for number in range(2):
        resilience.sides[number].since = 0
        resilience.sides[number].lowest = NOWHERE

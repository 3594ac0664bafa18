"""What own orders have taken of the displayed book: each displayed lot is used once.

The market does not know of paper fills and goes on showing what they took. So much of a level
is not there for the next order, until the exchange itself shows less; what it adds is new.
"""

from typing import Final

import numpy as np

from trading_agent.market.book import first_level, level_key, level_size, next_level
from trading_agent.market.compiling import part

TAKEN_LEVELS: Final = 512
"""Levels of one symbol remembered at once; past that the longest remembered give way in turn."""

_NONE: Final = -1

TAKEN: Final = np.dtype(
    [
        ("count", np.int64),
        ("turn", np.int64),
        ("keys", np.int64, (TAKEN_LEVELS,)),
        ("lots", np.int64, (TAKEN_LEVELS,)),
    ],
    align=True,
)
"""Of one symbol. Keys as in the ladders: the price of a bid, the negated price of an ask."""


@part
def place_of(taken, key):
    """Where a level stands, -1 when nothing of it has been taken."""
    for place in range(taken.count):
        if taken.keys[place] == key:
            return np.int64(place)
    return np.int64(_NONE)


@part
def take_out(taken, key, displayed, wanted):
    """Take up to `wanted` lots of a level that displays so many; returns how many there were."""
    place = place_of(taken, key)
    before = taken.lots[place] if place != _NONE else np.int64(0)
    lots = min(wanted, displayed - before)
    if lots <= 0:
        return np.int64(0)
    if place == _NONE:
        if taken.count < TAKEN_LEVELS:
            place = taken.count
            taken.count += 1
        else:
            place = taken.turn % TAKEN_LEVELS
            taken.turn += 1
        taken.keys[place] = key
    taken.lots[place] = before + lots
    return lots


@part
def level_changed(taken, key, displayed):
    """The exchange shows a level anew: no more of it can have been taken than is shown."""
    place = place_of(taken, key)
    if place == _NONE or displayed >= taken.lots[place]:
        return
    taken.lots[place] = max(displayed, 0)
    if displayed <= 0:
        last = taken.count - 1
        taken.keys[place] = taken.keys[last]
        taken.lots[place] = taken.lots[last]
        taken.count = last


@part
def best_left(taken, ladder):
    """A cursor at the best level of which something is left; -1 when there is none."""
    cursor = first_level(ladder)
    while cursor != -1:
        place = place_of(taken, level_key(ladder, cursor))
        if place == _NONE or taken.lots[place] < level_size(ladder, cursor):
            break
        cursor = next_level(ladder, cursor)
    return cursor

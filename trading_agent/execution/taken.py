"""What own orders have taken of the displayed book: each displayed lot is used once.

The market does not know of paper fills and goes on showing what they took. So much of a level
is not there for the next order, until the exchange itself shows less or, with a half-life, until
time has refilled it; what the exchange adds is new. Each model of the queue has its own account.

A snapshot is no refill: what was taken stays taken of a level it shows, and is forgotten where it
shows that there is none. How far it reaches is kept here too: farther out nobody knows.
"""

from typing import Final

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros

from trading_agent.market.book import first_level, level_key, level_size, next_level, size_at
from trading_agent.market.compiling import part

TAKEN_LEVELS: Final = 512
"""Levels of one symbol remembered at once; past that no other level gives anything."""

_MODELS: Final = 3
_NONE: Final = -1
_STEPS: Final = 64
_ONE_BITS: Final = 20
_SHARES: Final = np.array(
    [round(2 ** (_ONE_BITS - step / _STEPS)) for step in range(_STEPS)], np.int64
)
"""2 to the power of -step/64 as fractions of 2 to the power of 20: integers decay alike
everywhere."""

TAKEN_LEVEL: Final = np.dtype(
    [("key", np.int64), ("since", np.int64), ("lots", np.int64, (_MODELS,))], align=True
)
"""Key as in the ladders: the price of a bid, the negated price of an ask. `lots` as of `since`."""

TAKEN: Final = np.dtype(
    [
        ("count", np.int64),
        ("mask", np.uint64),
        ("bids_to", np.int64),
        ("asks_to", np.int64),
        ("now", np.int64),
        ("half_life", np.int64),
        ("model", np.int64),
        ("levels", TAKEN_LEVEL, (TAKEN_LEVELS,)),
    ],
    align=True,
)
"""Of one symbol. `mask`: a bit for the last six bits of every key, and of some that have gone: most
rows are about none of these levels, and need not ask. `bids_to`, `asks_to`: keys of the worst
levels the last snapshot showed. `now`: the latest time it was asked or told anything. `half_life`
and `model` (the one whose fills are real) as the venue has them."""


@part
def key_bit(key):
    return np.uint64(1) << np.uint64(key & 63)


@part
def place_of(taken, key):
    """Where a level stands, -1 when nothing of it has been taken."""
    for place in range(taken.count):
        if taken.levels[place].key == key:
            return np.int64(place)
    return np.int64(_NONE)


@part
def lots_now(taken, level, model):
    """What is still taken of a level, rounded to the nearest lot."""
    lots = level.lots[model]
    age = taken.now - level.since
    if taken.half_life == 0 or age <= 0 or lots == 0:
        return lots
    halvings = age // taken.half_life
    if halvings >= 62 - _ONE_BITS:
        return np.int64(0)
    step = (age - halvings * taken.half_life) * _STEPS // taken.half_life
    bits = _ONE_BITS + halvings
    return (lots * _SHARES[step] + (np.int64(1) << (bits - 1))) >> bits


@part
def rebase(taken, level):
    """Write down what is taken as of now."""
    for model in range(_MODELS):
        level.lots[model] = lots_now(taken, level, model)
    level.since = taken.now


@part
def lots_free(taken, model, key, displayed):
    """What a level displays and one account has not taken."""
    place = place_of(taken, key)
    if place == _NONE:
        return displayed
    return max(displayed - lots_now(taken, taken.levels[place], model), np.int64(0))


@part
def has_room(taken, key):
    """Whether what is taken of a level can be written down. What could not be must not be taken:
    it would be there again for the next order."""
    if place_of(taken, key) != _NONE or taken.count < TAKEN_LEVELS:
        return True
    forget_refilled(taken)
    return taken.count < TAKEN_LEVELS


@part
def level_for(taken, key):
    """The level's record as of now, made when there is none; the caller knows there is room."""
    place = place_of(taken, key)
    if place == _NONE:
        forget_refilled(taken)
        place = taken.count
        taken.count += 1
        level = taken.levels[place]
        level.key = key
        taken.mask |= key_bit(key)
        for model in range(_MODELS):
            level.lots[model] = 0
    rebase(taken, taken.levels[place])
    return taken.levels[place]


@part
def take_out(taken, model, key, displayed, wanted):
    """Take up to `wanted` lots of a level there is room for, for one account; returns how many
    there were."""
    lots = min(wanted, lots_free(taken, model, key, displayed))
    if lots > 0:
        level_for(taken, key).lots[model] += lots
    return lots


@part
def take_out_for_all(taken, key, displayed, lots):
    """A taker took so many: they are gone in every account."""
    level = level_for(taken, key)
    for model in range(_MODELS):
        level.lots[model] = min(level.lots[model] + lots, displayed)


@part
def level_changed(taken, key, displayed, at):
    """The exchange shows a level anew: no more of it can have been taken than is shown."""
    taken.now = max(taken.now, at)
    place = place_of(taken, key)
    if place == _NONE:
        return
    level = taken.levels[place]
    if displayed <= 0:
        drop(taken, place)
        return
    most = np.int64(0)
    for model in range(_MODELS):
        most = max(most, lots_now(taken, level, model))
    if most <= displayed:
        return
    rebase(taken, level)
    for model in range(_MODELS):
        level.lots[model] = min(level.lots[model], displayed)


@part
def snapshot_shown(taken, book, at):
    """A snapshot is whole: it says how far the book is known, and what there is so far."""
    taken.bids_to = worst_key(book.bids)
    taken.asks_to = worst_key(book.asks)
    place = taken.count - 1
    while place >= 0:
        key = taken.levels[place].key
        if is_shown(taken, key):
            level_changed(taken, key, size_at(book.bids if key > 0 else book.asks, key), at)
        place -= 1


@part
def is_shown(taken, key):
    """Whether the last snapshot reached so far: where it shows no level there is none."""
    return key >= (taken.bids_to if key > 0 else taken.asks_to)


@part
def worst_key(ladder):
    """Of a settled ladder that is not empty."""
    if ladder.far_count > 0:
        return ladder.far_keys[0]
    block = np.int64(0)
    while ladder.blocks[block] == 0:
        block += 1
    word = (block << 6) + np.int64(trailing_zeros(ladder.blocks[block]))
    return ladder.base + (word << 6) + np.int64(trailing_zeros(ladder.words[word]))


@part
def drop(taken, place):
    last = taken.levels[taken.count - 1]
    level = taken.levels[place]
    level.key = last.key
    level.since = last.since
    for model in range(_MODELS):
        level.lots[model] = last.lots[model]
    taken.count -= 1
    if taken.count == 0:
        taken.mask = np.uint64(0)


@part
def forget_refilled(taken):
    """Drop levels of which nothing is taken any more."""
    place = taken.count - 1
    while place >= 0:
        level = taken.levels[place]
        most = np.int64(0)
        for model in range(_MODELS):
            most = max(most, lots_now(taken, level, model))
        if most == 0:
            drop(taken, place)
        place -= 1
    taken.mask = np.uint64(0)
    for kept in range(taken.count):
        taken.mask |= key_bit(taken.levels[kept].key)


@part
def best_left(taken, ladder):
    """A cursor at the best level of which something is really left; -1 when there is none."""
    cursor = first_level(ladder)
    while cursor != -1:
        key = level_key(ladder, cursor)
        if lots_free(taken, taken.model, key, level_size(ladder, cursor)) > 0:
            break
        cursor = next_level(ladder, cursor)
    return cursor

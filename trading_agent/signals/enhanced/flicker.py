"""Large levels near the touch that come and go without trading; compiled, row by row.

A level is large from a factor of the median of its side's best levels. One that becomes large
within the band is watched for as long as it could still flicker; when it loses more than half of
what it showed before a print at its price, it did. What was there when the book was first seen has
no age, and what the market has left behind did not vanish.
"""

from typing import Final

import numpy as np
from numba import njit

from trading_agent.domain.market_rows import RowKind
from trading_agent.domain.units import SECOND
from trading_agent.market.book import first_level, level_size, next_level, size_at
from trading_agent.market.compiling import part

WATCHED: Final = 32
"""Large levels watched at once; with more than that the next is not."""
FLICKERS: Final = 128
"""Flickers remembered."""
MEDIAN_LEVELS: Final = 31
"""Best levels of a side whose median (the upper one of an even number) is the usual size."""
MEDIAN_EVERY: Final = 30 * SECOND
"""How old a median becomes at least; nanoseconds."""
NEVER_LARGE: Final = (1 << 63) - 1

_TOO_LARGE: Final = 9e18
_WORDS: Final = 8
_NONE: Final = -1
_BID: Final = int(RowKind.BID)

LARGE_LEVEL: Final = np.dtype(
    [("key", np.int64), ("since", np.int64), ("lots", np.int64), ("printed", np.int64)],
    align=True,
)
"""Key as in the ladders: the price of a bid, the negated price of an ask."""

FLICK: Final = np.dtype(
    [("at", np.int64), ("key", np.int64), ("lots", np.int64), ("lived", np.int64)], align=True
)

FLICKER: Final = np.dtype(
    [
        ("large_bid", np.int64),
        ("large_ask", np.int64),
        ("watched", np.int64),
        ("median_due", np.int64),
        ("count", np.int64),
        ("factor", np.float64),
        ("band", np.float64),
        ("longest", np.int64),
        ("words", np.uint64, (_WORDS,)),
        ("levels", LARGE_LEVEL, (WATCHED,)),
        ("past", FLICK, (FLICKERS,)),
        ("sizes", np.int64, (MEDIAN_LEVELS,)),
    ],
    align=True,
)
"""`watched` of the `levels`. `words`: a bit for the last nine bits of every key watched, and of
some that are so no longer. Flicker n stands at n modulo `FLICKERS`; `count` there have been.
`factor` of the median, `band` as a ratio of the mid price, `longest` life in nanoseconds.
`sizes`: where the median is sought."""


@njit(error_model="numpy", inline="always")
def may_matter(flicker, key, size):
    """Whether a level row is large, or perhaps about a level that is watched."""
    large = flicker.large_bid if key > 0 else flicker.large_ask
    bit = flicker.words[(key >> 6) & (_WORDS - 1)] >> np.uint64(key & 63) & np.uint64(1)
    return (size >= large) | (bit != 0)


@part
def note_level(flicker, book, key, size, at):
    """A level row, before it changes the book."""
    large = flicker.large_bid if key > 0 else flicker.large_ask
    if is_watched_on(flicker, book, key, size, at) or size < large:
        return
    before = size_at(book.bids if key > 0 else book.asks, key)
    if before < large and flicker.watched < WATCHED and in_band(flicker, book, key):
        level = flicker.levels[flicker.watched]
        level.key = key
        level.since = at
        level.lots = size
        level.printed = 0
        flicker.watched += 1
        mark_key(flicker, key)


@njit(error_model="numpy", inline="always")
def is_watched_on(flicker, book, key, size, at):
    """Whether a level was being watched and still is. One that has vanished no longer is."""
    place = watched_place(flicker, key)
    if place == _NONE:
        return False
    level = flicker.levels[place]
    lived = at - level.since
    there = size >= level.lots - size
    if lived <= flicker.longest:
        if there:
            return True
        if level.printed == 0 and in_band(flicker, book, key):
            flick = flicker.past[flicker.count & (FLICKERS - 1)]
            flick.at = at
            flick.key = key
            flick.lots = level.lots
            flick.lived = lived
            flicker.count += 1
    forget_level(flicker, place)
    return False


@part
def watched_place(flicker, key):
    for place in range(flicker.watched):
        if flicker.levels[place].key == key:
            return np.int64(place)
    return np.int64(_NONE)


@part
def in_band(flicker, book, key):
    """By the touch after the last message."""
    mid = 0.5 * (book.bid + book.ask)
    away = mid - key if key > 0 else -key - mid
    return 0.0 < away <= mid * flicker.band


@part
def mark_key(flicker, key):
    flicker.words[(key >> 6) & (_WORDS - 1)] |= np.uint64(1) << np.uint64(key & 63)


@part
def forget_level(flicker, place):
    flicker.watched -= 1
    last = flicker.levels[flicker.watched]
    level = flicker.levels[place]
    level.key = last.key
    level.since = last.since
    level.lots = last.lots
    level.printed = last.printed


@part
def note_print(flicker, price):
    """Something traded at a price: who shows size there means it."""
    for place in range(flicker.watched):
        if abs(flicker.levels[place].key) == price:
            flicker.levels[place].printed = 1


@part
def look_around(flicker, book, at):
    """Once a second of a ready book: drop what can flicker no more; now and then find out what is
    large."""
    place = flicker.watched - 1
    while place >= 0:
        if at - flicker.levels[place].since > flicker.longest:
            forget_level(flicker, place)
        place -= 1
    for word in range(_WORDS):
        flicker.words[word] = 0
    for kept in range(flicker.watched):
        mark_key(flicker, flicker.levels[kept].key)
    if at >= flicker.median_due:
        flicker.median_due = at + MEDIAN_EVERY
        flicker.large_bid = large_size(flicker, book.bids)
        flicker.large_ask = large_size(flicker, book.asks)


@part
def large_size(flicker, ladder):
    """Sorted as they come: there are few."""
    sizes = flicker.sizes
    count = np.int64(0)
    cursor = first_level(ladder)
    while cursor != -1 and count < MEDIAN_LEVELS:
        size = level_size(ladder, cursor)
        place = count
        while place > 0 and sizes[place - 1] > size:
            sizes[place] = sizes[place - 1]
            place -= 1
        sizes[place] = size
        count += 1
        cursor = next_level(ladder, cursor)
    large = max(sizes[count >> 1] * flicker.factor, 1.0)
    return np.int64(np.ceil(large)) if large < _TOO_LARGE else np.int64(NEVER_LARGE)


@part
def look_elsewhere(flicker):
    """The book was lost: what is gone then did not vanish."""
    flicker.watched = 0
    flicker.median_due = 0
    flicker.large_bid = NEVER_LARGE
    flicker.large_ask = NEVER_LARGE

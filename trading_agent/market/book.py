"""The order book of one symbol: two integer price ladders with occupancy bitmaps.

Both sides are the same ladder: a level's *key* is its price for bids and its negated price for
asks, so the best level is always the one with the highest key. A window of slots around the
touch holds sizes by key; two bitmaps find the next occupied slot without scanning. Levels
outside the window wait in a short sorted list and enter when the window moves.

Helpers take records, never arrays: a record is a bare pointer to numba, an array costs a
reference count on every call.
"""

from typing import Final

import numpy as np
from numba import njit
from numba.cpython.unsafe.numbers import leading_zeros

from trading_agent.domain.market_rows import RowKind
from trading_agent.market.compiling import part

WINDOW: Final = 1 << 16
"""Slots a side; at BTC's tick of 0.01 this spans 655 of the quote asset."""
FAR: Final = 1 << 14
"""Most levels a side outside the window; the farthest is dropped, and counted."""
FARTHEST_KEY: Final = 1 << 62
"""No price: so far out the sums of keys and windows would not fit 64 bits. Dropped likewise."""

_BEST_SLOT: Final = WINDOW * 3 // 4
_LOWEST_BEST: Final = WINDOW // 4
_END: Final = -1
_ONE: Final = np.uint64(1)

_BID: Final = int(RowKind.BID)
_ASK: Final = int(RowKind.ASK)

LADDER: Final = np.dtype(
    [
        ("base", np.int64),
        ("best", np.int64),
        ("far_count", np.int64),
        ("far_dropped", np.int64),
        ("sizes", np.int64, (WINDOW,)),
        ("words", np.uint64, (WINDOW // 64,)),
        ("blocks", np.uint64, (WINDOW // 4096,)),
        ("far_keys", np.int64, (FAR,)),
        ("far_sizes", np.int64, (FAR,)),
    ],
    align=True,
)
"""`base`: key of slot 0. `best`: highest occupied slot, -1 when the window is empty.
`words`: a bit a slot; `blocks`: a bit a word. `far_keys` ascending, the best last."""

BOOK: Final = np.dtype(
    [
        ("ready", np.int64),
        ("crossed", np.int64),
        ("at", np.int64),
        ("venue_at", np.int64),
        ("version", np.int64),
        ("bid", np.int64),
        ("ask", np.int64),
        ("losses", np.int64),
        ("loss_reason", np.int64),
        ("bids", LADDER),
        ("asks", LADDER),
    ],
    align=True,
)
"""`at`, `venue_at`, `version`: of the last message, after which `bid` and `ask` were best, 0 where
there was none. `losses` counts how often it was lost."""


def open_book(book: np.void) -> None:
    """Make zeroed memory an empty book."""
    book["bids"]["best"] = _END
    book["asks"]["best"] = _END


@njit(error_model="numpy", inline="always")
def set_level(ladder, key, size):
    """Absolute size at a key; zero removes the level."""
    slot = key - ladder.base
    if slot < 0 or slot >= WINDOW:
        set_outer_level(ladder, key, size)
    else:
        ladder.sizes[slot] = max(size, 0)
        mark(ladder, slot, size > 0)
        if slot >= ladder.best:
            touch_best(ladder, slot, size)


@part
def touch_best(ladder, slot, size):
    """A level at the best or better was set."""
    if size > 0:
        ladder.best = slot
    elif slot == ladder.best:
        ladder.best = occupied_at_or_below(ladder, slot - 1)


@part
def set_outer_level(ladder, key, size):
    """Outside the window; the first level of an empty ladder decides where the window lies."""
    if key > FARTHEST_KEY or key < -FARTHEST_KEY:
        ladder.far_dropped += 1
    elif ladder.best == _END and ladder.far_count == 0 and size > 0:
        ladder.base = key - _BEST_SLOT
        ladder.sizes[_BEST_SLOT] = size
        mark(ladder, np.int64(_BEST_SLOT), True)
        ladder.best = np.int64(_BEST_SLOT)
    else:
        set_far_level(ladder, key, size)


@njit(error_model="numpy", inline="always")
def mark(ladder, slot, occupied):
    """Write into both bitmaps whether a slot holds a size. Without branches: whether a row adds
    or removes a level cannot be guessed, and every wrong guess costs more than all of this."""
    word = slot >> 6
    shift = np.uint64(slot & 63)
    before = ladder.words[word]
    left = (before & ~(_ONE << shift)) | (np.uint64(occupied) << shift)
    ladder.words[word] = left
    if (before == 0) != (left == 0):
        ladder.blocks[word >> 6] ^= _ONE << np.uint64(word & 63)


@part
def vacate(ladder, slot):
    ladder.sizes[slot] = 0
    mark(ladder, slot, False)


@part
def occupied_at_or_below(ladder, slot):
    """Highest occupied slot not above `slot`; -1 when there is none."""
    if slot < 0:
        return np.int64(_END)
    word = slot >> 6
    bits = ladder.words[word] & (~np.uint64(0) >> np.uint64(63 - (slot & 63)))
    if bits != 0:
        return (word << 6) + 63 - np.int64(leading_zeros(bits))
    block = word >> 6
    bits = ladder.blocks[block] & ((np.uint64(1) << np.uint64(word & 63)) - np.uint64(1))
    while bits == 0:
        block -= 1
        if block < 0:
            return np.int64(_END)
        bits = ladder.blocks[block]
    word = (block << 6) + 63 - np.int64(leading_zeros(bits))
    return (word << 6) + 63 - np.int64(leading_zeros(ladder.words[word]))


@part
def far_position(ladder, key):
    """Index of the first far key not below `key`."""
    low = np.int64(0)
    high = ladder.far_count
    while low < high:
        middle = (low + high) >> 1
        if ladder.far_keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@part
def set_far_level(ladder, key, size):
    place = far_position(ladder, key)
    count = ladder.far_count
    if place < count and ladder.far_keys[place] == key:
        if size > 0:
            ladder.far_sizes[place] = size
            return
        for index in range(place, count - 1):
            ladder.far_keys[index] = ladder.far_keys[index + 1]
            ladder.far_sizes[index] = ladder.far_sizes[index + 1]
        ladder.far_count = count - 1
        return
    if size <= 0:
        return
    if count == FAR:
        ladder.far_dropped += 1
        if place == 0:
            return
        for index in range(place - 1):
            ladder.far_keys[index] = ladder.far_keys[index + 1]
            ladder.far_sizes[index] = ladder.far_sizes[index + 1]
        place -= 1
    else:
        for index in range(count, place, -1):
            ladder.far_keys[index] = ladder.far_keys[index - 1]
            ladder.far_sizes[index] = ladder.far_sizes[index - 1]
        ladder.far_count = count + 1
    ladder.far_keys[place] = key
    ladder.far_sizes[place] = size


@part
def settle(ladder):
    """After each message: keep the touch inside the window. Afterwards every far level is
    worse than every level of the window, and `best` is -1 only when the side is empty."""
    count = ladder.far_count
    if count == 0:
        if ladder.best != _END and ladder.best < _LOWEST_BEST and ladder.base != 0:
            move_window(ladder, ladder.base + ladder.best)
        return
    farthest_best = ladder.far_keys[count - 1]
    if farthest_best >= ladder.base + WINDOW or ladder.best == _END:
        move_window(ladder, farthest_best)
    elif ladder.best < _LOWEST_BEST:
        move_window(ladder, ladder.base + ladder.best)


@part
def move_window(ladder, best_key):
    """Put `best_key` at three quarters of the window: every level goes through the far list."""
    slot = ladder.best
    while slot != _END:
        size = ladder.sizes[slot]
        vacate(ladder, slot)
        set_far_level(ladder, ladder.base + slot, size)
        slot = occupied_at_or_below(ladder, slot - 1)
    ladder.best = _END
    ladder.base = best_key - _BEST_SLOT
    while ladder.far_count > 0 and ladder.far_keys[ladder.far_count - 1] >= ladder.base:
        last = ladder.far_count - 1
        ladder.far_count = last
        set_level(ladder, ladder.far_keys[last], ladder.far_sizes[last])


@part
def empty_ladder(ladder):
    slot = ladder.best
    while slot != _END:
        vacate(ladder, slot)
        slot = occupied_at_or_below(ladder, slot - 1)
    ladder.best = _END
    ladder.base = 0
    ladder.far_count = 0


@njit(error_model="numpy", inline="always")
def empty_book(book):
    empty_ladder(book.bids)
    empty_ladder(book.asks)


@part
def first_level(ladder):
    """A cursor at the best level; -1 when the side is empty. For settled ladders."""
    return ladder.best


@part
def next_level(ladder, cursor):
    """The cursor one level worse; -1 at the end. Far levels have cursors below -1."""
    if cursor >= 0:
        slot = occupied_at_or_below(ladder, cursor - 1)
        if slot != _END or ladder.far_count == 0:
            return slot
        return -(ladder.far_count + 1)
    return cursor + 1


@part
def level_key(ladder, cursor):
    if cursor >= 0:
        return ladder.base + cursor
    return ladder.far_keys[-cursor - 2]


@part
def level_size(ladder, cursor):
    if cursor >= 0:
        return ladder.sizes[cursor]
    return ladder.far_sizes[-cursor - 2]


@part
def size_at(ladder, key):
    """Displayed size at a key; 0 when there is none."""
    slot = key - ladder.base
    if 0 <= slot < WINDOW:
        return ladder.sizes[slot]
    place = far_position(ladder, key)
    if place < ladder.far_count and ladder.far_keys[place] == key:
        return ladder.far_sizes[place]
    return np.int64(0)


@part
def best_bid(book):
    """In ticks; 0 when there is none."""
    return book.bids.base + book.bids.best if book.bids.best >= 0 else np.int64(0)


@part
def best_ask(book):
    """In ticks; 0 when there is none."""
    return -(book.asks.base + book.asks.best) if book.asks.best >= 0 else np.int64(0)


@njit(error_model="numpy", inline="always")
def apply_level(book, kind, price, size):
    """One BID or ASK row."""
    ladder = book.bids if kind == _BID else book.asks
    set_level(ladder, price if kind == _BID else -price, size)


@njit(error_model="numpy", inline="always")
def settle_book(book):
    settle(book.bids)
    settle(book.asks)
    bids = book.bids.best
    asks = book.asks.best
    bid = best_bid(book)
    ask = best_ask(book)
    book.bid = bid
    book.ask = ask
    book.crossed = np.int64(bids >= 0 and asks >= 0 and bid >= ask)

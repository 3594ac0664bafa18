"""What the order flow of one symbol says now: imbalance, microprice, flow, momentum, volatility."""

from typing import Final

import numpy as np
from numba import njit
from numba.cpython.unsafe.numbers import leading_zeros

from trading_agent.domain.units import MILLISECOND, SECOND
from trading_agent.market.book import (
    best_ask,
    best_bid,
    first_level,
    level_size,
    occupied_at_or_below,
)
from trading_agent.market.compiling import part
from trading_agent.market.tape import SESSION_WINDOW, expire, set_session_window, signed_share

MIDS: Final = 4096
"""Mid prices remembered for momentum, at least `_MID_SPACING` apart: over 60 seconds."""
RETURNS: Final = 64
"""One-second returns remembered; volatility looks at the last `VOLATILITY_SECONDS`."""
VOLATILITY_SECONDS: Final = 60
LEAST_RETURNS: Final = 5
"""Fewer one-second returns than this are no volatility yet."""

_MID_SPACING: Final = 20 * MILLISECOND
_MASK: Final = MIDS - 1
_LEVEL_DECAY: Final = 0.8

FEATURES: Final = np.dtype(
    [
        ("next_evaluation_at", np.int64),
        ("at", np.int64),
        ("session", np.int64),
        ("spread_ticks", np.int64),
        ("spread_bps", np.float64),
        ("top_imbalance", np.float64),
        ("imbalance", np.float64),
        ("weighted_imbalance", np.float64),
        ("microprice", np.float64),
        ("mid", np.float64),
        ("momentum_bps", np.float64),
        ("volatility_bps", np.float64),
        ("trade_flow", np.float64),
        ("warm", np.int64),
        ("mid_count", np.int64),
        ("mid_tail", np.int64),
        ("second", np.int64),
        ("second_mid", np.float64),
        ("return_count", np.int64),
        ("sum_of_squares", np.float64),
        ("mid_at", np.int64, (MIDS,)),
        ("mids", np.float64, (MIDS,)),
        ("squares", np.float64, (RETURNS,)),
    ],
    align=True,
)
"""Prices in ticks, as floats where they lie between two. `warm`: 1 when momentum has its whole
window behind it and volatility enough returns. `squares`: squared one-second returns, bps²."""


@part
def forget(features):
    """After the book was lost: moves across the hole would be fiction."""
    features.mid_count = 0
    features.mid_tail = 0
    features.second = 0
    features.return_count = 0
    features.sum_of_squares = 0.0
    features.warm = 0


@part
def measure(features, book, tape, parameters, at):
    """All features as of `at`. The book must be ready and not crossed."""
    bid = best_bid(book)
    ask = best_ask(book)
    mid = 0.5 * (bid + ask)
    features.at = at
    features.next_evaluation_at = at + parameters.evaluation_interval
    features.mid = mid
    features.spread_ticks = ask - bid
    features.spread_bps = (ask - bid) / mid * 1e4
    measure_imbalance(features, book, parameters.book_levels)
    # As floats: ticks times lots of a coin worth almost nothing do not fit 64 bits.
    bid_size = np.float64(level_size(book.bids, first_level(book.bids)))
    ask_size = np.float64(level_size(book.asks, first_level(book.asks)))
    features.top_imbalance = (bid_size - ask_size) / (bid_size + ask_size)
    features.microprice = (bid * ask_size + ask * bid_size) / (bid_size + ask_size)
    set_session_window(tape, parameters.trade_flow_window)
    expire(tape, at)
    features.trade_flow = signed_share(tape, SESSION_WINDOW)
    remember_mid(features, at, mid)
    measure_momentum(features, at, parameters.momentum_window)
    measure_volatility(features, at, mid)


@njit(error_model="numpy", inline="always")
def measure_imbalance(features, book, levels):
    bids, weighted_bids = depth_sums(book.bids, levels)
    asks, weighted_asks = depth_sums(book.asks, levels)
    features.imbalance = (bids - asks) / (bids + asks)
    features.weighted_imbalance = (weighted_bids - weighted_asks) / (weighted_bids + weighted_asks)


@part
def depth_sums(ladder, levels):
    """Lots of the best levels, and the same weighted, each level less than the one before it.
    Within a word of the bitmap the next level is found without looking at the ladder again."""
    total = 0.0
    weighted = 0.0
    weight = 1.0
    slot = ladder.best
    word = slot >> 6
    bits = ladder.words[word] & (~np.uint64(0) >> np.uint64(63 - (slot & 63)))
    level = 0
    while level < levels:
        while bits != 0 and level < levels:
            place = 63 - np.int64(leading_zeros(bits))
            bits ^= np.uint64(1) << np.uint64(place)
            size = np.float64(ladder.sizes[(word << 6) + place])
            total += size
            weighted += weight * size
            weight *= _LEVEL_DECAY
            level += 1
        if level == levels:
            break
        slot = occupied_at_or_below(ladder, (word << 6) - 1)
        if slot == -1:
            break
        word = slot >> 6
        bits = ladder.words[word]
    far = ladder.far_count - 1
    while level < levels and far >= 0:
        size = np.float64(ladder.far_sizes[far])
        total += size
        weighted += weight * size
        weight *= _LEVEL_DECAY
        level += 1
        far -= 1
    return total, weighted


@part
def remember_mid(features, at, mid):
    count = features.mid_count
    if count > 0 and at - features.mid_at[(count - 1) & _MASK] < _MID_SPACING:
        return
    features.mid_at[count & _MASK] = at
    features.mids[count & _MASK] = mid
    features.mid_count = count + 1
    if features.mid_count - features.mid_tail > MIDS:
        features.mid_tail = features.mid_count - MIDS


@part
def measure_momentum(features, at, window):
    """Move from the newest mid at least `window` old; 0 until there is one."""
    then = at - window
    tail = features.mid_tail
    while tail + 1 < features.mid_count and features.mid_at[(tail + 1) & _MASK] <= then:
        tail += 1
    features.mid_tail = tail
    features.warm = np.int64(features.mid_at[tail & _MASK] <= then)
    if features.warm == 1:
        before = features.mids[tail & _MASK]
        features.momentum_bps = (features.mid - before) / before * 1e4
    else:
        features.momentum_bps = 0.0


@part
def measure_volatility(features, at, mid):
    """Root mean square of one-second returns, sampled at the first evaluation of a second."""
    second = at // SECOND
    if second != features.second:
        if second == features.second + 1:
            change = (mid - features.second_mid) / features.second_mid * 1e4
            add_return(features, change * change)
        features.second = second
        features.second_mid = mid
    counted = min(features.return_count, VOLATILITY_SECONDS)
    if counted < LEAST_RETURNS:
        features.warm = 0
    if counted > 0:
        features.volatility_bps = np.sqrt(max(features.sum_of_squares, 0.0) / counted)
    else:
        features.volatility_bps = 0.0


@part
def add_return(features, square):
    count = features.return_count
    if count >= VOLATILITY_SECONDS:
        features.sum_of_squares -= features.squares[(count - VOLATILITY_SECONDS) % RETURNS]
    features.squares[count % RETURNS] = square
    features.sum_of_squares += square
    features.return_count = count + 1

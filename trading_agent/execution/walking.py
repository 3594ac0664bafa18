"""Taking: down the opposite side level by level, until the order, the limit or the visible book
ends, an own order stands in the way, or what is taken can no longer be written down."""

from typing import Final

import numpy as np

from trading_agent.execution.taken import (
    TAKEN_LEVELS,
    forget_refilled,
    has_room,
    lots_free,
    place_of,
    take_out_for_all,
)
from trading_agent.execution.venue import (
    BUY,
    MODELS,
    NEVER,
    OUTCOMES,
    RESTING,
    SPARE,
    TAKER,
    fill,
    leaves_of,
)
from trading_agent.market.book import first_level, level_key, level_size, next_level
from trading_agent.market.compiling import part

NO_BARRIER: Final = -NEVER
MOST_SAID: Final = OUTCOMES - SPARE


@part
def find_barrier(venue, order):
    """The best own order it would trade with: the market ahead of that one is all it may take."""
    venue.barrier = NO_BARRIER
    for place in range(venue.resting):
        other = venue.orders[venue.served[place]]
        if other.state != RESTING or other.symbol != order.symbol or other.side == order.side:
            continue
        if (order.price - other.price) * order.side >= 0:
            venue.barrier = other.price * other.side
            swept = other.swept_at != 0
            venue.barrier_ahead = np.int64(0) if swept else other.ahead[venue.model]
            return


@part
def lots_to_take(venue, order, taken, key, displayed):
    """What a taker finds at one level: displayed, not taken before, ahead of own orders, and
    within what it may spend."""
    if key == venue.barrier:
        # What was taken here was taken of those before the own order.
        displayed = min(displayed, venue.barrier_ahead)
    lots = lots_free(taken, venue.model, key, displayed)
    if order.budget > 0 and order.side == BUY:
        lots = min(lots, order.budget // -key)
    return max(lots, np.int64(0))


@part
def can_fill_whole(venue, order, opposite, taken, limit):
    """Whether one walk would fill all of a fill-or-kill order."""
    left = leaves_of(order, venue.model)
    room = MOST_SAID - venue.outcome_count
    forget_refilled(taken)
    levels = np.int64(TAKEN_LEVELS) - taken.count
    spent = np.int64(0)
    cursor = first_level(opposite)
    while left > 0 and cursor != -1 and room > 0:
        key = level_key(opposite, cursor)
        if key < limit or key < venue.barrier:
            break
        lots = min(left, lots_to_take(venue, order, taken, key, level_size(opposite, cursor)))
        if lots > 0 and place_of(taken, key) == -1:
            levels -= 1
            if levels < 0:
                break
        left -= lots
        spent -= key * lots
        room -= 1
        cursor = next_level(opposite, cursor)
    return left == 0 and (order.budget == 0 or order.side != BUY or spent <= order.budget)


@part
def take(venue, order, opposite, taken, limit):
    """Walk the opposite side while its keys are not worse than `limit`."""
    bounded = order.budget > 0 and order.side == BUY
    leaves = leaves_of(order, venue.model)
    cursor = first_level(opposite)
    while leaves > 0 and cursor != -1 and venue.outcome_count < MOST_SAID:
        key = level_key(opposite, cursor)
        if key < limit or key < venue.barrier:
            break
        displayed = level_size(opposite, cursor)
        lots = min(leaves, lots_to_take(venue, order, taken, key, displayed))
        if lots > 0:
            if not has_room(taken, key):
                break
            take_out_for_all(taken, key, displayed, lots)
            leaves -= lots
            for model in range(MODELS):
                order.filled[model] += lots
            price = -key if order.side == BUY else key
            fill(venue, order, order.due_at, price, lots, TAKER)
            if bounded:
                order.budget -= price * lots
        if bounded and order.budget < -key:
            # The levels behind cost more still. What a budget cannot pay is not an endless one.
            order.forgone = leaves
            break
        cursor = next_level(opposite, cursor)

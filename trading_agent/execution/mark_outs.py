"""How the market went on after each fill: its touch 1, 5 and 30 seconds later.

Fills wait in a ring, oldest first; a cursor a horizon walks behind them. What is due is read off
the book as it was then (decision 0002), and what is marked stays until somebody asks for it: nobody
is woken for either.
"""

from typing import Final

import numpy as np

from trading_agent.domain.units import BASIS_POINTS, SECOND
from trading_agent.market.book import best_ask, best_bid
from trading_agent.market.compiling import part

MARKS: Final = 4096
"""Fills that wait for their marks, or to be told; past that new ones are counted, not marked."""
HORIZONS: Final = (SECOND, 5 * SECOND, 30 * SECOND)
LAST_HORIZON: Final = len(HORIZONS) - 1

_MASK: Final = MARKS - 1
_NEVER: Final = (1 << 63) - 1

MARK: Final = np.dtype(
    [
        ("fill", np.int64),
        ("at", np.int64),
        ("symbol", np.int64),
        ("side", np.int64),
        ("price", np.int64),
        ("liquidity", np.int64),
        ("moved", np.float64, (3,)),
    ],
    align=True,
)
"""A fill, and how far the mid had moved in its favour at each horizon: basis points of its price,
NaN where there was no book."""


@part
def add_mark(venue, order, at, price, liquidity):
    """The venue's latest fill, of this order, shall be marked."""
    if venue.mark_count - venue.told >= MARKS:
        venue.unmarked += 1
        return
    mark = venue.marks[venue.mark_count & _MASK]
    venue.mark_count += 1
    mark.fill = venue.fills
    mark.at = at
    mark.symbol = order.symbol
    mark.side = order.side
    mark.price = price
    mark.liquidity = liquidity
    venue.next_event = min(venue.next_event, at + HORIZONS[0])


@part
def mark_at(venue, horizon):
    """When the oldest fill not yet marked at a horizon reaches it; NEVER without one."""
    number = venue.marked[horizon]
    if number >= venue.mark_count:
        return np.int64(_NEVER)
    return venue.marks[number & _MASK].at + HORIZONS[horizon]


@part
def next_mark_at(venue):
    earliest = np.int64(_NEVER)
    if venue.marked[LAST_HORIZON] < venue.mark_count:
        for horizon in range(len(HORIZONS)):
            earliest = min(earliest, mark_at(venue, horizon))
    return earliest


@part
def mark_to_take(venue, horizon):
    """The mark a horizon's cursor stands at."""
    return venue.marks[venue.marked[horizon] & _MASK]


@part
def note_mark(venue, horizon, book):
    mark = mark_to_take(venue, horizon)
    doubled = doubled_mid(book)
    mark.moved[horizon] = np.nan
    if doubled > 0:
        mark.moved[horizon] = mark.side * (doubled / (2 * mark.price) - 1.0) * BASIS_POINTS
    venue.marked[horizon] += 1


@part
def doubled_mid(book):
    """Bid + ask in ticks; 0 without a usable book."""
    if book.ready == 0 or book.crossed == 1 or book.bids.best < 0 or book.asks.best < 0:
        return np.int64(0)
    return best_bid(book) + best_ask(book)

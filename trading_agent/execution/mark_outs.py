"""How the market went on after each fill: its touch 1, 5 and 30 seconds later.

Fills wait in a ring, oldest first; a cursor a horizon walks behind them. What is due is read off
the book as it was then (decision 0002), so nobody has to be woken for it.
"""

from typing import Final

import numpy as np

from trading_agent.domain.outcome import OutcomeKind
from trading_agent.domain.units import SECOND
from trading_agent.market.book import best_ask, best_bid
from trading_agent.market.compiling import part

MARKS: Final = 4096
"""Fills of the last half minute; past that new ones are not marked, and counted."""
HORIZONS: Final = (SECOND, 5 * SECOND, 30 * SECOND)
LAST_HORIZON: Final = len(HORIZONS) - 1
MARKED: Final = int(OutcomeKind.MARKED)

_MASK: Final = MARKS - 1
_NEVER: Final = (1 << 63) - 1

MARK: Final = np.dtype(
    [("fill", np.int64), ("at", np.int64), ("symbol", np.int64), ("sums", np.int64, (3,))],
    align=True,
)
"""A fill and bid + ask at each horizon, in ticks; 0 where there was no book."""


@part
def add_mark(venue, symbol, at):
    """The venue's latest fill shall be marked."""
    if venue.mark_count - venue.marked[LAST_HORIZON] >= MARKS:
        venue.unmarked += 1
        return
    mark = venue.marks[venue.mark_count & _MASK]
    venue.mark_count += 1
    mark.fill = venue.fills
    mark.at = at
    mark.symbol = symbol
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
    mark.sums[horizon] = doubled_mid(book)
    venue.marked[horizon] += 1


@part
def doubled_mid(book):
    """Bid + ask in ticks; 0 without a usable book."""
    if book.ready == 0 or book.crossed == 1 or book.bids.best < 0 or book.asks.best < 0:
        return np.int64(0)
    return best_bid(book) + best_ask(book)

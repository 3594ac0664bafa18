"""What the compiled loop does for the scrutiny of one symbol's market.

Each function takes the symbol's record of the compiled state; where the scrutiny is off, none but
`look_away` is called.
"""

from typing import Final

import numpy as np
from numba import njit

from trading_agent.domain.market_rows import RowKind
from trading_agent.market.compiling import part
from trading_agent.market.seconds import count_depth, open_second, turn_second
from trading_agent.market.tape import PRINTS
from trading_agent.signals.enhanced.flicker import (
    NEVER_LARGE,
    look_around,
    look_elsewhere,
    may_matter,
    note_level,
)
from trading_agent.signals.enhanced.resilience import (
    forget_recoveries,
    note_change,
    note_trades,
    watch_recoveries,
)

_BID: Final = int(RowKind.BID)
_EVERY_ROW: Final = -(1 << 63)


@part
def watch_level(market, row):
    """A level row of as many lots as are heeded, before it changes the book."""
    key = row.price if row.kind == _BID else -row.price
    if may_matter(market.flicker, key, row.size):
        note_level(market.flicker, market.book, key, row.size, row.at)
        heed(market)
    if market.resilience.recovering != 0:
        note_change(market.resilience, market.book, key, row.size)


@part
def heed(market):
    """From how many lots on a level row can matter: any, while a level is watched or a side
    recovers."""
    flicker = market.flicker
    if flicker.watched > 0 or market.resilience.recovering > 0:
        market.heeded = _EVERY_ROW
    else:
        market.heeded = min(flicker.large_bid, flicker.large_ask)


@njit(error_model="numpy", inline="always")
def watch_depth(market, at, venue_at):
    """A depth message has left a ready book with both sides."""
    if at >= market.seconds.until:
        open_second(market.seconds, at)
        look_around(market.flicker, market.book, at)
        heed(market)
    count_depth(market.seconds, market.book, at, venue_at)
    if market.resilience.recovering != 0:
        watch_recoveries(market.resilience, market.book, at)
        heed(market)


@part
def watch_prints(market, at):
    """A message of prints, which are on the tape."""
    seconds = market.seconds
    tape = market.tape
    bought = np.int64(0)
    sold = np.int64(0)
    for index in range(max(seconds.prints, tape.count - PRINTS), tape.count):
        lots = tape.lots[index & (PRINTS - 1)]
        bought += max(lots, 0)
        sold -= min(lots, 0)
    seconds.prints = tape.count
    if at >= seconds.now.end:
        turn_second(seconds, at)
    seconds.now.volume += bought + sold
    if seconds.until != 0:
        note_trades(market.resilience, market.book, bought, sold, at)
        if market.resilience.recovering != 0:
            market.heeded = _EVERY_ROW


@part
def look_away(market):
    """The book was lost, begins anew, or has only one side: nothing goes on from here."""
    market.seconds.until = 0
    market.seconds.lost = 1
    market.heeded = NEVER_LARGE
    look_elsewhere(market.flicker)
    forget_recoveries(market.resilience)

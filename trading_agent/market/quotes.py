"""The exchange's own best quotes, held against the top of our rebuilt book."""

from typing import Final

import numpy as np
from numba import njit

QUOTES: Final = 256

_MASK: Final = QUOTES - 1

TOP_CHECK: Final = np.dtype(
    [
        ("count", np.int64),
        ("checked", np.int64),
        ("equal", np.int64),
        ("pending_bid", np.int64),
        ("version", np.int64, (QUOTES,)),
        ("bid", np.int64, (QUOTES,)),
        ("ask", np.int64, (QUOTES,)),
    ],
    align=True,
)
"""Quote n stands at n modulo `QUOTES`. `checked`: depth messages held against the newest
quote not newer than they are; `equal`: how many of them showed the same best prices."""


@njit(error_model="numpy", inline="always")
def add_quote(quotes, version, bid, ask):
    slot = quotes.count & _MASK
    quotes.version[slot] = version
    quotes.bid[slot] = bid
    quotes.ask[slot] = ask
    quotes.count += 1


@njit(error_model="numpy", inline="always")
def check_top(quotes, version, bid, ask):
    """Compare the book's top after the message `version` with the exchange's word."""
    index = quotes.count - 1
    oldest = max(quotes.count - QUOTES, 0)
    while index >= oldest:
        slot = index & _MASK
        if 0 < quotes.version[slot] <= version:
            quotes.checked += 1
            if quotes.bid[slot] == bid and quotes.ask[slot] == ask:
                quotes.equal += 1
            return
        index -= 1

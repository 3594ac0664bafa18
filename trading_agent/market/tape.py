"""The tape of one symbol: recent prints, and signed flow over rolling windows."""

from typing import Final

import numpy as np
from numba import njit

from trading_agent.domain.units import SECOND
from trading_agent.market.compiling import part

PRINTS: Final = 4096
"""Prints remembered; a window that would need more starts at the oldest remembered."""
FIXED_WINDOWS: Final = (SECOND, 5 * SECOND, 30 * SECOND)
WINDOWS: Final = len(FIXED_WINDOWS) + 1
SESSION_WINDOW: Final = len(FIXED_WINDOWS)
"""The window whose length the session's parameters choose."""

_MASK: Final = PRINTS - 1

FLOW: Final = np.dtype(
    [
        ("length", np.int64),
        ("tail", np.int64),
        ("bought", np.int64),
        ("sold", np.int64),
    ],
    align=True,
)
"""Lots bought and sold by aggressors over the last `length` nanoseconds; `tail` is the first
print that counts."""

TAPE: Final = np.dtype(
    [
        ("count", np.int64),
        ("last_price", np.int64),
        ("last_at", np.int64),
        ("at", np.int64, (PRINTS,)),
        ("lots", np.int64, (PRINTS,)),
        ("flows", FLOW, (WINDOWS,)),
    ],
    align=True,
)
"""`count` prints ever; print n stands at n modulo `PRINTS`. `lots` is signed: positive when
the aggressor bought."""


def open_tape(tape: np.void) -> None:
    """Make zeroed memory an empty tape."""
    for index, length in enumerate(FIXED_WINDOWS):
        tape["flows"][index]["length"] = length


@njit(error_model="numpy", inline="always")
def add_print(tape, at, price, signed_lots):
    slot = tape.count & _MASK
    forgotten = tape.count - PRINTS
    forgotten_lots = tape.lots[slot]
    tape.at[slot] = at
    tape.lots[slot] = signed_lots
    tape.count += 1
    tape.last_price = price
    tape.last_at = at
    for index in range(WINDOWS):
        flow = tape.flows[index]
        if flow.tail == forgotten:
            count_out(flow, forgotten_lots)
        if signed_lots > 0:
            flow.bought += signed_lots
        else:
            flow.sold -= signed_lots


@part
def count_out(flow, lots):
    """The window's oldest print leaves it."""
    if lots > 0:
        flow.bought -= lots
    else:
        flow.sold += lots
    flow.tail += 1


@part
def recount(tape, flow, tail):
    flow.tail = tail
    flow.bought = 0
    flow.sold = 0
    for index in range(tail, tape.count):
        lots = tape.lots[index & _MASK]
        if lots > 0:
            flow.bought += lots
        else:
            flow.sold -= lots


@njit(error_model="numpy", inline="always")
def set_session_window(tape, length):
    """Change the session window's length; its sums are taken anew."""
    flow = tape.flows[SESSION_WINDOW]
    if flow.length != length:
        flow.length = length
        recount(tape, flow, max(tape.count - PRINTS, 0))


@njit(error_model="numpy", inline="always")
def expire(tape, now):
    """Drop prints that have left their windows."""
    for index in range(WINDOWS):
        flow = tape.flows[index]
        oldest = now - flow.length
        while flow.tail < tape.count and tape.at[flow.tail & _MASK] < oldest:
            count_out(flow, tape.lots[flow.tail & _MASK])


@part
def signed_share(tape, window):
    """(bought - sold) / (bought + sold) over a window; 0 without prints."""
    flow = tape.flows[window]
    total = flow.bought + flow.sold
    return (flow.bought - flow.sold) / total if total > 0 else 0.0

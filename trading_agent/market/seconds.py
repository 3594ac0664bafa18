"""The seconds of one symbol's market as they were received: touch, messages, volume, stamps.

A second is finished by the first message after it. Only those with a depth message of a ready
book with both sides are remembered.
"""

from typing import Final

import numpy as np
from numba import njit

from trading_agent.domain.units import SECOND
from trading_agent.market.compiling import part

SECONDS_KEPT: Final = 512
"""Finished seconds remembered."""
UNSTAMPED: Final = -(1 << 63)
"""The delay of a second whose last message the exchange had not stamped."""

_MASK: Final = SECONDS_KEPT - 1

FINISHED_SECOND: Final = np.dtype(
    [
        ("end", np.int64),
        ("mid", np.float64),
        ("spread_bps", np.float64),
        ("messages", np.int64),
        ("volume", np.int64),
        ("delay", np.int64),
        ("back", np.int64),
        ("follows", np.int64),
    ],
    align=True,
)
"""`mid` (ticks), `spread_bps` and `delay` (receive less venue time) at its last depth message,
depth `messages`, lots traded, the largest step `back` of the exchange's time; times in
nanoseconds. `follows`: 1 when it is the next after the one remembered before it and the book was
not lost between their last messages."""

OPEN_SECOND: Final = np.dtype(
    [
        ("end", np.int64),
        ("messages", np.int64),
        ("volume", np.int64),
        ("back", np.int64),
        ("broken", np.int64),
        ("at", np.int64),
        ("venue_at", np.int64),
        ("bid", np.int64),
        ("ask", np.int64),
    ],
    align=True,
)
"""`broken`: 1 when the book was lost since the last message of the second before. Touch and
times are those of the last depth message."""

SECONDS: Final = np.dtype(
    [
        ("on", np.int64),
        ("until", np.int64),
        ("lost", np.int64),
        ("venue_at", np.int64),
        ("prints", np.int64),
        ("count", np.int64),
        ("now", OPEN_SECOND),
        ("past", FINISHED_SECOND, (SECONDS_KEPT,)),
    ],
    align=True,
)
"""Second n that has finished stands at n modulo `SECONDS_KEPT`; `count` have. `until`: when a
depth message begins another second, 0 after the book was lost (`lost` 1). `venue_at`: the
exchange's latest stamp. `prints` of the tape have been counted. `on` 0: nobody looks."""


@njit(error_model="numpy", inline="always")
def count_depth(seconds, book, at, venue_at):
    """A depth message of the open second, whose book is ready and has both sides."""
    now = seconds.now
    now.messages += 1
    now.at = at
    now.venue_at = venue_at
    now.bid = book.bid
    now.ask = book.ask
    if venue_at < seconds.venue_at:
        note_step_back(seconds, venue_at)
    else:
        seconds.venue_at = venue_at


@part
def note_step_back(seconds, venue_at):
    """What the exchange did not stamp steps nowhere."""
    if venue_at > 0:
        seconds.now.back = max(seconds.now.back, seconds.venue_at - venue_at)
        seconds.venue_at = venue_at


@part
def open_second(seconds, at):
    """The second of a depth message: another one, or one in which the book was lost."""
    if at >= seconds.now.end:
        turn_second(seconds, at)
    seconds.now.broken |= seconds.lost
    seconds.lost = 0
    seconds.until = seconds.now.end


@part
def turn_second(seconds, at):
    """The open second is over."""
    now = seconds.now
    if now.messages > 0:
        remember_second(seconds)
    now.end = at - at % SECOND + SECOND
    now.messages = 0
    now.volume = 0
    now.back = 0
    now.broken = 0


@njit(error_model="numpy", inline="always")
def remember_second(seconds):
    now = seconds.now
    before = seconds.past[(seconds.count - 1) & _MASK].end
    mid = 0.5 * (now.bid + now.ask)
    past = seconds.past[seconds.count & _MASK]
    past.end = now.end
    past.mid = mid
    past.spread_bps = (now.ask - now.bid) / mid * 1e4
    past.messages = now.messages
    past.volume = now.volume
    past.delay = now.at - now.venue_at if now.venue_at > 0 else np.int64(UNSTAMPED)
    past.back = now.back
    past.follows = np.int64(now.broken == 0 and before == now.end - SECOND)
    seconds.count += 1

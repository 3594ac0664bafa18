"""Where a resting order stands in the queue of its price, under three models side by side.

Pessimistic: prints alone move it up, and nobody is ahead who is not displayed. Central: of what
vanishes without a print, a share was ahead; with F ahead and B behind, 1 - (F / (F + B)) ** n of
it was behind (PowerProb3; cancels cluster behind as n grows, n = 1 spreads them evenly).
Optimistic: nobody is ever ahead. Whatever happens, no model is ever behind the one before it.

A feed tells of depth ten times a second: what it adds to a level with its first message after an
order has joined there may have stood before it, and the pessimist believes so. Where no snapshot
reached and nothing is displayed the queue is of unknown length for all but the optimist: nothing
but trade through the price fills there, until the level is shown.

Depth and prints come on channels without a common order. A print that happened before the
displayed change of a level and is told after it has already been seen there: it meets the queue
as prints alone have left it, and explains part of what vanished. One that comes later than
`LATEST` says nothing of a queue any more.

The market does not know of our orders: what they take of a print, the market's orders behind them
have really lost. For our next order those are still ahead, spared by the one that took their place.
"""

from typing import Final

import numpy as np

from trading_agent.domain.units import SECOND
from trading_agent.execution.venue import CENTRAL, MODELS, OPTIMISTIC, PESSIMISTIC
from trading_agent.market.compiling import part

UNKNOWN: Final = 1 << 52
"""Lots of a queue nobody has seen; more than any, and whole as a float."""
LATEST: Final = SECOND
"""How long what prints alone have left of a queue is remembered at least, nanoseconds."""


@part
def join_queue(order, shown, venue_at):
    """Stand behind what is displayed; only the optimist sees nobody."""
    order.fresh = 1
    order.shown = shown
    order.shown_at = venue_at
    order.book_at = venue_at
    order.before_at = venue_at
    order.printed = 0
    order.vanished = 0
    order.swept_at = 0
    for model in range(MODELS):
        order.ahead[model] = shown
        order.before[model] = shown
        order.spared[model] = 0
    order.ahead[OPTIMISTIC] = 0
    order.before[OPTIMISTIC] = 0


@part
def has_come_first(order, venue_at):
    """Whether a sweep has gone through the order's price before: nobody of the market is ahead."""
    return order.swept_at != 0 and venue_at > order.swept_at


@part
def show_level(order, shown, venue_at, power):
    """The level of an order's price now displays so much."""
    rest = order.shown - order.printed
    vanished = rest - shown
    spared = order.spared[CENTRAL]
    central = order.ahead[CENTRAL] - spared
    forget = venue_at - order.before_at > LATEST
    if forget:
        order.before_at = venue_at
    for model in range(MODELS):
        if forget:
            order.before[model] = order.ahead[model]
        most = shown + order.spared[model]
        if model == PESSIMISTIC and order.fresh == 1 and order.shown < UNKNOWN:
            order.ahead[model] = most
            order.before[model] = max(order.before[model], most)
        else:
            order.ahead[model] = min(order.ahead[model], most)
    if vanished > 0 and central > 0:
        moved = moved_up(central, rest, vanished, power)
        order.ahead[CENTRAL] = min(order.ahead[CENTRAL], moved + spared)
    order.vanished = max(vanished, np.int64(0))
    order.printed = 0
    order.shown = shown
    order.shown_at = venue_at


@part
def moved_up(ahead, rest, vanished, power):
    """Lots ahead after `vanished` of a level's `rest` went without a print; rounded up."""
    rest = max(rest, ahead)
    gone_ahead = (ahead / rest) ** power * vanished
    left = np.int64(np.ceil(ahead - gone_ahead))
    # More cannot vanish behind than stands there: what exceeds it was ahead.
    return max(min(left, rest - vanished), np.int64(0))


@part
def is_late(order, venue_at):
    """Whether a print happened before the display that the order's queue was last cut to."""
    return venue_at <= order.shown_at


@part
def is_forgotten(order, venue_at):
    """Whether a print is so old that the queue it met is no longer known."""
    return venue_at < order.before_at


@part
def count_print(order, size, late):
    """So much traded at the order's price: it explains what vanished, or what will."""
    if late:
        explained = min(size, order.vanished)
        order.vanished -= explained
        size -= explained
    order.printed += size


@part
def get_past_queue(order, model, lots, size, late):
    """Let a print of `size`, of which own orders have left so many lots, meet the queue at its
    price; returns how many get past it. What own orders took, the queue is spared."""
    ahead = order.ahead[model]
    met = order.before[model] if late else ahead
    # What gets past the queue has taken nobody of it, however long it was before.
    before = max(order.before[model] - min(lots, met), np.int64(0))
    if late:
        order.ahead[model] = min(ahead + size - lots, before)
        spared = order.spared[model] + max(order.ahead[model] - ahead, np.int64(0))
        order.spared[model] = min(spared, order.ahead[model])
    else:
        really = max(ahead - order.spared[model] - size, np.int64(0))
        order.ahead[model] = max(ahead - lots, np.int64(0))
        order.spared[model] = order.ahead[model] - really
    order.before[model] = before
    return max(lots - met, np.int64(0))


@part
def get_past_spared(order, model, lots):
    """The market's queue is gone; returns how many lots get past those of it that are spared."""
    met = min(order.spared[model], lots)
    order.spared[model] -= met
    order.ahead[model] = max(order.ahead[model] - met, order.spared[model])
    order.before[model] = max(order.before[model] - met, order.ahead[model])
    return lots - met


@part
def stand_behind_spared(order, model, lots):
    """Own orders at better prices took the place of so many lots, which stay ahead of this one."""
    if model != OPTIMISTIC:
        order.spared[model] += lots
        order.ahead[model] += lots
        order.before[model] += lots


@part
def keep_order_of_models(order):
    """Own orders absorb more of a print in a kinder model, so less of it reaches the queue of
    those behind them; that must not put them behind where the stricter model sees them."""
    order.ahead[CENTRAL] = min(order.ahead[CENTRAL], order.ahead[PESSIMISTIC])
    order.before[CENTRAL] = min(order.before[CENTRAL], order.before[PESSIMISTIC])
    order.spared[CENTRAL] = min(order.spared[CENTRAL], order.spared[PESSIMISTIC])
    order.spared[CENTRAL] = min(order.spared[CENTRAL], order.ahead[CENTRAL])

"""The paper venue's record: its orders, whom it serves first, and what it has said.

Of every resting order three accounts are kept side by side, one a model of the queue
(`queue_models`); the fills of one of them are real, the others are its shadows.
"""

# ruff: noqa: PLR0913 - an outcome is one record; a call with arrays would count references

from typing import Final

import numpy as np

from trading_agent.domain.order import OrderState, Side
from trading_agent.domain.order_facts import EndReason
from trading_agent.domain.outcome import OUTCOME, OutcomeKind
from trading_agent.execution.mark_outs import MARK, MARKS, add_mark, next_mark_at
from trading_agent.market.compiling import part

ORDERS: Final = 256
"""Orders that can travel, wait or rest at once."""
OUTCOMES: Final = 8192
"""Room for what one instant can say; walks and prints leave `SPARE` of it for what follows."""
SPARE: Final = 8 * ORDERS
MODELS: Final = 3
PESSIMISTIC: Final = 0
CENTRAL: Final = 1
OPTIMISTIC: Final = 2
NEVER: Final = (1 << 63) - 1
END_REASONS: Final = tuple(EndReason)

FREE: Final = 0
IN_FLIGHT: Final = int(OrderState.IN_FLIGHT)
RESTING: Final = int(OrderState.RESTING)
WAITING: Final = int(OrderState.WAITING)
BUY: Final = int(Side.BUY)
TAKER: Final = 0
MAKER: Final = 1
FILLED: Final = int(OutcomeKind.FILLED)
CANCELED: Final = int(OutcomeKind.CANCELED)

_SHADOWED: Final = int(OutcomeKind.SHADOWED)
_REMAINDER: Final = END_REASONS.index(EndReason.REMAINDER)
_FEE_ROSE: Final = END_REASONS.index(EndReason.FEE_ROSE)
_ALTERNATIVE_FILLED: Final = END_REASONS.index(EndReason.ALTERNATIVE_FILLED)

ORDER: Final = np.dtype(
    [
        ("order", np.int64),
        ("state", np.int64),
        ("symbol", np.int64),
        ("side", np.int64),
        ("kind", np.int64),
        ("price", np.int64),
        ("size", np.int64),
        ("due_at", np.int64),
        ("cancel_at", np.int64),
        ("rest_for", np.int64),
        ("trigger", np.int64),
        ("trigger_on", np.int64),
        ("trail", np.int64),
        ("trigger_travel", np.int64),
        ("group", np.int64),
        ("budget", np.int64),
        ("accepted", np.int64),
        ("rested", np.int64),
        ("fresh", np.int64),
        ("yielded", np.int64),
        ("forgone", np.int64),
        ("unpaid", np.int64),
        ("book_at", np.int64),
        ("shown", np.int64),
        ("shown_at", np.int64),
        ("printed", np.int64),
        ("vanished", np.int64),
        ("swept_at", np.int64),
        ("before_at", np.int64),
        ("filled", np.int64, (MODELS,)),
        ("ahead", np.int64, (MODELS,)),
        ("before", np.int64, (MODELS,)),
        ("spared", np.int64, (MODELS,)),
    ],
    align=True,
)
"""A slot of the table; `state` 0 is free. `due_at`: when what travels arrives. `cancel_at`: when
a cancel reaches the venue, NEVER for none. `rest_for`: a resting order's cancel arrives so long
after it, 0 for never. `budget`: ticks x lots still to spend, 0 for no such bound. `yielded`: lots
its alternatives have really filled; `forgone`: lots that cannot be paid, `unpaid` those of them
for which a fee has risen.

`book_at`: venue time of the book it was accepted on. `fresh`: no message has come since it joined
its queue. `shown`, `shown_at`: size last displayed at its price (`UNKNOWN`: none was, and no
snapshot reached so far), and that row's venue time; `printed`: lots traded there since;
`vanished`: lots that row took away and no print has explained. `swept_at`: venue time of a sweep
that went through it. A model's own: lots `filled`, lots `ahead` in the queue, how many were ahead
`before` what was displayed since `before_at` (for prints that happened before a display and are
told after it), and how many of those ahead have really traded, but are `spared` where own orders
took their place."""

VENUE: Final = np.dtype(
    [
        ("next_due", np.int64),
        ("next_event", np.int64),
        ("open", np.int64),
        ("used", np.int64),
        ("resting", np.int64),
        ("waiting", np.int64),
        ("untidy", np.int64),
        ("fills", np.int64),
        ("model", np.int64),
        ("half_life", np.int64),
        ("book_age", np.int64),
        ("power", np.float64),
        ("barrier", np.int64),
        ("barrier_ahead", np.int64),
        ("outcome_count", np.int64),
        ("mark_count", np.int64),
        ("unmarked", np.int64),
        ("marked", np.int64, (3,)),
        ("told", np.int64),
        ("left", np.int64, (MODELS,)),
        ("blocked", np.int64, (MODELS,)),
        ("served", np.int64, (ORDERS,)),
        ("orders", ORDER, (ORDERS,)),
        ("marks", MARK, (MARKS,)),
        ("outcomes", OUTCOME, (OUTCOMES,)),
    ],
    align=True,
)
"""The first `used` slots hold all open orders; the first `resting` of `served` are the slots of
those that rest, in price-time order. `next_due`: when an order or a cancel is due; `next_event`:
when anything is, mark-outs included. `fills` numbers the fills. `told` of the `marked` have been
asked for. `model` is the one whose fills are real; `half_life` of what was taken in nanoseconds,
0 for never; `book_age`: how old the last message of a book may be when an order arrives,
nanoseconds, 0 for any age; `power` of the central queue.

Of no meaning between two calls: of a print, what is `left` for a model and whether an own order in
front has `blocked` the others; `barrier` and `barrier_ahead`, the level of an own order in a
taker's way and the market's lots before it there."""


@part
def say(venue, kind, symbol, at, order, price, size, detail):
    """Append an outcome; the loop adds the book's touch."""
    outcome = venue.outcomes[venue.outcome_count]
    venue.outcome_count += 1
    outcome.kind = kind
    outcome.symbol = symbol
    outcome.at = at
    outcome.order = order
    outcome.price = price
    outcome.size = size
    outcome.detail = detail
    outcome.strength = 0.0


@part
def leaves_of(order, model):
    """What an order may still fill under one model."""
    return max(order.size - order.yielded - order.forgone - order.filled[model], np.int64(0))


@part
def due_of(order):
    """When something is to happen to an order by itself. One that has triggered is at the venue
    while it travels on: its cancel need not wait for it."""
    if order.state == FREE:
        return np.int64(NEVER)
    if order.state != IN_FLIGHT:
        return order.cancel_at
    return min(order.due_at, order.cancel_at) if order.accepted == 1 else order.due_at


@part
def find_next_due(venue):
    """The earliest moment an order, a cancel or a mark-out is due; NEVER when none is."""
    tidy(venue)
    earliest = np.int64(NEVER)
    for slot in range(venue.used):
        earliest = min(earliest, due_of(venue.orders[slot]))
    venue.next_due = earliest
    venue.next_event = min(earliest, next_mark_at(venue))


@part
def next_to_act(venue, now):
    """The slot of the oldest order with something due at or before `now`; -1 for none."""
    chosen = np.int64(-1)
    oldest = np.int64(NEVER)
    for slot in range(venue.used):
        order = venue.orders[slot]
        if order.order < oldest and due_of(order) <= now:
            chosen = np.int64(slot)
            oldest = order.order
    return chosen


@part
def serve(venue, slot):
    """Take an order among those that rest: behind every better price and every older order."""
    order = venue.orders[slot]
    rank = order.price * order.side
    place = venue.resting
    while place > 0:
        other = venue.orders[venue.served[place - 1]]
        if other.price * other.side >= rank:
            break
        venue.served[place] = venue.served[place - 1]
        place -= 1
    venue.served[place] = slot
    venue.resting += 1


@part
def tidy(venue):
    """Drop what has ended from the table and from those served."""
    while venue.used > 0 and venue.orders[venue.used - 1].state == FREE:
        venue.used -= 1
    if venue.untidy == 0:
        return
    venue.untidy = 0
    kept = np.int64(0)
    for place in range(venue.resting):
        slot = venue.served[place]
        if venue.orders[slot].state == RESTING:
            venue.served[kept] = slot
            kept += 1
    venue.resting = kept


@part
def fill(venue, order, at, price, size, liquidity):
    """A real fill. The caller counts it for the order and ends what is filled whole."""
    say(venue, FILLED, order.symbol, at, order.order, price, size, liquidity)
    venue.fills += 1
    add_mark(venue, order, at, price, liquidity)
    if order.group != 0:
        yield_to(venue, order, at, size)


@part
def yield_to(venue, filled, at, size):
    """The alternatives of an order have that much less; one at the venue with nothing left ends,
    one that travels ends when it arrives."""
    for slot in range(venue.used):
        other = venue.orders[slot]
        if other.state == FREE or other.group != filled.group or other.order == filled.order:
            continue
        other.yielded += size
        if other.state != IN_FLIGHT and leaves_of(other, venue.model) == 0:
            end(venue, other, CANCELED, at, _ALTERNATIVE_FILLED)


@part
def finish(venue, order, at):
    """An order that has filled all it may: nothing more to say, unless it was cut short."""
    if order.forgone > 0:
        end(venue, order, CANCELED, at, reason_cut_short(order))
    else:
        leave(venue, order, at)


@part
def reason_cut_short(order):
    """Why an order has forgone a part."""
    return np.int64(_FEE_ROSE if order.unpaid > 0 else _REMAINDER)


@part
def end(venue, order, kind, at, reason):
    """An order ends short of its size."""
    unfilled = order.size - order.filled[venue.model]
    say(venue, kind, order.symbol, at, order.order, order.price, unfilled, reason)
    leave(venue, order, at)


@part
def leave(venue, order, at):
    if order.state == WAITING:
        venue.waiting -= 1
    order.state = FREE
    venue.open -= 1
    venue.untidy = 1
    if order.rested == 1:
        filled = order.filled
        say(
            venue,
            _SHADOWED,
            order.symbol,
            at,
            order.order,
            filled[PESSIMISTIC],
            filled[CENTRAL],
            filled[OPTIMISTIC],
        )

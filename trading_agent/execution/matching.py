"""Paper orders against the real market: taking walks the visible book, resting waits its turn.

Rules (Moallemi-style queues from L2 data, on the pessimistic side): an order acts when it has
travelled, on the book as it is then. Taking goes level by level, leaves out what own orders have
taken before, and stops where the visible book ends. Resting stands behind the size displayed at
arrival; only prints move the queue forward, and a level smaller than the queue cuts it. One
print is used once over all orders.
"""

from typing import Final

import numpy as np

from trading_agent.domain.facts import EndReason
from trading_agent.domain.order import OrderKind, OrderState, Side
from trading_agent.domain.outcome import OUTCOME, OutcomeKind
from trading_agent.execution.taken import take_out
from trading_agent.market.book import (
    first_level,
    level_key,
    level_size,
    next_level,
    size_at,
)
from trading_agent.market.compiling import part

ORDERS: Final = 256
"""Orders that can travel or rest at once."""
OUTCOMES: Final = 8192
"""Room for what one instant can say; a walk leaves `_SPARE` of it for what follows."""
NEVER: Final = (1 << 63) - 1
END_REASONS: Final = tuple(EndReason)

_SPARE: Final = 4 * ORDERS
_FREE: Final = 0
_IN_FLIGHT: Final = int(OrderState.IN_FLIGHT)
_RESTING: Final = int(OrderState.RESTING)
_CANCEL_IN_FLIGHT: Final = int(OrderState.CANCEL_IN_FLIGHT)
_BUY: Final = int(Side.BUY)
_LIMIT: Final = int(OrderKind.LIMIT)
_LIMIT_MAKER: Final = int(OrderKind.LIMIT_MAKER)
_ACCEPTED: Final = int(OutcomeKind.ACCEPTED)
_FILLED: Final = int(OutcomeKind.FILLED)
_CANCELED: Final = int(OutcomeKind.CANCELED)
_REJECTED: Final = int(OutcomeKind.REJECTED)
_REMAINDER: Final = END_REASONS.index(EndReason.REMAINDER)
_NOT_READY: Final = END_REASONS.index(EndReason.BOOK_NOT_READY)
_WOULD_TAKE: Final = END_REASONS.index(EndReason.WOULD_TAKE)
_BY_REQUEST: Final = END_REASONS.index(EndReason.BY_REQUEST)
_TAKER: Final = 0
_MAKER: Final = 1

ORDER: Final = np.dtype(
    [
        ("order", np.int64),
        ("state", np.int64),
        ("symbol", np.int64),
        ("side", np.int64),
        ("kind", np.int64),
        ("price", np.int64),
        ("leaves", np.int64),
        ("due_at", np.int64),
        ("expires_at", np.int64),
        ("cancel_travel", np.int64),
        ("queue_ahead", np.int64),
    ],
    align=True,
)
"""A slot of the table; `state` 0 is free. `due_at`: when what travels arrives. `expires_at`:
when a resting order's cancel is sent (NEVER for none), travelling `cancel_travel` nanoseconds."""

VENUE: Final = np.dtype(
    [
        ("open", np.int64),
        ("used", np.int64),
        ("next_due", np.int64),
        ("outcome_count", np.int64),
        ("orders", ORDER, (ORDERS,)),
        ("outcomes", OUTCOME, (OUTCOMES,)),
    ],
    align=True,
)
"""The paper venue: its orders (the first `used` slots hold all open ones), the next moment
something is due, and what it has said."""


@part
def say(venue, kind, symbol, at, order, price, size, detail):
    """Append an outcome."""
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
def find_next_due(venue):
    """The earliest moment an order, a cancel or an expiry is due; NEVER when none is."""
    while venue.used > 0 and venue.orders[venue.used - 1].state == _FREE:
        venue.used -= 1
    earliest = np.int64(NEVER)
    for slot in range(venue.used):
        order = venue.orders[slot]
        if order.state == _RESTING:
            earliest = min(earliest, order.expires_at)
        elif order.state != _FREE:
            earliest = min(earliest, order.due_at)
    venue.next_due = earliest


@part
def act_if_due(venue, order, book, taken, now):
    """Let one order's arrival, cancel or expiry happen when it is due at or before `now`."""
    if order.state == _IN_FLIGHT:
        if order.due_at <= now:
            arrive(venue, order, book, taken)
    elif order.state == _CANCEL_IN_FLIGHT:
        if order.due_at <= now:
            end(venue, order, _CANCELED, order.due_at, _BY_REQUEST)
    elif order.state == _RESTING and order.expires_at <= now:
        order.state = _CANCEL_IN_FLIGHT
        order.due_at = order.expires_at + order.cancel_travel


@part
def end(venue, order, kind, at, reason):
    say(venue, kind, order.symbol, at, order.order, order.price, order.leaves, reason)
    order.state = _FREE
    venue.open -= 1


@part
def arrive(venue, order, book, taken):
    """An order reaches the venue."""
    at = order.due_at
    if book.ready == 0 or book.crossed == 1:
        end(venue, order, _REJECTED, at, _NOT_READY)
        return
    opposite = book.asks if order.side == _BUY else book.bids
    limit = -order.price if order.side == _BUY else order.price
    if order.kind == _LIMIT_MAKER:
        touch = first_level(opposite)
        if touch != -1 and level_key(opposite, touch) >= limit:
            end(venue, order, _REJECTED, at, _WOULD_TAKE)
            return
    say(venue, _ACCEPTED, order.symbol, at, order.order, order.price, order.leaves, 0)
    if order.kind != _LIMIT_MAKER:
        take(venue, order, opposite, taken, limit)
        if order.leaves == 0:
            order.state = _FREE
            venue.open -= 1
            return
        if order.kind != _LIMIT:
            end(venue, order, _CANCELED, at, _REMAINDER)
            return
    own = book.bids if order.side == _BUY else book.asks
    order.queue_ahead = size_at(own, -limit)
    order.state = _RESTING


@part
def take(venue, order, opposite, taken, limit):
    """Walk the opposite side while its keys are not worse than `limit`."""
    cursor = first_level(opposite)
    while order.leaves > 0 and cursor != -1 and venue.outcome_count < OUTCOMES - _SPARE:
        key = level_key(opposite, cursor)
        if key < limit:
            break
        size = take_out(taken, key, level_size(opposite, cursor), order.leaves)
        if size > 0:
            order.leaves -= size
            price = -key if order.side == _BUY else key
            say(venue, _FILLED, order.symbol, order.due_at, order.order, price, size, _TAKER)
        cursor = next_level(opposite, cursor)


@part
def fill_resting(venue, order, at, size):
    """A maker fill at the order's own price."""
    order.leaves -= size
    say(venue, _FILLED, order.symbol, at, order.order, order.price, size, _MAKER)
    if order.leaves == 0:
        order.state = _FREE
        venue.open -= 1


@part
def match_print(venue, symbol, at, price, size, aggressor):
    """A print reaches resting orders on the side it hit; what one takes, no other gets. Prints
    of one message that outrun the room for outcomes fill nothing."""
    if venue.outcome_count >= OUTCOMES - _SPARE:
        return
    left = size
    for slot in range(venue.used):
        order = venue.orders[slot]
        if order.state < _RESTING or order.symbol != symbol or order.side == aggressor:
            continue
        better = (order.price - price) * order.side
        if better < 0:
            continue
        if better > 0:
            order.queue_ahead = 0
        passed = left - order.queue_ahead
        order.queue_ahead = max(order.queue_ahead - left, 0)
        if passed > 0:
            fill = min(passed, order.leaves)
            left -= fill
            fill_resting(venue, order, at, fill)
        if left <= 0:
            break


@part
def shrink_queue(venue, symbol, side, price, size):
    """A level now shows `size`: no queue at it can be longer."""
    for slot in range(venue.used):
        order = venue.orders[slot]
        if (
            order.state >= _RESTING
            and order.symbol == symbol
            and order.side == side
            and order.price == price
        ):
            order.queue_ahead = min(order.queue_ahead, size)


@part
def match_crossing(venue, symbol, at, book, taken):
    """The opposite side moved to or through a resting price without a print: what stands
    there would have met our order first, and fills it at its own price."""
    for slot in range(venue.used):
        order = venue.orders[slot]
        if order.state < _RESTING or order.symbol != symbol:
            continue
        if order.side == _BUY:
            opposite = book.asks
            limit = -order.price
        else:
            opposite = book.bids
            limit = order.price
        wanted = order.leaves
        cursor = first_level(opposite)
        while wanted > 0 and cursor != -1:
            key = level_key(opposite, cursor)
            if key < limit:
                break
            wanted -= take_out(taken, key, level_size(opposite, cursor), wanted)
            cursor = next_level(opposite, cursor)
        if wanted < order.leaves:
            fill_resting(venue, order, at, order.leaves - wanted)

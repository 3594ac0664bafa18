"""Paper orders against the real market: taking walks the visible book, resting waits its turn.

An order acts when it has travelled, on the book as it is then. Taking goes level by level, leaves
out what own orders have taken before, and stops where the visible book ends or an own order
stands in the way. Resting stands behind what is displayed at its price (`queue_models`). One
print, one sweep and one displayed lot is used once over all own orders, under each model.
"""

from typing import Final

import numpy as np

from trading_agent.domain.market_rows import RowKind
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.order_facts import EndReason
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.execution.queue_models import (
    UNKNOWN,
    count_print,
    get_past_queue,
    get_past_spared,
    has_come_first,
    is_forgotten,
    is_late,
    join_queue,
    keep_order_of_models,
    show_level,
    stand_behind_spared,
)
from trading_agent.execution.taken import has_room, is_shown, take_out
from trading_agent.execution.venue import (
    BUY,
    CANCELED,
    IN_FLIGHT,
    MAKER,
    MODELS,
    RESTING,
    WAITING,
    end,
    fill,
    finish,
    leaves_of,
    say,
    serve,
    tidy,
)
from trading_agent.execution.venue import END_REASONS as END_REASONS
from trading_agent.execution.venue import NEVER as NEVER
from trading_agent.execution.venue import OUTCOMES as OUTCOMES
from trading_agent.execution.walking import (
    MOST_SAID,
    NO_BARRIER,
    can_fill_whole,
    find_barrier,
    take,
)
from trading_agent.market.book import (
    first_level,
    level_key,
    level_size,
    next_level,
    size_at,
)
from trading_agent.market.compiling import part

_SELL: Final = int(Side.SELL)
_LIMIT: Final = int(OrderKind.LIMIT)
_LIMIT_MAKER: Final = int(OrderKind.LIMIT_MAKER)
_FOK: Final = int(OrderKind.FOK)
_FIRST_WAITING_KIND: Final = int(OrderKind.STOP)
_ACCEPTED: Final = int(OutcomeKind.ACCEPTED)
_REJECTED: Final = int(OutcomeKind.REJECTED)
_REMAINDER: Final = END_REASONS.index(EndReason.REMAINDER)
_NOT_READY: Final = END_REASONS.index(EndReason.BOOK_NOT_READY)
_STALE: Final = END_REASONS.index(EndReason.BOOK_STALE)
_WOULD_TAKE: Final = END_REASONS.index(EndReason.WOULD_TAKE)
_BY_REQUEST: Final = END_REASONS.index(EndReason.BY_REQUEST)
_NOT_WHOLE: Final = END_REASONS.index(EndReason.NOT_FILLABLE_WHOLE)
_OWN_ORDER: Final = END_REASONS.index(EndReason.OWN_ORDER)
_ALTERNATIVE_FILLED: Final = END_REASONS.index(EndReason.ALTERNATIVE_FILLED)
_FEE_ROSE: Final = END_REASONS.index(EndReason.FEE_ROSE)
_WELCOME: Final = -1
_BID_ROW: Final = int(RowKind.BID)
_BUY_ROW: Final = int(RowKind.BUY)


@part
def act(venue, slot, book, taken):
    """Let what is due of an order happen: its arrival, or that of its cancel."""
    order = venue.orders[slot]
    if order.state != IN_FLIGHT:
        # A cancel that overtook its order acts when both are there.
        call_off(venue, order, max(order.cancel_at, order.due_at))
    elif order.accepted == 1 and order.cancel_at <= order.due_at:
        call_off(venue, order, order.cancel_at)
    else:
        arrive(venue, slot, book, taken)
    tidy(venue)


@part
def call_off(venue, order, at):
    """A cancel has arrived, or nothing is left that could be paid."""
    unpaid = order.unpaid > 0 and leaves_of(order, venue.model) == 0
    end(venue, order, CANCELED, at, np.int64(_FEE_ROSE if unpaid else _BY_REQUEST))


@part
def arrive(venue, slot, book, taken):
    """An order reaches the venue, for the first time or because it has triggered."""
    order = venue.orders[slot]
    at = order.due_at
    opposite = book.asks if order.side == BUY else book.bids
    limit = -order.price if order.side == BUY else order.price
    find_barrier(venue, order)
    reason = reason_to_turn_away(venue, order, book, opposite, limit)
    if reason != _WELCOME:
        end(venue, order, CANCELED if order.accepted == 1 else _REJECTED, at, reason)
        return
    leaves = leaves_of(order, venue.model)
    say(venue, _ACCEPTED, order.symbol, at, order.order, order.price, leaves, 1 + order.accepted)
    order.accepted = 1
    if order.kind >= _FIRST_WAITING_KIND:
        order.state = WAITING
        order.book_at = book.venue_at
        venue.waiting += 1
        return
    if order.kind != _LIMIT_MAKER:
        taken.now = max(taken.now, at)
        taken.half_life = venue.half_life
        taken.model = venue.model
        if order.kind == _FOK and not can_fill_whole(venue, order, opposite, taken, limit):
            end(venue, order, CANCELED, at, _NOT_WHOLE)
            return
        take(venue, order, opposite, taken, limit)
        if leaves_of(order, venue.model) == 0:
            finish(venue, order, at)
            return
        if venue.barrier != NO_BARRIER:
            end(venue, order, CANCELED, at, _OWN_ORDER)
            return
        if order.kind != _LIMIT:
            end(venue, order, CANCELED, at, _REMAINDER)
            return
    rest(venue, slot, book, taken)


@part
def reason_to_turn_away(venue, order, book, opposite, limit):
    """Index into `END_REASONS`, -1 when the order may come in."""
    if leaves_of(order, venue.model) == 0:
        return np.int64(_FEE_ROSE if order.unpaid > 0 else _ALTERNATIVE_FILLED)
    if book.ready == 0 or book.crossed == 1:
        return np.int64(_NOT_READY)
    if venue.book_age > 0 and order.due_at - book.at > venue.book_age:
        return np.int64(_STALE)
    if order.kind == _LIMIT_MAKER:
        touch = first_level(opposite)
        if touch != -1 and level_key(opposite, touch) >= limit:
            return np.int64(_WOULD_TAKE)
        if venue.barrier != NO_BARRIER:
            return np.int64(_OWN_ORDER)
    return np.int64(_WELCOME)


@part
def rest(venue, slot, book, taken):
    """What is left stands in the queue of its price. How long that is nobody knows where no
    level is displayed and the last snapshot did not reach."""
    order = venue.orders[slot]
    if order.budget > 0 and order.side == BUY:
        leaves = leaves_of(order, venue.model)
        order.forgone += max(leaves - order.budget // order.price, np.int64(0))
        if leaves_of(order, venue.model) == 0:
            finish(venue, order, order.due_at)
            return
    own = book.bids if order.side == BUY else book.asks
    key = order.price * order.side
    shown = size_at(own, key)
    if shown == 0 and not is_shown(taken, key):
        shown = np.int64(UNKNOWN)
    join_queue(order, shown, book.venue_at)
    order.state = RESTING
    order.rested = 1
    if order.rest_for > 0:
        order.cancel_at = min(order.cancel_at, order.due_at + order.rest_for)
    serve(venue, slot)


@part
def fill_resting(venue, order, at, size):
    """A maker fill at the order's own price; the caller has counted it."""
    fill(venue, order, at, order.price, size, MAKER)
    if leaves_of(order, venue.model) == 0:
        finish(venue, order, at)


@part
def match_print(venue, row):
    """A print reaches resting orders on the side it hit, best price and oldest first; what one
    takes, no other gets. Prints of one message that outrun the room for outcomes fill nothing."""
    if venue.outcome_count >= MOST_SAID:
        return
    side = _SELL if row.kind == _BUY_ROW else BUY
    for model in range(MODELS):
        venue.left[model] = row.size
        venue.blocked[model] = 0
    for place in range(venue.resting):
        order = venue.orders[venue.served[place]]
        # What happened before the book it was accepted on is not evidence for it.
        if (
            order.state != RESTING
            or order.symbol != row.symbol
            or order.side != side
            or row.venue_at <= order.book_at
        ):
            continue
        better = (order.price - row.price) * order.side
        if better >= 0:
            reach(venue, order, row, better)
        else:
            for model in range(MODELS):
                stand_behind_spared(order, model, row.size - venue.left[model])
            keep_order_of_models(order)
    tidy(venue)


@part
def reach(venue, order, row, better):
    """A print at or through the order's price. Through it, nobody was ahead any more; but prints
    of one sweep need not come in order, so that counts from the next sweep on. Nobody behind an
    own order gets any while that one wants more."""
    late = is_late(order, row.venue_at)
    first = better > 0 or has_come_first(order, row.venue_at)
    if not first and is_forgotten(order, row.venue_at):
        return
    if better > 0:
        order.swept_at = max(order.swept_at, row.venue_at)
    else:
        count_print(order, row.size, late)
    real = np.int64(0)
    for model in range(MODELS):
        left = venue.left[model]
        if first:
            passed = get_past_spared(order, model, left)
        else:
            passed = get_past_queue(order, model, left, row.size, late)
        leaves = leaves_of(order, model)
        lots = min(passed, leaves) if venue.blocked[model] == 0 else np.int64(0)
        order.filled[model] += lots
        venue.left[model] -= lots
        if lots < leaves:
            venue.blocked[model] = 1
        if model == venue.model:
            real = lots
    keep_order_of_models(order)
    if real > 0:
        fill_resting(venue, order, row.at, real)


@part
def show_levels(venue, row):
    """A level displays another size."""
    side = BUY if row.kind == _BID_ROW else _SELL
    for place in range(venue.resting):
        order = venue.orders[venue.served[place]]
        if order.price == row.price and order.side == side and order.symbol == row.symbol:
            show_level(order, row.size, row.venue_at, venue.power)


@part
def show_book(venue, symbol, book, taken):
    """A snapshot has replaced the book: where it shows no level, an order's own is empty, unless
    it does not reach so far."""
    for place in range(venue.resting):
        order = venue.orders[venue.served[place]]
        key = order.price * order.side
        if order.symbol == symbol and is_shown(taken, key):
            shown = size_at(book.bids if order.side == BUY else book.asks, key)
            if shown != order.shown:
                show_level(order, shown, book.venue_at, venue.power)


@part
def match_crossing(venue, symbol, at, book, taken):
    """The opposite side moved to or through a resting price without a print: what stands
    there would have met our order first, and fills it at its own price."""
    if venue.outcome_count >= MOST_SAID:
        return
    for place in range(venue.resting):
        order = venue.orders[venue.served[place]]
        if order.state != RESTING or order.symbol != symbol:
            continue
        order.fresh = 0
        opposite = book.asks if order.side == BUY else book.bids
        limit = -order.price if order.side == BUY else order.price
        touch = first_level(opposite)
        if touch == -1 or level_key(opposite, touch) < limit:
            continue
        taken.now = max(taken.now, at)
        taken.half_life = venue.half_life
        taken.model = venue.model
        real = np.int64(0)
        for model in range(MODELS):
            spared = take_reaching(taken, model, opposite, limit, order.spared[model])
            get_past_spared(order, model, spared)
            lots = take_reaching(taken, model, opposite, limit, leaves_of(order, model))
            order.filled[model] += lots
            if model == venue.model:
                real = lots
        if real > 0:
            fill_resting(venue, order, at, real)
    tidy(venue)


@part
def take_reaching(taken, model, opposite, limit, wanted):
    """Lots of the levels not worse than `limit`, taken for one account."""
    left = wanted
    cursor = first_level(opposite)
    while left > 0 and cursor != -1:
        key = level_key(opposite, cursor)
        if key < limit or not has_room(taken, key):
            break
        left -= take_out(taken, model, key, level_size(opposite, cursor), left)
        cursor = next_level(opposite, cursor)
    return wanted - left

"""Orders that wait at the venue for a price, and travel once more when it comes.

Prices are doubled here, so that a mid is whole. What happened before an order was accepted does
not move it, and nothing does while its book is not to be trusted.
"""

from typing import Final

from trading_agent.domain.order import OrderKind, TriggerOn
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.execution.venue import BUY, IN_FLIGHT, WAITING, say
from trading_agent.market.book import best_ask, best_bid
from trading_agent.market.compiling import part

_MARKET: Final = int(OrderKind.MARKET)
_LIMIT: Final = int(OrderKind.LIMIT)
_STOP_LIMIT: Final = int(OrderKind.STOP_LIMIT)
_TAKE_PROFIT: Final = int(OrderKind.TAKE_PROFIT)
_TAKE_PROFIT_LIMIT: Final = int(OrderKind.TAKE_PROFIT_LIMIT)
_TRIGGERED: Final = int(OutcomeKind.TRIGGERED)
_LAST: Final = int(TriggerOn.LAST)
_TOUCH: Final = int(TriggerOn.TOUCH)


@part
def watch_print(venue, row):
    """Orders that wait for the last trade."""
    for slot in range(venue.used):
        order = venue.orders[slot]
        if (
            order.state == WAITING
            and order.symbol == row.symbol
            and order.trigger_on == _LAST
            and row.venue_at > order.book_at
        ):
            watch(venue, order, row.at, 2 * row.price)


@part
def watch_touch(venue, symbol, at, book):
    """Orders that wait for the touch or the mid; both sides of the book must be there."""
    for slot in range(venue.used):
        order = venue.orders[slot]
        if order.state != WAITING or order.symbol != symbol or order.trigger_on == _LAST:
            continue
        if order.trigger_on == _TOUCH:
            doubled = 2 * (best_ask(book) if order.side == BUY else best_bid(book))
        else:
            doubled = best_bid(book) + best_ask(book)
        watch(venue, order, at, doubled)


@part
def watch(venue, order, at, doubled):
    """The price an order watches is there: its trigger follows first, and is tried then."""
    if order.trail > 0:
        follow(order, doubled)
    if order.trigger <= 0:
        return
    beyond = (doubled - 2 * order.trigger) * order.side
    if order.kind == _TAKE_PROFIT or order.kind == _TAKE_PROFIT_LIMIT:
        beyond = -beyond
    if beyond >= 0:
        send_on(venue, order, at, doubled)


@part
def follow(order, doubled):
    """A trigger keeps its distance to the best price seen, rounded away from it; it never
    turns back."""
    if order.side == BUY:
        trigger = (doubled + 1) // 2 + order.trail
        if order.trigger <= 0 or trigger < order.trigger:
            order.trigger = trigger
    else:
        order.trigger = max(order.trigger, doubled // 2 - order.trail)


@part
def send_on(venue, order, at, doubled):
    say(venue, _TRIGGERED, order.symbol, at, order.order, doubled // 2, 0, 0)
    limited = order.kind == _STOP_LIMIT or order.kind == _TAKE_PROFIT_LIMIT
    order.kind = _LIMIT if limited else _MARKET
    order.state = IN_FLIGHT
    order.due_at = at + order.trigger_travel
    venue.waiting -= 1
    venue.next_due = min(venue.next_due, order.due_at)
    venue.next_event = min(venue.next_event, order.due_at)

"""What an order cost against the mid at its decision (Perold's implementation shortfall).

Prices are ticks, sizes lots, and a mid is kept as bid + ask: every part is a whole number of
half ticks x lots, so that the parts add up to the total without a rounding.
"""

from typing import Final, NamedTuple

from trading_agent.domain.order import BUY
from trading_agent.domain.order_facts import ShortfallMeasured
from trading_agent.domain.units import Nanos, Ticks
from trading_agent.execution.orders import WorkingOrder


class Top(NamedTuple):
    """The best of a book in ticks; 0 where there was none."""

    bid: Ticks
    ask: Ticks


NOWHERE: Final = Top(Ticks(0), Ticks(0))


def shortfall_of(working: WorkingOrder, at: Nanos, end: Top) -> ShortfallMeasured | None:
    """Of an order that has just ended; None when nobody knows the mid at its decision.

    `drift`: how far the mid moved until the order was accepted; one that waited for a trigger is
    accepted a second time, and its wait is in it. `spread`: from the mid at arrival
    to the best price there, for what rested to its own price: negative is earned. `impact`: from
    that best price to what the walk of the book paid. `opportunity`: what the rest would cost
    more at the `end` than at the decision. Where a mid is not known the one before stands.
    """
    sent, filled, taken = working.sent, working.filled, working.taken
    bid, ask, side = sent.bid, sent.ask, sent.side
    if not (bid and ask):
        return None
    decision = arrival = bid + ask
    if working.arrival_bid and working.arrival_ask:
        bid, ask = working.arrival_bid, working.arrival_ask
        arrival = bid + ask
    sign, touch = (1, ask) if side is BUY else (-1, bid)
    taken_value, made_value, leaves = working.taken_value, working.made_value, working.leaves
    at_touch = touch * taken
    opportunity = 0
    if leaves:
        last = end.bid + end.ask if end.bid and end.ask else arrival
        opportunity = sign * (last - decision) * leaves
    return ShortfallMeasured(
        at=at,
        order=sent.order,
        symbol=sent.symbol,
        side=side,
        size=sent.size,
        filled=filled,
        notional=2 * (taken_value + made_value),
        spread=sign * (2 * (at_touch + made_value) - arrival * filled),
        impact=sign * 2 * (taken_value - at_touch),
        drift=sign * (arrival - decision) * filled,
        opportunity=opportunity,
        fees=working.fees,
        expected_impact=2 * sent.expected,
    )

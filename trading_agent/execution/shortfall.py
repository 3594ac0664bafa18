"""What an order cost against the mid at its decision (Perold's implementation shortfall).

Prices are ticks, sizes lots, and a mid is kept as bid + ask: every part is a whole number of
half ticks x lots, so that the parts add up to the total without a rounding.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from trading_agent.domain.facts import ShortfallMeasured
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Nanos, Ticks
from trading_agent.execution.orders import WorkingOrder
from trading_agent.portfolio.ledger import MONEY, ZERO

_WHOLE: Final = Decimal(1)


class Top(NamedTuple):
    """The best of a book in ticks; 0 where there was none."""

    bid: Ticks
    ask: Ticks


def shortfall_of(
    working: WorkingOrder, instrument: Instrument, at: Nanos, end: Top
) -> ShortfallMeasured | None:
    """Of an order that has just ended; None when nobody knows the mid at its decision.

    `drift`: how far the mid moved while the order travelled. `spread`: from the mid at arrival
    to the best price there, for what rested to its own price: negative is earned. `impact`: from
    that best price to what the walk of the book paid. `opportunity`: what the rest would cost
    more at the `end` than at the decision. Where a mid is not known the one before stands.
    """
    sent, filled, taken = working.sent, working.filled, working.taken
    if not (sent.bid > 0 and sent.ask > 0):
        return None
    decision = arrival = sent.bid + sent.ask
    touch = sent.ask if sent.side > 0 else sent.bid
    if working.arrival_bid > 0 and working.arrival_ask > 0:
        arrival = working.arrival_bid + working.arrival_ask
        touch = working.arrival_ask if sent.side > 0 else working.arrival_bid
    last = end.bid + end.ask if end.bid > 0 and end.ask > 0 else arrival
    sign = -1 if sent.side < 0 else 1
    made_value = working.made_value
    drift = sign * (arrival - decision) * filled
    spread = sign * ((2 * touch - arrival) * taken + 2 * made_value - arrival * (filled - taken))
    impact = sign * 2 * (working.taken_value - touch * taken)
    opportunity = sign * (last - decision) * working.leaves
    parts = drift + spread + impact + opportunity
    fees = working.fees
    return ShortfallMeasured(
        at=at,
        order=sent.order,
        symbol=sent.symbol,
        side=sent.side,
        filled=_WHOLE if filled == sent.size else Decimal(filled) / Decimal(sent.size),
        notional=_money(2 * (working.taken_value + made_value), instrument),
        spread=_money(spread, instrument),
        impact=_money(impact, instrument),
        drift=_money(drift, instrument),
        opportunity=_money(opportunity, instrument),
        fees=fees,
        total=MONEY.add(_money(parts, instrument), fees),
    )


def _money(half_tick_lots: int, instrument: Instrument) -> Decimal:
    """Quote amount, exact: half a unit is five tenths."""
    if half_tick_lots == 0:
        return ZERO
    decimals = instrument.price_decimals + instrument.size_decimals + 1
    return Decimal(half_tick_lots * 5).scaleb(-decimals)

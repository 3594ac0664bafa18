"""What an order cost against the mid at its decision (Perold's implementation shortfall).

Prices are ticks, sizes lots, and a mid is kept as bid + ask: every part is a whole number of
half ticks x lots, so that the parts add up to the total without a rounding.
"""

from decimal import Decimal
from typing import NamedTuple

from trading_agent.domain.facts import ShortfallMeasured
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Nanos, Ticks
from trading_agent.execution.orders import WorkingOrder
from trading_agent.portfolio.ledger import MONEY, ZERO


class Top(NamedTuple):
    """The best of a book in ticks; 0 where there was none."""

    bid: Ticks
    ask: Ticks

    @property
    def known(self) -> bool:
        return self.bid > 0 and self.ask > 0

    @property
    def doubled_mid(self) -> int:
        return self.bid + self.ask


def shortfall_of(
    working: WorkingOrder, instrument: Instrument, at: Nanos, end: Top
) -> ShortfallMeasured | None:
    """Of an order that has just ended; None when nobody knows the mid at its decision.

    `drift`: how far the mid moved while the order travelled. `spread`: from the mid at arrival
    to the best price there, for what rested to its own price: negative is earned. `impact`: from
    that best price to what the walk of the book paid. `opportunity`: what the rest would cost
    more at the `end` than at the decision. Where a mid is not known the one before stands.
    """
    sent = working.sent
    decision = Top(sent.bid, sent.ask)
    if not decision.known:
        return None
    arrival = Top(working.arrival_bid, working.arrival_ask)
    if not arrival.known:
        arrival = decision
    last = end if end.known else arrival
    sign = int(sent.side)
    touch = arrival.ask if sign > 0 else arrival.bid
    made = working.filled - working.taken
    drift = sign * (arrival.doubled_mid - decision.doubled_mid) * working.filled
    spread = sign * (
        (2 * touch - arrival.doubled_mid) * working.taken
        + 2 * working.made_value
        - arrival.doubled_mid * made
    )
    impact = sign * 2 * (working.taken_value - touch * working.taken)
    opportunity = sign * (last.doubled_mid - decision.doubled_mid) * working.leaves
    parts = drift + spread + impact + opportunity
    fees = working.fees
    return ShortfallMeasured(
        at=at,
        order=sent.order,
        symbol=sent.symbol,
        side=sent.side,
        filled=ZERO if working.filled == 0 else Decimal(working.filled) / Decimal(sent.size),
        notional=_money(2 * (working.taken_value + working.made_value), instrument),
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

"""The exchange's own rules of one order, before anything is sent: stable codes, nothing resized.

Ticks and lots are whole by construction, so no price and no size is off the exchange's steps.
"""

from typing import Final

from trading_agent.domain.decision import RefusalReason
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.units import Lots, Ticks

_BECOMES: Final = {
    OrderKind.STOP: OrderKind.MARKET,
    OrderKind.TAKE_PROFIT: OrderKind.MARKET,
    OrderKind.TRAILING_STOP: OrderKind.MARKET,
    OrderKind.STOP_LIMIT: OrderKind.LIMIT,
    OrderKind.TAKE_PROFIT_LIMIT: OrderKind.LIMIT,
}
"""What an order becomes when its trigger comes: the exchange states its rules for that."""
_BANDED: Final = (OrderKind.LIMIT, OrderKind.IOC, OrderKind.FOK)


def allowed_kind(instrument: Instrument, kind: OrderKind) -> OrderKind | None:
    """The kind to send: itself, or IOC where the exchange takes no market orders, which with the
    protection price every order has comes to the same; None when there is no way."""
    sent = _BECOMES.get(kind, kind)
    if instrument.kinds is None or sent in instrument.kinds:
        return kind
    if kind is OrderKind.MARKET and OrderKind.IOC in instrument.kinds:
        return OrderKind.IOC
    return None


def placing_refusal(
    instrument: Instrument, side: Side, kind: OrderKind, price: Ticks, last: Ticks
) -> RefusalReason | None:
    """Why the exchange would not take an order of any size, None when it would. `last`: the last
    trade; 0 where there was none, and then no band can be held against it. An order that waits
    for a trigger is held against the band as it is sent, not again when its trigger comes."""
    if not instrument.lets(side):
        return RefusalReason.SYMBOL_NOT_TRADABLE
    sent = _BECOMES.get(kind, kind)
    if instrument.kinds is not None and sent not in instrument.kinds:
        return RefusalReason.KIND_NOT_ALLOWED
    if sent in _BANDED and outside_band(instrument, side, price, last):
        return RefusalReason.OUTSIDE_PRICE_BAND
    return None


def size_refusal(instrument: Instrument, price: Ticks, size: Lots) -> RefusalReason | None:
    """Why it would not take one of this size."""
    value = instrument.notional(price, size)
    if size < instrument.min_size or value < instrument.min_notional:
        return RefusalReason.BELOW_MINIMUM
    return RefusalReason.ABOVE_MAXIMUM if value > instrument.max_notional else None


def outside_band(instrument: Instrument, side: Side, price: Ticks, last: Ticks) -> bool:
    """MEXC's code 30087: a purchase above, a sale below the last trade by more than the band.
    Far away on the passive side is fine."""
    if instrument.price_band is None or last <= 0:
        return False
    return (price - last) * side > last * instrument.price_band

"""The exchange's own rules of one order, before anything is sent: stable codes, nothing resized up.

Ticks and lots are whole by construction; what comes from outside in money is rounded here, prices
away from the market and sizes down.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from trading_agent.domain.decision import RefusalReason
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order import BUY, OrderKind, Side
from trading_agent.domain.units import Lots, Ticks

_BECOMES: Final = {
    OrderKind.STOP: OrderKind.MARKET,
    OrderKind.TAKE_PROFIT: OrderKind.MARKET,
    OrderKind.TRAILING_STOP: OrderKind.MARKET,
    OrderKind.STOP_LIMIT: OrderKind.LIMIT,
    OrderKind.TAKE_PROFIT_LIMIT: OrderKind.LIMIT,
}
"""What the exchange sees of an order that waits with us."""
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


def refusal_of(
    instrument: Instrument, side: Side, kind: OrderKind, price: Ticks, size: Lots, last: Ticks
) -> RefusalReason | None:
    """Why the exchange would not take the order, None when it would. `last`: the last trade, or
    the mid where there was none; 0 for neither, and then no band can be held against it."""
    if not instrument.tradable:
        return RefusalReason.SYMBOL_NOT_TRADABLE
    refusal = placing_refusal(instrument, side, kind, price, last)
    return refusal or _size_refusal(instrument, price, size)


def placing_refusal(
    instrument: Instrument, side: Side, kind: OrderKind, price: Ticks, last: Ticks
) -> RefusalReason | None:
    """The part of it that does not depend on the size."""
    sent = _BECOMES.get(kind, kind)
    if instrument.kinds is not None and sent not in instrument.kinds:
        return RefusalReason.KIND_NOT_ALLOWED
    if sent in _BANDED and outside_band(instrument, side, price, last):
        return RefusalReason.OUTSIDE_PRICE_BAND
    return None


def _size_refusal(instrument: Instrument, price: Ticks, size: Lots) -> RefusalReason | None:
    if price <= 0 or size <= 0:
        return RefusalReason.BAD_NUMBER
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


def passive_ticks(instrument: Instrument, side: Side, price: Decimal) -> Ticks:
    """A price in whole ticks: down for a purchase, up for a sale."""
    rounding = ROUND_FLOOR if side is BUY else ROUND_CEILING
    ticks = price.scaleb(instrument.price_decimals).to_integral_value(rounding)
    return Ticks(int(ticks))


def whole_lots(instrument: Instrument, size: Decimal) -> Lots:
    """A size in whole lots, never more than was asked for."""
    return Lots(int(size.scaleb(instrument.size_decimals).to_integral_value(ROUND_FLOOR)))

"""What a fill costs: the exchange's rate for the symbol and side of the book."""

from decimal import ROUND_CEILING, Decimal
from typing import Final

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order_facts import Liquidity

ROUNDING: Final = Decimal("1e-8")
"""The most a fee is rounded up by."""


def fee_rate(instrument: Instrument, liquidity: Liquidity, unknown: Decimal) -> Decimal:
    """The stated rate; `unknown` where the exchange states none."""
    rate = instrument.maker_fee if liquidity is Liquidity.MAKER else instrument.taker_fee
    return unknown if rate is None else rate


def worst_rate(instrument: Instrument, unknown: Decimal) -> Decimal:
    """The most a fill of this instrument can cost."""
    maker = fee_rate(instrument, Liquidity.MAKER, unknown)
    return max(maker, fee_rate(instrument, Liquidity.TAKER, unknown))


def fee_of(value: Decimal, rate: Decimal) -> Decimal:
    """In the quote asset, rounded against us to eight decimals; zero stays exactly zero."""
    if rate == 0:
        return Decimal(0)
    return (value * rate).quantize(ROUNDING, rounding=ROUND_CEILING)

"""What a fill costs: the exchange's rate for the symbol and side of the book."""

from decimal import ROUND_CEILING, Decimal
from typing import Final

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.order_facts import Liquidity
from trading_agent.execution.venue import OUTCOMES

_SMALLEST: Final = Decimal("1e-8")
# Every fill's fee is rounded up on its own: a reserve has room for as many roundings as one
# instant can have fills.
_ROUNDINGS: Final = OUTCOMES * _SMALLEST


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
    return (value * rate).quantize(_SMALLEST, rounding=ROUND_CEILING)


def held_back(value: Decimal, rate: Decimal) -> Decimal:
    """What a purchase of this value can cost at most, in however many fills."""
    return value if rate == 0 else value + fee_of(value, rate) + _ROUNDINGS


def payable(reserve: Decimal, rate: Decimal) -> Decimal:
    """The value that so much held back pays for."""
    return reserve if rate == 0 else (reserve - _ROUNDINGS) / (1 + rate)

"""What a fill costs: the exchange's rate for the symbol and side of the book."""

from decimal import ROUND_CEILING, Context, Decimal
from typing import Final

from trading_agent.domain.instrument import Instrument
from trading_agent.domain.money import ROUNDED
from trading_agent.domain.order_facts import TAKER, Liquidity
from trading_agent.execution.venue import OUTCOMES

_UP: Final = Context(prec=60, rounding=ROUND_CEILING)
_NO_FEE: Final = Decimal(0)
_SMALLEST: Final = Decimal("1e-8")
# Every fill's fee is rounded up on its own: a reserve has room for as many roundings as one
# instant can have fills.
_ROUNDINGS: Final = OUTCOMES * _SMALLEST


def fee_rate(instrument: Instrument, liquidity: Liquidity, unknown: Decimal) -> Decimal:
    """The stated rate; `unknown` where the exchange states none."""
    rate = instrument.taker_fee if liquidity is TAKER else instrument.maker_fee
    return unknown if rate is None else rate


def worst_rate(instrument: Instrument, unknown: Decimal) -> Decimal:
    """The most a fill of this instrument can cost."""
    maker, taker = instrument.maker_fee, instrument.taker_fee
    if maker is None or taker is None:
        return max(unknown, maker or unknown, taker or unknown)
    return max(taker, maker)


def fee_of(value: Decimal, rate: Decimal) -> Decimal:
    """In the quote asset, rounded against us to eight decimals; zero stays exactly zero."""
    if not rate:
        return _NO_FEE
    return _UP.quantize(value * rate, _SMALLEST)


def held_back(value: Decimal, rate: Decimal) -> Decimal:
    """What a purchase of this value can cost at most, in however many fills."""
    return value + fee_of(value, rate) + _ROUNDINGS if rate else value


def payable(reserve: Decimal, rate: Decimal) -> Decimal:
    """The value that so much held back pays for."""
    return reserve if rate == 0 else ROUNDED.divide(reserve - _ROUNDINGS, 1 + rate)

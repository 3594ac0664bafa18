from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import an_instrument
from trading_agent.domain.order_facts import Liquidity
from trading_agent.execution.fees import fee_of, fee_rate, worst_rate

UNKNOWN = Decimal("0.002")
RATES = st.decimals("0", "0.01", places=6)
VALUES = st.decimals("0.00000001", "1000000", places=12)


def test_zero_stays_exactly_zero() -> None:
    for value in (Decimal("0.000000000001"), Decimal(10**9)):
        fee = fee_of(value, Decimal(0))
        assert (fee, str(fee)) == (0, "0")


@pytest.mark.parametrize("liquidity", list(Liquidity))
def test_a_stated_fee_is_taken_as_stated_even_when_it_is_zero(liquidity: Liquidity) -> None:
    free = an_instrument(maker_fee=Decimal(0), taker_fee=Decimal(0))
    assert fee_rate(free, liquidity, UNKNOWN) == 0
    assert worst_rate(free, UNKNOWN) == 0


@pytest.mark.parametrize("liquidity", list(Liquidity))
def test_an_unknown_fee_is_the_configured_worst(liquidity: Liquidity) -> None:
    unknown = an_instrument(maker_fee=None, taker_fee=None)
    assert fee_rate(unknown, liquidity, UNKNOWN) == UNKNOWN


def test_maker_and_taker_pay_their_own() -> None:
    instrument = an_instrument(maker_fee=Decimal("0.0001"), taker_fee=None)
    assert fee_rate(instrument, Liquidity.MAKER, UNKNOWN) == Decimal("0.0001")
    assert fee_rate(instrument, Liquidity.TAKER, UNKNOWN) == UNKNOWN
    assert worst_rate(instrument, UNKNOWN) == UNKNOWN
    assert worst_rate(instrument, Decimal(0)) == Decimal("0.0001")


def test_fees_round_against_us() -> None:
    assert fee_of(Decimal("0.00000001"), Decimal("0.0005")) == Decimal("1E-8")
    assert fee_of(Decimal(100), Decimal("0.0005")) == Decimal("0.05")
    assert fee_of(Decimal("100.000000001"), Decimal("0.0005")) == Decimal("0.05000001")


@given(value=VALUES, rate=RATES)
def test_a_fee_is_never_less_than_the_rate_and_less_than_one_unit_more(
    value: Decimal, rate: Decimal
) -> None:
    assert 0 <= fee_of(value, rate) - value * rate < Decimal("1e-8")

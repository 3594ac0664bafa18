from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import an_instrument
from trading_agent.domain.units import Lots, Ticks

BTC = an_instrument(price_decimals=2, size_decimals=6)


def test_tick_and_lot_are_powers_of_ten() -> None:
    assert (BTC.tick, BTC.lot) == (Decimal("0.01"), Decimal("0.000001"))
    whole = an_instrument(price_decimals=0, size_decimals=0)
    assert (whole.tick, whole.lot) == (1, 1)


@given(ticks=st.integers(1, 10**15), lots=st.integers(1, 10**15))
def test_prices_and_sizes_convert_without_loss(ticks: int, lots: int) -> None:
    assert BTC.ticks(BTC.price(Ticks(ticks))) == ticks
    assert BTC.lots(BTC.size(Lots(lots))) == lots


@given(ticks=st.integers(1, 10**12), lots=st.integers(1, 10**12))
def test_the_value_of_a_quantity_is_exact(ticks: int, lots: int) -> None:
    assert BTC.notional(Ticks(ticks), Lots(lots)) == Decimal(ticks * lots) / 10**8


@pytest.mark.parametrize("price", ["100.005", "0.001", "1e-9"])
def test_a_price_between_two_ticks_is_refused(price: str) -> None:
    with pytest.raises(ValueError, match="price"):
        BTC.ticks(Decimal(price))


def test_a_size_between_two_lots_is_refused() -> None:
    with pytest.raises(ValueError, match="more decimals than the exchange allows"):
        BTC.lots(Decimal("0.0000005"))


@given(
    notional=st.decimals("0", "100000", places=6),
    price=st.integers(1, 10**9),
)
def test_the_largest_quantity_for_an_amount_is_not_exceeded(notional: Decimal, price: int) -> None:
    lots = BTC.lots_for(notional, Ticks(price))
    assert BTC.notional(Ticks(price), lots) <= notional
    assert BTC.notional(Ticks(price), Lots(lots + 1)) > notional


@pytest.mark.parametrize("price", [0, -1])
def test_nothing_is_bought_at_a_price_that_is_none(price: int) -> None:
    assert BTC.lots_for(Decimal(100), Ticks(price)) == 0


def test_only_two_stated_zeros_are_a_zero_fee() -> None:
    zero = Decimal(0)
    assert an_instrument(maker_fee=zero, taker_fee=zero).zero_fee
    assert not an_instrument(maker_fee=zero, taker_fee=None).zero_fee
    assert not an_instrument(maker_fee=None, taker_fee=None).zero_fee
    assert not an_instrument(maker_fee=zero, taker_fee=Decimal("1e-9")).zero_fee

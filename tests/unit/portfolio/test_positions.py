from decimal import Decimal
from itertools import count

import pytest

from tests.builders import START, an_instrument
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.order import OrderId, Side
from trading_agent.domain.order_facts import Liquidity, OrderFilled
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.portfolio.positions import Positions, profit_of

NUMBERS = count(1)


def fill(
    positions: Positions, side: Side, price: int, size: int, fee: str = "0", at: int = START
) -> None:
    fact = OrderFilled(
        at=Nanos(at),
        fill=next(NUMBERS),
        order=OrderId(1),
        symbol="BTCUSDC",
        side=side,
        price=Ticks(price),
        size=Lots(size),
        liquidity=Liquidity.TAKER,
        fee=Decimal(fee),
        fee_asset="USDC",
    )
    value = an_instrument().notional(fact.price, fact.size)
    positions.fill(fact, value + fact.fee * side)


def bought(*fills: tuple[int, int], fee: str = "0") -> Positions:
    positions = Positions()
    for number, (price, size) in enumerate(fills):
        fill(positions, Side.BUY, price, size, fee, at=START + number)
    return positions


def test_a_purchase_opens_a_position_at_its_cost() -> None:
    position = bought((10_000, 10), fee="0.005").get("BTCUSDC")
    assert position is not None
    assert (position.size, position.spent, position.opened_at) == (10, Decimal("10.005"), START)


def test_a_further_purchase_adds_and_keeps_the_opening() -> None:
    position = bought((10_000, 10), (11_000, 5)).get("BTCUSDC")
    assert position is not None
    assert (position.size, position.spent, position.opened_at) == (15, Decimal("15.5"), START)
    assert (position.entered_at, position.entry_size) == (START, 15)


def test_a_sale_earns_less_its_fee() -> None:
    positions = bought((10_000, 10))
    fill(positions, Side.SELL, 10_100, 4, fee="0.01")
    position = positions.get("BTCUSDC")
    assert position is not None
    assert (position.size, position.earned) == (6, Decimal("4.03"))


def test_a_purchase_after_a_sale_is_measured_by_itself() -> None:
    """A rest too small to sell does not colour the next entry."""
    positions = bought((10_000, 10))
    fill(positions, Side.SELL, 10_100, 9)
    fill(positions, Side.BUY, 20_000, 3, at=START + 50)
    fill(positions, Side.BUY, 20_100, 3, at=START + 60)
    position = positions.get("BTCUSDC")
    assert position is not None
    assert (position.size, position.entry_size) == (7, 6)
    assert position.entry_value == 120_300
    assert (position.opened_at, position.entered_at) == (START, START + 50)


def test_a_flat_position_realises_its_profit_over_its_whole_life() -> None:
    positions = bought((10_000, 10), fee="0.1")
    fill(positions, Side.SELL, 10_100, 4, fee="0.1")
    fill(positions, Side.SELL, 10_200, 6, fee="0.1")
    position = positions.get("BTCUSDC")
    assert position is not None
    profit = profit_of(position)
    assert profit == Decimal("4.04") + Decimal("6.12") - Decimal(10) - Decimal("0.3")
    positions.close("BTCUSDC", profit)
    assert positions.realised_profit == profit
    assert len(positions) == positions.size("BTCUSDC") == 0


@pytest.mark.parametrize("size", [11, 1_000])
def test_more_than_is_held_cannot_be_sold(size: int) -> None:
    with pytest.raises(InvariantError, match="without owning"):
        fill(bought((10_000, 10)), Side.SELL, 10_000, size)
    with pytest.raises(InvariantError, match="without owning"):
        fill(Positions(), Side.SELL, 10_000, 1)


def test_a_position_with_lots_left_cannot_be_closed() -> None:
    positions = bought((10_000, 10))
    with pytest.raises(InvariantError):
        positions.close("BTCUSDC", Decimal(-10))


def test_a_profit_that_is_not_the_positions_own_is_refused() -> None:
    positions = bought((10_000, 10))
    fill(positions, Side.SELL, 10_000, 10)
    with pytest.raises(InvariantError):
        positions.close("BTCUSDC", Decimal("0.01"))

import pytest

from trading_agent.domain.decision import exit_price, sell_all, ticks_of
from trading_agent.domain.order import OrderKind, OrderPurpose, OrderState, Side
from trading_agent.domain.units import Lots, Ticks


@pytest.mark.parametrize(
    ("price", "bps", "ticks"),
    [(10_000, 5.0, 5), (10_000, 0.05, 0), (10_000, 0.0, 0), (99_999, 10.0, 99), (7, 10_000.0, 7)],
)
def test_basis_points_of_a_price_round_down_to_ticks(price: int, bps: float, ticks: int) -> None:
    assert ticks_of(Ticks(price), bps) == ticks


@pytest.mark.parametrize(
    ("bid", "reach", "price"),
    [(10_000, 5.0, 9_995), (10_000, 0.0, 10_000), (3, 10_000.0, 1), (0, 5.0, 1)],
)
def test_an_exit_reaches_below_the_bid_but_never_to_nothing(
    bid: int, reach: float, price: int
) -> None:
    assert exit_price(Ticks(bid), reach) == price


def test_leaving_sells_everything_at_once() -> None:
    proposal = sell_all("BTCUSDC", Lots(12), Ticks(10_000), 5.0, "stop")
    assert (proposal.side, proposal.kind) == (Side.SELL, OrderKind.MARKET)
    assert (proposal.purpose, proposal.size) == (OrderPurpose.EXIT, 12)
    assert (proposal.price, proposal.reason) == (9_995, "stop")


def test_sides_are_opposites_and_multiply_like_signs() -> None:
    assert Side.BUY.opposite is Side.SELL
    assert Side.SELL.opposite is Side.BUY
    assert (int(Side.BUY), int(Side.SELL)) == (1, -1)


def test_open_orders_travel_rest_or_wait() -> None:
    assert {state for state in OrderState if state.open} == {
        OrderState.IN_FLIGHT,
        OrderState.RESTING,
        OrderState.WAITING,
    }

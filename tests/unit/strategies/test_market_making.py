import pytest

from tests.unit.strategies.sight import NAN, WrittenSight, a_strategy, a_view, bought, left
from trading_agent.domain.order import OrderKind
from trading_agent.domain.units import SECOND, Ticks
from trading_agent.strategies.strategy import StrategyView

MAKER = a_strategy(
    "market_making", spread_bps=10.0, skew_bps=4.0, volatility_factor=3.0, stop_bps=25.0
)


def seen(
    volatility: float = 1.0, position: int = 0, bid: int = 99_900, ask: int = 100_100
) -> StrategyView:
    """The middle is 100,000 ticks, where a basis point is ten ticks and a lot ten USDC."""
    sight = WrittenSight(volatility=volatility)
    execution = {"order_notional": 1_000.0}
    changes = {"bid": Ticks(bid), "ask": Ticks(ask), "closed": "15s", "execution": execution}
    return a_view(sight, position, **changes)


def test_when_flat_it_waits_below_the_middle_to_buy() -> None:
    proposal = bought(MAKER, seen())
    assert (proposal.kind, proposal.price) == (OrderKind.LIMIT_MAKER, 99_900)
    assert proposal.size == 100
    assert (proposal.stop_bps, proposal.hold_for) == (25.0, 900 * SECOND)
    assert "10.00 bps from the middle" in proposal.reason


@pytest.mark.parametrize(
    ("volatility", "price"), [(0.0, 99_900), (3.33, 99_900), (4.0, 99_880), (10.0, 99_700)]
)
def test_it_stands_farther_off_where_the_market_moves_more(volatility: float, price: int) -> None:
    assert bought(MAKER, seen(volatility)).price == price


@pytest.mark.parametrize(
    ("position", "price"),
    [(100, 100_060), (50, 100_080), (1_000, 100_060)],
)
def test_what_is_held_brings_the_sale_closer_up_to_a_full_entry(position: int, price: int) -> None:
    proposal = left(MAKER, seen(position=position))
    assert (proposal.kind, proposal.price) == (OrderKind.LIMIT_MAKER, price)
    assert proposal.strategy == "market_making"


def test_it_never_quotes_into_the_other_side() -> None:
    inside = a_strategy("market_making", spread_bps=0.0, volatility_factor=0.0, skew_bps=50.0)
    assert bought(inside, seen(bid=99_999, ask=100_000)).price == 99_999
    assert left(inside, seen(bid=99_999, ask=100_000, position=100)).price == 100_000


def test_it_does_not_buy_at_nothing() -> None:
    far = a_strategy("market_making", spread_bps=1_000.0, volatility_factor=100.0)
    assert far.propose(seen(volatility=200.0)) is None


@pytest.mark.parametrize("position", [0, 100])
def test_what_is_not_known_is_silence(position: int) -> None:
    assert MAKER.propose(seen(volatility=NAN, position=position)) is None
    assert MAKER.propose(seen(position=position, ask=99_900)) is None


def test_the_size_is_the_strategys_share() -> None:
    view = seen()
    half = a_view(
        view.sight,
        bid=view.bid,
        ask=view.ask,
        closed="15s",
        execution={"order_notional": 1_000.0},
        allocation=0.5,
    )
    assert bought(MAKER, half).size == 50

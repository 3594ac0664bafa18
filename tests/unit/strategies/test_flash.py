from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from tests.builders import START, an_instrument
from trading_agent.domain.decision import Proposal
from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.order import OrderKind, OrderPurpose, Side
from trading_agent.domain.units import SECOND, Lots, Ticks
from trading_agent.signals.settings import ExecutionParameters, SignalParameters
from trading_agent.strategies.flash import FlashStrategy, entry_size
from trading_agent.strategies.roster import roster
from trading_agent.strategies.strategy import StrategyView


def a_view(
    direction: Side = Side.BUY, position: int = 0, spread_bps: float = 1.0, **execution: Any
) -> StrategyView:
    return StrategyView(
        at=START,
        instrument=an_instrument(),
        bid=Ticks(10_000),
        ask=Ticks(10_001),
        spread_bps=spread_bps,
        position=Lots(position),
        signal=SignalRaised(
            at=START,
            symbol="BTCUSDC",
            session="US",
            direction=direction,
            strength=0.5,
            reasons=(),
            sequence=1,
            bid=Ticks(10_000),
            ask=Ticks(10_001),
            imbalance=0.5,
            momentum_bps=1.0,
            volatility_bps=1.0,
        ),
        signal_parameters=SignalParameters(spread_full_size_bps=2.0, spread_limit_bps=12.0),
        execution=ExecutionParameters(**execution),
    )


def proposed(view: StrategyView) -> Proposal:
    proposal = FlashStrategy().propose(view)
    assert proposal is not None
    return proposal


def test_a_buy_signal_when_flat_proposes_an_entry() -> None:
    proposal = proposed(
        a_view(order_notional=250.0, slippage_limit_bps=5.0, hold_seconds=9, stop_bps=7.0)
    )
    assert (proposal.side, proposal.purpose) == (Side.BUY, OrderPurpose.ENTRY)
    assert (proposal.kind, proposal.price) == (OrderKind.IOC, 10_006)
    assert proposal.size == 249, "249 lots at 100.06 are 249.1494"
    assert (proposal.hold_for, proposal.stop_bps) == (9 * SECOND, 7.0)


def test_a_buy_signal_with_a_position_proposes_nothing() -> None:
    assert FlashStrategy().propose(a_view(position=5)) is None


def test_a_sell_signal_leaves_what_is_held() -> None:
    proposal = proposed(a_view(Side.SELL, position=5, slippage_limit_bps=10.0))
    assert (proposal.side, proposal.purpose) == (Side.SELL, OrderPurpose.EXIT)
    assert (proposal.kind, proposal.price, proposal.size) == (OrderKind.MARKET, 9_990, 5)


def test_a_sell_signal_when_flat_proposes_nothing() -> None:
    assert FlashStrategy().propose(a_view(Side.SELL)) is None


@pytest.mark.parametrize(
    ("kind", "price"),
    [("IOC", 10_006), ("LIMIT", 10_006), ("MARKET", 10_006), ("LIMIT_MAKER", 10_000)],
)
def test_only_an_order_that_may_not_take_waits_at_the_bid(kind: str, price: int) -> None:
    proposal = proposed(a_view(order_kind=kind))
    assert (proposal.kind, proposal.price) == (OrderKind[kind], price)


@pytest.mark.parametrize(
    ("spread_bps", "lots"), [(0.0, 100), (2.0, 100), (7.0, 50), (9.5, 25), (12.0, 0), (50.0, 0)]
)
def test_size_falls_in_a_straight_line_between_the_two_spreads(
    spread_bps: float, lots: int
) -> None:
    view = a_view(spread_bps=spread_bps, order_notional=100.0)
    assert entry_size(view, Ticks(10_000)) == lots


def test_an_order_is_never_worth_more_than_asked() -> None:
    for price in (9_999, 10_000, 10_001, 33_333):
        size = entry_size(a_view(order_notional=100.0, size_factor=0.7), Ticks(price))
        worth = an_instrument().notional(Ticks(price), size)
        assert worth <= 70 < worth + an_instrument().price(Ticks(price)) * Decimal("0.01")


def test_the_same_view_gives_the_same_answer() -> None:
    view = a_view()
    assert proposed(view) == proposed(replace(view))


def test_strategies_have_names_of_their_own() -> None:
    names = [strategy.name for strategy in roster()]
    assert names
    assert len(set(names)) == len(names)

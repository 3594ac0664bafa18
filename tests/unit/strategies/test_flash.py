from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.unit.strategies.sight import a_signal, a_strategy, a_view, an_instrument, bought, left
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.units import SECOND, Ticks
from trading_agent.strategies.entries import entry_size
from trading_agent.strategies.strategy import Requirements

FLASH = a_strategy("flash")
BUYS = a_signal(Side.BUY)
SELLS = a_signal(Side.SELL)


def test_it_is_asked_at_signals_alone() -> None:
    assert FLASH.requires == Requirements(signals=True)
    assert FLASH.propose(a_view(signal=None)) is None


def test_a_buy_signal_when_flat_proposes_an_entry_within_the_sessions_barriers() -> None:
    execution = {
        "order_notional": 250.0,
        "slippage_limit_bps": 5.0,
        "hold_seconds": 9,
        "stop_bps": 7.0,
        "take_profit_bps": 8.0,
    }
    proposal = bought(FLASH, a_view(signal=BUYS, closed="", execution=execution))
    assert (proposal.kind, proposal.price) == (OrderKind.IOC, 10_006)
    assert proposal.size == 249, "249 lots at 100.06 are 249.1494"
    assert (proposal.hold_for, proposal.stop_bps, proposal.take_profit_bps) == (
        9 * SECOND,
        7.0,
        8.0,
    )


def test_a_buy_signal_with_a_position_proposes_nothing() -> None:
    assert FLASH.propose(a_view(signal=BUYS, position=5)) is None


def test_a_sell_signal_leaves_what_is_held() -> None:
    view = a_view(signal=SELLS, position=5, execution={"slippage_limit_bps": 10.0})
    proposal = left(FLASH, view)
    assert (proposal.kind, proposal.price) == (OrderKind.MARKET, 9_990)


def test_a_sell_signal_when_flat_proposes_nothing() -> None:
    assert FLASH.propose(a_view(signal=SELLS)) is None


@pytest.mark.parametrize(
    ("kind", "price"),
    [("IOC", 10_006), ("LIMIT", 10_006), ("MARKET", 10_006), ("LIMIT_MAKER", 10_000)],
)
def test_only_an_order_that_may_not_take_waits_at_the_bid(kind: str, price: int) -> None:
    proposal = bought(FLASH, a_view(signal=BUYS, execution={"order_kind": kind}))
    assert (proposal.kind, proposal.price) == (OrderKind[kind], price)


@pytest.mark.parametrize(
    ("spread_bps", "lots"),
    [(0.0, 100), (2.0, 100), (7.0, 50), (9.5, 25), (12.0, 0), (50.0, 0), (float("nan"), 0)],
)
def test_size_falls_in_a_straight_line_between_the_two_spreads(
    spread_bps: float, lots: int
) -> None:
    assert entry_size(a_view(spread_bps=spread_bps), Ticks(10_000)) == lots


def test_two_spreads_that_are_one_are_a_step() -> None:
    view = a_view(spread_bps=3.0)
    step = view.signal_parameters.model_copy(update={"spread_limit_bps": 2.0})
    assert entry_size(replace(view, signal_parameters=step), Ticks(10_000)) == 0
    assert entry_size(replace(view, signal_parameters=step, spread_bps=2.0), Ticks(10_000)) == 100


def test_an_order_is_never_worth_more_than_asked() -> None:
    view = a_view(execution={"size_factor": 0.7})
    for price in (9_999, 10_000, 10_001, 33_333):
        size = entry_size(view, Ticks(price))
        worth = an_instrument().notional(Ticks(price), size)
        assert worth <= 70 < worth + an_instrument().price(Ticks(price)) * Decimal("0.01")


def test_the_size_is_the_strategys_share() -> None:
    assert bought(FLASH, a_view(signal=BUYS)).size == 99
    assert bought(FLASH, a_view(signal=BUYS, allocation=0.25)).size == 24


def test_the_same_view_gives_the_same_answer() -> None:
    view = a_view(signal=BUYS)
    assert bought(FLASH, view) == bought(FLASH, replace(view))

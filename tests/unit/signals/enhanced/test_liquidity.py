"""Depth, cost and slippage of small books, worked out by hand."""

import pytest
from pydantic import ValidationError

from tests.unit.signals.enhanced.books import a_book
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos
from trading_agent.signals.enhanced.liquidity import (
    cost_to_trade,
    measure_liquidity,
)
from trading_agent.signals.enhanced.settings import LiquidityParameters

NOW = Nanos(5)
USUAL = LiquidityParameters()
# The mid is 10_000 ticks: a basis point is a tick.
BOOK = a_book(
    bids=[(9_999, 10), (9_996, 20), (9_980, 40)],
    asks=[(10_001, 5), (10_005, 10), (10_010, 20)],
    lot_tick_value=0.01,
)


def test_depth_is_summed_within_each_band() -> None:
    found = measure_liquidity(BOOK, NOW, USUAL)
    assert found is not None
    assert (found.at, found.mid, found.spread_bps) == (NOW, 10_000.0, pytest.approx(2.0))
    assert [(it.band_bps, it.bids, it.asks) for it in found.depths] == [
        (1.0, pytest.approx(999.9), pytest.approx(500.05)),
        (5.0, pytest.approx(2_999.1), pytest.approx(1_500.55)),
        (10.0, pytest.approx(2_999.1), pytest.approx(3_502.55)),
        (25.0, pytest.approx(6_991.1), pytest.approx(3_502.55)),
    ]


def test_a_side_that_ends_inside_a_band_is_not_whole() -> None:
    found = measure_liquidity(BOOK, NOW, USUAL)
    assert found is not None
    assert [it.whole_bids for it in found.depths] == [True, True, True, False]
    assert [it.whole_asks for it in found.depths] == [True, True, True, False]


def test_a_side_alone_is_no_market() -> None:
    one_sided = a_book([(9_999, 1)], [])
    assert measure_liquidity(one_sided, NOW, USUAL) is None
    assert cost_to_trade(one_sided, Side.BUY, 1.0) is None


def test_what_the_best_level_gives_costs_half_the_spread() -> None:
    cost = cost_to_trade(BOOK, Side.BUY, 500.0)
    assert cost is not None
    assert cost.average_ticks == 10_001.0
    assert cost.against_mid_bps == pytest.approx(1.0)
    assert (cost.slippage_bps, cost.worst, cost.levels) == (0.0, 10_001, 1)


def test_a_larger_trade_walks_the_book() -> None:
    cost = cost_to_trade(BOOK, Side.BUY, 500.05 + 1_000.5)
    assert cost is not None
    average = (5 * 10_001 + 10 * 10_005) / 15
    assert cost.average_ticks == pytest.approx(average)
    assert cost.against_mid_bps == pytest.approx(average - 10_000.0)
    assert cost.slippage_bps == pytest.approx((average - 10_001.0) / 10_001.0 * 1e4)
    assert (cost.worst, cost.levels) == (10_005, 2)


def test_selling_walks_the_bids() -> None:
    cost = cost_to_trade(BOOK, Side.SELL, 999.9 + 999.6)
    assert cost is not None
    assert cost.average_ticks == pytest.approx((10 * 9_999 + 10 * 9_996) / 20)
    assert cost.against_mid_bps == pytest.approx(2.5)


def test_where_the_book_ends_there_is_no_price() -> None:
    assert cost_to_trade(BOOK, Side.BUY, 3_502.0) is not None
    assert cost_to_trade(BOOK, Side.BUY, 3_503.0) is None


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_a_trade_for_nothing_is_a_mistake(value: float) -> None:
    with pytest.raises(InvariantError):
        cost_to_trade(BOOK, Side.BUY, value)


def test_bands_must_rise() -> None:
    with pytest.raises(ValidationError, match="rise"):
        LiquidityParameters(bands_bps=(5.0, 1.0))

"""Sums and means of how orders were filled."""

from decimal import Decimal

import pytest

from tests.builders import START
from trading_agent.domain.order import OrderId, Side
from trading_agent.domain.order_facts import FillMarked, Liquidity, OrderFilled, OrderShadowed
from trading_agent.domain.units import Lots, Ticks
from trading_agent.portfolio.execution_quality import ExecutionQuality

SYMBOL = "BTCUSDC"


def filled(size: int) -> OrderFilled:
    return OrderFilled(
        at=START,
        fill=1,
        order=OrderId(1),
        symbol=SYMBOL,
        side=Side.BUY,
        price=Ticks(1),
        size=Lots(size),
        liquidity=Liquidity.MAKER,
        fee=Decimal(0),
        fee_asset="USDC",
    )


def marked(after_1s: float | None, after_30s: float | None) -> FillMarked:
    return FillMarked(
        at=START,
        fill=1,
        symbol=SYMBOL,
        liquidity=Liquidity.MAKER,
        after_1s=after_1s,
        after_5s=None,
        after_30s=after_30s,
    )


def test_fills_count_under_every_model_until_a_shadow_says_otherwise() -> None:
    quality = ExecutionQuality()
    quality.filled(filled(10))
    quality.filled(filled(5))
    quality.shadowed(
        OrderShadowed(
            at=START,
            order=OrderId(1),
            symbol=SYMBOL,
            filled=Lots(5),
            pessimistic=Lots(5),
            central=Lots(7),
            optimistic=Lots(20),
        )
    )
    triple = quality.triples[SYMBOL]
    assert (triple.filled, triple.pessimistic, triple.central, triple.optimistic) == (15, 0, 2, 15)


def test_mark_outs_are_means_of_what_could_be_measured() -> None:
    quality = ExecutionQuality()
    assert quality.mark_out_views() == {}
    quality.marked(marked(1.0, -4.0))
    quality.marked(marked(None, -2.0))
    view = quality.mark_out_views()["maker"]
    assert (view.fills, view.after_1s, view.after_5s) == (2, 1.0, None)
    assert view.after_30s == pytest.approx(-3.0)


def test_a_new_run_begins_with_nothing() -> None:
    quality = ExecutionQuality()
    quality.filled(filled(10))
    quality.marked(marked(1.0, 1.0))
    quality.begin()
    assert (quality.triples, quality.mark_out_views()) == ({}, {})
    assert quality.shortfall_view({}).orders == 0

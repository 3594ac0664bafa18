"""What the exchange would refuse, under stable codes."""

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import an_instrument
from trading_agent.domain.order import BUY, SELL, OrderKind, Side
from trading_agent.domain.units import Lots, Ticks
from trading_agent.execution.filters import allowed_kind, placing_refusal, size_refusal

LISTED = (OrderKind.LIMIT, OrderKind.IOC, OrderKind.FOK, OrderKind.LIMIT_MAKER)


def answer(
    kind: OrderKind = OrderKind.LIMIT,
    side: Side = BUY,
    price: int = 10_000,
    last: int = 10_000,
    **rules: Any,
) -> str | None:
    return placing_refusal(an_instrument(**rules), side, kind, Ticks(price), Ticks(last))


@pytest.mark.parametrize(
    ("about", "code"),
    [
        ({}, None),
        ({"tradable": False}, "symbol_not_tradable"),
        ({"tradable": False, "still_sold": True}, "symbol_not_tradable"),
        ({"tradable": False, "still_sold": True, "side": SELL}, None),
        ({"tradable": False, "side": SELL}, "symbol_not_tradable"),
        ({"kinds": LISTED}, None),
        ({"kinds": LISTED, "kind": OrderKind.MARKET}, "kind_not_allowed"),
        ({"kinds": LISTED, "kind": OrderKind.STOP}, "kind_not_allowed"),
        ({"kinds": LISTED, "kind": OrderKind.STOP_LIMIT}, None),
        ({"kinds": LISTED, "kind": OrderKind.FOK}, None),
    ],
)
def test_rules_answer_with_stable_codes(about: dict[str, Any], code: str | None) -> None:
    assert answer(**about) == code


@pytest.mark.parametrize(
    ("size", "rules", "code"),
    [
        (4, {"min_size": Lots(5)}, "below_minimum"),
        (4, {"min_notional": Decimal(5)}, "below_minimum"),
        (5, {"min_notional": Decimal(5)}, None),
        (99, {"max_notional": Decimal(99)}, None),
        (100, {"max_notional": Decimal(99)}, "above_maximum"),
    ],
)
def test_sizes_have_bounds(size: int, rules: dict[str, Any], code: str | None) -> None:
    assert size_refusal(an_instrument(**rules), Ticks(10_000), Lots(size)) == code


@pytest.mark.parametrize(
    ("side", "price", "code"),
    [
        (BUY, 10_050, None),
        (BUY, 10_051, "outside_price_band"),
        (BUY, 2_000, None),
        (SELL, 9_950, None),
        (SELL, 9_949, "outside_price_band"),
        (SELL, 30_000, None),
    ],
)
def test_only_the_side_that_reaches_across_is_bounded(
    side: Side, price: int, code: str | None
) -> None:
    assert answer(side=side, price=price, price_band=Decimal("0.005")) == code


def test_without_a_last_price_or_a_band_nothing_is_outside() -> None:
    assert answer(price=99_999, last=0, price_band=Decimal("0.005")) is None
    assert answer(price=99_999) is None


@pytest.mark.parametrize("kind", [OrderKind.MARKET, OrderKind.LIMIT_MAKER])
def test_market_and_maker_orders_know_no_band(kind: OrderKind) -> None:
    assert answer(kind=kind, price=99_999, price_band=Decimal("0.005")) is None


@pytest.mark.parametrize(
    ("kinds", "asked", "sent"),
    [
        (None, OrderKind.MARKET, OrderKind.MARKET),
        (LISTED, OrderKind.MARKET, OrderKind.IOC),
        (LISTED, OrderKind.LIMIT, OrderKind.LIMIT),
        ((OrderKind.LIMIT_MAKER,), OrderKind.MARKET, None),
        (LISTED, OrderKind.TRAILING_STOP, None),
    ],
)
def test_where_market_orders_are_off_an_immediate_one_goes(
    kinds: tuple[OrderKind, ...] | None, asked: OrderKind, sent: OrderKind | None
) -> None:
    assert allowed_kind(an_instrument(kinds=kinds), asked) is sent

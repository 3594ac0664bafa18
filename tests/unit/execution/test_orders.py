from decimal import Decimal
from typing import Any

import pytest

from tests.builders import START
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, OrderState, Side
from trading_agent.domain.order_facts import Liquidity, OrderAccepted, OrderFilled, OrderSent
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.execution.orders import OrderTable


def sent(number: int = 1, **changes: Any) -> OrderSent:
    plain: dict[str, Any] = {
        "at": START,
        "order": OrderId(number),
        "symbol": "BTCUSDC",
        "strategy": "flash",
        "side": Side.BUY,
        "kind": OrderKind.LIMIT,
        "purpose": OrderPurpose.ENTRY,
        "price": Ticks(10_000),
        "size": Lots(10),
        "arrives_at": START,
        "reserved_asset": "USDC",
        "reserved": Decimal(10),
        "take_profit_bps": 0.0,
        "stop_bps": 0.0,
        "hold_for": Nanos(0),
    }
    return OrderSent(**(plain | changes))


def a_table(*orders: OrderSent) -> OrderTable:
    table = OrderTable()
    for order in orders or (sent(),):
        table.send(order)
    return table


ONE = OrderId(1)


def accepted(number: int = 1) -> OrderAccepted:
    return OrderAccepted(at=START, order=OrderId(number), bid=Ticks(9_990), ask=Ticks(10_010))


def filled(size: int, number: int = 1, price: int = 10_000, **changes: Any) -> OrderFilled:
    plain: dict[str, Any] = {
        "at": START,
        "fill": 1,
        "order": OrderId(number),
        "symbol": "BTCUSDC",
        "side": Side.BUY,
        "price": Ticks(price),
        "size": Lots(size),
        "liquidity": Liquidity.TAKER,
        "fee": Decimal(0),
        "fee_asset": "USDC",
    }
    return OrderFilled(**(plain | changes))


def test_an_order_travels_rests_fills_and_leaves() -> None:
    table = a_table()
    assert table.get(ONE).state is OrderState.IN_FLIGHT
    table.accept(accepted())
    assert table.get(ONE).state is OrderState.RESTING
    assert table.fill(filled(4), Decimal(4)).leaves == 6
    working = table.fill(filled(6), Decimal("5.5"))
    assert (working.leaves, working.reserved) == (0, Decimal("0.5"))
    assert table.end(ONE) == working
    assert len(table) == 0


def test_orders_are_listed_oldest_first() -> None:
    table = a_table(sent(3), sent(1), sent(2))
    table.accept(accepted(3))
    assert [working.sent.order for working in table.all()] == [3, 1, 2]


def test_an_order_is_not_sent_twice() -> None:
    with pytest.raises(InvariantError, match="sent twice"):
        a_table(sent(), sent())


def test_an_order_is_not_accepted_twice() -> None:
    table = a_table()
    table.accept(accepted())
    with pytest.raises(InvariantError, match="accepted while RESTING"):
        table.accept(accepted())


def test_an_order_does_not_fill_before_it_has_arrived() -> None:
    with pytest.raises(InvariantError):
        a_table().fill(filled(1), Decimal(1))


@pytest.mark.parametrize("size", [0, -1, 11])
def test_an_order_fills_by_no_more_than_it_leaves(size: int) -> None:
    table = a_table()
    table.accept(accepted())
    with pytest.raises(InvariantError):
        table.fill(filled(size), Decimal(1))


def test_what_has_ended_is_not_open() -> None:
    table = a_table()
    table.end(ONE)
    with pytest.raises(InvariantError, match="not open"):
        table.end(ONE)
    with pytest.raises(InvariantError, match="not open"):
        table.accept(accepted())


def test_open_orders_are_found_by_symbol_and_purpose() -> None:
    table = a_table(sent(1), sent(2, symbol="ETHUSDC", purpose=OrderPurpose.EXIT))
    assert table.has_open("BTCUSDC", OrderPurpose.ENTRY)
    assert not table.has_open("BTCUSDC", OrderPurpose.EXIT)
    assert table.has_open("ETHUSDC", OrderPurpose.EXIT)
    assert not table.has_open("XRPUSDC", OrderPurpose.ENTRY)


def test_of_a_pair_one_holds_the_reserve_and_what_one_fills_the_other_yields() -> None:
    table = a_table(sent(1, group=1), sent(2, group=1, reserved=Decimal(0)))
    table.accept(accepted(1))
    table.accept(accepted(2))
    assert table.reserve_of(OrderId(2)) == 10
    assert table.fill(filled(4, number=2), Decimal(4)).leaves == 6
    first, second = table.all()
    assert (first.leaves, first.reserved) == (6, 6)
    assert (second.leaves, second.reserved) == (6, 0)
    assert table.end(ONE).reserved == 0
    assert second.reserved == 6
    assert table.end(OrderId(2)).reserved == 6


def test_a_waiting_order_is_triggered_once_and_accepted_twice() -> None:
    table = a_table(sent(trigger=Ticks(9_900)))
    table.accept(accepted())
    assert table.get(ONE).state is OrderState.WAITING
    with pytest.raises(InvariantError):
        table.fill(filled(1), Decimal(1))
    table.trigger(ONE)
    table.accept(accepted())
    assert table.get(ONE).state is OrderState.RESTING
    with pytest.raises(InvariantError, match="triggered while RESTING"):
        table.trigger(ONE)

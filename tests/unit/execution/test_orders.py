from decimal import Decimal
from typing import Any

import pytest

from tests.builders import START
from trading_agent.domain.errors import InvariantError
from trading_agent.domain.facts import OrderSent
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, OrderState, Side
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


def test_an_order_travels_rests_fills_and_leaves() -> None:
    table = a_table()
    assert table.get(ONE).state is OrderState.IN_FLIGHT
    table.accept(ONE)
    assert table.get(ONE).state is OrderState.RESTING
    assert table.fill(ONE, Lots(4), Decimal(4)).leaves == 6
    working = table.fill(ONE, Lots(6), Decimal("5.5"))
    assert (working.leaves, working.reserved) == (0, Decimal("0.5"))
    assert table.end(ONE) == working
    assert len(table) == 0


def test_orders_are_listed_oldest_first() -> None:
    table = a_table(sent(3), sent(1), sent(2))
    table.accept(OrderId(3))
    assert [working.sent.order for working in table.all()] == [3, 1, 2]


def test_an_order_is_not_sent_twice() -> None:
    with pytest.raises(InvariantError, match="sent twice"):
        a_table(sent(), sent())


def test_an_order_is_not_accepted_twice() -> None:
    table = a_table()
    table.accept(ONE)
    with pytest.raises(InvariantError, match="accepted while RESTING"):
        table.accept(ONE)


def test_an_order_does_not_fill_before_it_has_arrived() -> None:
    with pytest.raises(InvariantError):
        a_table().fill(ONE, Lots(1), Decimal(1))


@pytest.mark.parametrize("size", [0, -1, 11])
def test_an_order_fills_by_no_more_than_it_leaves(size: int) -> None:
    table = a_table()
    table.accept(ONE)
    with pytest.raises(InvariantError):
        table.fill(ONE, Lots(size), Decimal(1))


def test_what_has_ended_is_not_open() -> None:
    table = a_table()
    table.end(ONE)
    with pytest.raises(InvariantError, match="not open"):
        table.end(ONE)
    with pytest.raises(InvariantError, match="not open"):
        table.accept(ONE)


def test_open_orders_are_found_by_symbol_and_purpose() -> None:
    table = a_table(sent(1), sent(2, symbol="ETHUSDC", purpose=OrderPurpose.EXIT))
    assert table.has_open("BTCUSDC", OrderPurpose.ENTRY)
    assert not table.has_open("BTCUSDC", OrderPurpose.EXIT)
    assert table.has_open("ETHUSDC", OrderPurpose.EXIT)
    assert not table.has_open("XRPUSDC", OrderPurpose.ENTRY)

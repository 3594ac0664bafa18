"""What orders cost, against sums done by hand and against their definition."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import START, an_instrument
from trading_agent.domain.order import OrderId, OrderKind, OrderPurpose, Side
from trading_agent.domain.order_facts import (
    Liquidity,
    OrderAccepted,
    OrderFilled,
    OrderSent,
    ShortfallMeasured,
)
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.execution.orders import OrderTable, WorkingOrder
from trading_agent.execution.shortfall import NOWHERE, Top, shortfall_of

PAIR = an_instrument()


def top(bid: int, ask: int) -> Top:
    return Top(Ticks(bid), Ticks(ask))


def ended(
    side: Side, size: int, decision: Top, arrival: Top, fills: list[tuple[int, int, Liquidity]]
) -> WorkingOrder:
    """Fills are price, lots, liquidity; each pays a fee of 0.5."""
    table = OrderTable()
    plain: dict[str, Any] = {"at": START, "order": OrderId(1), "symbol": PAIR.symbol, "side": side}
    table.send(
        OrderSent(
            **plain,
            strategy="flash",
            kind=OrderKind.LIMIT,
            purpose=OrderPurpose.ENTRY,
            price=Ticks(1),
            size=Lots(size),
            arrives_at=START,
            reserved_asset="USDC",
            reserved=Decimal(0),
            take_profit_bps=0.0,
            stop_bps=0.0,
            hold_for=Nanos(0),
            bid=decision.bid,
            ask=decision.ask,
        )
    )
    table.accept(OrderAccepted(at=START, order=OrderId(1), bid=arrival.bid, ask=arrival.ask))
    for number, (price, lots, liquidity) in enumerate(fills, 1):
        table.fill(
            OrderFilled(
                **plain,
                fill=number,
                price=Ticks(price),
                size=Lots(lots),
                liquidity=liquidity,
                fee=Decimal("0.5"),
                fee_asset="USDC",
            ),
            Decimal(0),
        )
    return table.get(OrderId(1))


def measured(working: WorkingOrder, end: Top) -> ShortfallMeasured:
    fact = shortfall_of(working, START, end)
    assert fact is not None
    return fact


def parts(fact: ShortfallMeasured) -> tuple[int, ...]:
    """Without fees."""
    return fact.drift, fact.spread, fact.impact, fact.opportunity


def test_a_purchase_that_walked_two_levels_after_the_market_had_moved() -> None:
    # Mid 101 when decided, 103 on arrival; 4 at the ask of 104 and 6 one tick above; 2 are left
    # when the mid stands at 106.
    taker = Liquidity.TAKER
    fills = [(104, 4, taker), (105, 6, taker)]
    working = ended(Side.BUY, 12, top(100, 102), top(102, 104), fills)
    fact = measured(working, top(105, 107))
    assert parts(fact) == (2 * 2 * 10, 2 * 1 * 10, 2 * 6, 2 * 5 * 2)
    assert fact.fees == 1
    assert fact.notional == (4 * 104 + 6 * 105) * 2
    assert (fact.filled, fact.size) == (10, 12)


def test_a_sale_earns_the_spread_when_it_waits() -> None:
    working = ended(Side.SELL, 5, top(100, 102), top(100, 102), [(103, 5, Liquidity.MAKER)])
    assert parts(measured(working, NOWHERE)) == (0, -2 * 2 * 5, 0, 0)


def test_what_is_not_known_is_taken_from_the_moment_before() -> None:
    working = ended(Side.BUY, 5, top(100, 102), NOWHERE, [])
    assert parts(measured(working, NOWHERE)) == (0, 0, 0, 0)
    assert shortfall_of(ended(Side.BUY, 5, NOWHERE, NOWHERE, []), START, NOWHERE) is None


TOPS = st.tuples(st.integers(1, 10**7), st.integers(1, 500)).map(lambda t: top(t[0], t[0] + t[1]))
FILLS = st.lists(
    st.tuples(st.integers(1, 10**7), st.integers(1, 10**6), st.sampled_from(Liquidity)), max_size=6
)


@given(st.sampled_from(Side), TOPS, TOPS, TOPS, FILLS, st.integers(0, 10**6))
def test_the_parts_add_up_to_the_definition(
    side: Side,
    decision: Top,
    arrival: Top,
    end: Top,
    fills: list[tuple[int, int, Liquidity]],
    rest: int,
) -> None:
    size = sum(lots for _, lots, _ in fills) + rest
    if size == 0:
        return
    fact = measured(ended(side, size, decision, arrival, fills), end)
    start, last = decision.bid + decision.ask, end.bid + end.ask
    bought = sum((2 * price - start) * lots for price, lots, _ in fills)
    assert sum(parts(fact)) == side * (bought + (last - start) * rest)
    assert fact.fees == Decimal("0.5") * len(fills)

"""Round trips as the pessimist would have had them, by hand."""

from decimal import Decimal

import msgspec
import pytest

from trading_agent.domain.facts import PositionClosed
from trading_agent.domain.order import OrderId, Side
from trading_agent.domain.order_facts import (
    Liquidity,
    OrderFilled,
    OrderShadowed,
)
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.risk.history import RiskHistory

BUY, SELL = Side.BUY, Side.SELL
SPENT = Decimal(1_000)


class History:
    """Of one pair; a position is worth 1,000 of the quote asset."""

    def __init__(self) -> None:
        self.risk = RiskHistory()

    def fill(self, order: int, side: Side, size: int, liquidity: Liquidity) -> None:
        self.risk.filled(
            OrderFilled(
                at=Nanos(1),
                fill=order,
                order=OrderId(order),
                symbol="BTCUSDC",
                side=side,
                price=Ticks(100),
                size=Lots(size),
                liquidity=liquidity,
                fee=Decimal(0),
                fee_asset="USDC",
            )
        )

    def makes(self, order: int, side: Side, size: int) -> None:
        self.fill(order, side, size, Liquidity.MAKER)

    def takes(self, order: int, side: Side, size: int) -> None:
        self.fill(order, side, size, Liquidity.TAKER)

    def ends(self, order: int, filled: int, pessimistic: int) -> None:
        lots = {"central": Lots(filled), "optimistic": Lots(filled)}
        self.risk.shadowed(
            OrderShadowed(
                at=Nanos(1),
                order=OrderId(order),
                symbol="BTCUSDC",
                filled=Lots(filled),
                pessimistic=Lots(pessimistic),
                **lots,
            )
        )

    def closes(self, profit: int, strategy: str = "maker") -> None:
        closed = PositionClosed(
            at=Nanos(1), symbol="BTCUSDC", profit=Decimal(profit), strategy=strategy
        )
        self.risk.closed(closed, SPENT)

    def results(self) -> list[tuple[Decimal, Decimal]]:
        return self.risk.by_strategy.get("maker", [])


def test_what_takes_is_the_same_under_every_model() -> None:
    history = History()
    history.takes(1, BUY, 10)
    history.takes(2, SELL, 10)
    history.closes(30)
    assert history.results() == [(Decimal(30), SPENT)]
    assert history.risk.results == [(Decimal(30), SPENT)]


def test_a_trip_waits_for_the_end_of_the_orders_that_rested() -> None:
    history = History()
    history.makes(1, BUY, 10)
    history.makes(2, SELL, 10)
    history.closes(30)
    assert history.results() == []
    history.ends(2, 10, 10)
    assert history.results() == []
    history.ends(1, 10, 10)
    assert history.results() == [(Decimal(30), SPENT)]
    assert history.risk.trips.by_symbol == {"BTCUSDC": []}


@pytest.mark.parametrize(
    ("bought", "sold", "profit", "result"),
    [
        (10, 10, 30, (30, 1_000)),
        (5, 10, 30, (15, 500)),
        (5, 5, 30, (15, 500)),
        (10, 5, 30, (15, 1_000)),
        (5, 2, 30, (6, 500)),
        (10, 0, 30, (0, 1_000)),
        (10, 0, -30, (-30, 1_000)),
        (5, 0, -30, (-15, 500)),
        (0, 10, 30, None),
        (0, 0, -30, None),
    ],
)
def test_what_would_not_have_been_is_left_out(
    bought: int, sold: int, profit: int, result: tuple[int, int] | None
) -> None:
    """Of ten lots bought and sold by resting orders."""
    history = History()
    history.makes(1, BUY, 10)
    history.ends(1, 10, bought)
    history.makes(2, SELL, 10)
    history.closes(profit)
    history.ends(2, 10, sold)
    assert history.results() == ([] if result is None else [result])
    assert history.risk.results == [(profit, SPENT)], "what was really earned"


def test_what_an_order_lacks_it_lacks_of_its_last_fills() -> None:
    """One purchase fills before and after a position was sold out."""
    history = History()
    history.makes(1, BUY, 10)
    history.takes(2, SELL, 10)
    history.closes(10)
    history.makes(1, BUY, 10)
    history.takes(3, SELL, 10)
    history.closes(20)
    history.ends(1, 20, 14)
    assert history.results() == [(Decimal(10), SPENT), (Decimal(8), Decimal(400))]


def test_an_order_whose_shadows_nobody_told_counts_as_it_was_filled() -> None:
    history = History()
    history.makes(1, BUY, 10)
    trip = history.risk.trips
    trip.end_unseen("BTCUSDC", OrderId(1))
    history.takes(2, SELL, 10)
    history.closes(30)
    assert history.results() == [(Decimal(30), SPENT)]


def test_a_history_is_read_back_as_it_was_written() -> None:
    history = History()
    history.makes(1, BUY, 10)
    history.takes(2, SELL, 10)
    history.closes(30)
    written = msgspec.json.encode(history.risk)
    again = History()
    again.risk = msgspec.json.decode(written, type=RiskHistory)
    assert msgspec.json.encode(again.risk) == written
    for each in (history, again):
        each.ends(1, 10, 4)
    assert history.results() == again.results() == [(Decimal(12), Decimal(400))]

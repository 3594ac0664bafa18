"""The embedded exchange matches single orders by itself: the same order placed there and in paper
fills the same."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import a_snapshot_message
from tests.paper_exchange import PaperExchange
from trading_agent.domain.order import OrderKind, Side
from trading_agent.domain.units import Lots, Ticks
from trading_agent.embedded_exchange.matching import OrderBook, Refusal

MIDDLE = 10_000
KINDS = (OrderKind.MARKET, OrderKind.IOC, OrderKind.LIMIT)


def filled_book(dice: Random) -> OrderBook:
    book = OrderBook()
    for _ in range(60):
        side = Side.BUY if dice.random() < 0.5 else Side.SELL
        price = MIDDLE - side * (1 + int(dice.random() ** 2 * 30))
        book.submit(side, OrderKind.LIMIT, Ticks(price), Lots(1 + int(dice.random() * 40)))
    return book


def by_price(fills: list[tuple[int, int]]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for price, size in fills:
        sums[price] = sums.get(price, 0) + size
    return sums


@given(seed=st.integers(0, 2**32))
@settings(max_examples=40)
def test_the_same_orders_fill_the_same_there_and_in_paper(seed: int) -> None:
    """All of one side, so that they do not meet each other. Maker orders come first: later ones
    see levels in paper that ours have taken in the other book."""
    dice = Random(seed)
    book = filled_book(dice)
    exchange = PaperExchange()
    exchange.rows(a_snapshot_message(list(book.bids.top(99)), list(book.asks.top(99))))
    side = Side.BUY if dice.random() < 0.5 else Side.SELL
    for number in range(8):
        kind = KINDS[int(dice.random() * 3)] if number > 2 else OrderKind.LIMIT_MAKER
        size = 1 + int(dice.random() * 150)
        reach = int(dice.random() * 30) - 8
        price = MIDDLE + side * (500 if kind is OrderKind.MARKET else reach)
        receipt = book.submit(side, kind, Ticks(price), Lots(size), owner=1)
        order = exchange.submit(side, kind, price, size, at=number)
        exchange.until(number)
        theirs = by_price([(match.price, match.size) for match in receipt.matches])
        assert by_price(exchange.fills(order)) == theirs
        refused = [said.word for said in exchange.said if said.order == order and said.word]
        assert (receipt.refusal is Refusal.WOULD_TAKE) == ("would_take" in refused)
        resting = [slot for slot in exchange.desk["venue"]["orders"] if slot["order"] == order]
        left = [int(slot["size"] - slot["filled"][0]) for slot in resting if slot["state"]]
        assert left == ([receipt.resting] if receipt.resting else [])

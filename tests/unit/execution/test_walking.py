"""What must follow for a taker when its order, the book, the time or the prices change."""

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_snapshot_message
from tests.paper_exchange import PaperExchange
from trading_agent.domain.order import OrderKind, Side

Levels = dict[int, int]

MIDDLE = 10_000
levels = st.dictionaries(st.integers(1, 30), st.integers(1, 50), min_size=1, max_size=12)
sides = st.sampled_from(list(Side))
sizes = st.integers(1, 300)


def taken(book: Levels, side: Side, size: int, middle: int = MIDDLE, at: float = 0) -> Levels:
    """Lots an order got by their distance from the middle; `book`: what both sides show."""
    exchange = PaperExchange()
    bids = [(middle - step, lots) for step, lots in sorted(book.items())]
    asks = [(middle + step, lots) for step, lots in sorted(book.items())]
    exchange.rows(a_snapshot_message(bids, asks), at=at)
    exchange.submit(side, OrderKind.IOC, middle + 100 * side, size, at=at)
    exchange.until(at)
    return {(price - middle) * side: lots for price, lots in exchange.fills()}


def cost(fills: Levels) -> int:
    return sum(step * lots for step, lots in fills.items())


@given(book=levels, side=sides, size=sizes, more=sizes)
def test_a_larger_order_pays_no_better_on_average(
    book: Levels, side: Side, size: int, more: int
) -> None:
    small, large = taken(book, side, size), taken(book, side, size + more)
    assert cost(large) * sum(small.values()) >= cost(small) * sum(large.values())
    assert all(large[step] >= lots for step, lots in small.items())


@given(book=levels, side=sides, size=sizes, step=st.integers(1, 30), added=sizes)
def test_more_depth_is_no_worse(book: Levels, side: Side, size: int, step: int, added: int) -> None:
    before = taken(book, side, size)
    after = taken(book | {step: book.get(step, 0) + added}, side, size)
    assert sum(after.values()) >= sum(before.values())
    if sum(after.values()) == sum(before.values()):
        assert cost(after) <= cost(before)


@given(
    book=levels,
    side=sides,
    size=sizes,
    shift=st.integers(-5_000, 10**9),
    later=st.integers(0, 10**6),
)
def test_neither_the_time_nor_where_prices_are_matters(
    book: Levels, side: Side, size: int, shift: int, later: int
) -> None:
    assert taken(book, side, size) == taken(book, side, size, MIDDLE + shift, later)

"""What own orders took of a level comes back with time, when it is asked to."""

import pytest

from tests.builders import a_depth_message, a_snapshot_message
from tests.paper_exchange import PaperExchange
from trading_agent.domain.order import OrderKind, Side


def a_market(half_life: float) -> PaperExchange:
    exchange = PaperExchange(refill_half_life_seconds=half_life)
    exchange.rows(a_snapshot_message([(10_000, 1_000)], [(10_001, 1_000)]))
    return exchange


def bought(exchange: PaperExchange, at: float, size: int = 10**6) -> int:
    order = exchange.submit(Side.BUY, OrderKind.IOC, 10_001, size, at=at)
    exchange.until(at)
    return sum(lots for _, lots in exchange.fills(order))


@pytest.mark.parametrize(
    ("after", "again"), [(0, 0), (1_000, 130), (5_000, 500), (10_000, 750), (10**7, 1_000)]
)
def test_half_of_what_was_taken_is_back_after_a_half_life(after: float, again: int) -> None:
    exchange = a_market(5.0)
    assert bought(exchange, 0) == 1_000
    # Steps of a sixty-fourth of the half-life.
    assert bought(exchange, after) == pytest.approx(again, abs=11)


def test_without_a_half_life_nothing_comes_back_by_itself() -> None:
    exchange = a_market(0.0)
    assert bought(exchange, 0) == 1_000
    assert bought(exchange, 10**9) == 0


def test_looking_often_does_not_stop_the_clock() -> None:
    """A lot or two a look would be rounded away if every look were written down."""
    often, once = a_market(5.0), a_market(5.0)
    for exchange in (often, once):
        assert bought(exchange, 0, 100) == 100
    for number in range(1, 500):
        often.rows(a_depth_message(asks=[(10_001, 1_000)]), at=number * 10)
    assert bought(often, 5_000) == bought(once, 5_000) == 950


def test_what_the_exchange_shows_less_of_is_cut_and_comes_back_from_there() -> None:
    exchange = a_market(5.0)
    bought(exchange, 0)
    exchange.rows(a_depth_message(asks=[(10_001, 100)]), at=1)
    assert bought(exchange, 2) == 0
    exchange.rows(a_depth_message(asks=[(10_001, 1_000)]), at=3)
    assert bought(exchange, 3) == 900

"""A book of levels against the plainest model of one."""

from hypothesis import given
from hypothesis import strategies as st

from trading_agent.domain.units import Lots, Ticks
from trading_agent.embedded_exchange.price_levels import PriceLevels, Side

LEVELS = st.lists(st.tuples(st.integers(1, 40), st.integers(0, 3)), max_size=80)


@given(levels=LEVELS, best_is_highest=st.booleans(), count=st.integers(0, 50))
def test_a_side_holds_the_last_size_of_every_price(
    levels: list[tuple[int, int]], best_is_highest: bool, count: int
) -> None:
    side = Side(best_is_highest=best_is_highest)
    side.change((Ticks(price), Lots(size)) for price, size in levels)
    model = {price: size for price, size in dict(levels).items() if size}
    expected = sorted(model.items(), reverse=best_is_highest)
    assert side.top(count) == tuple(expected[:count])
    assert side.best() == (expected[0] if expected else None)


@given(levels=LEVELS, best_is_highest=st.booleans(), price=st.integers(0, 41))
def test_dropping_beyond_a_price_leaves_what_is_worse(
    levels: list[tuple[int, int]], best_is_highest: bool, price: int
) -> None:
    side = Side(best_is_highest=best_is_highest)
    side.change((Ticks(at), Lots(size)) for at, size in levels)
    kept = [
        level
        for level in side.top(99)
        if (level[0] < price if best_is_highest else level[0] > price)
    ]
    side.drop_beyond(Ticks(price))
    assert side.top(99) == tuple(kept)
    side.change([(Ticks(price), Lots(5))])
    assert side.best() == (price, 5)


def test_fresh_levels_push_stale_ones_of_the_other_side_away() -> None:
    book = PriceLevels(
        1, [(Ticks(10), Lots(1)), (Ticks(9), Lots(1))], [(Ticks(12), Lots(1)), (Ticks(15), Lots(1))]
    )
    book.change(2, [(Ticks(13), Lots(4)), (Ticks(20), Lots(0))], [])
    book.uncross([(Ticks(13), Lots(4)), (Ticks(20), Lots(0))], [])
    assert (book.version, book.bids.best(), book.asks.best()) == (2, (13, 4), (15, 1))

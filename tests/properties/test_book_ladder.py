"""The compiled ladder against a dictionary."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compiled_parts import called
from tests.plain_book import PlainBook, put, stored, walked
from trading_agent.domain.market_rows import RowKind
from trading_agent.market.book import (
    BOOK,
    LADDER,
    WINDOW,
    apply_level,
    best_ask,
    best_bid,
    empty_book,
    empty_ladder,
    open_book,
    set_level,
    settle,
    settle_book,
    size_at,
)

pytestmark = pytest.mark.slow

(
    best_ask,
    best_bid,
    empty_ladder,
    set_level,
    settle,
    size_at,
) = map(
    called,
    (
        best_ask,
        best_bid,
        empty_ladder,
        set_level,
        settle,
        size_at,
    ),
)

# Where prices gather: near one another, a window apart, and far beyond.
CENTRES = (40, 30_000, WINDOW, WINDOW + 20_000, 3 * WINDOW, 50_000_000)
prices = st.builds(
    lambda centre, offset: max(centre + offset, 1), st.sampled_from(CENTRES), st.integers(-70, 70)
)
sizes = st.one_of(st.just(0), st.integers(1, 10**12))
changes = st.tuples(prices, sizes)
steps = st.lists(
    st.one_of(st.lists(changes, min_size=1, max_size=12), st.just("clear")), max_size=25
)


def a_ladder() -> Any:
    ladder = np.zeros(1, LADDER)[0]
    ladder["best"] = -1
    return ladder


def assert_settled(ladder: Any, plain: dict[int, int]) -> None:
    best_first = sorted(plain.items(), reverse=True)
    assert walked(ladder) == best_first
    assert ladder["best"] == (best_first[0][0] - ladder["base"] if best_first else -1)
    far = ladder["far_keys"][: ladder["far_count"]]
    assert (far < ladder["base"]).all()


def assert_bitmaps(ladder: Any) -> None:
    occupied = ladder["sizes"] > 0
    bits = np.unpackbits(ladder["words"].view(np.uint8), bitorder="little").astype(bool)
    assert (bits == occupied).all()
    blocks = np.unpackbits(ladder["blocks"].view(np.uint8), bitorder="little").astype(bool)
    assert (blocks == (ladder["words"] != 0)).all()


@given(steps=steps, negated=st.booleans())
@settings(max_examples=60)
def test_any_changes_give_the_same_levels_as_a_dictionary(steps: list[Any], negated: bool) -> None:
    ladder, plain = a_ladder(), dict[int, int]()
    for step in steps:
        if step == "clear":
            empty_ladder(ladder)
            plain.clear()
        else:
            for price, size in step:
                key = -price if negated else price
                set_level(ladder, key, size)
                put(plain, key, size)
                assert size_at(ladder, key) == size
            assert stored(ladder) == plain
            settle(ladder)
        assert stored(ladder) == plain
        assert_settled(ladder, plain)
        for key in (*plain, *(near + 1 for near in plain)):
            assert size_at(ladder, key) == plain.get(key, 0)
    assert_bitmaps(ladder)
    assert ladder["far_dropped"] == 0


@given(
    messages=st.lists(
        st.lists(
            st.tuples(st.sampled_from((RowKind.BID, RowKind.ASK)), prices, sizes), max_size=12
        ),
        max_size=25,
    )
)
@settings(max_examples=50)
def test_both_sides_of_any_book_show_their_best_prices(messages: list[Any]) -> None:
    book = np.zeros(1, BOOK)[0]
    open_book(book)
    plain = PlainBook()
    for message in messages:
        for kind, price, size in message:
            apply_level(book, kind, price, size)
            put(plain.bids if kind is RowKind.BID else plain.asks, price, size)
        settle_book(book)
        assert best_bid(book) == plain.bid
        assert best_ask(book) == plain.ask
        assert bool(book["crossed"]) == plain.crossed
    assert walked(book["bids"]) == sorted(plain.bids.items(), reverse=True)
    assert [(-key, size) for key, size in walked(book["asks"])] == sorted(plain.asks.items())
    empty_book(book)
    settle_book(book)
    assert (best_bid(book), best_ask(book), book["crossed"]) == (0, 0, 0)
    assert stored(book["bids"]) == stored(book["asks"]) == {}


@given(
    start=st.integers(1, 10**7),
    jumps=st.lists(st.integers(-200_000, 200_000), min_size=1, max_size=30),
)
@settings(max_examples=50)
def test_a_touch_that_jumps_keeps_every_level(start: int, jumps: list[int]) -> None:
    """Each jump leaves the old levels behind, then the window follows the touch."""
    ladder, plain = a_ladder(), dict[int, int]()
    price = start
    for number, jump in enumerate(jumps, start=1):
        for old in [key for key in plain if key > price + jump]:
            set_level(ladder, old, 0)
            del plain[old]
        price += jump
        for key in (price, price - 3, price - WINDOW // 2):
            set_level(ladder, key, number)
            plain[key] = number
        settle(ladder)
        assert_settled(ladder, plain)

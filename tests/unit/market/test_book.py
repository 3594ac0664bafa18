from typing import Any

import numpy as np
import pytest

from tests.compiled_parts import called
from tests.plain_book import stored, walked
from trading_agent.market.book import (
    BOOK,
    FAR,
    LADDER,
    WINDOW,
    apply_level,
    best_ask,
    best_bid,
    empty_book,
    first_level,
    level_key,
    level_size,
    next_level,
    open_book,
    set_level,
    settle,
    settle_book,
    size_at,
)

(
    best_ask,
    best_bid,
    first_level,
    level_key,
    level_size,
    next_level,
    set_level,
    settle,
    size_at,
) = map(
    called,
    (
        best_ask,
        best_bid,
        first_level,
        level_key,
        level_size,
        next_level,
        set_level,
        settle,
        size_at,
    ),
)

BID, ASK = 1, 2


def a_ladder(*levels: tuple[int, int]) -> Any:
    ladder = np.zeros(1, LADDER)[0]
    ladder["best"] = -1
    for key, size in levels:
        set_level(ladder, key, size)
    settle(ladder)
    return ladder


def a_book(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> Any:
    book = np.zeros(1, BOOK)[0]
    open_book(book)
    for price, size in bids:
        apply_level(book, BID, price, size)
    for price, size in asks:
        apply_level(book, ASK, price, size)
    settle_book(book)
    return book


def test_an_empty_ladder_has_no_first_level() -> None:
    assert first_level(a_ladder()) == -1
    assert size_at(a_ladder(), 100) == 0


def test_levels_come_best_first() -> None:
    ladder = a_ladder((100, 5), (300, 7), (200, 6))
    cursor = first_level(ladder)
    assert (level_key(ladder, cursor), level_size(ladder, cursor)) == (300, 7)
    assert walked(ladder) == [(300, 7), (200, 6), (100, 5)]


def test_a_size_replaces_the_one_before() -> None:
    ladder = a_ladder((100, 5))
    set_level(ladder, 100, 2)
    assert size_at(ladder, 100) == 2


def test_removing_the_best_level_uncovers_the_next() -> None:
    ladder = a_ladder((100, 5), (90, 4))
    set_level(ladder, 100, 0)
    assert walked(ladder) == [(90, 4)]


def test_removing_what_is_not_there_changes_nothing() -> None:
    ladder = a_ladder((100, 5))
    for key in (99, 101, 100 + 5 * WINDOW, 100 - 5 * WINDOW):
        set_level(ladder, key, 0)
    settle(ladder)
    assert walked(ladder) == [(100, 5)]


def test_levels_outside_the_window_follow_those_inside() -> None:
    near, far = 1_000_000, 1_000_000 - 2 * WINDOW
    ladder = a_ladder((near, 1), (far, 2), (far - 1, 3))
    assert ladder["far_count"] == 2
    assert walked(ladder) == [(near, 1), (far, 2), (far - 1, 3)]


def test_the_window_goes_to_where_the_best_level_has_gone() -> None:
    ladder = a_ladder((1_000_000, 1))
    set_level(ladder, 9_000_000, 2)
    settle(ladder)
    assert ladder["base"] <= 9_000_000 < ladder["base"] + WINDOW
    assert walked(ladder) == [(9_000_000, 2), (1_000_000, 1)]


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_a_best_level_around_the_windows_upper_end_is_the_first(beyond: int) -> None:
    ladder = a_ladder((1_000_000, 1))
    end = int(ladder["base"]) + WINDOW
    set_level(ladder, end + beyond, 2)
    settle(ladder)
    assert walked(ladder) == [(end + beyond, 2), (1_000_000, 1)]


def test_a_window_left_empty_goes_to_the_best_far_level() -> None:
    ladder = a_ladder((1_000_000, 1), (500_000, 2), (400_000, 3))
    set_level(ladder, 1_000_000, 0)
    settle(ladder)
    assert walked(ladder) == [(500_000, 2), (400_000, 3)]
    assert ladder["best"] >= 0


def test_the_farthest_levels_are_dropped_and_counted_when_there_is_no_room() -> None:
    best, too_many = 10_000_000, 50
    far = [best - 2 * WINDOW - step for step in range(FAR + too_many)]
    ladder = a_ladder((best, 1), *((key, 2) for key in far))
    assert ladder["far_dropped"] == too_many
    assert stored(ladder) == {best: 1} | dict.fromkeys(far[:FAR], 2)


def test_a_better_far_level_pushes_out_the_farthest() -> None:
    best = 10_000_000
    far = [best - 2 * WINDOW - step for step in range(FAR)]
    ladder = a_ladder((best, 1), *((key, 2) for key in reversed(far)))
    assert ladder["far_dropped"] == 0
    set_level(ladder, far[0] + 1, 3)
    set_level(ladder, far[-1] - 1, 4)
    settle(ladder)
    assert ladder["far_dropped"] == 2
    assert stored(ladder) == {best: 1, far[0] + 1: 3} | dict.fromkeys(far[:-1], 2)


def test_a_full_far_list_still_takes_changes_and_removals() -> None:
    best = 10_000_000
    far = [best - 2 * WINDOW - step for step in range(FAR)]
    ladder = a_ladder((best, 1), *((key, 2) for key in far))
    set_level(ladder, far[10], 7)
    set_level(ladder, far[11], 0)
    set_level(ladder, far[-1] - 1, 8)
    settle(ladder)
    assert ladder["far_dropped"] == 0
    expected = {best: 1} | dict.fromkeys(far, 2) | {far[10]: 7, far[-1] - 1: 8}
    del expected[far[11]]
    assert stored(ladder) == expected


def test_a_window_fuller_than_the_far_list_keeps_its_best_levels_when_it_moves() -> None:
    top = 1_000_000
    dense = [top - step for step in range(FAR + 100)]
    ladder = a_ladder(*((key, 1) for key in dense))
    set_level(ladder, top + 5 * WINDOW, 2)
    settle(ladder)
    assert ladder["far_dropped"] == 101
    assert walked(ladder) == [(top + 5 * WINDOW, 2), *((key, 1) for key in dense[: FAR - 1])]


def test_the_ends_of_the_window_are_found() -> None:
    ladder = a_ladder((1_000_000, 1))
    base = int(ladder["base"])
    for key in (base, base + 63, base + 64, base + 4095, base + 4096, base + WINDOW - 1):
        set_level(ladder, key, 9)
    settle(ladder)
    assert [key for key, _ in walked(ladder)] == sorted(
        (base, base + 63, base + 64, base + 4095, base + 4096, base + WINDOW - 1, 1_000_000),
        reverse=True,
    )


def test_a_cursor_walks_from_the_window_into_the_far_list() -> None:
    ladder = a_ladder((1_000_000, 1), (10, 2))
    cursor = next_level(ladder, first_level(ladder))
    assert (level_key(ladder, cursor), level_size(ladder, cursor)) == (10, 2)
    assert next_level(ladder, cursor) == -1


def test_best_prices_are_zero_where_a_side_is_empty() -> None:
    book = a_book([(100, 1)], [])
    assert (best_bid(book), best_ask(book)) == (100, 0)
    assert book["crossed"] == 0


def test_a_bid_at_the_ask_is_crossed() -> None:
    assert a_book([(100, 1)], [(101, 1)])["crossed"] == 0
    assert a_book([(101, 1)], [(101, 1)])["crossed"] == 1
    assert a_book([(102, 1)], [(101, 1)])["crossed"] == 1


def test_an_emptied_book_forgets_far_levels_too() -> None:
    book = a_book([(10_000_000, 1), (5, 1)], [(10_000_001, 1), (90_000_000, 1)])
    empty_book(book)
    settle_book(book)
    assert stored(book["bids"]) == stored(book["asks"]) == {}
    apply_level(book, BID, 7, 3)
    settle_book(book)
    assert best_bid(book) == 7


@pytest.mark.parametrize("price", [2**63 - 1, 2**63 - WINDOW, -(2**63), 2**62 + 1])
@pytest.mark.parametrize("kind", [BID, ASK])
def test_a_price_at_the_end_of_the_integers_is_dropped(kind: int, price: int) -> None:
    """Sums of keys and windows stay within 64 bits, or a move of the window never ends."""
    book = a_book([(100, 1)], [(101, 1)])
    for size in (5, 0):
        apply_level(book, kind, price, size)
        settle_book(book)
        assert (best_bid(book), best_ask(book), book["crossed"]) == (100, 101, 0)
    assert (stored(book["bids"]), stored(book["asks"])) == ({100: 1}, {-101: 1})

"""Many threads put, one gets: nothing is lost, nothing is late, order is kept."""

import sys
from collections.abc import Callable
from queue import Empty
from time import monotonic
from typing import TypeVar

import pytest

from tests.threads.waiting import PATIENCE, working
from trading_agent.runtime.mailbox import Mailbox
from trading_agent.runtime.worker import Stop

Item = TypeVar("Item")


def test_what_is_put_comes_out_in_order() -> None:
    box: Mailbox[int] = Mailbox()
    for number in range(5):
        box.put(number)
    assert len(box) == 5
    assert [box.get(None) for _ in range(5)] == [0, 1, 2, 3, 4]


def test_an_empty_box_says_so_at_once_or_after_the_time_given() -> None:
    box: Mailbox[int] = Mailbox()
    with pytest.raises(Empty):
        box.get_nowait()
    began = monotonic()
    with pytest.raises(Empty):
        box.get(0.05)
    assert 0.04 < monotonic() - began < PATIENCE


def test_a_sleeper_is_woken_again_and_again() -> None:
    box: Mailbox[int] = Mailbox()
    answers: Mailbox[int] = Mailbox()

    def echo() -> None:
        while (number := box.get(None)) >= 0:
            answers.put(number)

    taker = working(lambda _: echo())
    for number in range(200):
        box.put(number)
        assert answers.get(PATIENCE) == number
    box.put(-1)
    assert taker.join(PATIENCE)


def get_for_certain(box: Mailbox[Item]) -> Item:
    """A ring for what has been taken already is a false alarm, and no end of patience."""
    deadline = monotonic() + PATIENCE
    while True:
        try:
            return box.get(PATIENCE)
        except Empty:
            if monotonic() > deadline:
                raise


def test_many_givers_lose_nothing_and_each_keeps_its_order() -> None:
    box: Mailbox[tuple[int, int]] = Mailbox()
    each, givers = 2_000, 8

    def giving(giver: int) -> Callable[[Stop], None]:
        def give(_stop: Stop) -> None:
            for number in range(each):
                box.put((giver, number))

        return give

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [working(giving(giver)) for giver in range(givers)]
        last = [-1] * givers
        for _ in range(each * givers):
            giver, number = get_for_certain(box)
            assert number == last[giver] + 1
            last[giver] = number
        assert all(thread.join(PATIENCE) for thread in threads)
    finally:
        sys.setswitchinterval(interval)
    with pytest.raises(Empty):
        box.get(0.0)


def test_a_taker_that_never_comes_back_stops_nobody() -> None:
    box: Mailbox[int] = Mailbox()
    with pytest.raises(Empty):
        box.get(0.0)
    box._asleep = True  # it died there: every put rings, and the pipe fills up
    for number in range(100_000):
        box.put(number)
    assert len(box) == 100_000

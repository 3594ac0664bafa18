"""Threads that hand frames to one another run where they are told to."""

import os

import pytest

from tests.threads.waiting import PATIENCE, working
from trading_agent.runtime.processor import shared_processor, staying_on
from trading_agent.runtime.worker import Stop

ALLOWED = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


@pytest.mark.skipif(len(ALLOWED) < 2, reason="there is no choice of processors here")
def test_a_worker_stays_where_it_is_put_and_nobody_else_is_moved() -> None:
    chosen = shared_processor()
    assert chosen in ALLOWED
    seen: list[set[int]] = []
    worker = working(staying_on(chosen, lambda _: seen.append(os.sched_getaffinity(0))))
    assert worker.join(PATIENCE)
    assert seen == [{chosen}]
    assert os.sched_getaffinity(0) == ALLOWED


def test_a_processor_that_is_gone_keeps_nobody_from_working() -> None:
    done: list[bool] = []
    staying_on(4_095, lambda _: done.append(True))(Stop())
    assert done == [True]


def test_without_a_choice_the_work_is_left_as_it_is() -> None:
    def run(_stop: Stop) -> None: ...

    assert staying_on(None, run) is run

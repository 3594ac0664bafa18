from typing import Any

import numpy as np
import pytest

from tests.builders import START
from tests.compiled_parts import called
from trading_agent.domain.facts import ExitReason
from trading_agent.risk.exits import EXIT, EXIT_REASONS, NO_EXIT, exit_due

exit_due = called(exit_due)

TARGET, STOP, DEADLINE = 10_050, 9_950, START + 1_000


def armed(take_profit: int = TARGET, stop: int = STOP, deadline: int = DEADLINE) -> Any:
    exits = np.zeros(1, EXIT)
    exits[0] = (1, take_profit, stop, deadline)
    return exits[0]


def due(exits: Any, bid: int, at: int = START) -> ExitReason | None:
    index = int(exit_due(exits, bid, at))
    return None if index == NO_EXIT else EXIT_REASONS[index]


@pytest.mark.parametrize(
    ("bid", "at", "reason"),
    [
        (10_000, START, None),
        (TARGET - 1, START, None),
        (TARGET, START, ExitReason.TAKE_PROFIT),
        (TARGET + 9, START, ExitReason.TAKE_PROFIT),
        (STOP + 1, START, None),
        (STOP, START, ExitReason.STOP),
        (1, START, ExitReason.STOP),
        (10_000, DEADLINE - 1, None),
        (10_000, DEADLINE, ExitReason.TIME),
        (TARGET, DEADLINE, ExitReason.TAKE_PROFIT),
        (STOP, DEADLINE, ExitReason.STOP),
        (0, DEADLINE, None),
    ],
)
def test_what_triggers_at_a_bid_and_a_time(bid: int, at: int, reason: ExitReason | None) -> None:
    assert due(armed(), bid, at) is reason


@pytest.mark.parametrize(("bid", "at"), [(99_999, START), (1, START), (10_000, START + 10**15)])
def test_zero_means_none_of_that_kind(bid: int, at: int) -> None:
    assert due(armed(0, 0, 0), bid, at) is None


def test_triggering_disarms_and_waiting_does_not() -> None:
    exits = armed()
    assert due(exits, 10_000) is None
    assert exits["armed"] == 1
    assert due(exits, STOP) is ExitReason.STOP
    assert exits["armed"] == 0
    assert due(exits, STOP) is None


def test_without_a_usable_book_protection_stays_armed() -> None:
    exits = armed()
    assert due(exits, 0, DEADLINE + 1) is None
    assert exits["armed"] == 1

from typing import Any

import numpy as np
import pytest

from tests.builders import START
from tests.compiled_parts import called
from trading_agent.domain.facts import ExitReason, ExitsArmed
from trading_agent.domain.units import SECOND, Nanos, Ticks
from trading_agent.risk.exits import (
    EQUITY_WATCH,
    EXIT,
    EXIT_REASONS,
    NO_EXIT,
    STAKE,
    exit_due,
    stop_reason_of,
    stop_to_tell,
    weigh,
)

exit_due = called(exit_due)
stop_to_tell = called(stop_to_tell)
weigh = called(weigh)

TARGET, STOP, DEADLINE, ENTRY = 10_050, 9_950, START + 1_000, 10_000
NAN = float("nan")


def armed(**changes: int) -> Any:
    exits = np.zeros(1, EXIT)
    plain = {
        "armed": 1,
        "take_profit": TARGET,
        "stop": STOP,
        "deadline": DEADLINE,
        "stop_reason": EXIT_REASONS.index(ExitReason.STOP),
        "deadline_reason": EXIT_REASONS.index(ExitReason.TIME),
    }
    for name, value in (plain | changes).items():
        exits[0][name] = value
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
    assert due(armed(take_profit=0, stop=0, deadline=0), bid, at) is None


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


def test_a_trailing_stop_follows_the_best_bid_and_never_falls() -> None:
    exits = armed(take_profit=0, deadline=0, trail=30)
    stops = []
    for bid in (10_000, 10_010, 9_990, 10_100, 10_080):
        assert due(exits, bid) is None
        stops.append(int(exits["stop"]))
    assert stops == [9_970, 9_980, 9_980, 10_070, 10_070]
    assert due(exits, 10_070) is ExitReason.TRAILING


def test_a_gain_lifts_the_stop_to_the_entry_once() -> None:
    exits = armed(take_profit=0, deadline=0, break_even=10_020, entry=ENTRY)
    assert due(exits, 10_019) is None
    assert exits["stop"] == STOP
    assert due(exits, 10_020) is None
    assert (exits["stop"], exits["break_even"]) == (ENTRY, 0)
    assert due(exits, ENTRY) is ExitReason.BREAK_EVEN


def test_a_stop_already_above_the_entry_is_not_lowered_to_it() -> None:
    exits = armed(take_profit=0, deadline=0, stop=10_010, break_even=10_020, entry=ENTRY)
    due(exits, 10_030)
    assert exits["stop"] == 10_010


def test_a_stop_that_moved_is_told_at_most_once_a_second() -> None:
    exits = armed(take_profit=0, deadline=0, trail=30, told_at=START)
    assert stop_to_tell(exits, START + SECOND) == 0, "nothing moved"
    due(exits, 10_050)
    assert stop_to_tell(exits, START + SECOND - 1) == 0
    assert stop_to_tell(exits, START + SECOND) == 1
    assert stop_to_tell(exits, START + 9 * SECOND) == 0, "told already"
    due(exits, 10_060)
    assert stop_to_tell(exits, START + 2 * SECOND) == 1


@pytest.mark.parametrize(
    ("stop", "trail", "entry", "reason"),
    [
        (9_950, 0, 0, ExitReason.STOP),
        (0, 0, 0, ExitReason.STOP),
        (10_000, 0, 10_000, ExitReason.BREAK_EVEN),
        (10_000, 30, 10_000, ExitReason.BREAK_EVEN),
        (10_010, 30, 10_000, ExitReason.TRAILING),
        (9_950, 30, 10_000, ExitReason.TRAILING),
        (9_950, 0, 10_000, ExitReason.STOP),
    ],
)
def test_a_restart_reads_the_name_of_the_stop_off_the_fact(
    stop: int, trail: int, entry: int, reason: ExitReason
) -> None:
    exits = ExitsArmed(
        at=START,
        symbol="BTCUSDC",
        take_profit=Ticks(0),
        stop=Ticks(stop),
        deadline=Nanos(0),
        trail=Ticks(trail),
        entry=Ticks(entry),
    )
    assert EXIT_REASONS[stop_reason_of(exits)] is reason


def a_watch(**changes: float) -> Any:
    watch = np.zeros(1, EQUITY_WATCH)
    plain = {"cash": 900.0, "floor": 990.0, "last_symbol": 1, "held": 1, "mark_due": START + 10**12}
    for name, value in (plain | changes).items():
        watch[0][name] = value
    return watch[0]


def look(watch: Any, bids: tuple[int, int], held: tuple[int, int] = (1, 0)) -> bool:
    """Two symbols; one lot of the first is worth a hundredth of its bid."""
    answers = []
    for symbol, bid in enumerate(bids):
        stake = np.zeros(1, STAKE)[0]
        stake["unit"], stake["held"] = 0.01, held[symbol]
        answers.append(int(weigh(watch, stake, symbol, bid, START)))
    assert answers[0] == 0, "only the last symbol completes the sum"
    return answers[1] == 1


def test_somebody_looks_at_or_below_the_floor_and_not_above() -> None:
    assert not look(a_watch(), (9_001, 0))
    assert look(a_watch(), (9_000, 0))
    assert look(a_watch(), (8_999, 0))


def test_worth_that_is_no_number_is_looked_at() -> None:
    assert look(a_watch(cash=NAN), (10_000, 0))
    assert look(a_watch(floor=NAN), (10_000, 0))


def test_what_has_no_price_is_not_judged() -> None:
    watch = a_watch()
    assert not look(watch, (0, 0))
    assert watch["unknown"] == 1


def test_the_desk_is_weighed_every_second_while_something_is_held() -> None:
    watch = a_watch()
    look(watch, (10_000, 0))
    assert watch["due"] == START + SECOND
    watch = a_watch(held=0)
    look(watch, (10_000, 0), held=(0, 0))
    assert watch["due"] == watch["mark_due"]


def test_a_due_mark_is_looked_at_whatever_the_worth() -> None:
    assert look(a_watch(mark_due=START), (99_999, 0))

"""Caps, slices, settlement: what is spent, and what is allowed after it."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from llm_overseer.brief import DAY, Slice
from llm_overseer.core.budget import Budget, Charge, read_charges
from llm_overseer.errors import BudgetSpent
from llm_overseer.settings import NANO, BudgetSettings

NOW = 20_700 * DAY + DAY // 2
HOUR = 3_600 * 10**9
SETTINGS = BudgetSettings(usd_hour=Decimal(1), tokens_day=10_000)


@pytest.fixture
def budget(tmp_path: Path) -> Iterator[Budget]:
    opened = Budget(tmp_path / "budget.db", SETTINGS)
    opened.open()
    yield opened
    opened.close()


def take(budget: Budget, dollars: str, purse: Slice = Slice.CRITICAL, at: int = NOW) -> int:
    return budget.reserve(purse, "a/b", int(Decimal(dollars) * NANO), 10, at)


def refused(budget: Budget, dollars: str, purse: Slice = Slice.CRITICAL, at: int = NOW) -> str:
    with pytest.raises(BudgetSpent) as caught:
        take(budget, dollars, purse, at)
    return caught.value.cap


def fill(budget: Budget, purse: Slice, times: int, dollars: str = "0.3") -> None:
    for _ in range(times):
        take(budget, dollars, purse)


def test_the_day_ends_at_the_cap_to_the_nano_dollar(budget: Budget) -> None:
    fill(budget, Slice.CRITICAL, 3)
    take(budget, "0.1")
    assert budget.standing(NOW).day == NANO
    assert refused(budget, "0.000000001") == "day"


def test_the_next_utc_day_is_new(budget: Budget) -> None:
    fill(budget, Slice.CRITICAL, 3)
    assert refused(budget, "0.2") == "day"
    tomorrow = (NOW // DAY + 1) * DAY
    take(budget, "0.2", at=tomorrow + HOUR * 2)
    assert budget.standing(tomorrow + HOUR * 2).day == int(Decimal("0.2") * NANO)


def test_a_clock_that_falls_back_does_not_hide_what_was_spent(budget: Budget) -> None:
    fill(budget, Slice.CRITICAL, 3)
    assert refused(budget, "0.2", at=NOW - HOUR) == "day"


def test_an_hour_is_any_sixty_minutes(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "b.db", BudgetSettings(usd_hour=Decimal("0.35")))
    budget.open()
    take(budget, "0.3")
    assert refused(budget, "0.1", at=NOW + HOUR - 1) == "hour"
    take(budget, "0.1", at=NOW + HOUR)
    budget.close()


def test_no_call_is_dearer_than_the_cap_of_a_call(budget: Budget) -> None:
    assert refused(budget, "0.300000001") == "call"


def test_tokens_have_a_cap_of_their_own(budget: Budget) -> None:
    budget.reserve(Slice.CRITICAL, "a/b", 1, 9_990, NOW)
    with pytest.raises(BudgetSpent, match="tokens"):
        budget.reserve(Slice.CRITICAL, "a/b", 1, 11, NOW)
    budget.reserve(Slice.CRITICAL, "a/b", 1, 10, NOW)


def test_routine_does_not_borrow_from_what_is_critical(budget: Budget) -> None:
    take(budget, "0.3", Slice.ROUTINE)
    take(budget, "0.15", Slice.ROUTINE)
    assert refused(budget, "0.01", Slice.ROUTINE) == "slice"
    take(budget, "0.15", Slice.USER)
    assert refused(budget, "0.01", Slice.USER) == "slice"
    take(budget, "0.3")


def test_what_is_critical_borrows_from_all(budget: Budget) -> None:
    fill(budget, Slice.CRITICAL, 3)
    assert refused(budget, "0.2", Slice.ROUTINE) == "day"


@pytest.mark.parametrize(
    ("cost", "booked"),
    [
        (Decimal("0.01"), 10_000_000),
        (Decimal("0.0000000001"), 1),
        (Decimal("0.1"), 100_000_000),
    ],
)
def test_a_cost_is_booked_as_it_is_said(budget: Budget, cost: Decimal, booked: int) -> None:
    call = take(budget, "0.1")
    assert budget.settle(call, cost, 5, "gen-1") == booked
    assert budget.standing(NOW).day == booked
    assert budget.standing(NOW).tokens == 5


@pytest.mark.parametrize("cost", [None, Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("sNaN")])
def test_a_cost_that_says_nothing_leaves_the_reservation(
    budget: Budget, cost: Decimal | None
) -> None:
    call = take(budget, "0.1")
    assert budget.settle(call, cost, 5, "gen-1") == NANO // 10
    assert budget.standing(NOW).day == NANO // 10
    assert budget.unresolved(NOW) == ((call, "gen-1"),)


def test_what_nobody_can_look_up_is_not_asked_for_for_ever(budget: Budget) -> None:
    calls = [take(budget, "0.001") for _ in range(25)]
    for call in calls:
        budget.lose(call, f"gen-{call}")
    assert [it[0] for it in budget.unresolved(NOW)] == calls[:4:-1]
    assert budget.unresolved(NOW + 2 * DAY + 1) == ()


def test_nothing_for_no_tokens_is_a_price(budget: Budget) -> None:
    assert budget.settle(take(budget, "0.1"), Decimal(0), 0, "gen-1") == 0
    assert budget.settle(take(budget, "0.1"), Decimal(0), 9, "gen-1", free=True) == 0


def test_a_cost_beyond_its_reservation_stops_all_spending(budget: Budget) -> None:
    call = take(budget, "0.1")
    assert budget.settle(call, Decimal("0.2"), 5, "gen-1") == NANO // 10
    assert budget.standing(NOW).day == NANO // 10
    assert refused(budget, "0.01") == "halted"
    assert budget.reconcile(Decimal("0.2"), NOW)
    assert budget.standing(NOW).day == NANO // 5
    take(budget, "0.01")


def test_a_dispute_that_was_settled_is_not_opened_again(budget: Budget) -> None:
    """The provider's page goes on saying what the call cost."""
    budget.settle(take(budget, "0.1"), Decimal("0.2"), 5, "gen-1")
    budget.reconcile(Decimal("0.2"), NOW)
    for hour in range(1, 49):
        later = NOW + hour * HOUR
        for call, generation in budget.unresolved(later):
            budget.settle(call, Decimal("0.2"), 5, generation)
        assert budget.standing(later).disputed == 0
    take(budget, "0.01")


def test_a_lost_call_that_turns_out_too_dear_is_in_dispute_until_the_days_are_compared(
    budget: Budget,
) -> None:
    call = take(budget, "0.1")
    budget.lose(call, "gen-1")
    budget.settle(call, Decimal("0.2"), 5, "gen-1")
    assert refused(budget, "0.01") == "halted"
    budget.reconcile(Decimal("0.1"), NOW)
    assert budget.standing(NOW).day == NANO // 10
    assert budget.unresolved(NOW) == ()


def test_only_what_is_still_reserved_can_be_given_back(budget: Budget) -> None:
    lost = take(budget, "0.1")
    budget.lose(lost, "gen-1")
    budget.release(lost)
    assert budget.standing(NOW).day == NANO // 10
    kept = take(budget, "0.1")
    budget.release(kept)
    budget.settle(kept, Decimal("0.05"), 5, "gen-2")
    assert budget.standing(NOW).day == NANO // 10


def test_the_provider_is_believed_when_it_counts_more(budget: Budget) -> None:
    budget.settle(take(budget, "0.1"), Decimal("0.1"), 5, "gen-1")
    assert not budget.reconcile(Decimal("0.105"), NOW)
    assert budget.reconcile(Decimal("0.2"), NOW)
    assert budget.standing(NOW).day == NANO // 5
    assert not budget.reconcile(Decimal("NaN"), NOW)


def test_each_share_is_told_once_a_day(budget: Budget) -> None:
    fill(budget, Slice.CRITICAL, 2)
    assert budget.new_alerts(NOW) == (Decimal("0.5"),)
    assert budget.new_alerts(NOW) == ()
    take(budget, "0.3")
    take(budget, "0.1")
    assert budget.new_alerts(NOW) == (Decimal("0.8"), Decimal(1))


def test_whoever_died_has_spent_what_it_had_reserved(tmp_path: Path) -> None:
    path = tmp_path / "budget.db"
    dead = Budget(path, SETTINGS)
    dead.open()
    call = take(dead, "0.1")
    dead.close()
    alive = Budget(path, SETTINGS)
    alive.open()
    assert alive.standing(NOW).unresolved == 1
    assert alive.standing(NOW).day == NANO // 10
    assert alive.settle(call, Decimal("0.01"), 5, "gen-1") == NANO // 100
    alive.close()


def test_whoever_looks_from_outside_sees_all_that_was_booked(
    budget: Budget, tmp_path: Path
) -> None:
    """What was lost or is still reserved too, and what the provider counts beyond; not what was
    given back."""
    settled, lost, given_back = (take(budget, "0.1", at=NOW + it) for it in range(3))
    take(budget, "0.1", at=NOW + 3)
    budget.settle(settled, Decimal("0.04"), 10, "g")
    budget.lose(lost)
    budget.release(given_back)
    assert budget.reconcile(Decimal("0.9"), NOW + 4)
    charges = read_charges(tmp_path / "budget.db")
    assert [(it.at - NOW, it.nano * 100 // NANO) for it in charges] == [
        (0, 4),
        (1, 10),
        (3, 10),
        (4, 66),
    ]
    assert charges[-1] == Charge(NOW + 4, "", charges[-1].nano)
    assert read_charges(tmp_path / "nowhere.db") == ()

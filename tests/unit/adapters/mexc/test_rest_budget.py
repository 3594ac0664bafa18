"""The request budget against a clock that moves when told to."""

from tests.fakes import ManualClock
from trading_agent.adapters.mexc.rate_budget import WEIGHTS, RateBudget
from trading_agent.adapters.mexc.settings import MexcSettings
from trading_agent.adapters.mexc.wire import RestPath
from trading_agent.domain.units import MILLISECOND, SECOND


def spend_all(budget: RateBudget, clock: ManualClock, weight: int, most: int = 1_000) -> int:
    """How many requests of a weight go within ten seconds, asked 20 times a second."""
    went = 0
    for _ in range(200):
        while went < most and budget.acquire(weight) == 0.0:
            went += 1
        clock.advance(49 * MILLISECOND)
    return went


def test_every_endpoint_has_a_weight() -> None:
    assert set(WEIGHTS) == set(RestPath)


def test_no_more_than_the_share_of_the_weight_goes_in_ten_seconds() -> None:
    clock = ManualClock()
    budget = RateBudget(MexcSettings(), clock)
    assert spend_all(budget, clock, weight=3) == 80
    assert budget.used() == 1.0


def test_the_window_slides() -> None:
    clock = ManualClock()
    budget = RateBudget(MexcSettings(weight_budget=100, budget_share=0.5), clock)
    assert budget.acquire(25) == 0.0
    clock.advance(4 * SECOND)
    assert budget.acquire(25) == 0.0
    wait = budget.acquire(25)
    assert 5.9 < wait < 6.1
    clock.advance(round(wait * SECOND))
    assert budget.acquire(25) == 0.0
    assert budget.acquire(25) > 3.0


def test_no_more_than_twenty_requests_in_a_second_whatever_they_weigh() -> None:
    clock = ManualClock()
    budget = RateBudget(MexcSettings(), clock)
    went = sum(budget.acquire(1) == 0.0 for _ in range(50))
    assert went == 20
    assert 0.9 < budget.acquire(1) <= 1.01
    clock.advance(SECOND + MILLISECOND)
    assert budget.acquire(1) == 0.0


def test_a_wait_that_is_kept_is_enough() -> None:
    clock = ManualClock()
    budget = RateBudget(MexcSettings(), clock)
    asked = 0
    for _ in range(500):
        wait = budget.acquire(10)
        asked += 1
        if wait:
            clock.advance(round(wait * SECOND))
            assert budget.acquire(10) == 0.0
    assert asked == 500


def test_a_stop_lets_nothing_through_until_it_ends() -> None:
    clock = ManualClock()
    budget = RateBudget(MexcSettings(), clock)
    budget.stop_for(60.0)
    budget.stop_for(1.0)
    assert budget.stopped_for() == 60.0
    clock.advance(59 * SECOND)
    assert budget.acquire(1) == 1.0
    clock.advance(SECOND)
    assert budget.acquire(1) == 0.0
    assert budget.stopped_for() == 0.0


def test_the_heaviest_call_fits_the_smallest_budget() -> None:
    budget = RateBudget(MexcSettings(weight_budget=50, budget_share=0.01), ManualClock())
    assert budget.acquire(max(WEIGHTS.values())) == 0.0

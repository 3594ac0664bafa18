"""What trips, at which level, that it stays so, and what a person's re-arming forgets."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.builders import START
from trading_agent.domain.facts import (
    BookLost,
    BreakerLevel,
    BreakerRearmed,
    BreakerTripped,
    DeskRearmed,
)
from trading_agent.domain.market_rows import LossReason
from trading_agent.domain.order import OrderId, Side
from trading_agent.domain.order_facts import EndReason, OrderRejected, ShortfallMeasured
from trading_agent.domain.units import DAY, HOUR, MINUTE, SECOND, Lots, Nanos
from trading_agent.risk.breakers import BreakerRules, Breakers, Trip
from trading_agent.risk.settings import BreakerLimits

LIMITS = BreakerRules(
    BreakerLimits(
        losing_streak_soft=2,
        losing_streak_hard=3,
        losing_streak_kill=4,
        reject_streak_soft=2,
        reject_streak_kill=7,
        feed_losses_soft=2,
        feed_losses_hard=3,
        slippage_kill_z=50.0,
    )
)
MIDNIGHT = START - START % DAY
SOFT, HARD, KILL = BreakerLevel.SOFT, BreakerLevel.HARD, BreakerLevel.KILL


def marked(breakers: Breakers, equity: float, at: int = START) -> Any:
    fact = breakers.mark(Nanos(at), Decimal(str(equity)))
    breakers.marked(fact)
    return fact


def judged(breakers: Breakers, equity: float | str, limits: BreakerRules = LIMITS) -> list[Any]:
    return [
        (trip.breaker, trip.level)
        for trip in latched(breakers, breakers.judge_equity(limits, Decimal(str(equity))))
    ]


def latched(breakers: Breakers, trips: list[Trip]) -> list[Trip]:
    for trip in trips:
        breakers.trip(
            BreakerTripped(at=START, breaker=trip.breaker, level=trip.level, why=trip.why)
        )
    return trips


def counted(breakers: Breakers, at: int = START) -> list[Any]:
    found = latched(breakers, breakers.judge(LIMITS, Nanos(at)))
    return [(trip.breaker, trip.level) for trip in found]


def test_the_daily_loss_trips_level_by_level_and_each_once() -> None:
    breakers = Breakers()
    marked(breakers, 10_000)
    steps = [
        (9_701, []),
        (9_700, [SOFT]),
        (9_600, []),
        (9_500, [HARD]),
        (9_400, []),
        (9_000, [KILL]),
    ]
    for equity, levels in steps:
        found = [level for name, level in judged(breakers, equity) if name == "daily_loss"]
        assert found == levels, equity


def test_a_fall_past_several_levels_trips_the_highest_at_once() -> None:
    breakers = Breakers()
    marked(breakers, 10_000)
    assert judged(breakers, 7_000) == [("daily_loss", KILL), ("drawdown", KILL)]
    assert judged(breakers, 7_000) == []


def test_the_drawdown_is_measured_from_the_highest_mark_of_all_days() -> None:
    breakers = Breakers()
    for day, equity in enumerate((10_000, 12_000, 11_500)):
        marked(breakers, equity, MIDNIGHT + day * DAY)
    assert judged(breakers, 11_150) == [("daily_loss", SOFT)]
    assert judged(breakers, 11_040) == [("drawdown", SOFT)]


def test_a_new_day_counts_anew_and_what_is_tripped_stays() -> None:
    breakers = Breakers()
    marked(breakers, 10_000)
    assert judged(breakers, 9_500) == [("daily_loss", HARD)]
    marked(breakers, 9_500, MIDNIGHT + DAY)
    assert breakers.barred
    assert judged(breakers, 9_450) == []
    assert breakers.tripped["daily_loss"].level is HARD


def test_the_marks_tell_the_start_of_the_day_and_the_most_ever() -> None:
    breakers = Breakers()
    told = [
        marked(breakers, equity, at)
        for equity, at in (
            (10_000, START),
            (10_500, START + MINUTE),
            (10_200, MIDNIGHT + DAY),
            (10_100, MIDNIGHT + DAY + MINUTE),
        )
    ]
    assert [(fact.day_start, fact.high_water) for fact in told] == [
        (10_000, 10_000),
        (10_000, 10_500),
        (10_200, 10_500),
        (10_200, 10_500),
    ]


def test_what_was_lost_overnight_while_nobody_looked_is_lost_today() -> None:
    breakers = Breakers()
    marked(breakers, 10_000)
    assert marked(breakers, 9_000, MIDNIGHT + DAY + HOUR).day_start == 10_000
    assert judged(breakers, 9_000) == [("daily_loss", KILL), ("drawdown", SOFT)]


@pytest.mark.parametrize("equity", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_equity_that_is_no_number_ends_trading(equity: str) -> None:
    breakers = Breakers()
    marked(breakers, 10_000)
    assert judged(breakers, equity) == [("equity", KILL)]
    assert breakers.barred
    assert judged(breakers, equity) == []


def test_losing_streak() -> None:
    breakers = Breakers()
    found = []
    for profit in (-1, 0, -1, -1, -1, -1, -1):
        breakers.closed(Decimal(profit))
        found += counted(breakers)
    assert found == [("losing_streak", level) for level in (SOFT, HARD, KILL)]


def rejected(reason: EndReason = EndReason.BOOK_NOT_READY) -> OrderRejected:
    return OrderRejected(at=START, order=OrderId(1), reason=reason)


def test_reject_streak() -> None:
    breakers = Breakers()
    found = []
    for number in range(7):
        breakers.rejected(rejected())
        found += counted(breakers)
        if number == 1:
            assert found == [("reject_streak", SOFT)]
    assert found == [("reject_streak", level) for level in (SOFT, HARD, KILL)]


def test_an_accepted_order_ends_a_reject_streak_and_a_rejection_asked_for_is_none() -> None:
    breakers = Breakers()
    for _ in range(10):
        breakers.rejected(rejected())
        breakers.accepted()
        breakers.rejected(rejected(EndReason.WOULD_TAKE))
        breakers.rejected(rejected(EndReason.ALTERNATIVE_FILLED))
        assert counted(breakers) == []


def test_feed_health_counts_the_losses_of_one_pair_within_the_window() -> None:
    breakers = Breakers()
    found = []
    for number, symbol in enumerate(("A", "B", "A", "B", "A")):
        at = Nanos(START + number * SECOND)
        breakers.lost(BookLost(at=at, symbol=symbol, reason=LossReason.GAP))
        found.append(counted(breakers, at))
    assert found == [[], [], [("feed", SOFT)], [], [("feed", HARD)]]
    later = Nanos(START + HOUR)
    calm = Breakers()
    for at in (START, START + 2 * MINUTE, later):
        calm.lost(BookLost(at=Nanos(at), symbol="A", reason=LossReason.GAP))
    assert counted(calm, later) == []


def cost(bps: float) -> ShortfallMeasured:
    return ShortfallMeasured(
        at=START,
        order=OrderId(1),
        symbol="A",
        side=Side.BUY,
        size=Lots(1),
        filled=Lots(1),
        notional=1_000_000,
        spread=round(bps * 100),
        impact=0,
        drift=50_000,
        opportunity=0,
        fees=Decimal(0),
    )


def test_an_order_that_costs_far_more_than_usual_trips_by_how_far() -> None:
    """Costs of 1, 2 and 3 bps in turn: median 2, deviation 1; z = 0.6745 * (cost - 2)."""
    for bps, level in ((10.0, None), (10.9, SOFT), (31.6, None), (31.7, HARD), (77.0, KILL)):
        breakers = Breakers()
        for number in range(30):
            breakers.measured(cost(1.0 + number % 3))
            assert counted(breakers) == []
        breakers.measured(cost(bps))
        found = counted(breakers)
        if level is None:
            assert [each for each in found if each[1] is not SOFT] == []
        else:
            assert found == [("slippage", level)], bps


def test_what_was_worst_by_an_older_scale_hides_nothing_of_a_newer_one() -> None:
    """Cheap orders, one that cost much, then a person's look; the market calms, and what costs
    half as much is far more than is usual by then."""
    breakers = Breakers()
    for number in range(40):
        breakers.measured(cost(10.0 + 5 * (number % 3)))
    breakers.measured(cost(46.0))
    assert counted(breakers) == []
    for number in range(260):
        breakers.measured(cost(1.0 + number % 3))
    assert breakers.slippage.outlier(1.0) == 0.0, "it was judged by the scale it stood out of"
    before = breakers.counted
    breakers.measured(cost(20.0))
    assert breakers.counted == before + 1
    assert breakers.slippage.outlier(1.0) == pytest.approx(0.6744897501960817 * 18)


def test_few_orders_tell_nothing_of_what_is_usual() -> None:
    breakers = Breakers()
    for bps in (1.0, 1.0, 500.0):
        breakers.measured(cost(bps))
    assert counted(breakers) == []


def trip_streak(breakers: Breakers) -> None:
    for _ in range(3):
        breakers.closed(Decimal(-1))


def trip_rejects(breakers: Breakers) -> None:
    for _ in range(5):
        breakers.rejected(rejected())


def trip_feed(breakers: Breakers) -> None:
    for _ in range(3):
        breakers.lost(BookLost(at=START, symbol="A", reason=LossReason.GAP))


@pytest.mark.parametrize("trouble", [trip_streak, trip_rejects, trip_feed])
def test_a_rearmed_breaker_counts_anew(trouble: Callable[[Breakers], None]) -> None:
    breakers = Breakers()
    trouble(breakers)
    ((name, level),) = counted(breakers)
    assert level is HARD
    assert breakers.barred.startswith(name)
    breakers.rearmed(BreakerRearmed(at=START, breaker=name))
    assert (breakers.barred, breakers.tripped) == ("", {})
    assert counted(breakers) == []
    trouble(breakers)
    assert counted(breakers) == [(name, HARD)]


def test_after_rearming_losses_count_from_the_last_mark() -> None:
    breakers = Breakers()
    marked(breakers, 10_000)
    judged(breakers, 8_900)
    marked(breakers, 8_900, START + MINUTE)
    breakers.rearmed(BreakerRearmed(at=START, breaker=""))
    assert judged(breakers, 8_900) == []
    assert judged(breakers, 8_633) == [("daily_loss", SOFT)]


def test_who_rearms_the_desk_lifts_what_killed_it_and_nothing_else() -> None:
    breakers = Breakers()
    marked(breakers, 10_000)
    trip_rejects(breakers)
    counted(breakers)
    judged(breakers, "NaN")
    breakers.desk_rearmed(DeskRearmed(at=START, why=""))
    assert list(breakers.tripped) == ["reject_streak"]
    assert breakers.barred.startswith("reject_streak")


@pytest.mark.parametrize("equity", [9_999.0, 9_701.0, 9_699.0, 9_400.0, 8_000.0])
def test_the_floor_is_where_the_next_breaker_trips(equity: float) -> None:
    breakers = Breakers()
    marked(breakers, 10_000)
    judged(breakers, equity)
    floor = breakers.floor(LIMITS)
    assert judged(breakers, floor + 0.01) == []
    assert (judged(breakers, floor - 0.01) != []) == (floor > float("-inf"))


def test_a_level_of_zero_is_no_level() -> None:
    off = {name: 0 for name in BreakerLimits.model_fields if name.endswith("_percent")}
    breakers = Breakers()
    marked(breakers, 10_000)
    assert judged(breakers, 1, BreakerRules(BreakerLimits(**off))) == []
    assert breakers.floor(BreakerRules(BreakerLimits(**off))) == float("-inf")

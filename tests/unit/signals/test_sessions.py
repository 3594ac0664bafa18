from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_agent.domain.units import HOUR, MINUTE, SECOND, Nanos
from trading_agent.signals.sessions import (
    OFF_HOURS,
    SCHEDULE,
    TradingSessionManager,
    session_at,
)
from trading_agent.signals.settings import (
    EVERY_DAY,
    ExecutionOverrides,
    SessionPlan,
    SessionSettings,
    SignalOverrides,
    SignalParameters,
    Weekday,
)

MONDAY = int(datetime(2024, 6, 3, tzinfo=UTC).timestamp()) * SECOND
WEEK = 7 * 24 * 60


def a_session(start: int, end: int, *days: Weekday, **more: Any) -> SessionSettings:
    return SessionSettings(start_hour=start, end_hour=end, weekdays=days or EVERY_DAY, **more)


def a_plan(overlap: str = "later_start", **sessions: SessionSettings) -> SessionPlan:
    return SessionPlan.model_validate({"sessions": sessions, "overlap": overlap})


def at(day: Weekday, hour: int, minute: int = 0) -> Nanos:
    return Nanos(MONDAY + EVERY_DAY.index(day) * 24 * HOUR + hour * HOUR + minute * MINUTE)


def name_at(plan: SessionPlan, day: Weekday, hour: int, minute: int = 0) -> str:
    return TradingSessionManager(plan).session_at(at(day, hour, minute)).name


def ages(plan: SessionPlan, minute: int) -> dict[str, int]:
    """By the written rule: every session that holds, and for how many minutes already."""
    found: dict[str, int] = {}
    for name, session in plan.sessions.items():
        hours = session.end_hour - session.start_hour
        length = (hours if hours > 0 else hours + 24) * 60
        for day in session.weekdays:
            age = (minute - (EVERY_DAY.index(day) * 24 + session.start_hour) * 60) % WEEK
            if age < length:
                found[name] = min(age, found.get(name, age))
    return found


weekdays = st.lists(st.sampled_from(EVERY_DAY), min_size=1, max_size=7, unique=True)
some_sessions = st.builds(
    lambda start, end, days: a_session(start, end, *days),
    st.integers(0, 23),
    st.integers(1, 24),
    weekdays,
)


@given(
    sessions=st.lists(some_sessions, max_size=4),
    overlap=st.sampled_from(("later_start", "earlier_start")),
)
@settings(max_examples=12)
def test_every_minute_of_a_week_belongs_to_the_session_the_rule_names(
    sessions: list[SessionSettings], overlap: str
) -> None:
    plan = a_plan(overlap, **{f"S{index}": each for index, each in enumerate(sessions)})
    manager = TradingSessionManager(plan)
    for minute in range(WEEK):
        name = manager.session_at(Nanos(MONDAY + minute * MINUTE)).name
        holding = ages(plan, minute)
        if not holding:
            assert name == OFF_HOURS
            continue
        wanted = min(holding.values()) if overlap == "later_start" else max(holding.values())
        assert holding[name] == wanted


def test_the_compiled_table_says_what_the_manager_says() -> None:
    manager = TradingSessionManager(SessionPlan())
    schedule: Any = np.zeros(1, SCHEDULE)[0]
    manager.write_schedule(schedule)
    for minute in range(0, 2 * WEEK, 7):
        moment = Nanos(MONDAY - WEEK * MINUTE + minute * MINUTE + minute)
        assert session_at(schedule, moment) == manager.index_at(moment)


@pytest.mark.parametrize("day", EVERY_DAY)
@pytest.mark.parametrize("hour", range(24))
def test_at_any_hour_of_any_day_some_session_holds(day: Weekday, hour: int) -> None:
    for plan in (SessionPlan(), a_plan(), a_plan(NIGHT=a_session(22, 6, "FRI"))):
        manager = TradingSessionManager(plan)
        session = manager.session_at(at(day, hour, 59))
        assert session.name in {OFF_HOURS, *plan.sessions}
        assert session is manager.sessions[manager.index_at(at(day, hour, 59))]


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(0, "ASIA"), (7, "ASIA"), (8, "EUROPE"), (12, "EUROPE"), (13, "US"), (20, "US"), (21, None)],
)
def test_the_default_plan_follows_the_sun(hour: int, expected: str | None) -> None:
    assert name_at(SessionPlan(), "WED", hour, 30) == (expected or OFF_HOURS)


def test_a_session_begins_and_ends_on_the_minute() -> None:
    plan = a_plan(DAY=a_session(9, 17))
    named = [name_at(plan, "TUE", *clock) for clock in ((8, 59), (9, 0), (16, 59), (17, 0))]
    assert named == [OFF_HOURS, "DAY", "DAY", OFF_HOURS]


def test_a_session_holds_only_on_its_weekdays() -> None:
    plan = a_plan(WORK=a_session(9, 17, "MON", "FRI"))
    named = {day: name_at(plan, day, 12) for day in EVERY_DAY}
    assert named == dict.fromkeys(EVERY_DAY, OFF_HOURS) | {"MON": "WORK", "FRI": "WORK"}


def test_an_overnight_session_belongs_to_the_day_it_starts() -> None:
    plan = a_plan(NIGHT=a_session(22, 6, "SUN"))
    assert name_at(plan, "SUN", 21) == OFF_HOURS
    assert name_at(plan, "SUN", 23) == "NIGHT"
    assert name_at(plan, "MON", 5, 59) == "NIGHT"
    assert name_at(plan, "MON", 6) == OFF_HOURS
    assert name_at(plan, "SUN", 5) == OFF_HOURS


def test_equal_hours_mean_a_whole_day() -> None:
    plan = a_plan(ALL=a_session(9, 9, "SAT"))
    assert name_at(plan, "SAT", 9) == name_at(plan, "SUN", 8, 59) == "ALL"
    assert name_at(plan, "SUN", 9) == name_at(plan, "SAT", 8) == OFF_HOURS


@pytest.mark.parametrize(("overlap", "winner"), [("later_start", "US"), ("earlier_start", "EU")])
@pytest.mark.parametrize("order", [("EU", "US"), ("US", "EU")])
def test_an_overlap_goes_to_whom_the_plan_says(
    overlap: str, winner: str, order: tuple[str, ...]
) -> None:
    both = {"EU": a_session(8, 16), "US": a_session(13, 21)}
    plan = a_plan(overlap, **{name: both[name] for name in order})
    assert name_at(plan, "THU", 14) == winner


@pytest.mark.parametrize(
    ("overlap", "winner"), [("later_start", "DAWN"), ("earlier_start", "LATE")]
)
def test_an_overlap_over_midnight_compares_starts_and_not_clock_hours(
    overlap: str, winner: str
) -> None:
    plan = a_plan(overlap, LATE=a_session(20, 4, "SUN"), DAWN=a_session(2, 5, "MON"))
    assert name_at(plan, "MON", 3) == winner


def test_a_session_keeps_what_it_does_not_override() -> None:
    plan = SessionPlan(
        signal=SignalParameters(imbalance_threshold=0.31, cooldown_ms=77),
        sessions={
            "DAY": a_session(
                9,
                17,
                signal=SignalOverrides(cooldown_ms=0),
                execution=ExecutionOverrides(order_notional=5.0),
            )
        },
    )
    off, day = TradingSessionManager(plan).sessions
    assert (off.name, day.name) == (OFF_HOURS, "DAY")
    assert (day.signal.imbalance_threshold, day.signal.cooldown_ms) == (0.31, 0)
    assert (off.signal.cooldown_ms, off.execution.order_notional) == (77, 250.0)
    assert day.execution.order_notional == 5.0


def test_the_compiled_parameters_are_those_of_each_session() -> None:
    plan = SessionPlan(
        sessions={"DAY": a_session(9, 17, signal=SignalOverrides(momentum_window_ms=250))}
    )
    manager = TradingSessionManager(plan)
    schedule: Any = np.zeros(1, SCHEDULE)[0]
    manager.write_schedule(schedule)
    for record, session in zip(schedule["parameters"], manager.sessions, strict=False):
        assert record["momentum_window"] == session.signal.momentum_window_ms * 1_000_000
        assert record["imbalance_threshold"] == session.signal.imbalance_threshold
        assert record["cooldown"] == session.signal.cooldown_ms * 1_000_000
        assert record["book_levels"] == session.signal.book_levels

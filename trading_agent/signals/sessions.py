"""Which trading session holds at a time, and with which parameters."""

from copy import copy
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numba import njit

from trading_agent.domain.settings_slice import SettingsSlice
from trading_agent.domain.units import MILLISECOND, MINUTE, Nanos
from trading_agent.signals.settings import (
    ExecutionParameters,
    SessionPlan,
    SessionSettings,
    SignalParameters,
    Weekday,
)

OFF_HOURS: Final = "OFF_HOURS"
MOST_SESSIONS: Final = 16

_MINUTES_A_DAY: Final = 1440
_MINUTES_A_WEEK: Final = 7 * _MINUTES_A_DAY
# 1970-01-01, where UTC nanoseconds begin, was a Thursday.
_EPOCH_MINUTE: Final = 3 * _MINUTES_A_DAY
_WEEK: Final[tuple[Weekday, ...]] = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")

PARAMETERS: Final = np.dtype(
    [
        ("imbalance_threshold", np.float64),
        ("spread_limit_bps", np.float64),
        ("momentum_threshold_bps", np.float64),
        ("trade_flow_threshold", np.float64),
        ("volatility_min_bps", np.float64),
        ("volatility_max_bps", np.float64),
        ("hysteresis", np.float64),
        ("book_levels", np.int64),
        ("evaluation_interval", np.int64),
        ("momentum_window", np.int64),
        ("trade_flow_window", np.int64),
        ("cooldown", np.int64),
    ],
    align=True,
)
"""Signal parameters of one session; times in nanoseconds."""

SCHEDULE: Final = np.dtype(
    [
        ("session_by_minute", np.uint8, (_MINUTES_A_WEEK,)),
        ("parameters", PARAMETERS, (MOST_SESSIONS,)),
    ],
    align=True,
)
"""Index of the session for every minute of the week (Monday 00:00 UTC first)."""


@njit(error_model="numpy", inline="always")
def session_at(schedule, at):
    """Index of the session that holds at `at` (nanoseconds UTC)."""
    return np.int64(schedule.session_by_minute[(at // MINUTE + _EPOCH_MINUTE) % _MINUTES_A_WEEK])


@dataclass(frozen=True, slots=True)
class Session:
    """A session with everything resolved: base parameters under its own."""

    name: str
    signal: SignalParameters
    execution: ExecutionParameters


class TradingSessionManager:
    """Knows every session by index, name and time; index 0 is OFF_HOURS."""

    def __init__(self, plan: SessionPlan) -> None:
        self.sessions = resolve_sessions(plan)
        self.any_closes = any(
            session.execution.close_before_end_seconds for session in self.sessions
        )
        """Whether a session wants positions closed before it ends."""
        self._minutes = _minutes_of_week(plan)
        self._session_by_minute: tuple[Session, ...] = tuple(
            self.sessions[index] for index in self._minutes.tolist()
        )

    def index_at(self, at: Nanos) -> int:
        return int(self._minutes[(at // MINUTE + _EPOCH_MINUTE) % _MINUTES_A_WEEK])

    def session_at(self, at: Nanos) -> Session:
        return self._session_by_minute[(at // MINUTE + _EPOCH_MINUTE) % _MINUTES_A_WEEK]

    def end_at(self, at: Nanos) -> Nanos | None:
        """When the session that holds at `at` ends; None when one holds all week."""
        first = (at // MINUTE + _EPOCH_MINUTE) % _MINUTES_A_WEEK
        other = np.flatnonzero(np.roll(self._minutes, -first) != self._minutes[first])
        return Nanos((at // MINUTE + int(other[0])) * MINUTE) if len(other) else None

    def with_sessions(self, sessions: tuple[Session, ...]) -> Self:
        """The same hours with other parameters."""
        other = copy(self)
        other.sessions = sessions
        other._session_by_minute = tuple(sessions[index] for index in self._minutes.tolist())
        return other

    def write_schedule(self, schedule: np.void) -> None:
        """Fill a `SCHEDULE` record for the compiled loop."""
        schedule["session_by_minute"] = self._minutes
        for index, session in enumerate(self.sessions):
            _write_parameters(schedule["parameters"][index], session.signal)


def resolve_sessions(plan: SessionPlan) -> tuple[Session, ...]:
    """OFF_HOURS first, then the plan's sessions in their written order."""
    off_hours = Session(OFF_HOURS, plan.signal, plan.execution)
    return (
        off_hours,
        *(
            Session(
                name,
                SignalParameters(**_merged(plan.signal, settings.signal)),
                ExecutionParameters(**_merged(plan.execution, settings.execution)),
            )
            for name, settings in plan.sessions.items()
        ),
    )


def _merged(base: SettingsSlice, overrides: SettingsSlice) -> dict[str, Any]:
    return base.model_dump() | overrides.model_dump(exclude_none=True)


def _minutes_of_week(plan: SessionPlan) -> np.ndarray[Any, np.dtype[np.uint8]]:
    minutes = np.zeros(_MINUTES_A_WEEK, np.uint8)
    started = np.full(_MINUTES_A_WEEK, -1, np.int64)
    later_wins = plan.overlap == "later_start"
    for index, settings in enumerate(plan.sessions.values(), start=1):
        for day in settings.weekdays:
            first = _WEEK.index(day) * _MINUTES_A_DAY + settings.start_hour * 60
            for offset in range(_length_in_minutes(settings)):
                minute = (first + offset) % _MINUTES_A_WEEK
                # Age of the two claims, so that a session that began before midnight of the
                # week's first day still compares rightly.
                age = started[minute]
                if minutes[minute] == 0 or (offset < age) == later_wins:
                    minutes[minute] = index
                    started[minute] = offset
    return minutes


def _length_in_minutes(settings: SessionSettings) -> int:
    hours = (settings.end_hour - settings.start_hour) % 24 or 24
    return hours * 60


def _write_parameters(record: np.void, signal: SignalParameters) -> None:
    record["imbalance_threshold"] = signal.imbalance_threshold
    record["spread_limit_bps"] = signal.spread_limit_bps
    record["momentum_threshold_bps"] = signal.momentum_threshold_bps
    record["trade_flow_threshold"] = signal.trade_flow_threshold
    record["volatility_min_bps"] = signal.volatility_min_bps
    record["volatility_max_bps"] = signal.volatility_max_bps
    record["hysteresis"] = signal.hysteresis
    record["book_levels"] = signal.book_levels
    record["evaluation_interval"] = signal.evaluation_interval_ms * MILLISECOND
    record["momentum_window"] = signal.momentum_window_ms * MILLISECOND
    record["trade_flow_window"] = signal.trade_flow_window_ms * MILLISECOND
    record["cooldown"] = signal.cooldown_ms * MILLISECOND

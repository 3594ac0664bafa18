"""Settings of signals: what fires, and in which session."""

from typing import Annotated, Literal

from pydantic import Field

from trading_agent.domain.settings_slice import SettingsSlice

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
Bps = Annotated[float, Field(ge=0.0, le=10_000.0)]

Weekday = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
EVERY_DAY: tuple[Weekday, ...] = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


class SignalParameters(SettingsSlice):
    """When a flash signal fires."""

    imbalance_threshold: Ratio = 0.20
    """Least absolute book imbalance, (bids - asks) / (bids + asks) over `book_levels`; ratio."""
    book_levels: Annotated[int, Field(ge=1, le=50)] = 10
    """Levels a side that imbalance looks at; count."""
    evaluation_interval_ms: Annotated[int, Field(ge=0, le=60_000)] = 50
    """Least time between two evaluations of one symbol; milliseconds."""
    spread_full_size_bps: Bps = 2.0
    """Spread up to which orders keep their full size; basis points of the mid price."""
    spread_limit_bps: Bps = 60.0
    """Spread above which nothing fires; basis points of the mid price. Between
    `spread_full_size_bps` and this, order size falls in a straight line to zero."""
    momentum_window_ms: Annotated[int, Field(ge=100, le=60_000)] = 3_000
    """How far back the momentum of the mid price looks; milliseconds."""
    momentum_threshold_bps: Bps = 0.3
    """Least move of the mid price in the signal's direction over that window; basis points."""
    trade_flow_window_ms: Annotated[int, Field(ge=100, le=60_000)] = 5_000
    """How far back signed trade flow looks; milliseconds."""
    trade_flow_threshold: Ratio = 0.15
    """Least signed share of traded volume in the signal's direction,
    (bought - sold) / (bought + sold) over that window; ratio."""
    volatility_min_bps: Bps = 0.1
    """Least realised volatility of one-second returns over the last minute; basis points."""
    volatility_max_bps: Bps = 10.0
    """Most realised volatility of one-second returns over the last minute; basis points."""
    hysteresis: Ratio = 0.7
    """A direction re-arms only after imbalance fell below this share of its threshold; ratio."""
    cooldown_ms: Annotated[int, Field(ge=0, le=3_600_000)] = 3_000
    """Least time between two signals of one symbol; milliseconds."""


class SignalOverrides(SettingsSlice):
    """A session's own values; a key left out keeps the base value."""

    imbalance_threshold: Ratio | None = None
    book_levels: Annotated[int, Field(ge=1, le=50)] | None = None
    evaluation_interval_ms: Annotated[int, Field(ge=0, le=60_000)] | None = None
    spread_full_size_bps: Bps | None = None
    spread_limit_bps: Bps | None = None
    momentum_window_ms: Annotated[int, Field(ge=100, le=60_000)] | None = None
    momentum_threshold_bps: Bps | None = None
    trade_flow_window_ms: Annotated[int, Field(ge=100, le=60_000)] | None = None
    trade_flow_threshold: Ratio | None = None
    volatility_min_bps: Bps | None = None
    volatility_max_bps: Bps | None = None
    hysteresis: Ratio | None = None
    cooldown_ms: Annotated[int, Field(ge=0, le=3_600_000)] | None = None


class ExecutionParameters(SettingsSlice):
    """How a signal is traded."""

    order_notional: Annotated[float, Field(gt=0.0, le=1_000_000.0)] = 250.0
    """Value of one entry before the size factors; quote asset."""
    size_factor: Annotated[float, Field(gt=0.0, le=10.0)] = 1.0
    """Multiplies `order_notional`; factor."""
    order_kind: Literal["IOC", "LIMIT", "LIMIT_MAKER", "MARKET"] = "IOC"
    """How entries are sent: IOC takes and cancels the rest, LIMIT takes and rests,
    LIMIT_MAKER only rests, MARKET takes up to the slippage limit."""
    slippage_limit_bps: Bps = 5.0
    """How far beyond the best opposite price an order may reach; basis points."""
    take_profit_bps: Bps = 20.0
    """Distance of the take-profit from the entry price; basis points, 0 for none."""
    stop_bps: Bps = 10.0
    """Distance of the stop from the entry price; basis points, 0 for none."""
    trail_bps: Bps = 0.0
    """How far below the best bid seen the stop follows, never falling; basis points of the entry
    price, 0 for a stop that stays."""
    break_even_bps: Bps = 0.0
    """Gain of the best bid at which the stop is lifted to the entry price; basis points, 0 for
    never."""
    close_before_end_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0
    """How long before its session ends a position is closed and entries stop; seconds, 0 for
    not at all."""
    max_open_positions: Annotated[int, Field(ge=0, le=100)] = 5
    """Most positions open at once over all symbols; count."""
    hold_seconds: Annotated[int, Field(ge=0, le=604_800)] = 120
    """A position older than this is closed; seconds, 0 for never."""
    resting_seconds: Annotated[int, Field(ge=1, le=86_400)] = 10
    """A resting entry order older than this is cancelled; seconds."""


class ExecutionOverrides(SettingsSlice):
    """A session's own values; a key left out keeps the base value."""

    order_notional: Annotated[float, Field(gt=0.0, le=1_000_000.0)] | None = None
    size_factor: Annotated[float, Field(gt=0.0, le=10.0)] | None = None
    order_kind: Literal["IOC", "LIMIT", "LIMIT_MAKER", "MARKET"] | None = None
    slippage_limit_bps: Bps | None = None
    take_profit_bps: Bps | None = None
    stop_bps: Bps | None = None
    trail_bps: Bps | None = None
    break_even_bps: Bps | None = None
    close_before_end_seconds: Annotated[int, Field(ge=0, le=86_400)] | None = None
    max_open_positions: Annotated[int, Field(ge=0, le=100)] | None = None
    hold_seconds: Annotated[int, Field(ge=0, le=604_800)] | None = None
    resting_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None


class SessionSettings(SettingsSlice):
    """One trading session, in UTC."""

    start_hour: Annotated[int, Field(ge=0, le=23)]
    """First hour of the session; UTC."""
    end_hour: Annotated[int, Field(ge=1, le=24)]
    """First hour after the session; UTC. Not above `start_hour`: it ends the next day."""
    weekdays: tuple[Weekday, ...] = EVERY_DAY
    """Days on which the session starts; UTC."""
    signal: SignalOverrides = SignalOverrides()
    execution: ExecutionOverrides = ExecutionOverrides()


class SessionPlan(SettingsSlice):
    """Base parameters, the sessions that override them, and who wins an overlap."""

    signal: SignalParameters = SignalParameters()
    execution: ExecutionParameters = ExecutionParameters()
    sessions: dict[str, SessionSettings] = {
        "ASIA": SessionSettings(start_hour=0, end_hour=8),
        "EUROPE": SessionSettings(start_hour=8, end_hour=16),
        "US": SessionSettings(start_hour=13, end_hour=21),
    }
    """Sessions by name. Outside all of them the base parameters apply as OFF_HOURS."""
    overlap: Literal["later_start", "earlier_start"] = "later_start"
    """Which session holds where two overlap: the one that started later, or earlier."""

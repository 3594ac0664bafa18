"""Patterns, leads and readings as evidence about a pair, for tests of what is made of them."""

from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos
from trading_agent.signals.enhanced.cross_asset import LeadLag
from trading_agent.signals.patterns.pattern import Pattern, PatternKind


def a_pattern(direction: Side, timeframe: str, *, confirmed_at: int) -> Pattern:
    return Pattern(
        kind=PatternKind.DOUBLE_BOTTOM,
        timeframe=timeframe,
        direction=direction,
        confirmed_at=Nanos(confirmed_at),
        points=(),
        target=110.0,
        invalidation=90.0,
        quality=0.8,
        name="double bottom",
    )


def a_lead(leader: str, follower: str, *, lag_seconds: int = 2) -> LeadLag:
    return LeadLag(leader, follower, 100, lag_seconds, 0.5, 0.1, 800, True, 0.02, True)

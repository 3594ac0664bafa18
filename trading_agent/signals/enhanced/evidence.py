"""What speaks for a direction, from whichever family of signals it comes."""

import math
from typing import Final

from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.market.candles import TIMEFRAME_NAMES, TIMEFRAMES
from trading_agent.signals.enhanced.confirmation import Confirmation
from trading_agent.signals.enhanced.cross_asset import LeadLag
from trading_agent.signals.enhanced.settings import Family
from trading_agent.signals.patterns.pattern import Pattern

_LENGTHS: Final = dict(zip(TIMEFRAME_NAMES, TIMEFRAMES, strict=True))


class Evidence(Struct, frozen=True):
    """One opinion about one symbol. `strength` 0 to 1; `lifetime` in nanoseconds, over which it
    fades in a straight line to nothing. `name` tells it from others of its family."""

    family: Family
    name: str
    direction: Side
    strength: float
    at: Nanos
    lifetime: Nanos
    words: str = ""


def evidence_of_signal(
    direction: Side, strength: float, raised_at: Nanos, lifetime: Nanos
) -> Evidence:
    """A flash signal."""
    return Evidence("flash", "flash", direction, strength, raised_at, lifetime)


def evidence_of_pattern(pattern: Pattern, at: Nanos, lifetime_candles: float) -> Evidence | None:
    """It lives so many candles of its timeframe, and is None afterwards; one that is known is not
    of the future."""
    lifetime = int(lifetime_candles * _LENGTHS[pattern.timeframe])
    if at - pattern.confirmed_at >= lifetime:
        return None
    return Evidence(
        "patterns",
        f"{pattern.name} {pattern.timeframe}",
        pattern.direction,
        pattern.quality,
        min(pattern.confirmed_at, at),
        Nanos(lifetime),
    )


def evidence_of_confirmation(
    confirmation: Confirmation, at: Nanos, lifetime: Nanos
) -> Evidence | None:
    """None when the timeframes do not agree."""
    if confirmation.direction is None or not confirmation.confirmed:
        return None
    return Evidence(
        "candles",
        "confirmation",
        confirmation.direction,
        abs(confirmation.score),
        at,
        lifetime,
        confirmation.words,
    )


def evidence_of_lead(
    lead: LeadLag, leader_move_bps: float, full_move_bps: float, at: Nanos
) -> Evidence | None:
    """For the follower, after its leader has moved over the last `lag_seconds`; it lives as long
    as the lead. None when the lead or what it transfers is not significant, or the leader has not
    moved."""
    move = leader_move_bps * lead.correlation
    if not lead.speaks or not math.isfinite(move) or move == 0.0:
        return None
    return Evidence(
        "cross_asset",
        f"{lead.leader} leads",
        Side.BUY if move > 0.0 else Side.SELL,
        abs(lead.correlation) * min(abs(leader_move_bps) / full_move_bps, 1.0),
        at,
        Nanos(lead.lag_seconds * SECOND),
        f"{lead.leader} moved {leader_move_bps:+.2f} bps and leads by {lead.lag_seconds} s "
        f"(correlation {lead.correlation:+.2f}, {lead.transfer_bits:.3f} bits a move)",
    )

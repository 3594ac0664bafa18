"""How long what happens is collected before it is told; nanoseconds."""

from typing import Final

from msgspec import Struct

from trading_agent.domain.units import MILLISECOND, SECOND

SETTLING: Final = 300 * MILLISECOND
"""What an ended order brings after it: its queue models, the exits it armed."""
OPENING: Final = 2 * SECOND
"""What a start says first."""
TOGETHER: Final = 3 * SECOND
"""Sightings, feeds that come back, rules that change."""


class Pace(Struct, frozen=True, kw_only=True):
    """`burst`: fills of one order; `standing`: before an order that waits is told of; `stops`:
    moves of one position's exits; `feeds`: before a lost feed is told of; `signals`: signals.
    `oddities`: how long the same oddity of the same pair is only counted after it was told.
    `least_quality`: of a chart pattern that is told at all."""

    burst: int = 1_500 * MILLISECOND
    standing: int = 10 * SECOND
    stops: int = 30 * SECOND
    feeds: int = 5 * SECOND
    signals: int = 60 * SECOND
    oddities: int = 3_600 * SECOND
    least_quality: float = 0.3

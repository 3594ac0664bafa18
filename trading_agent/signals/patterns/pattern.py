"""What a chart pattern is, once it is known."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from trading_agent.domain.order import Side
from trading_agent.domain.units import Nanos


class PatternKind(StrEnum):
    DOUBLE_TOP = "double_top"
    DOUBLE_BOTTOM = "double_bottom"
    TRIPLE_TOP = "triple_top"
    TRIPLE_BOTTOM = "triple_bottom"
    HEAD_AND_SHOULDERS = "head_and_shoulders"
    INVERSE_HEAD_AND_SHOULDERS = "inverse_head_and_shoulders"
    ASCENDING_TRIANGLE = "ascending_triangle"
    DESCENDING_TRIANGLE = "descending_triangle"
    SYMMETRIC_TRIANGLE = "symmetric_triangle"
    RISING_WEDGE = "rising_wedge"
    FALLING_WEDGE = "falling_wedge"
    BULL_FLAG = "bull_flag"
    BEAR_FLAG = "bear_flag"
    BULL_PENNANT = "bull_pennant"
    BEAR_PENNANT = "bear_pennant"
    RECTANGLE = "rectangle"
    CUP_AND_HANDLE = "cup_and_handle"
    INVERSE_CUP_AND_HANDLE = "inverse_cup_and_handle"
    CHANNEL_BREAK = "channel_break"
    RESISTANCE_BREAK = "resistance_break"
    SUPPORT_BREAK = "support_break"


_MIRRORED: Final = (
    (PatternKind.DOUBLE_BOTTOM, PatternKind.DOUBLE_TOP),
    (PatternKind.TRIPLE_BOTTOM, PatternKind.TRIPLE_TOP),
    (PatternKind.INVERSE_HEAD_AND_SHOULDERS, PatternKind.HEAD_AND_SHOULDERS),
    (PatternKind.ASCENDING_TRIANGLE, PatternKind.DESCENDING_TRIANGLE),
    (PatternKind.FALLING_WEDGE, PatternKind.RISING_WEDGE),
    (PatternKind.BULL_FLAG, PatternKind.BEAR_FLAG),
    (PatternKind.BULL_PENNANT, PatternKind.BEAR_PENNANT),
    (PatternKind.CUP_AND_HANDLE, PatternKind.INVERSE_CUP_AND_HANDLE),
    (PatternKind.RESISTANCE_BREAK, PatternKind.SUPPORT_BREAK),
)
MIRROR: Final = {
    **{kind: kind for kind in PatternKind},
    **dict(_MIRRORED),
    **{falling: rising for rising, falling in _MIRRORED},
}
"""The same shape upside down."""


class PatternPoint(Struct, frozen=True):
    """`at`: opening of its candle. `what`: words for people."""

    at: Nanos
    price: float
    what: str


class Pattern(Struct, frozen=True, kw_only=True):
    """A shape whose edge was broken by a close.

    `direction`: what it points to. `confirmed_at`: end of the candle that broke the edge; nothing
    of it was known before. `points`: in the order of time, the last is the break itself.
    `target`: price the shape's height points to. `invalidation`: price at which it has failed.
    `quality`: 1 for a shape as in a book, 0 for one that was barely let through.
    """

    kind: PatternKind
    timeframe: str
    direction: Side
    confirmed_at: Nanos
    points: tuple[PatternPoint, ...]
    target: float
    invalidation: float
    quality: float
    name: str


def name_of(kind: PatternKind, direction: Side) -> str:
    words = kind.value.replace("_", " ")
    return f"{words}, {'upward' if direction is Side.BUY else 'downward'}"

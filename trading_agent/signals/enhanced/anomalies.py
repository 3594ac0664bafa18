"""What can be out of the ordinary in one symbol's market, and in the feed that tells of it."""

from enum import StrEnum

from msgspec import Struct

from trading_agent.domain.units import Nanos


class AnomalyKind(StrEnum):
    SPREAD = "spread"
    VOLUME = "volume"
    RETURN = "return"
    MESSAGES = "messages"
    FLICKER = "flicker"
    BACKWARDS = "backwards"
    """A message that the exchange stamped earlier than the one before it."""
    CLOCK_JUMP = "clock_jump"
    """Messages whose delay is far from the usual: the exchange's clock, or the way to us."""
    SILENCE = "silence"


class Anomaly(Struct, frozen=True):
    """`figure`: robust z for figures of the market, flickers a minute, else milliseconds."""

    kind: AnomalyKind
    at: Nanos
    figure: float
    words: str

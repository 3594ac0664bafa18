"""What can be wrong with one frame, and how a good one is made so."""

from enum import StrEnum
from typing import Any, Final

from trading_agent.adapters.mexc.schema import PushDataV3ApiWrapper
from trading_agent.adapters.mexc.wire import BODIES, Channel

_HUGE: Final = 5 * 1024 * 1024
_FOREIGN: Final = "XYZUSDC"
_GARBAGE: Final = bytes(range(256))
_FAR_ABOVE: Final = "9"


class FrameFaultKind(StrEnum):
    DROP = "drop"
    """The frame is not sent: a hole in the versions."""
    DUPLICATE = "duplicate"
    """The frame is sent twice."""
    REORDER = "reorder"
    """The frame is sent after the one that follows it."""
    GARBAGE = "garbage"
    """256 bytes that are no protobuf stand in its place."""
    TRUNCATED = "truncated"
    """Its second half is missing."""
    WRONG_SYMBOL = "wrong_symbol"
    """It names a channel and a pair nobody asked for."""
    OFF_TICK = "off_tick"
    """A price has one more decimal than the pair allows."""
    CROSSED = "crossed"
    """A bid stands far above every ask."""
    HUGE = "huge"
    """It is longer than 5 MiB."""


def damaged(kind: FrameFaultKind, channel: Channel, frame: bytes) -> bytes:
    """`frame` with one thing wrong. DROP, DUPLICATE and REORDER leave the bytes alone."""
    match kind:
        case FrameFaultKind.DROP | FrameFaultKind.DUPLICATE | FrameFaultKind.REORDER:
            return frame
        case FrameFaultKind.GARBAGE:
            return _GARBAGE
        case FrameFaultKind.TRUNCATED:
            return frame[: len(frame) // 2]
        case _:
            content = PushDataV3ApiWrapper.FromString(frame)
            _spoil_content(kind, content, getattr(content, BODIES[channel.topic]))
            return bytes(content.SerializeToString())


def _spoil_content(kind: FrameFaultKind, content: Any, body: Any) -> None:
    if kind is FrameFaultKind.WRONG_SYMBOL:
        content.channel = content.channel.replace(content.symbol, _FOREIGN)
        content.symbol = _FOREIGN
    elif kind is FrameFaultKind.HUGE:
        content.symbolId = "x" * _HUGE
    else:
        _spoil_levels(kind, body)


def _spoil_levels(kind: FrameFaultKind, body: Any) -> None:
    if not body.bids and not body.asks:
        body.bids.add(price="1.0000000000", quantity="1")
    level = (*body.bids, *body.asks)[0]
    if kind is FrameFaultKind.OFF_TICK:
        level.price += "5" if "." in level.price else ".5"
    else:
        body.bids.add(price=f"{_FAR_ABOVE}{level.price}", quantity="1")

"""The row: the contract of feed, recorder, replay and paper execution.

A row is one change of one symbol's market. Integers only. Rows of one exchange message
stand together, in the exchange's order, and the last of them carries `LAST`.
"""

from enum import IntEnum, IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray


class RowKind(IntEnum):
    """What a row says. Sizes of BID and ASK are absolute; zero removes the level."""

    BID = 1
    ASK = 2
    BUY = 3
    """A print; the aggressor bought."""
    SELL = 4
    """A print; the aggressor sold."""
    CLEAR = 5
    """A snapshot begins: forget the book; its levels follow in the same message."""
    LOST = 6
    """The book can no longer be trusted; `size` holds a `LossReason`."""
    BEST_BID = 7
    """The exchange's own best bid at version `sequence`."""
    BEST_ASK = 8
    KLINE_OPEN = 9
    """The exchange's own candle, as five rows; `venue_at` is its opening time and the
    upper byte of `flags` its timeframe (an index into `market.candles.TIMEFRAMES`)."""
    KLINE_HIGH = 10
    KLINE_LOW = 11
    KLINE_CLOSE = 12
    KLINE_VOLUME = 13


PRINT_KINDS: Final = (int(RowKind.BUY), int(RowKind.SELL))


class RowFlag(IntFlag):
    LAST = 1
    SNAPSHOT = 2


class LossReason(IntEnum):
    """Why a book is not trusted."""

    NEVER_READY = 0
    GAP = 1
    DISCONNECTED = 2
    CROSSED = 3
    INVALID_FRAME = 4
    OVERFLOW = 5
    SILENT = 6


PRINTS_LOST: Final = frozenset(
    (
        LossReason.DISCONNECTED,
        LossReason.INVALID_FRAME,
        LossReason.OVERFLOW,
        LossReason.SILENT,
    )
)
"""With these prints may have gone. A connection that ended and a backlog thrown away took them
along; a frame that cannot be read may have held some; and where the depth of a pair has stopped,
nothing says that its trades have not. A gap in the versions of depth and a book that crossed
itself are of the depth stream alone."""

ROW: Final = np.dtype(
    [
        ("at", np.int64),
        ("venue_at", np.int64),
        ("sequence", np.int64),
        ("price", np.int64),
        ("size", np.int64),
        ("kind", np.int16),
        ("flags", np.int16),
        ("symbol", np.int32),
    ],
    align=True,
)
"""`at`: nanoseconds UTC when the core read it, stamped by the inbox, never falling.
`venue_at`: the exchange's time, nanoseconds UTC. `sequence`: book version, 0 if none.
`price` in ticks, `size` in lots, `symbol` an index into the run's list of symbols."""

Rows = NDArray[np.void]
"""A one-dimensional array of `ROW`."""


def empty_rows(count: int) -> Rows:
    """`count` zeroed rows."""
    return np.zeros(count, ROW)

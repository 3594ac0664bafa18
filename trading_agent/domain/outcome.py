"""What the compiled loop has to say: one record an outcome, turned into facts by the core."""

from enum import IntEnum
from typing import Final

import numpy as np

from trading_agent.domain.order import OrderId
from trading_agent.domain.units import Lots, Nanos, Ticks


class OutcomeKind(IntEnum):
    BOOK_READY = 1
    BOOK_LOST = 2
    SIGNAL = 3
    ACCEPTED = 4
    FILLED = 5
    CANCELED = 6
    REJECTED = 7
    EXIT_DUE = 8
    TRIGGERED = 9
    SHADOWED = 10
    EXIT_MOVED = 11
    CLOCK = 12
    CANDLES = 13
    QUOTES_DUE = 14


Outcome = tuple[Nanos, OrderId, Ticks, Lots, int, int, int, float, Ticks, Ticks]
"""The fields of an OUTCOME."""

OUTCOME: Final = np.dtype(
    [
        ("at", np.int64),
        ("order", np.int64),
        ("price", np.int64),
        ("size", np.int64),
        ("kind", np.int32),
        ("symbol", np.int32),
        ("detail", np.int64),
        ("strength", np.float64),
        ("bid", np.int64),
        ("ask", np.int64),
    ],
    align=True,
)
"""`detail` by kind: LossReason of BOOK_LOST; direction of SIGNAL; 1 of ACCEPTED, 2 when it had to
trigger first; liquidity of FILLED (0 taker, 1 maker); index into `END_REASONS` of CANCELED and
REJECTED; index into `EXIT_REASONS` of EXIT_DUE, whose price is the bid an exit can sell into.

SIGNAL: `order` is its number among those just raised, `size` 0 when nobody need be asked.
`bid` and `ask`: the best of the symbol's book at `at`, ticks, 0 where there is none.
TRIGGERED: `price` is the one that triggered. SHADOWED, once when an order that has rested ends:
lots filled in `price` (pessimistic), `size` (central), `detail` (optimistic). EXIT_MOVED: a
stop has followed the bid; it stands in the symbol's exits. CANDLES: a bit in `detail` for each
timeframe that has closed since the last one. CLOCK: what the desk is worth has to be looked
at. QUOTES_DUE: what stands in the symbol for a strategy that quotes has to be looked at."""

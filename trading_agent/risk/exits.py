"""What protects an open position: take-profit, stop and time, watched on every message.

Spot: positions are long, so exits sell into the bid. Take-profit and stop trigger on the best
bid, the price an exit could get.
"""

from typing import Final

import numpy as np

from trading_agent.domain.facts import ExitReason
from trading_agent.market.compiling import part

EXIT_REASONS: Final = tuple(ExitReason)
NO_EXIT: Final = -1

_TAKE_PROFIT: Final = EXIT_REASONS.index(ExitReason.TAKE_PROFIT)
_STOP: Final = EXIT_REASONS.index(ExitReason.STOP)
_TIME: Final = EXIT_REASONS.index(ExitReason.TIME)

EXIT: Final = np.dtype(
    [
        ("armed", np.int64),
        ("take_profit", np.int64),
        ("stop", np.int64),
        ("deadline", np.int64),
    ],
    align=True,
)
"""One symbol's protection; trigger prices in ticks, deadline in nanoseconds UTC, 0 for none.
Triggering disarms it: the desk arms it again when a position is left."""


@part
def exit_due(exits, bid, at):
    """Index into `EXIT_REASONS` of what triggers now, or NO_EXIT. `bid` 0: no usable book, and
    nothing triggers: an exit sent then could only be rejected."""
    if exits.armed == 0 or bid <= 0:
        return np.int64(NO_EXIT)
    reason = np.int64(NO_EXIT)
    if exits.deadline > 0 and at >= exits.deadline:
        reason = np.int64(_TIME)
    if exits.take_profit > 0 and bid >= exits.take_profit:
        reason = np.int64(_TAKE_PROFIT)
    if exits.stop > 0 and bid <= exits.stop:
        reason = np.int64(_STOP)
    if reason != NO_EXIT:
        exits.armed = 0
    return reason

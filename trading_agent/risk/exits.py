"""What the compiled loop watches for risk: the protection of positions, and what the desk is worth.

Spot: positions are long, so exits sell into the bid. Take-profit and stop trigger on the best
bid, the price an exit could get; a stop that follows does so on the best bid too.
"""

from typing import Final

import numpy as np

from trading_agent.domain.facts import ExitReason, ExitsArmed
from trading_agent.domain.units import SECOND
from trading_agent.market.compiling import part

EXIT_REASONS: Final = tuple(ExitReason)
NO_EXIT: Final = -1

_TAKE_PROFIT: Final = EXIT_REASONS.index(ExitReason.TAKE_PROFIT)
_STOP: Final = EXIT_REASONS.index(ExitReason.STOP)
_TRAILING: Final = EXIT_REASONS.index(ExitReason.TRAILING)
_BREAK_EVEN: Final = EXIT_REASONS.index(ExitReason.BREAK_EVEN)
_NEVER: Final = (1 << 63) - 1

EXIT: Final = np.dtype(
    [
        ("armed", np.int64),
        ("take_profit", np.int64),
        ("stop", np.int64),
        ("deadline", np.int64),
        ("trail", np.int64),
        ("break_even", np.int64),
        ("entry", np.int64),
        ("stop_reason", np.int64),
        ("deadline_reason", np.int64),
        ("moved", np.int64),
        ("told_at", np.int64),
    ],
    align=True,
)
"""One symbol's protection; prices in ticks, times in nanoseconds, 0 for none. Triggering
disarms it: the desk arms it again when a position is left. `stop_reason`, `deadline_reason`:
indices into `EXIT_REASONS`. `moved`: the stop has followed since `told_at`, when it was last
told."""

STAKE: Final = np.dtype([("unit", np.float64), ("held", np.int64)], align=True)
"""Lots `held` of one symbol: its worth in the quote asset is `unit` times lots and best bid."""

EQUITY_WATCH: Final = np.dtype(
    [
        ("due", np.int64),
        ("mark_due", np.int64),
        ("last_symbol", np.int64),
        ("held", np.int64),
        ("unknown", np.int64),
        ("cash", np.float64),
        ("floor", np.float64),
        ("worth", np.float64),
    ],
    align=True,
)
"""`due`: when the desk is weighed next; every second while something is `held`, else with
`mark_due`, the next full minute. `unknown`: something held has no price. At or below `floor`
somebody has to look. Floats: they only decide whether the exact sums are asked."""


@part
def exit_due(exits, bid, at):
    """Index into `EXIT_REASONS` of what triggers now, or NO_EXIT. `bid` 0: no usable book, and
    nothing triggers: an exit sent then could only be rejected."""
    if exits.armed == 0 or bid <= 0:
        return np.int64(NO_EXIT)
    if exits.trail | exits.break_even != 0:
        follow(exits, bid)
    reason = np.int64(NO_EXIT)
    if exits.deadline > 0 and at >= exits.deadline:
        reason = exits.deadline_reason
    if exits.take_profit > 0 and bid >= exits.take_profit:
        reason = np.int64(_TAKE_PROFIT)
    if exits.stop > 0 and bid <= exits.stop:
        reason = exits.stop_reason
    if reason != NO_EXIT:
        exits.armed = 0
    return reason


@part
def follow(exits, bid):
    """Lift the stop: to the entry once the bid has come far enough, and behind the best bid.
    It never falls."""
    if exits.break_even > 0 and bid >= exits.break_even:
        exits.break_even = 0
        exits.moved = 1
        if exits.entry > exits.stop:
            exits.stop = exits.entry
            exits.stop_reason = _BREAK_EVEN
    if exits.trail > 0 and bid - exits.trail > exits.stop:
        exits.stop = bid - exits.trail
        exits.stop_reason = _TRAILING
        exits.moved = 1


@part
def stop_to_tell(exits, at):
    """1 when the stop has moved and was not told within the last second."""
    if exits.moved == 0 or exits.armed == 0 or at < exits.told_at + SECOND:
        return np.int64(0)
    exits.moved = 0
    exits.told_at = at
    return np.int64(1)


@part
def weigh(watch, stake, symbol, bid, at):
    """Add one symbol to the worth of the desk; the symbols come in order. Returns 1 with the
    last one when somebody has to look: a mark is due, or the worth is too little, or no
    number."""
    if symbol == 0:
        watch.worth = watch.cash
        watch.unknown = 0
    if stake.held > 0:
        watch.worth += stake.unit * stake.held * bid
        if bid <= 0:
            watch.unknown = 1
    if symbol < watch.last_symbol:
        return np.int64(0)
    look = watch.mark_due <= at
    if watch.unknown == 0 and not watch.worth > watch.floor:
        look = True
    watch.due = watch.mark_due if watch.mark_due > at else np.int64(_NEVER)
    if watch.held > 0:
        watch.due = min(watch.due, at - at % SECOND + SECOND)
    return np.int64(look)


def stop_reason_of(exits: ExitsArmed) -> int:
    """What to call the stop, as an index into `EXIT_REASONS`: with a trail it is a trailing one
    wherever it stands, but for the entry itself, to which the first gain lifts it."""
    if exits.entry and exits.stop == exits.entry:
        return _BREAK_EVEN
    return _TRAILING if exits.trail else _STOP

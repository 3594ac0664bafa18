"""What is over is over at its time: before any row, command or wake-up that is not earlier.

The compiled loop knows nothing of these ends. So rows are handed to it up to the first message
that is not earlier than the next end, the end acts, and the rest follows: as if somebody had
woken the core at that moment.
"""

import numpy as np

from trading_agent.domain.market_rows import RowFlag, Rows
from trading_agent.domain.units import Nanos
from trading_agent.engine import lock_flow, overlay_flow
from trading_agent.engine.change_flow import retune
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.market_flow import on_rows, on_woke


def take_rows(state: DeskState, rows: Rows, at: Nanos) -> None:
    """`at`: the time of the first row; later rows carry their own."""
    while len(rows):
        end = state.tuning.ends_at
        if end > rows["at"].item(-1):
            break
        first = _first_message(rows, end)
        if first:
            on_rows(state, rows[:first], at)
            rows = rows[first:]
            at = Nanos(rows["at"].item(0)) if len(rows) else at
        if state.tuning.ends_at == end:
            _end(state, Nanos(end))
    on_rows(state, rows, at)


def pass_time(state: DeskState, at: Nanos) -> None:
    """Without a row."""
    while state.tuning.ends_at <= at:
        _end(state, Nanos(state.tuning.ends_at))
    on_woke(state, at)


def _end(state: DeskState, at: Nanos) -> None:
    """What is due by then acts before it."""
    on_woke(state, at)
    overlay_flow.expire(state, at)
    lock_flow.expire(state, at)
    retune(state)


def _first_message(rows: Rows, end: int) -> int:
    """Index of the first row of the first message that is not earlier than `end`."""
    first = int(np.searchsorted(rows["at"], end, side="left"))
    while 0 < first < len(rows) and not rows["flags"][first - 1] & RowFlag.LAST:
        first += 1
    return first

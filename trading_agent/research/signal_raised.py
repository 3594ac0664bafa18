"""The flash signals of a recording, as the compiled loop raises them under a plan."""

from typing import Final

import numpy as np
from msgspec import Struct

from trading_agent.domain.market_rows import Rows
from trading_agent.domain.outcome import OutcomeKind
from trading_agent.engine.compiled_loop import entry_point
from trading_agent.engine.kernel import advance_batch
from trading_agent.engine.state import open_state
from trading_agent.research.signal_samples import Floats, Integers
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan

_SIGNAL: Final = int(OutcomeKind.SIGNAL)


class Raised(Struct, frozen=True, kw_only=True):
    """Oldest first: `at` nanoseconds UTC, `direction` 1 to buy and -1 to sell, `session` an index
    into the plan's sessions, `strength` 0 to 1. Those to sell are raised whether or not something
    is held."""

    at: Integers
    direction: Integers
    session: Integers
    strength: Floats


def raised_signals(rows: Rows, plan: SessionPlan) -> Raised:
    """`rows`: whole messages of symbol 0."""
    state = open_state(1, TradingSessionManager(plan))
    advance, desk = entry_point(advance_batch), state.desk[0]
    outcomes = desk["venue"]["outcomes"]
    now = int(rows["at"][-1]) if len(rows) else 0
    heard: list[tuple[int, int, int]] = []
    strengths: list[float] = []
    position = 0
    while position < len(rows):
        # What was said before is forgotten by the loop itself.
        position = advance(rows, position, now, state.markets, state.desk)
        said = outcomes[: int(desk["venue"]["outcome_count"])]
        for each in said[said["kind"] == _SIGNAL]:
            signal = desk["signals"][int(each["order"])]
            heard.append((int(each["at"]), int(each["detail"]), int(signal["session"])))
            strengths.append(float(signal["strength"]))
    at, direction, session = np.array(heard, np.int64).reshape(-1, 3).T
    strength = np.array(strengths, np.float64)
    return Raised(at=at, direction=direction, session=session, strength=strength)

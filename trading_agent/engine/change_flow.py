"""What is changed while the desk runs takes hold at once, between two messages of the market."""

from trading_agent.domain.facts import Fact
from trading_agent.engine.desk_state import DeskState
from trading_agent.engine.tuning import tune
from trading_agent.signals.flash import FlashTradingSignals


def change(state: DeskState, *facts: Fact) -> None:
    """They have happened; the desk trades by them from now on."""
    for fact in facts:
        state.emit(fact)
    retune(state)


def retune(state: DeskState) -> None:
    """Trade by what the account holds of changes. The compiled loop finds the signals' parameters
    in its schedule."""
    before, now = state.tuning, tune(state.baseline, state.account.changes)
    state.tuning = now
    state.drawn.clear()
    state.gate.work_by(now.limits)
    if now.sessions is not before.sessions:
        state.sessions = now.sessions
        state.forget_session()
        state.signals = FlashTradingSignals(now.sessions)
        now.sessions.write_schedule(state.desk["schedule"])

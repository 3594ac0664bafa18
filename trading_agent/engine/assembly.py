"""Builds a core: the same one for live, replay and backtest."""

from collections.abc import Callable
from typing import Any

from trading_agent.domain.market_rows import empty_rows
from trading_agent.engine.core import Core
from trading_agent.engine.desk_state import DeskState, EngineSettings
from trading_agent.engine.kernel import advance_batch, advance_live
from trading_agent.engine.opening import Opening
from trading_agent.engine.state import Columns, open_state
from trading_agent.execution.latency import Latency
from trading_agent.execution.paper import PaperTradingSystem
from trading_agent.risk.gate import RiskGate
from trading_agent.signals.flash import FlashTradingSignals
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan
from trading_agent.strategies.roster import roster


def assemble(settings: EngineSettings, opening: Opening, *, batch: bool) -> Core:
    """`batch`: for millions of rows at a call; the result is the same to the bit."""
    sessions = TradingSessionManager(settings.plan)
    symbols = tuple(instrument.symbol for instrument in opening.instruments)
    compiled = open_state(len(symbols), sessions)
    state = DeskState(
        settings=settings,
        symbols=symbols,
        sessions=sessions,
        compiled=compiled,
        columns=Columns(compiled),
        venue=PaperTradingSystem(
            compiled.desk["venue"], settings.paper, Latency(settings.paper, opening.seed)
        ),
        signals=FlashTradingSignals(sessions),
        strategies=roster(),
        gate=RiskGate(settings.limits),
        advance=entry_point(advance_batch if batch else advance_live),
        now=opening.at,
        index={symbol: index for index, symbol in enumerate(symbols)},
        markets=list(compiled.markets),
        desk=compiled.desk[0],
    )
    return Core(state, opening)


def entry_point(loop: Any) -> Callable[..., int]:
    """The machine code itself: asking numba each time which types it was called with costs more
    than half of a call."""
    if not loop.signatures:
        _call_once(loop)
    code: Callable[..., int] = loop.overloads[loop.signatures[0]].entry_point
    return code


def prepare_live() -> None:
    """Compile the loop that live runs use, or load it from the cache."""
    _call_once(advance_live)


def prepare_batch() -> None:
    """The same for replay and backtest."""
    _call_once(advance_batch)


def _call_once(loop: Callable[..., int]) -> None:
    state = open_state(1, TradingSessionManager(SessionPlan()))
    loop(empty_rows(0), 0, 0, state.markets, state.desk)

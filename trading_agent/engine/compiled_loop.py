"""The doors to the compiled loop. They import little: on a first start nothing is waited for
longer than the process that compiles what is behind them."""

from collections.abc import Callable
from typing import Any

from trading_agent.domain.market_rows import empty_rows
from trading_agent.engine.kernel import advance_batch, advance_live
from trading_agent.engine.state import open_state
from trading_agent.signals.sessions import TradingSessionManager
from trading_agent.signals.settings import SessionPlan


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

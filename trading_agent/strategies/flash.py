"""Trades flash signals: buys on a buy signal when flat, sells out on a sell signal."""

from typing import ClassVar, Final

from trading_agent.domain.decision import Proposal
from trading_agent.domain.order import SELL
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.entries import enter, leave, session_barriers
from trading_agent.strategies.strategy import Requirements, StrategyView

_REQUIRES: Final = Requirements(signals=True)


class FlashStrategy:
    """Spot only: a sell signal closes what is held and is otherwise ignored. Its barriers are the
    session's, and what fires is decided by the session's signal parameters."""

    name: ClassVar[str] = "flash"
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, values: Values) -> None:
        self.values = values

    @property
    def requires(self) -> Requirements:
        return _REQUIRES

    def propose(self, view: StrategyView) -> Proposal | None:
        if view.signal is None:
            return None
        if view.signal.direction is SELL:
            return leave(view, "sell signal") if view.position > 0 else None
        if view.position > 0:
            return None
        return enter(view, self.name, session_barriers(view), "buy signal")

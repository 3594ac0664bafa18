"""Strategies of one's own for tests, each made of what it answers."""

from collections.abc import Callable
from typing import Any

from trading_agent.signals.indicators.indicator import Values
from trading_agent.strategies.strategy import Requirements, Strategy, StrategyView

AT_SIGNALS = Requirements(signals=True)


def an_own_strategy(
    own_name: str, answer: Callable[[StrategyView], Any], requires: Requirements = AT_SIGNALS
) -> type[Strategy]:
    """`answer` may give anything, as a person's code may."""

    class Own:
        name = own_name
        parameters = ()

        def __init__(self, values: Values) -> None:
            self.values = values

        @property
        def requires(self) -> Requirements:
            return requires

        def propose(self, view: StrategyView) -> Any:
            return answer(view)

    return Own

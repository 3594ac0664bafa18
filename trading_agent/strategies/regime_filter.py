"""Entries that wait for the kind of market they are made for; leaving waits for nothing."""

from typing import Final

from msgspec.structs import replace

from trading_agent.domain.decision import Proposal
from trading_agent.signals.enhanced.regime import RegimeKind
from trading_agent.signals.indicators.indicator import Parameter, Values
from trading_agent.strategies.strategy import StrategyView

RANGES: Final = frozenset((RegimeKind.RANGING, RegimeKind.QUIET))
"""What goes nowhere: not for those who follow a trend."""
TRENDS: Final = frozenset((RegimeKind.TRENDING_UP, RegimeKind.TRENDING_DOWN))
"""What goes on: not for those who wait for the way back."""


def regime_parameter() -> Parameter:
    """1 to wait for a suitable market, 0 to enter in any. Off unless a person asks: whether it
    helps a strategy is for a recording to say."""
    return Parameter("regime_filter", 0, 0, 1)


class RegimeFilter:
    """`unsuited`: kinds of market in which nothing is entered while the filter is on. Nothing is
    entered either while the kind is not known, or nobody watches it."""

    def __init__(self, values: Values, unsuited: frozenset[RegimeKind]) -> None:
        self._on = values["regime_filter"] == 1
        self._unsuited = unsuited | {RegimeKind.UNKNOWN}

    def admit(self, view: StrategyView, entry: Proposal) -> Proposal | None:
        if not self._on:
            return entry
        if view.regime is None or view.regime in self._unsuited:
            return None
        kind = view.regime.value.replace("_", " ")
        return replace(entry, reason=f"{entry.reason}; the market is {kind}")

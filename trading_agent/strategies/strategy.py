"""What a strategy is: it sees a frozen view, and proposes or stays silent."""

from typing import Protocol

from msgspec import Struct

from trading_agent.domain.decision import Proposal
from trading_agent.domain.facts import SignalRaised
from trading_agent.domain.instrument import Instrument
from trading_agent.domain.units import Lots, Nanos, Ticks
from trading_agent.signals.settings import ExecutionParameters, SignalParameters


class StrategyView(Struct, frozen=True):
    """One symbol at the moment of a signal. `position` in lots, 0 when flat."""

    at: Nanos
    instrument: Instrument
    bid: Ticks
    ask: Ticks
    spread_bps: float
    position: Lots
    signal: SignalRaised
    signal_parameters: SignalParameters
    execution: ExecutionParameters


class Strategy(Protocol):
    """Pure: the same view gives the same answer. Nobody is asked about a signal to sell while
    nothing is held or on order."""

    @property
    def name(self) -> str: ...

    def propose(self, view: StrategyView) -> Proposal | None: ...

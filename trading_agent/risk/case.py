"""One proposal before the gate, and what its rules share."""

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from trading_agent.domain.decision import Proposal, RefusalReason
from trading_agent.domain.units import Lots, Ticks
from trading_agent.risk.desk_view import DeskView
from trading_agent.risk.exposure import Clusters, Exposure, Promise, exposure_of
from trading_agent.risk.settings import RiskLimits
from trading_agent.risk.throttle import Throttle

Refusal = tuple[RefusalReason, str]


class Case(Struct):
    """`size`: of the proposal, until a cap makes it smaller. What is looked up once for several
    rules is kept here."""

    proposal: Proposal
    desk: DeskView
    limits: RiskLimits
    size: Lots
    promises: tuple[Promise, ...]
    clusters: Clusters
    by_symbol: Throttle
    by_desk: Throttle
    bound_by: str = ""
    seen_value: Decimal | None = None
    seen_touch: tuple[Ticks, Ticks] | None = None
    seen_exposure: Exposure | None = None

    def value(self) -> Decimal:
        """In the quote asset, at the proposal's price."""
        value = self.seen_value
        if value is None:
            value = self.desk.instrument.notional(self.proposal.price, self.size)
            self.seen_value = value
        return value

    def cut(self, size: Lots, bound_by: str) -> None:
        self.size, self.bound_by = size, bound_by
        self.seen_value = None

    def touch(self) -> tuple[Ticks, Ticks]:
        if self.seen_touch is None:
            self.seen_touch = self.desk.sight.touch()
        return self.seen_touch

    def takes(self) -> bool:
        """Whether it would trade against what is displayed, now."""
        proposal = self.proposal
        ask = self.touch()[1]
        return proposal.trigger == 0 and 0 < ask <= proposal.price

    def exposure(self) -> Exposure:
        seen = self.seen_exposure
        if seen is None:
            desk = self.desk
            seen = self.seen_exposure = exposure_of(
                desk.instrument,
                desk.sight.holdings(),
                self.promises,
                self.clusters,
                stress=desk.stress,
            )
        return seen


Rule = Callable[[Case], Refusal | None]

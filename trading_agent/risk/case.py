"""One proposal before the gate, and what its rules share."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from trading_agent.domain.decision import Proposal, RefusalReason
from trading_agent.domain.units import Lots
from trading_agent.risk.desk_view import DeskView, PairView
from trading_agent.risk.exposure import NOTHING, Clusters, Exposure, Promise, exposure_of
from trading_agent.risk.settings import RiskLimits
from trading_agent.risk.throttle import Throttle

Refusal = tuple[RefusalReason, str]

UNKNOWN: Final = Decimal("NaN")
"""No rule says yes to it."""


class Case(Struct):
    """What leaves a position, and what every rule may look at. `size`: of the proposal, until a
    cap makes it smaller."""

    proposal: Proposal
    pair: PairView
    size: Lots

    def worth(self) -> Decimal:
        """In the quote asset, at the proposal's price or what it spends at most."""
        return self.pair.instrument.notional(self.proposal.price, self.size)


class EntryCase(Case):
    """`desk`: the `pair` and more. `promises`: that it adds to, and how many are `promised`, the
    other leg of a pair included. What several rules need of a size that is settled is found
    out then: the `value`, the `reserve` it would lock of the quote asset, the `exposure` before
    it."""

    desk: DeskView
    limits: RiskLimits
    promises: tuple[Promise, ...]
    clusters: Clusters
    by_symbol: Throttle
    by_desk: Throttle
    promised: int
    bound_by: str = ""
    value: Decimal = UNKNOWN
    reserve: Decimal = UNKNOWN
    exposure: Exposure = NOTHING

    def worth(self) -> Decimal:
        return self.value

    def settle(self) -> None:
        """The size is what it will be."""
        desk, proposal = self.desk, self.proposal
        sight = desk.sight
        value = desk.instrument.notional(proposal.price, self.size)
        if proposal.quote_size is not None:
            value = min(value, proposal.quote_size)
        self.value = value
        self.reserve = sight.reserve(value)
        self.exposure = exposure_of(
            desk.instrument,
            sight.holdings(),
            self.promises,
            self.clusters,
            stress=desk.stress,
        )

    def takes(self) -> bool:
        """Whether it would trade against what is displayed, now."""
        proposal = self.proposal
        return proposal.trigger == 0 and 0 < self.desk.ask <= proposal.price


ExitRule = Callable[[Case], Refusal | None]
EntryRule = Callable[[EntryCase], Refusal | None]

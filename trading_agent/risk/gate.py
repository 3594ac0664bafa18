"""The only door from a proposal to an order."""

from trading_agent.domain.decision import Approved, Proposal, RefusalReason, Refused
from trading_agent.domain.order import ENTRY, SELL
from trading_agent.risk.checks import DeskView, checks_for
from trading_agent.risk.settings import RiskLimits


class RiskGate:
    """Asks every rule in order; the first no is the answer."""

    def __init__(self, limits: RiskLimits) -> None:
        self._limits = limits

    def review(self, proposal: Proposal, desk: DeskView) -> Approved | Refused:
        if proposal.purpose is ENTRY and proposal.side is SELL:
            return Refused(proposal, RefusalReason.NOTHING_TO_SELL, "spot sells only to leave")
        limits = self._limits
        for check in checks_for(proposal):
            refusal = check(proposal, desk, limits)
            if refusal is not None:
                return Refused(proposal, *refusal)
        return Approved(proposal, proposal.size)

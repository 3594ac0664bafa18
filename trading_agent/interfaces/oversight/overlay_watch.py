"""When what was applied is itself a reason to ask again: taken back early, or at its bound."""

from collections.abc import Iterable

from llm_overseer.brief import Severity, Trigger, TriggerKind
from trading_agent.domain.command_facts import OverlayApplied, OverlayReverted
from trading_agent.domain.commands import Origin
from trading_agent.domain.facts import Fact
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.interfaces.oversight.watch import PORTFOLIO
from trading_agent.runtime.oversight_ports import OverlayLimits

HARMS = "the desk does worse than without it"
"""Why the overseer takes back what it applied."""
_REASON = Trigger(TriggerKind.OVERLAY, Severity.ELEVATED, PORTFOLIO)


class OverlayWatch:
    """Owned by the overseer's thread."""

    def __init__(self, limits: OverlayLimits) -> None:
        self._limits = limits
        self._ours: set[str] = set()
        self._told: list[Trigger] = []
        self._at_bound = False

    def recall(self, ours: Iterable[str]) -> None:
        """What holds since before this start."""
        self._ours.update(ours)

    def hear(self, fact: Fact) -> None:
        if isinstance(fact, OverlayApplied) and fact.origin is Origin.OVERSEER:
            self._ours.add(fact.overlay.overlay)
        elif isinstance(fact, OverlayReverted) and fact.overlay in self._ours:
            self._ours.discard(fact.overlay)
            if fact.origin is Origin.PERSON or fact.why == HARMS:
                self._told.append(_REASON)

    def see(self, desk: DeskSnapshot) -> None:
        at_bound = desk.changes.risk_multiplier <= self._limits.least_risk
        if at_bound and not self._at_bound:
            self._told.append(_REASON)
        self._at_bound = at_bound

    def reasons(self) -> tuple[Trigger, ...]:
        """Since this was last asked."""
        told, self._told = tuple(self._told), []
        return told

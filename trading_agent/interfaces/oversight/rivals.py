"""What others would have done at the same moment: the rules, and chance.

An overseer that beats doing nothing, but neither its rules nor its own deeds at moments drawn by
lot, is worth nothing.
"""

from collections import deque
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import msgspec

from llm_overseer.brief import Brief, Mode
from llm_overseer.core.actions import Circumstances, Weighing
from llm_overseer.core.tiers import Tier
from llm_overseer.rules import RuleOverseer
from llm_overseer.verdict import Outcome, Proposal, Source, Verdict
from trading_agent.interfaces.oversight.applications import applications
from trading_agent.interfaces.oversight.carrying_out import renamed
from trading_agent.interfaces.oversight.library import bounded
from trading_agent.interfaces.oversight.parts import OversightParts

if TYPE_CHECKING:
    from llm_overseer.records import DecisionRecords

RULES, PLACEBO = "rules", "placebo"
_REMEMBERED: Final = 200
_LEAST_MEMORIES: Final = 3


class Rivals:
    """Their ideas are tried beside the desk, never at it."""

    def __init__(self, parts: OversightParts, records: "DecisionRecords") -> None:
        self._parts = parts
        self._settings = bounded(parts.settings.library, parts.limits)
        self._rules = RuleOverseer(self._settings)
        self._deeds: deque[tuple[Proposal, ...]] = deque(maxlen=_REMEMBERED)
        self._turns = 0
        for record in reversed(records.latest(_REMEMBERED)):
            self._remember(record.verdict)

    def compare(self, verdict: Verdict, brief: Brief) -> None:
        if self._parts.trials is None or verdict.outcome is Outcome.REPEATED:
            return
        if verdict.source is Source.MODEL:
            self._try(verdict, brief, RULES, self._by_rules(brief))
        self._turns += 1
        drawn = self._drawn(verdict, brief)
        self._remember(verdict)
        if drawn:
            self._try(verdict, brief, PLACEBO, drawn)

    def _try(
        self, verdict: Verdict, brief: Brief, arm: str, proposals: tuple[Proposal, ...]
    ) -> None:
        trials, desk = self._parts.trials, self._parts.desk.snapshot()
        least = self._parts.limits.least_ttl_seconds
        made = applications(proposals, verdict.id, brief, desk, least)
        overlays = tuple(it.overlay for it in made if it.overlay is not None)
        if trials is not None and overlays:
            trials.try_out(verdict.id, arm, renamed(overlays, arm[0]), 0)

    def _by_rules(self, brief: Brief) -> tuple[Proposal, ...]:
        circumstances = Circumstances(
            brief=msgspec.structs.replace(brief, mode=Mode.AUTO_TIGHTEN),
            now=brief.at,
            tier=Tier.TIER_2,
            numbers=frozenset(),
            known=frozenset(),
            grounded=False,
        )
        weighing = Weighing(self._settings, circumstances)
        weighing.weigh(self._rules.actions(brief))
        return tuple(weighing.proposals)

    def _drawn(self, verdict: Verdict, brief: Brief) -> tuple[Proposal, ...]:
        """What was done at another moment, drawn by lot; nothing while little is remembered."""
        if len(self._deeds) < _LEAST_MEMORIES:
            return ()
        lot = int.from_bytes(sha256(b"placebo" + verdict.id.encode()).digest()[:8])
        drawn = self._deeds[lot % len(self._deeds)]
        return tuple(each for each in drawn if each.scope in brief.scopes())

    def _remember(self, verdict: Verdict) -> None:
        if verdict.source is not Source.NOBODY and verdict.proposals:
            self._deeds.append(verdict.proposals)

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
from trading_agent.interfaces.oversight.applications import Application, applications
from trading_agent.interfaces.oversight.deciders import decided_of
from trading_agent.interfaces.oversight.library import bounded
from trading_agent.interfaces.oversight.outcomes import Decided
from trading_agent.interfaces.oversight.parts import OversightParts
from trading_agent.interfaces.oversight.reckoning import OVERSEER, PLACEBO, RULES

if TYPE_CHECKING:
    from llm_overseer.records import DecisionRecords

_REMEMBERED: Final = 200
_LEAST_MEMORIES: Final = 3


class Rivals:
    """Their ideas are tried beside the desk, never at it. Chance draws from what the same kind of
    decider did: what rules do is nothing a model would have done."""

    def __init__(self, parts: OversightParts, records: "DecisionRecords") -> None:
        self._parts = parts
        self._records = records
        self._settings = bounded(parts.settings.library, parts.limits)
        self._rules = RuleOverseer(self._settings)
        self._deeds: dict[Source, deque[tuple[Proposal, ...]]] = {
            source: deque(maxlen=_REMEMBERED) for source in (Source.MODEL, Source.RULES)
        }
        for record in reversed(records.latest(_REMEMBERED)):
            self._remember(record.verdict)

    def compare(self, verdict: Verdict, brief: Brief) -> None:
        """What the overseer itself applies or tries is measured by whoever carries it out."""
        trials = self._parts.trials
        if trials is None or verdict.outcome is not Outcome.DECIDED:
            return
        decided = decided_of(verdict, self._records, self._parts.settings)
        if not self._made(verdict.id, verdict.proposals, brief):
            trials.stand_still(decided, OVERSEER)
        if verdict.source is Source.MODEL:
            self._try(decided, RULES, self._by_rules(brief), brief)
        drawn = self._drawn(verdict, brief)
        self._remember(verdict)
        if drawn is not None:
            self._try(decided, PLACEBO, drawn, brief)

    def _try(
        self, decided: Decided, arm: str, proposals: tuple[Proposal, ...], brief: Brief
    ) -> None:
        trials, made = self._parts.trials, self._made(decided.decision, proposals, brief)
        assert trials is not None
        free = msgspec.structs.replace(decided, cost_nano=0)
        if made:
            trials.try_out(free, arm, made)
        else:
            trials.stand_still(free, arm)

    def _made(
        self, decision: str, proposals: tuple[Proposal, ...], brief: Brief
    ) -> tuple[Application, ...]:
        desk, least = self._parts.desk.snapshot(), self._parts.limits.least_ttl_seconds
        made = applications(proposals, decision, brief, desk, least)
        return tuple(it for it in made if not it.is_nothing)

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

    def _drawn(self, verdict: Verdict, brief: Brief) -> tuple[Proposal, ...] | None:
        """What was done at another moment, drawn by lot; None while little is remembered."""
        deeds = self._deeds.get(verdict.source, ())
        if len(deeds) < _LEAST_MEMORIES:
            return None
        lot = int.from_bytes(sha256(b"placebo" + verdict.id.encode()).digest()[:8])
        drawn = deeds[lot % len(deeds)]
        return tuple(each for each in drawn if each.scope in brief.scopes())

    def _remember(self, verdict: Verdict) -> None:
        """Answers that nothing should change, too: chance stands still as often."""
        if verdict.outcome is Outcome.DECIDED and verdict.source in self._deeds:
            self._deeds[verdict.source].append(verdict.proposals)

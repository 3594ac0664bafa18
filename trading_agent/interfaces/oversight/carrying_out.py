"""A verdict becomes commands, questions to people, or trials beside the desk, by the mode."""

from dataclasses import replace as replaced
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from llm_overseer.brief import Brief, Direction, Severity
from llm_overseer.verdict import Consent as Needs
from llm_overseer.verdict import Outcome as Ending
from llm_overseer.verdict import Source, Verdict
from trading_agent.domain.command_facts import OverlayApplied, OverlayRefused
from trading_agent.domain.commands import LONGEST_WHY, ApplyOverlay, Command, Origin, RevertOverlay
from trading_agent.domain.errors import CommandError
from trading_agent.domain.facts import Fact
from trading_agent.domain.overlays import OverlayRefusal
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.applications import Application, applications
from trading_agent.interfaces.oversight.consents import Consent, Consents, renewed
from trading_agent.interfaces.oversight.deciders import decided_of
from trading_agent.interfaces.oversight.deeds import ENDS
from trading_agent.interfaces.oversight.outcomes import Outcome
from trading_agent.interfaces.oversight.parts import OversightParts
from trading_agent.interfaces.oversight.phrases import dollars, said_of
from trading_agent.interfaces.oversight.reckoning import OVERSEER
from trading_agent.interfaces.oversight.verdict_of_trials import ATTRIBUTED
from trading_agent.runtime.offer import Offer

if TYPE_CHECKING:
    from llm_overseer.records import DecisionRecords

_MOST_REMEMBERED: Final = 200


class CarryingOut:
    """The overseer's thread alone."""

    def __init__(self, parts: OversightParts, records: "DecisionRecords") -> None:
        self._parts = parts
        self._records = records
        self._hold_out = parts.settings.attribution.hold_out
        self._after: dict[str, tuple[str, ...]] = {}
        self._sent: dict[str, tuple[Verdict, Application]] = {}
        self.consents = Consents(parts.settings.consent_minutes)
        self.evidence: dict[str, tuple[str, ...]] = {}
        """What the overlays were applied for, by name."""

    def heed(self, verdict: Verdict, brief: Brief) -> None:
        """Everything that follows from a verdict."""
        for notice in verdict.notices:
            self._parts.tell(f"overseer: {notice.text}")
        if verdict.outcome is not Ending.DECIDED or not verdict.proposals:
            return
        desk = self._parts.desk.snapshot()
        least = self._parts.limits.least_ttl_seconds
        each_of = applications(verdict.proposals, verdict.id, brief, desk, least)
        direct = [it for it in each_of if it.proposal.consent is Needs.NONE]
        asked = [it for it in each_of if it.proposal.consent is Needs.PERSON]
        aside = [it for it in each_of if it not in direct and it not in asked]
        held_out = bool(direct) and self._is_held_out(verdict, brief, direct)
        if held_out:
            self._event(verdict.id, "held_out", {})
            aside, direct = aside + direct, []
        if direct:
            self._apply(verdict, direct, Origin.OVERSEER)
        for application in asked:
            self._ask(verdict, application)
        if aside:
            self._try_out(verdict, aside, held_out=held_out)
            if aside[0].proposal.consent is Needs.ADVICE_ONLY:
                self._parts.tell(f"overseer advises: {said_of(verdict)}")

    def hear(self, fact: Fact) -> None:
        """What became of what was applied."""
        if isinstance(fact, OverlayApplied):
            name = fact.overlay.overlay
            self._sent.pop(name, None)
            self._event(_decision(name), "active", {"overlay": name, "by": fact.origin.value})
            for ended in self._after.pop(name, ()):
                self._submit(RevertOverlay(origin=fact.origin, overlay=ended, why=f"for {name}"))
        elif isinstance(fact, OverlayRefused):
            self._after.pop(fact.overlay, None)
            detail = {"overlay": fact.overlay, "why": fact.reason.value, "words": fact.detail}
            self._event(_decision(fact.overlay), "refused", detail)
            sent = self._sent.pop(fact.overlay, None)
            if sent is not None and fact.reason is OverlayRefusal.NEEDS_CONSENT:
                self._ask(*sent)
        elif isinstance(fact, ENDS):
            self.evidence.pop(fact.overlay, None)
            what = "reverted" if hasattr(fact, "why") else "expired"
            detail = {"overlay": fact.overlay, "why": getattr(fact, "why", "")}
            self._event(_decision(fact.overlay), what, detail)

    def answer(self, name: str, person: str, now: Nanos, *, yes: bool) -> str:
        """A person's yes or no. Raises CommandError."""
        consent = self.consents.take(name, now)
        if not yes:
            self._event(consent.decision, "rejected", {"by": person})
            return f"rejected: {consent.words}"
        application, desk = consent.application, self._parts.desk.snapshot()
        if application.overlay is not None:
            overlay = renewed(application.overlay, desk.changes.baseline, desk.at)
            application = replaced(application, overlay=overlay)
        self._event(consent.decision, "approved", {"by": person})
        self._begin(consent.decision)
        self._carry(consent.decision, application, Origin.PERSON)
        return f"told the desk: {consent.words}"

    def forget_expired(self, now: Nanos) -> None:
        for consent in self.consents.expired(now):
            self._event(consent.decision, "unanswered", {"proposal": consent.name})

    def attributed(self, outcome: Outcome) -> None:
        """A decision has come to an end and settled."""
        detail = {
            "arm": outcome.arm,
            "applied": "yes" if outcome.applied else "no",
            "effect": f"{outcome.effect:.8g}",
            "drawdown": f"{outcome.drawdown:.8g}",
            "fees": f"{outcome.fees:.8g}",
            "percent": f"{outcome.percent:.6f}",
            "asked": dollars(outcome.cost_nano) if outcome.cost_nano else "",
            "held_out": "yes" if outcome.held_out else "",
            "cut": outcome.cut,
        }
        self._event(outcome.decision, ATTRIBUTED, detail)

    def revert(self, name: str, why: str) -> None:
        self._submit(RevertOverlay(origin=Origin.OVERSEER, overlay=name, why=why))

    def _apply(self, verdict: Verdict, direct: list[Application], origin: Origin) -> None:
        if any(not it.is_nothing for it in direct):
            self._begin(verdict.id)
        for application in direct:
            if application.overlay is not None:
                self._sent[application.overlay.overlay] = verdict, application
                while len(self._sent) > _MOST_REMEMBERED:
                    self._sent.pop(next(iter(self._sent)))
            self._carry(verdict.id, application, origin)

    def _carry(self, decision: str, application: Application, origin: Origin) -> None:
        overlay = application.overlay
        if overlay is None:
            for name in application.ends:
                why = f"for {decision}: {application.proposal.reason}"[:LONGEST_WHY]
                self._submit(RevertOverlay(origin=origin, overlay=name, why=why))
            return
        if application.ends:
            self._after[overlay.overlay] = application.ends
        if application.proposal.direction is Direction.TIGHTEN:
            self.evidence[overlay.overlay] = application.proposal.evidence
            while len(self.evidence) > _MOST_REMEMBERED:
                self.evidence.pop(next(iter(self.evidence)))
        self._submit(ApplyOverlay(origin=origin, overlay=overlay))

    def _ask(self, verdict: Verdict, application: Application) -> Consent:
        words = said_of(verdict, only=application.proposal)
        consent = self.consents.ask(verdict.id, application, words, self._parts.clock.now())
        name = consent.name
        self._event(verdict.id, "asked", {"proposal": name})
        self._parts.tell(
            f"overseer asks: {words}. /overseer approve {name} or /overseer reject {name}",
            rings=True,
            offers=(
                Offer(words=f"✔ {name}", command=f"/overseer approve {name}"),
                Offer(words=f"✖ {name}", command=f"/overseer reject {name}"),
                Offer(words="Why", command=f"/overseer why {verdict.id}"),
            ),
        )
        return consent

    def _is_held_out(self, verdict: Verdict, brief: Brief, direct: list[Application]) -> bool:
        """By lot, drawn from the decision itself: nobody can steer it, anybody can check it."""
        if self._parts.trials is None or verdict.source is Source.NOBODY:
            return False
        if brief.trigger.severity is Severity.CRITICAL or all(it.is_nothing for it in direct):
            return False
        lot = int.from_bytes(sha256(verdict.id.encode() + brief.document()).digest()[:8])
        return lot < self._hold_out * 2**64

    def _try_out(self, verdict: Verdict, aside: list[Application], *, held_out: bool) -> None:
        made = tuple(it for it in aside if not it.is_nothing)
        if self._parts.trials is not None and made:
            decided = decided_of(verdict, self._records, self._parts.settings)
            self._parts.trials.try_out(decided, OVERSEER, made, held_out=held_out)

    def _begin(self, decision: str) -> None:
        record = self._records.find(decision)
        if self._parts.trials is not None and record is not None:
            decided = decided_of(record.verdict, self._records, self._parts.settings)
            self._parts.trials.begin(decided)

    def _submit(self, command: Command) -> None:
        try:
            self._parts.desk.submit(command)
        except CommandError as error:
            self._parts.say(f"overseer: {error}")

    def _event(self, decision: str, what: str, detail: dict[str, str]) -> None:
        from llm_overseer.records import Event

        if decision:
            at = int(self._parts.clock.now())
            self._records.tell(Event(decision=decision, at=at, what=what, detail=detail))


def _decision(overlay: str) -> str:
    """Whose overlay it is; empty for a person's own."""
    name, _, _ = overlay.partition(".")
    return name if name[:1] == "d" and name[1:].isdigit() else ""

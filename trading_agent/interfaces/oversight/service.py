"""The overseer's loop: look, ask when there is a reason, carry out; the desk never waits for it.

Everything here runs on one thread with one event loop. What it hears of the desk it hears as
anybody does, by facts and pictures; what it wants it asks for, by commands that can be refused.
"""

import asyncio
import logging
from contextlib import nullcontext
from typing import TYPE_CHECKING, Final

from llm_overseer.brief import Brief, Mode, Section, Severity, Topic, Trigger, TriggerKind
from llm_overseer.errors import OverseerError
from llm_overseer.verdict import Verdict
from trading_agent.domain.chart_facts import RegimeChanged
from trading_agent.domain.command_facts import (
    OverlayApplied,
    OverlayExpired,
    OverlayRefused,
    OverlayReverted,
)
from trading_agent.domain.commands import Origin, RevertLoosening
from trading_agent.domain.errors import CommandError
from trading_agent.domain.facts import EquityMarked, PositionClosed
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.interfaces.oversight.briefs import Question, brief_of, rough
from trading_agent.interfaces.oversight.carrying_out import CarryingOut
from trading_agent.interfaces.oversight.deeds import Deeds
from trading_agent.interfaces.oversight.earlier import look_back
from trading_agent.interfaces.oversight.modes import WITH_MODEL, ModeKeeper
from trading_agent.interfaces.oversight.news import NewsDesk
from trading_agent.interfaces.oversight.overlay_watch import HARMS, OverlayWatch
from trading_agent.interfaces.oversight.parts import OversightParts, OversightState
from trading_agent.interfaces.oversight.phrases import asked_because, dollars, said_of
from trading_agent.interfaces.oversight.reasons import Reasons
from trading_agent.interfaces.oversight.reckoning import OVERSEER
from trading_agent.interfaces.oversight.rivals import Rivals
from trading_agent.interfaces.oversight.staff import Scene, Staff
from trading_agent.interfaces.oversight.usual_day import reviews_a_day, usual_day
from trading_agent.interfaces.oversight.verdict_of_trials import outcome_in_words
from trading_agent.interfaces.oversight.watch import PORTFOLIO, DeskWatch
from trading_agent.runtime.subscription import SubscriptionRule

if TYPE_CHECKING:
    from llm_overseer.main import LLMOverseer
    from llm_overseer.records import DecisionRecords

_log = logging.getLogger(__name__)

HEARD: Final = SubscriptionRule(
    name="overseer",
    capacity=5_000,
    kinds=(
        *(PositionClosed, EquityMarked, RegimeChanged),
        *(OverlayApplied, OverlayRefused, OverlayExpired, OverlayReverted),
    ),
)
_MOST_FAILURES: Final = 3
_NO_FAILURES: Final = ("", "off", "calls_per_hour")
"""Nobody was asked, on purpose."""
_RECONCILE: Final = 60 * MINUTE
_PROBE: Final = MINUTE
BEAT: Final = Trigger(TriggerKind.HEARTBEAT, Severity.ROUTINE, PORTFOLIO)


class Oversight:
    """`look` is called again and again; `question` whenever a person asks."""

    def __init__(
        self, parts: OversightParts, library: "LLMOverseer", records: "DecisionRecords"
    ) -> None:
        self._parts = parts
        self._library = library
        self._watch = DeskWatch(parts.settings.detectors)
        self._reasons = Reasons(parts.settings.cadence)
        self._deeds = Deeds()
        self._overlays = OverlayWatch(parts.limits)
        self._carrying = CarryingOut(parts, records)
        self._staff = Staff(parts, library)
        self._news = NewsDesk(parts, library)
        self._records = records
        self._recalled = False
        self._asking = asyncio.Lock()
        """One question of the whole desk at a time."""
        self._rivals = Rivals(parts, records)
        self._heard = parts.desk.subscribe(HEARD)
        self._review: asyncio.Task[None] | None = None
        self._reconciling: asyncio.Task[None] | None = None
        self._severity = Severity.ROUTINE
        self._failures = 0
        self._answered = b""
        self._beat_at = self._reviewed_at = self._reconciled_at = self._failed_at = Nanos(0)
        self._reviewed_trades = 0
        models = "SIMULATED models" if parts.simulated else "models"
        self._who = models if parts.has_provider else ""
        self.modes = ModeKeeper(
            parts.folder,
            parts.settings,
            has_provider=parts.has_provider,
            simulated=parts.simulated,
        )
        self.modes.open()
        self.state = OversightState(mode=self.modes.mode.value)

    @property
    def carrying(self) -> CarryingOut:
        return self._carrying

    def usual_day(self) -> str:
        """What a day of reviews will cost, in words."""
        now, settings = self._parts.clock.now(), self._parts.settings
        asked = reviews_a_day(self._records, settings.cadence, now)
        return usual_day(settings.library, self.brief(), asked, self._library.prices)

    def notes(self) -> tuple[str, ...]:
        """What was written for people, in lines."""
        return self._staff.notes()

    def look(self) -> None:
        """Facts and the picture of now; starts a review when there is a reason."""
        try:
            desk = self._parts.desk.snapshot()
        except CommandError:
            return
        if not self._recalled:
            # Before anything is heard: what is heard is written down, and would be counted twice.
            self._recall(desk)
        for published in self._heard.drain():
            fact = published.fact
            self._watch.hear(fact)
            self._deeds.hear(fact)
            self._overlays.hear(fact)
            self._carrying.hear(fact)
            if isinstance(fact, EquityMarked) and self._parts.trials is not None:
                self._parts.trials.truth(fact)
        if desk.at > self._watch.at:
            self._watch.see(desk, self._parts.outside())
            self._overlays.see(desk)
            self._collect(desk)
            self._tidy(desk)
            self._consult(desk)
        self._start_review(desk)
        self._start_reconciling(desk.at)
        self._show(desk.at)

    async def close(self) -> None:
        """Whatever loosens does not outlive whoever watched it."""
        running = [task for task in (self._review, self._reconciling) if task is not None]
        for task in running:
            task.cancel("stopped")
        await asyncio.gather(*running, return_exceptions=True)
        await self._staff.close()
        await self._news.close()
        self._heard.close()
        self._end_loosening("the overseer has stopped")

    async def question(self, text: str) -> Verdict:
        """A person's: only its topic reaches a model that decides. Raises CommandError."""
        if self.modes.mode not in WITH_MODEL:
            raise CommandError(f"nobody answers in mode {self.modes.mode.value}")
        now = self._parts.clock.now()
        try:
            topic = await self._library.topic_of(text, now)
        except OverseerError as error:
            raise CommandError(f"the model does not answer: {error}") from error
        trigger = Trigger(TriggerKind.QUESTION, Severity.ROUTINE, PORTFOLIO)
        return await self._ask(trigger, topic)

    def _collect(self, desk: DeskSnapshot) -> None:
        at, cadence = desk.at, self._parts.settings.cadence
        reasons = (*self._watch.reasons(), *self._overlays.reasons(), *self._routine(desk))
        for trigger in reasons:
            self._reasons.add(trigger, at)
        if cadence.heartbeat_minutes and not self._beat_at:
            self._beat_at = at

    def _routine(self, desk: DeskSnapshot) -> list[Trigger]:
        at, cadence, results = desk.at, self._parts.settings.cadence, self._watch.results
        wanted = []
        self._reviewed_at = self._reviewed_at or at
        due = cadence.review_minutes and at - self._reviewed_at >= cadence.review_minutes * MINUTE
        traded = results.closed - self._reviewed_trades >= cadence.review_trades
        if traded or (due and results.closed > self._reviewed_trades):
            self._reviewed_at, self._reviewed_trades = at, results.closed
            wanted.append(Trigger(TriggerKind.REVIEW, Severity.ROUTINE, PORTFOLIO))
        beat = cadence.heartbeat_minutes * MINUTE
        if beat and self._beat_at and at - self._beat_at >= beat:
            self._beat_at = at
            changed = self._picture() != self._answered
            wanted += [BEAT] if changed else []
        loose = any(view.loosens for view in desk.changes.overlays)
        if self._failures and loose and at - self._failed_at >= _PROBE:
            # Whoever loosened must soon be heard of again, or it is ended.
            wanted.append(BEAT)
        return wanted

    def _recall(self, desk: DeskSnapshot) -> None:
        """What was done before this start."""
        earlier = look_back(self._records, desk.at)
        self._reasons.recall(earlier.asked)
        self._deeds.recall(earlier.changes)
        holds = {view.overlay for view in desk.changes.overlays}
        self._overlays.recall(
            view.overlay for view in desk.changes.overlays if view.origin is Origin.OVERSEER
        )
        for change in earlier.changes:
            if change.overlay in holds and change.evidence:
                self._carrying.evidence[change.overlay] = change.evidence
        self._recalled = True

    def _consult(self, desk: DeskSnapshot) -> None:
        """The news, and those who write for people."""
        if self.modes.mode not in WITH_MODEL:
            return
        self._news.look([view.symbol for view in desk.symbols], desk.at)
        self._staff.look(Scene(desk, self._watch.alarms(), self._table))

    def _table(self) -> tuple[Section, ...]:
        return self.brief().sections

    def _picture(self) -> bytes:
        """What a heartbeat would be about, in rough figures: the same one is not told twice."""
        return rough(self.brief())

    def _start_review(self, desk: DeskSnapshot) -> None:
        if self.modes.mode is Mode.OFF:
            self._reasons.forget()
            return
        running = self._review
        if running is not None and not running.done():
            if self._reasons.worst is not Severity.CRITICAL or self._severity is Severity.CRITICAL:
                return
            running.cancel("superseded")  # what is worse does not wait; the call stays paid for
        trigger = self._reasons.take(desk.at)
        if trigger is not None:
            self._severity = trigger.severity
            self._review = asyncio.create_task(self._reviewed(trigger))

    def _start_reconciling(self, at: Nanos) -> None:
        """With what the provider says was spent: at the start, and each hour."""
        known = self._reconciled_at and at - self._reconciled_at < _RECONCILE
        if not self._parts.has_provider or known:
            return
        self._reconciled_at = at
        if self._reconciling is None or self._reconciling.done():
            self._reconciling = asyncio.create_task(self._reconcile())

    async def _reconcile(self) -> None:
        try:
            notices = await self._library.reconcile(self._parts.clock.now())
        except OverseerError as error:
            _log.info("the overseer's budget could not be reconciled: %s", error)
            return
        for notice in notices:
            self._parts.tell(f"overseer: {notice.text}", rings=True)

    async def _reviewed(self, trigger: Trigger) -> None:
        try:
            await self._ask(trigger, None)
        except CommandError as error:
            _log.warning("the overseer: %s", error)
        except Exception:  # noqa: BLE001 - told, and the loop goes on
            # A fault of ours must change nothing at the desk, and the next reason is tried anew.
            _log.exception("a review could not be carried out")

    async def _ask(self, trigger: Trigger, topic: Topic | None) -> Verdict:
        """What is critical waits for nobody."""
        critical = trigger.severity is Severity.CRITICAL
        async with nullcontext() if critical else self._asking:
            return await self._answer(trigger, topic)

    def brief(self, trigger: Trigger = BEAT, topic: Topic | None = None) -> Brief:
        """The desk as it is now, as models are told of it."""
        desk, trials = self._parts.desk.snapshot(), self._parts.trials
        question = Question(
            trigger=trigger,
            mode=self.modes.mode,
            trust=self._parts.settings.trust,
            topic=topic,
            resolved=() if trials is None else trials.resolved(),
            mood=self._news.mood(desk.at),
        )
        return brief_of(question, desk, self._watch, self._deeds)

    async def _answer(self, trigger: Trigger, topic: Topic | None) -> Verdict:
        brief = self.brief(trigger, topic)
        verdict = await self._library.review(brief, self._parts.clock.now())
        self._count(verdict)
        self._answered = self._picture()
        self._carrying.heed(verdict, brief)
        self._rivals.compare(verdict, brief)
        self._told(verdict, trigger)
        return verdict

    def _count(self, verdict: Verdict) -> None:
        # Rules that stood in for a model are no answer of one.
        failed = verdict.why not in _NO_FAILURES
        self._failures = self._failures + 1 if failed else 0
        self._failed_at = Nanos(verdict.at) if failed else self._failed_at
        if self._failures == _MOST_FAILURES:
            self._end_loosening("the overseer does not answer")
        for notice in self._library.budget_notices(self._parts.clock.now()):
            self._parts.tell(f"overseer: {notice.text}")

    def _end_loosening(self, why: str) -> None:
        try:
            self._parts.desk.submit(RevertLoosening(origin=Origin.OVERSEER, why=why))
        except CommandError as error:
            self._parts.say(f"overseer: {error}")

    def _told(self, verdict: Verdict, trigger: Trigger) -> None:
        words = f"{asked_because(trigger)}: {said_of(verdict)}"
        _log.info("overseer, asked because of %s", words)
        self.state = OversightState(
            mode=self.modes.mode.value,
            last=words,
            last_at=Nanos(verdict.at),
            who=self._who,
        )

    def _tidy(self, desk: DeskSnapshot) -> None:
        """End early what is no longer needed, or does harm."""
        self._carrying.forget_expired(desk.at)
        lit = set(self._watch.alarms())
        hold = self._parts.settings.library.limits.min_hold * MINUTE
        trials = self._parts.trials
        effects = {} if trials is None else trials.running()
        most = self._parts.settings.attribution.harm_percent
        for view in desk.changes.overlays:
            if view.origin is not Origin.OVERSEER:
                continue
            evidence = self._carrying.evidence.get(view.overlay)
            if evidence and not lit & set(evidence) and desk.at - view.applied_at >= hold:
                self._carrying.evidence.pop(view.overlay)
                self._carrying.revert(view.overlay, "what it was for is over")
            elif most and effects.get(view.overlay.partition(".")[0], 0.0) < -most:
                self._carrying.evidence.pop(view.overlay, None)
                self._carrying.revert(view.overlay, HARMS)
        self._judge(desk)

    def _judge(self, desk: DeskSnapshot) -> None:
        trials = self._parts.trials
        for outcome in () if trials is None else trials.finished():
            self._carrying.attributed(outcome)
            if outcome.arm == OVERSEER:
                self._parts.tell(outcome_in_words(outcome, desk.quote, trials))
        harm = None if trials is None else trials.harm()
        if harm is None or self.modes.mode is Mode.OFF:
            return
        mode = self.modes.demote(harm.why, self._parts.clock.now())
        self._parts.tell(f"overseer: demoted to {mode.value}, because {harm.why}", rings=True)

    def _show(self, at: Nanos) -> None:
        trials, state = self._parts.trials, self.state
        spent = self._library.standing(self._parts.clock.now())
        self.state = OversightState(
            mode=self.modes.mode.value,
            last=state.last,
            last_at=state.last_at,
            who=self._who,
            spent=f"{dollars(spent.day)} of {dollars(spent.day_cap)} today",
            worth="" if trials is None else trials.words(),
            waiting=len(self._carrying.consents.waiting(at)),
            alarms=self._watch.alarms(),
        )

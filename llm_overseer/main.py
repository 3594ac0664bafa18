"""The overseer: a brief in, a bounded verdict out, a record of both.

Whatever fails, the verdict is that nothing changes, or in a crisis what the rules say. Nothing
here acts: proposals are values, and the desk bounds them once more.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from typing import Any, Final

from llm_overseer.analysis.mood import Mood
from llm_overseer.analysis.newsroom import Newsroom, StrangeText
from llm_overseer.brief import DAY, Brief, Mode, Section, Severity, Topic
from llm_overseer.core.actions import Circumstances, Weighing
from llm_overseer.core.breakers import Breakers
from llm_overseer.core.budget import Budget, Standing
from llm_overseer.core.catalogue import Catalogue, Price, read_catalogue, written
from llm_overseer.core.client import Exchange, ModelClient, Pause, tries_kept
from llm_overseer.core.consult import Consultant, joined
from llm_overseer.core.grounding import ungrounded
from llm_overseer.core.pages import PAGE_SECONDS, Pages
from llm_overseer.core.probe import Probe
from llm_overseer.core.review import Opinion, Reviewer
from llm_overseer.core.tiers import Tier, first_tier
from llm_overseer.core.transport import Transport
from llm_overseer.decision import Decision
from llm_overseer.errors import CassetteMissing, CatalogueRefused, ModelUnavailable
from llm_overseer.records import VERSION, DecisionRecords
from llm_overseer.roles import Roles, Thesis
from llm_overseer.rules import RuleOverseer
from llm_overseer.settings import OverseerSettings, TierSettings
from llm_overseer.verdict import Notice, Outcome, Source, Verdict
from llm_overseer.words import in_words, no_answer

_LOG = logging.getLogger(__name__)

_SECOND: Final = 10**9
_MILLI: Final = 10**6
_CATALOGUE_AGAIN: Final = 60 * _SECOND
_CUT_OFF: Final = ("superseded", "stopped")
"""Words with which a review is cancelled; without one of them the first is meant."""


class LLMOverseer:
    """One event loop. `transport` None: there is no key, and rules decide.

    `strict`: a request that a played cassette does not know is an error, not an abstention.
    """

    def __init__(
        self,
        settings: OverseerSettings,
        *,
        transport: Transport | None,
        budget: Budget,
        records: DecisionRecords,
        pause: Pause = asyncio.sleep,
        strict: bool = False,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._budget = budget
        self._records = records
        self._strict = strict
        self._written = settings.model_dump_json()
        self._rules = RuleOverseer(settings)
        self._told: set[str] = set()
        self._reviewer: Reviewer | None = None
        self._newsroom: Newsroom | None = None
        self._roles: Roles | None = None
        self._probe: Probe | None = None
        self.catalogue: Catalogue | None = None
        """Who may be asked, once the list was read."""
        self._catalogue_asked: int | None = None
        self._pages = Pages(transport)
        self._reading = asyncio.Lock()
        self.breakers = Breakers(settings.breaker)
        self._consultant = (
            None
            if transport is None
            else Consultant(ModelClient(transport, budget, self.breakers, pause), settings)
        )

    def start(self) -> None:
        """Opens the ledger and the records. Raises RecordsDamaged and sqlite3.Error."""
        self._budget.open()
        self._records.open()

    async def close(self) -> None:
        if self._transport is not None:
            await self._transport.close()
        self._budget.close()
        self._records.close()

    async def read_models(self, now: int, seconds: float = PAGE_SECONDS) -> Catalogue:
        """Check the configured models against the provider's list. Asked by the first review
        too, and again a minute after a failure.

        Raises ModelUnavailable and CatalogueRefused.
        """
        async with self._reading:
            return await self._read(now, seconds)

    async def _read(self, now: int, seconds: float) -> Catalogue:
        if self._transport is None or self._consultant is None:
            raise ModelUnavailable("no_transport")
        self._catalogue_asked = now
        document = await self._pages.models(seconds)
        today = datetime.fromtimestamp(now / _SECOND, UTC).date().isoformat()
        catalogue = read_catalogue(document, self._settings, today)
        self.use_models(catalogue)
        return catalogue

    def use_models(self, catalogue: Catalogue) -> None:
        """Whom to ask from now on."""
        assert self._consultant is not None
        self.catalogue = catalogue
        self._reviewer = Reviewer(self._settings, self._consultant, catalogue)
        self._newsroom = Newsroom(self._settings, self._consultant, catalogue)
        self._roles = Roles(self._settings, self._consultant, catalogue)
        self._probe = Probe(self._settings, self._consultant, catalogue)

    async def try_models(self, now: int) -> tuple[Notice, ...]:
        """Ask each model of the list one small question, and leave out those that cannot answer
        it as they would be asked; returns who is not used, and why. Costs a fraction of a review.
        Raises OverseerError when there is no list."""
        if self._probe is None:
            await self.read_models(now)
        assert self._probe is not None
        nobody = await self._probe.all(now)
        assert self.catalogue is not None
        unused = sorted(self.catalogue.refused.items())
        told = [Notice(f"unused.{it}", f"{it} is not used: {in_words(why)}") for it, why in unused]
        if nobody:
            told.append(Notice(f"failed.{nobody}", f"no model can be asked: {in_words(nobody)}"))
        return tuple(told)

    async def review(self, brief: Brief, now: int) -> Verdict:
        """Decide about one brief; recorded. Raises CassetteMissing when strict, else nothing
        but cancellation and what the disk raises."""
        if brief.mode is Mode.OFF:
            return self._nobody(brief, now, Opinion(tier=Tier.TIER_1, why="off"))
        if brief.mode is Mode.RULES or self._transport is None:
            return self._recorded(brief, self._by_rules(brief, now, Opinion(tier=Tier.TIER_2)))
        opinion = await self._asked(brief, now)
        if opinion.decision is not None and opinion.prompt is not None:
            self._told.clear()
            verdict = self._decided(brief, now, opinion, opinion.decision)
        elif self._settings.rules_in_crisis and brief.trigger.severity is Severity.CRITICAL:
            verdict = self._by_rules(brief, now, opinion)
        else:
            verdict = self._nobody(brief, now, opinion)
        return self._recorded(brief, verdict, opinion)

    async def _asked(self, brief: Brief, now: int) -> Opinion:
        """Whatever happens but cancellation is in the Opinion."""
        with tries_kept() as tries:
            try:
                return await self._opinion(brief, now)
            except asyncio.CancelledError as cancelled:
                self._cut_off(brief, now, tries, str(cancelled))
                raise
            except CassetteMissing:
                if self._strict:
                    raise
                why = "cassette_missing"
            except Exception as fault:  # noqa: BLE001 - a fault of ours must not change the desk
                _LOG.exception("a review failed")
                why = f"fault.{type(fault).__name__}"
        return Opinion(tier=first_tier(brief), why=why)

    def _cut_off(self, brief: Brief, now: int, tries: Sequence[Exchange], told: str) -> None:
        """Nobody waits for the answer any more: what was asked and paid is recorded. `told`: with
        what word the review was cancelled."""
        exchange = reduce(joined, tries, Exchange(failure=None))
        why = told if told in _CUT_OFF else _CUT_OFF[0]
        opinion = Opinion(tier=first_tier(brief), why=why, exchange=exchange)
        parts = {"outcome": Outcome.ABSTAINED, "source": Source.NOBODY}
        self._recorded(brief, self._verdict(brief, now, opinion, **parts), opinion)

    async def read_news(
        self, items: Sequence[StrangeText], symbols: Sequence[str], now: int
    ) -> Mood:
        """Scores and enums of what strangers wrote about these symbols. Raises OverseerError."""
        newsroom, _ = await self._staff(now)
        return await newsroom.read(items, symbols, now)

    async def topic_of(self, question: str, now: int) -> Topic:
        """What a person's question is about; its text goes no further. Raises OverseerError."""
        newsroom, _ = await self._staff(now)
        return await newsroom.topic(question, now)

    async def report(self, table: Sequence[Section], now: int) -> str:
        """A table in at most 120 words, with no number that is not in it. Raises
        OverseerError."""
        _, roles = await self._staff(now)
        return await roles.report(table, now)

    async def note(self, table: Sequence[Section], now: int) -> str:
        """The same, by the strongest models, about what was grave and is over. Raises
        OverseerError."""
        _, roles = await self._staff(now)
        return await roles.note(table, now)

    async def thesis(self, symbol: str, table: Sequence[Section], now: int) -> Thesis:
        """A view of a symbol, and when it was wrong. Raises OverseerError."""
        _, roles = await self._staff(now)
        return await roles.thesis(symbol, table, now)

    async def reconcile(self, now: int) -> tuple[Notice, ...]:
        """Look up what lost calls cost, and compare the day with the provider's count; once a day
        read the list of models anew, and try them. Raises ModelUnavailable."""
        told = await self._renewed(now)
        await self._pages.settle(self._budget, now)
        spent = await self._pages.spent_today()
        if spent is not None and self._budget.reconcile(spent, now):
            told += (Notice("budget.remote_higher", "the provider counts more than we do"),)
        return told

    async def _renewed(self, now: int) -> tuple[Notice, ...]:
        """Models come, go and cost something else. Who was of no use yesterday is tried again."""
        asked = self._catalogue_asked
        if asked is None or now - asked < DAY:
            return ()
        try:
            await self.read_models(now)
            return await self.try_models(now)
        except (ModelUnavailable, CatalogueRefused) as error:
            _LOG.info("the list of models could not be read anew: %s", error)
            return ()

    @property
    def prices(self) -> Mapping[str, Price]:
        """Of the models that can be used; nothing before they were read."""
        return {} if self.catalogue is None else self.catalogue.prices

    def standing(self, now: int) -> Standing:
        return self._budget.standing(now)

    def budget_notices(self, now: int) -> tuple[Notice, ...]:
        """Shares of the day's money that were passed since the last question."""
        return tuple(
            Notice(f"budget.{share}", f"{share:.0%} of today's budget is used")
            for share in self._budget.new_alerts(now)
        )

    async def _staff(self, now: int) -> tuple[Newsroom, Roles]:
        if self._newsroom is None or self._roles is None:
            await self.read_models(now)
        assert self._newsroom is not None
        assert self._roles is not None
        return self._newsroom, self._roles

    async def _opinion(self, brief: Brief, now: int) -> Opinion:
        spent_ms, tier = 0, first_tier(brief)
        if self._reviewer is None:
            async with self._reading:  # whoever reads the list already is waited for
                if not await self._has_list(now, self._settings.tiers()[tier - 1]):
                    return Opinion(tier=tier, why="no_models")
            spent_ms = self._pages.latency_ms
        assert self._reviewer is not None
        return await self._reviewer.opinion(brief, now, spent_ms)

    async def _has_list(self, now: int, tier: TierSettings) -> bool:
        asked = self._catalogue_asked
        if self._reviewer is not None:
            return True
        if asked is not None and now - asked < _CATALOGUE_AGAIN:
            return False
        try:
            await self._read(now, min(tier.deadline_seconds, PAGE_SECONDS))
        except (ModelUnavailable, CatalogueRefused):
            return False
        return True

    def _decided(self, brief: Brief, now: int, opinion: Opinion, decision: Decision) -> Verdict:
        prompt = opinion.prompt
        assert prompt is not None
        known = prompt.known | frozenset(brief.symbols)
        circumstances = Circumstances(
            brief=brief,
            now=now,
            tier=opinion.tier,
            numbers=prompt.numbers,
            known=known,
            only_tighten=opinion.only_tighten,
            two_samples=opinion.two_samples,
        )
        weighing = Weighing(self._settings, circumstances)
        if not opinion.repeated:
            weighing.weigh(decision.actions)
        values = {it.value for it in weighing.proposals if it.value is not None}
        loose = ungrounded(decision.summary, prompt.numbers | values, known)
        return self._verdict(
            brief,
            now,
            opinion,
            outcome=Outcome.REPEATED if opinion.repeated else Outcome.DECIDED,
            source=Source.MODEL,
            proposals=tuple(weighing.proposals),
            refusals=tuple(weighing.refusals),
            regime=decision.regime.value,
            regime_conflict=decision.regime_conflict,
            confidence=decision.confidence,
            summary="" if loose else decision.summary,
            defects=opinion.defects + (("ungrounded_summary",) if loose else ()),
        )

    def _by_rules(self, brief: Brief, now: int, opinion: Opinion) -> Verdict:
        circumstances = Circumstances(
            brief=brief,
            now=now,
            tier=Tier.TIER_2,
            numbers=frozenset(),
            known=frozenset(),
            grounded=False,
        )
        weighing = Weighing(self._settings, circumstances)
        weighing.weigh(self._rules.actions(brief))
        return self._verdict(
            brief,
            now,
            opinion,
            outcome=Outcome.DECIDED,
            source=Source.RULES,
            proposals=tuple(weighing.proposals),
            refusals=tuple(weighing.refusals),
            notices=self._failure_notices(opinion),
        )

    def _nobody(self, brief: Brief, now: int, opinion: Opinion) -> Verdict:
        notices = () if opinion.why == "off" else self._failure_notices(opinion)
        return self._verdict(
            brief, now, opinion, outcome=Outcome.ABSTAINED, source=Source.NOBODY, notices=notices
        )

    def _verdict(self, brief: Brief, now: int, opinion: Opinion, **parts: Any) -> Verdict:
        exchange = opinion.exchange
        return Verdict(
            **{
                "id": self._records.next_id(),
                "at": now,
                "effective_at": now + exchange.latency_ms * _MILLI,
                "apply_before": brief.at + self._settings.limits.snapshot_seconds * _SECOND,
                "why": opinion.why,
                "mode": brief.mode,
                "tier": int(opinion.tier),
                "model": exchange.model,
                "simulated": exchange.simulated,
                "snapshot_id": "" if opinion.prompt is None else opinion.prompt.snapshot_id,
                "baseline_hash": brief.baseline_hash,
                "defects": opinion.defects,
                "calls": exchange.calls,
                "cost_nano": exchange.cost_nano,
                "latency_ms": exchange.latency_ms,
                **parts,
            }
        )

    def _failure_notices(self, opinion: Opinion) -> tuple[Notice, ...]:
        """The same failure is told once, until an answer came again; and each time somebody is
        left alone or dropped for it."""
        opened = sorted(set(opinion.exchange.opened))
        known = opinion.why in self._told and not opened and not opinion.dropped
        if not opinion.why or known:
            return ()
        self._told.add(opinion.why)
        words = no_answer(
            int(opinion.tier), opinion.why, opinion.exchange.denied, opened, opinion.dropped
        )
        return (Notice(f"failed.{opinion.why}", words),)

    def _recorded(self, brief: Brief, verdict: Verdict, opinion: Opinion | None = None) -> Verdict:
        takes = () if opinion is None else opinion.exchange.takes
        prompt = "" if self._reviewer is None else self._reviewer.prompt_version
        versions = {"records": str(VERSION), "prompt": prompt, "settings": self._written}
        if self.catalogue is not None:
            versions["catalogue"] = written(self.catalogue)
        self._records.append(verdict, brief, takes, versions)
        return verdict

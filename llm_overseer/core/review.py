"""One review: which tier is asked, what it says, who is asked beside it, and who stands in."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from typing import Final

from llm_overseer.brief import MINUTE, Brief, Mode
from llm_overseer.core.agreement import agreed
from llm_overseer.core.catalogue import Catalogue, Offer
from llm_overseer.core.client import Exchange
from llm_overseer.core.consult import Consultant, Consulted, joined
from llm_overseer.core.context_manager import ContextManager, Prompt
from llm_overseer.core.parsing import Expected, parse_decision
from llm_overseer.core.prompts import prompt_version
from llm_overseer.core.request import ChatCall
from llm_overseer.core.tiers import Tier, first_tier, may_escalate
from llm_overseer.decision import Decision, wire_schema
from llm_overseer.errors import BudgetSpent, PromptTooLarge
from llm_overseer.settings import OverseerSettings, TierSettings

_HOUR: Final = 60 * MINUTE
_MILLI: Final = 10**6
_LEAST_LEFT: Final = 1.0
"""Seconds; with less left of a deadline no other tier is asked."""
_NOTHING: Final = Exchange(failure=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """`decision` None: `why` says what went wrong."""

    tier: Tier
    decision: Decision | None = None
    why: str = ""
    prompt: Prompt | None = None
    only_tighten: bool = False
    two_samples: bool = False
    repeated: bool = False
    exchange: Exchange = _NOTHING
    defects: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Question:
    """One brief put to one tier. `seconds`: what is left."""

    brief: Brief
    tier: Tier
    now: int
    seconds: float
    only_tighten: bool = False


@dataclass(slots=True)
class _Rate:
    """Reviews of a tier in the last hour."""

    asked: deque[int] = field(default_factory=deque)

    def full(self, most: int, now: int) -> bool:
        while self.asked and self.asked[0] <= now - _HOUR:
            self.asked.popleft()
        return len(self.asked) >= most


class Reviewer:
    """One event loop. Raises only CassetteMissing; whatever else happens is in the Opinion."""

    def __init__(
        self, settings: OverseerSettings, consultant: Consultant, catalogue: Catalogue
    ) -> None:
        self._settings = settings
        self._consultant = consultant
        self._catalogue = catalogue
        self._contexts = ContextManager(settings)
        self._rates = {tier: _Rate() for tier in Tier}
        self._schema = wire_schema(Decision)
        self.prompt_version = prompt_version(settings.parameters)

    async def opinion(self, brief: Brief, now: int, spent_ms: int = 0) -> Opinion:
        """`spent_ms`: of the deadline, before now was asked for."""
        tier = first_tier(brief)
        seconds = self._of(tier).deadline_seconds - spent_ms / 1_000
        now += spent_ms * _MILLI
        first = await self._ask(_Question(brief, tier, now, seconds))
        if first.decision is None:
            left = seconds - first.exchange.latency_ms / 1_000
            return await self._below(brief, first, now, left) if tier is Tier.TIER_3 else first
        if first.repeated or not may_escalate(brief, tier, wished=first.decision.escalate):
            return first
        later = now + first.exchange.latency_ms * _MILLI
        seconds = self._of(Tier.TIER_2).deadline_seconds
        deeper = await self._ask(_Question(brief, Tier.TIER_2, later, seconds))
        return _after(first, deeper if deeper.decision is not None else first, deeper)

    async def _below(self, brief: Brief, failed: Opinion, now: int, left: float) -> Opinion:
        """A crisis, and the best models are away: the next ones, who may only tighten."""
        if left < _LEAST_LEFT:
            return failed
        later = now + failed.exchange.latency_ms * _MILLI
        seconds = min(left, self._of(Tier.TIER_2).deadline_seconds)
        lower = await self._ask(_Question(brief, Tier.TIER_2, later, seconds, only_tighten=True))
        return _after(failed, lower if lower.decision is not None else failed, lower)

    async def _ask(self, question: _Question) -> Opinion:
        tier, settings = question.tier, self._of(question.tier)
        rate = self._rates[tier]
        if rate.full(settings.calls_per_hour, question.now):
            return Opinion(tier=tier, why="calls_per_hour")
        offers = self._catalogue.offers(settings.models)
        if not offers:
            return Opinion(tier=tier, why="no_models")
        only = question.only_tighten or tier is Tier.TIER_1
        try:
            prompt = self._contexts.compose(question.brief, settings, only_tighten=only)
        except PromptTooLarge:
            return Opinion(tier=tier, why="prompt_too_large")
        rate.asked.append(question.now)
        try:
            return await self._asked(question, offers, prompt)
        except BudgetSpent as spent:
            return Opinion(tier=tier, why=f"budget.{spent.cap}", prompt=prompt)

    async def _asked(
        self, question: _Question, offers: tuple[Offer, ...], prompt: Prompt
    ) -> Opinion:
        seconds = self._catalogue.offers(self._of(question.tier).second)
        if question.tier is Tier.TIER_3 and seconds:
            both = await _both(
                self._consulted(question, offers, prompt),
                self._consulted(question, seconds, prompt),
            )
            return self._two(question, prompt, *both)
        first = await self._consulted(question, offers, prompt, again=True)
        opinion = _opinion(question, prompt, first)
        if question.tier is Tier.TIER_3:
            return replace(opinion, only_tighten=True)
        if question.brief.mode is not Mode.AUTO or not seconds or first.value is None:
            return opinion
        return await self._second_opinion(question, opinion, seconds)

    async def _second_opinion(
        self, question: _Question, first: Opinion, offers: tuple[Offer, ...]
    ) -> Opinion:
        """Where a loosening could go without a person."""
        left = question.seconds - first.exchange.latency_ms / 1_000
        if left < _LEAST_LEFT or first.prompt is None or first.decision is None:
            return first
        later = question.now + first.exchange.latency_ms * _MILLI
        again = replace(question, now=later, seconds=left)
        try:
            other = await self._consulted(again, offers, first.prompt)
        except BudgetSpent:
            return first
        both = replace(first, exchange=joined(first.exchange, other.exchange))
        if other.value is None:
            return replace(both, defects=first.defects + other.defects)
        common = self._common(question.brief, first.decision, other.value)
        return replace(both, decision=common, two_samples=True)

    def _two(
        self,
        question: _Question,
        prompt: Prompt,
        first: Consulted[Decision],
        second: Consulted[Decision],
    ) -> Opinion:
        good = min((first, second), key=_use)
        other = second if good is first else first
        opinion = _opinion(question, prompt, good)
        exchange = _side_by_side(good.exchange, other.exchange)
        opinion = replace(
            opinion,
            exchange=exchange,
            defects=first.defects + second.defects,
            dropped=first.dropped + second.dropped,
        )
        if good.value is None or other.value is None:
            return replace(opinion, only_tighten=True)
        decision = self._common(question.brief, good.value, other.value)
        return replace(opinion, decision=decision, two_samples=True)

    def _common(self, brief: Brief, first: Decision, second: Decision) -> Decision:
        actions = agreed(first.actions, second.actions, brief, self._settings)
        return first.model_copy(update={"actions": actions})

    async def _consulted(
        self,
        question: _Question,
        offers: tuple[Offer, ...],
        prompt: Prompt,
        *,
        again: bool = False,
    ) -> Consulted[Decision]:
        symbols = frozenset(question.brief.symbols)
        expected = Expected(prompt.snapshot_id, symbols, prompt.known)

        def read(text: str) -> tuple[Decision, tuple[str, ...]]:
            parsed = parse_decision(text, expected)
            return parsed.decision, parsed.defects

        return await self._consultant.consult(
            self._call(question.tier, offers, prompt),
            question.brief.slice(),
            question.now,
            question.seconds,
            read,
            again=again and question.tier is not Tier.TIER_1,
        )

    def _call(self, tier: Tier, offers: tuple[Offer, ...], prompt: Prompt) -> ChatCall:
        settings = self._of(tier)
        return ChatCall(
            offers=offers,
            system=prompt.system,
            user=prompt.user,
            schema_name="overseer_decision",
            schema=self._schema,
            max_completion_tokens=settings.max_completion_tokens,
            effort=settings.effort,
            seed=self._settings.seed,
            prompt_version=self.prompt_version,
        )

    def _of(self, tier: Tier) -> TierSettings:
        return self._settings.tiers()[tier - 1]


def _use(consulted: Consulted[Decision]) -> int:
    """A decision comes before a failure, and that before what was not even asked."""
    if consulted.value is not None:
        return 0
    return 1 if consulted.exchange.calls else 2


async def _both(
    one: Coroutine[None, None, Consulted[Decision]],
    other: Coroutine[None, None, Consulted[Decision]],
) -> tuple[Consulted[Decision], Consulted[Decision]]:
    """One that the budget refused was not asked, and says why."""
    found: list[Consulted[Decision]] = []
    for end in await asyncio.gather(one, other, return_exceptions=True):
        if isinstance(end, BudgetSpent):
            found.append(Consulted(value=None, why=f"budget.{end.cap}", exchange=_NOTHING))
        elif isinstance(end, BaseException):
            raise end
        else:
            found.append(end)
    return found[0], found[1]


def _opinion(question: _Question, prompt: Prompt, consulted: Consulted[Decision]) -> Opinion:
    return Opinion(
        tier=question.tier,
        decision=consulted.value,
        why=consulted.why,
        prompt=prompt,
        only_tighten=question.only_tighten,
        repeated=consulted.repeated,
        exchange=consulted.exchange,
        defects=consulted.defects,
        dropped=consulted.dropped,
    )


def _after(first: Opinion, chosen: Opinion, second: Opinion) -> Opinion:
    """The chosen one, with what both cost."""
    if chosen is second:
        exchange = joined(first.exchange, second.exchange)
    else:
        both = joined(first.exchange, second.exchange)
        exchange = replace(
            both,
            failure=first.exchange.failure,
            model=first.exchange.model,
            simulated=first.exchange.simulated,
        )
    return replace(
        chosen,
        exchange=exchange,
        defects=first.defects + second.defects,
        dropped=first.dropped + second.dropped,
    )


def _side_by_side(one: Exchange, other: Exchange) -> Exchange:
    both = joined(one, other)
    return replace(
        both,
        failure=one.failure,
        content=one.content,
        asked=one.asked,
        model=one.model,
        simulated=one.simulated or other.simulated,
        latency_ms=max(one.latency_ms, other.latency_ms),
        denied=one.denied or other.denied,
    )

"""The decisions of one decider added up, against no change and against its rivals.

Rules, a simulated model and a real one are three deciders, and so are two prompts: what one did
proves nothing about another. Everything is net of what asking cost where the desk counts in
dollars; a dollar is taken as one unit of the quote asset.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from llm_overseer.settings import NANO
from trading_agent.domain.units import Nanos
from trading_agent.interfaces.oversight.outcomes import Decider, Kept, Outcome
from trading_agent.interfaces.oversight.worth import SURE, Cost, Effect, Evidence, weigh

if TYPE_CHECKING:
    from llm_overseer.core.budget import Charge

OVERSEER, RULES, PLACEBO = "overseer", "rules", "placebo"
MODEL: Final = "model"
SIMULATED_PREFIX: Final = "simulated/"
"""Of the names of models of the offline provider."""
_EVER: Final = Nanos(0)
_DOLLARS: Final = frozenset(("USD", "USDC", "USDT", "USD1", "USDE", "FDUSD", "DAI"))


class Reckoning:
    """Of the decider in charge: the one that decided last. `since`: what began earlier is left
    out."""

    def __init__(
        self,
        kept: Kept,
        charges: "Sequence[Charge]",
        since: Nanos = _EVER,
    ) -> None:
        self.kept = kept
        self.settings = kept.settings
        self.outcomes = [it for it in kept.outcomes if it.began >= since]
        self._charges = [it for it in charges if it.at >= since]

    @property
    def quote(self) -> str:
        return self.kept.quote

    @property
    def nets_costs(self) -> bool:
        return self.quote in _DOLLARS

    @cached_property
    def decider(self) -> Decider | None:
        """None when nobody has decided anything. Rules that stood in for a model that did not
        answer are not in charge."""
        known = [it for it in self.outcomes if it.arm == OVERSEER and it.decider is not None]
        newest = max(known, key=lambda it: it.began, default=None)
        if newest is None or newest.mode == RULES:
            return None if newest is None else newest.decider
        asked = [it for it in known if it.decider is not None and it.decider.source == MODEL]
        return max(asked, key=lambda it: it.began, default=newest).decider

    @cached_property
    def own(self) -> list[Outcome]:
        """Its decisions that did something."""
        return [it for it in self.of_decider(self.decider, OVERSEER) if not it.stood_still]

    @cached_property
    def evidence(self) -> Evidence:
        """Against no change, net of costs."""
        return self._weigh(self.own, [it.effect for it in self.own], self._costs)

    @cached_property
    def spent(self) -> int:
        """On all its calls, those that came to nothing too; nano-dollars."""
        return sum(it.nano for it in self._own_charges)

    @cached_property
    def unknown(self) -> int:
        """Decisions that do not say who took them."""
        return sum(it.arm == OVERSEER and it.decider is None for it in self.outcomes)

    @cached_property
    def others(self) -> tuple[Decider, ...]:
        """Who else has decided, in order of time."""
        mine = {self.decider, None}
        found = [it.decider for it in self.outcomes if it.arm == OVERSEER]
        return tuple(it for it in dict.fromkeys(found) if it is not None and it not in mine)

    @property
    def rivals(self) -> tuple[str, ...]:
        """Rules are no rival of themselves."""
        by_model = self.decider is not None and self.decider.source == MODEL
        return (RULES, PLACEBO) if by_model else (PLACEBO,)

    def of_decider(self, decider: Decider | None, arm: str) -> list[Outcome]:
        """Nobody's where it is not known whose."""
        if decider is None:
            return []
        return [it for it in self.outcomes if it.arm == arm and it.decider == decider]

    def plain(self, outcomes: Sequence[Outcome]) -> Evidence:
        """What they were worth, before costs of asking."""
        return self._weigh(outcomes, [it.effect for it in outcomes], ())

    def against(self, arm: str) -> Evidence:
        """By how much it was better than a rival at the same decisions, net of costs."""
        mine = _by_decision(self.of_decider(self.decider, OVERSEER))
        theirs = _by_decision(self.of_decider(self.decider, arm))
        pairs = [(mine[name], theirs[name]) for name in mine if name in theirs]
        spans, sizes = [], []
        for ours, rival in pairs:
            both = (*ours, *rival)
            began, ended = min(it.began for it in both), max(it.ended for it in both)
            spans.append((began, ended, min(it.equity for it in both)))
            sizes.append(sum(it.effect for it in ours) - sum(it.effect for it in rival))
        effects = [
            Effect(began, ended, size, self._bound(equity))
            for (began, ended, equity), size in zip(spans, sizes, strict=True)
        ]
        return weigh(effects, self._costs, self._unfinished_since((OVERSEER, arm)))

    @property
    def is_enough(self) -> bool:
        return self.evidence.decisions >= self.settings.least_decisions

    @property
    def is_better_than_nothing(self) -> bool:
        return self.is_enough and self.evidence.for_help >= SURE and self.evidence.total > 0.0

    @property
    def did_harm(self) -> bool:
        return self.is_enough and self.evidence.for_harm >= SURE and self.evidence.total < 0.0

    def not_beaten(self) -> tuple[str, ...]:
        """Rivals that it is not shown to be better than."""
        return tuple(it for it in self.rivals if self.against(it).for_help < SURE)

    def harm(self) -> str:
        """Why it should do less; empty when nothing says so. What it applied and what it would
        have applied count alike for the odds; for a loss only what it applied, at once."""
        applied, settings = [it for it in self.own if it.applied], self.settings
        percent = sum(self._net_percent(it) for it in applied)
        deeper = max((100.0 * it.drawdown / it.equity for it in applied if it.equity), default=0.0)
        if settings.harm_percent and percent < -settings.harm_percent:
            return f"it has cost {-percent:.2f} percent of what the desk is worth"
        if settings.harm_drawdown_points and deeper > settings.harm_drawdown_points:
            return f"it made a fall deeper by {deeper:.2f} percent of what the desk is worth"
        if self.is_enough and self._for_harm >= settings.harm_evidence:
            return f"the odds that it does harm are {self._for_harm:.0f} to 1"
        return ""

    @cached_property
    def _for_harm(self) -> float:
        return self.evidence.for_harm

    @cached_property
    def _own_charges(self) -> "list[Charge]":
        """Each call is of whoever decided next, or last: failures and answers that nothing should
        change are paid for, too. Without any decision: all calls."""
        decider = self.decider
        if decider is None:
            return self._charges
        if decider.source != MODEL:
            return []
        of_kind = [
            (it.began, it.decider)
            for it in self.outcomes
            if it.arm == OVERSEER and _is_like(it.decider, decider)
        ]
        asked = sorted(of_kind, key=lambda each: each[0])
        moments = [began for began, _ in asked]
        return [
            it
            for it in self._charges
            if it.model.startswith(SIMULATED_PREFIX) == decider.simulated
            and asked[min(bisect_left(moments, it.at), len(asked) - 1)][1] == decider
        ]

    @cached_property
    def _costs(self) -> list[Cost]:
        if not self.nets_costs:
            return []
        return [Cost(Nanos(it.at), it.nano / NANO) for it in self._own_charges]

    def _net_percent(self, outcome: Outcome) -> float:
        cost = outcome.cost_nano / NANO if self.nets_costs else 0.0
        return 100.0 * (outcome.effect - cost) / outcome.equity if outcome.equity else 0.0

    def _weigh(
        self, outcomes: Sequence[Outcome], sizes: Sequence[float], costs: Sequence[Cost]
    ) -> Evidence:
        effects = [
            Effect(it.began, it.ended, size, self._bound(it.equity))
            for it, size in zip(outcomes, sizes, strict=True)
        ]
        return weigh(effects, costs, self._unfinished_since((OVERSEER,)))

    def _unfinished_since(self, arms: Iterable[str]) -> Nanos | None:
        running = [
            it.began for it in self.kept.unfinished if it.arm in arms and it.decider == self.decider
        ]
        return min(running, default=None)

    def _bound(self, equity: float) -> float:
        return equity * self.settings.most_effect_percent / 100.0


def _is_like(one: Decider | None, other: Decider) -> bool:
    """Models both, and both simulated or neither."""
    return one is not None and (one.source, one.simulated) == (other.source, other.simulated)


def _by_decision(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.decision, []).append(outcome)
    return found

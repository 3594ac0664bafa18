"""The outcomes of decisions in words and numbers: helped, harmed, or not known yet."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from trading_agent.interfaces.oversight.outcomes import Outcome
from trading_agent.interfaces.oversight.phrases import dollars
from trading_agent.interfaces.oversight.settings import AttributionSettings
from trading_agent.interfaces.oversight.worth import Effect, Evidence, weigh

if TYPE_CHECKING:
    from trading_agent.interfaces.oversight.parts import TrialsPort

OVERSEER: Final = "overseer"
ARMS: Final = (OVERSEER, "rules", "placebo")
_SURE: Final = 20.0


def evidence_of(outcomes: Sequence[Outcome], arm: str) -> Evidence:
    """Costs of asking are not in it."""
    return weigh([Effect(it.began, it.ended, it.effect) for it in outcomes if it.arm == arm])


def worth_in_words(
    outcomes: Sequence[Outcome], arm: str, quote: str, settings: AttributionSettings
) -> str:
    """`helped by 12.40 ± 5.10 USDC after 31 decisions, spent $0.84`."""
    evidence = evidence_of(outcomes, arm)
    spent = dollars(sum(it.cost_nano for it in outcomes if it.arm == arm))
    plural = "" if evidence.decisions == 1 else "s"
    after = f"after {evidence.decisions} decision{plural}, spent {spent}"
    if not evidence.decisions:
        return "not enough evidence yet: no decision has come to an end"
    amount = f"{abs(evidence.total):.2f} ± {_error(evidence)} {quote}"
    enough = evidence.decisions >= settings.least_decisions
    if enough and evidence.for_help >= _SURE and evidence.total > 0.0:
        return f"helped by {amount} {after}"
    if enough and evidence.for_harm >= _SURE and evidence.total < 0.0:
        return f"did harm of {amount} {after}"
    sign = "-" if evidence.total < 0.0 else "+"
    return f"not enough evidence yet: {sign}{amount} {after}"


def arms_in_words(
    outcomes: Sequence[Outcome], quote: str, settings: AttributionSettings
) -> tuple[str, ...]:
    lines = [f"worth: {worth_in_words(outcomes, OVERSEER, quote, settings)}"]
    for name, applied in (("applied", True), ("only tried beside", False)):
        mine = [it for it in outcomes if it.arm == OVERSEER and it.applied is applied]
        if mine:
            lines.append(f"  {name}: {_short(weigh(_effects(mine)), quote)}")
    lines += [
        f"  {arm} instead: {_short(evidence_of(outcomes, arm), quote)}"
        for arm in ARMS[1:]
        if any(it.arm == arm for it in outcomes)
    ]
    return tuple(lines)


def outcome_in_words(outcome: Outcome, quote: str, trials: "TrialsPort | None") -> str:
    """Of one decision, and what all of them come to."""
    what = "" if outcome.applied else " (only tried beside the desk)"
    words = "" if trials is None else f"; {trials.words()}"
    return f"overseer: {outcome.decision}{what} was worth {outcome.effect:+.2f} {quote}{words}"


def harm_of(outcomes: Sequence[Outcome], settings: AttributionSettings) -> str:
    """Why the overseer should do less; empty when nothing says so. What it applied and what it
    would have applied count alike."""
    mine = [it for it in outcomes if it.arm == OVERSEER]
    if not mine:
        return ""
    percent = sum(it.percent for it in mine if it.applied)
    deeper = max((100.0 * it.drawdown / it.equity for it in mine if it.applied), default=0.0)
    if settings.harm_percent and percent < -settings.harm_percent:
        return f"it has cost {-percent:.2f} percent of what the desk is worth"
    if settings.harm_drawdown_points and deeper > settings.harm_drawdown_points:
        return f"it made a fall deeper by {deeper:.2f} percent of what the desk is worth"
    evidence = evidence_of(mine, OVERSEER)
    if len(mine) >= settings.least_decisions and evidence.for_harm >= settings.harm_evidence:
        return f"the odds that it does harm are {evidence.for_harm:.0f} to 1"
    return ""


def _effects(outcomes: Sequence[Outcome]) -> list[Effect]:
    return [Effect(it.began, it.ended, it.effect) for it in outcomes]


def _short(evidence: Evidence, quote: str) -> str:
    return f"{evidence.total:+.2f} ± {_error(evidence)} {quote} in {evidence.decisions}"


def _error(evidence: Evidence) -> str:
    return f"{evidence.error:.2f}" if math.isfinite(evidence.error) else "?"

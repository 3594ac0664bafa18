"""The outcomes of decisions in words: helped, harmed, or not known yet."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trading_agent.interfaces.oversight.library import charges_of
from trading_agent.interfaces.oversight.outcomes import Decider, Outcome, read_outcomes
from trading_agent.interfaces.oversight.phrases import dollars
from trading_agent.interfaces.oversight.reckoning import MODEL, OVERSEER, Reckoning
from trading_agent.interfaces.oversight.worth import Evidence

if TYPE_CHECKING:
    from trading_agent.interfaces.oversight.parts import TrialsPort

OUTCOMES_NAME: Final = "outcomes.sqlite"
ATTRIBUTED: Final = "attributed"
"""The event that says what a decision came to."""
_NO_DECISION: Final = "no decision has come to an end"


def worth_in_words(reckoning: Reckoning) -> str:
    """`helped by 12.40 ± 5.10 USDC after 31 decisions, spent $0.84`: net of what was spent."""
    evidence, quote = reckoning.evidence, reckoning.quote
    spent = f"spent {dollars(reckoning.spent)}{_not_net(reckoning)}"
    whose = _whose(reckoning.decider)
    if not evidence.decisions:
        return f"not enough evidence yet: {_NO_DECISION}, {spent}{whose}"
    plural = "" if evidence.decisions == 1 else "s"
    after = f"after {evidence.decisions} decision{plural}, {spent}{whose}"
    amount = f"{abs(evidence.total):.2f} ± {_figure(evidence.error)} {quote}"
    if reckoning.did_harm:
        return f"did harm of {amount} {after}"
    left = reckoning.not_beaten() if reckoning.is_better_than_nothing else ()
    if reckoning.is_better_than_nothing and not left:
        return f"helped by {amount} {after}"
    sign = "-" if evidence.total < 0.0 else "+"
    rivals = f"; better than no change, not shown to be better than {' and '.join(left)}"
    return f"not enough evidence yet: {sign}{amount} {after}{rivals if left else ''}"


def report_in_words(reckoning: Reckoning) -> tuple[str, ...]:
    """The same by arms, each with its number of decisions; means are before costs of asking."""
    return (
        f"worth: {worth_in_words(reckoning)}",
        *_own(reckoning),
        *_rivals(reckoning),
        *_left_out(reckoning),
        *_apart(reckoning),
    )


def _own(reckoning: Reckoning) -> Iterator[str]:
    own, quote = reckoning.own, reckoning.quote
    if reckoning.decider is not None:
        yield f"  decided by {decider_in_words(reckoning.decider)}"
    for name, mine in (
        ("applied", [it for it in own if it.applied]),
        ("held out by lot, tried beside", [it for it in own if it.held_out]),
        ("tried beside only", [it for it in own if not it.applied and not it.held_out]),
    ):
        if mine:
            yield f"  {name}: {_a_decision(reckoning.plain(mine), quote)}"
    if cut := sum(bool(it.cut) for it in own):
        yield f"  cut short by the end of a run, counted as far as they came: {cut}"


def _rivals(reckoning: Reckoning) -> Iterator[str]:
    if not reckoning.own:
        return
    yield f"  no change instead: 0.00 {reckoning.quote} a decision in {len(reckoning.own)}"
    for arm in reckoning.rivals:
        theirs = reckoning.of_decider(reckoning.decider, arm)
        if theirs:
            evidence, better = reckoning.plain(theirs), reckoning.against(arm)
            yield (
                f"  {arm} instead: {_a_decision(evidence, reckoning.quote)}; the overseer better "
                f"by {_a_decision(better, reckoning.quote)} of both, net of costs"
            )


def _left_out(reckoning: Reckoning) -> Iterator[str]:
    """Decisions of others."""
    for other in reckoning.others:
        theirs = [it for it in reckoning.of_decider(other, OVERSEER) if not it.stood_still]
        if theirs:
            evidence = _a_decision(reckoning.plain(theirs), reckoning.quote)
            yield f"  not in it, decided by {decider_in_words(other)}: {evidence}"
    if reckoning.unknown:
        yield f"  do not say who decided, and count for nobody: {reckoning.unknown}"


def _apart(reckoning: Reckoning) -> Iterator[str]:
    if apart := reckoning.kept.apart:
        runs = f"{len(apart)} run{'' if len(apart) == 1 else 's'}"
        yield (
            f"  all that was applied, against a desk without it: {sum(apart.values()):+.2f} "
            f"{reckoning.quote} in {runs}; each run begins with both alike"
        )


def decider_in_words(decider: Decider) -> str:
    if decider.source != MODEL:
        return decider.source
    if decider.simulated:
        return "SIMULATED models"
    return f"{', '.join(decider.models)} (prompt {decider.prompt[:8] or 'unknown'})"


def outcome_in_words(outcome: Outcome, quote: str, trials: "TrialsPort | None") -> str:
    """Of one decision, and what all of them come to."""
    words = "" if trials is None else f"; {trials.words()}"
    worth = f"was worth {outcome.effect:+.2f} {quote}"
    return f"overseer: {outcome.decision}{_how(outcome)} {worth}{words}"


def came_to(outcome: Outcome) -> str:
    """`was worth +2.31, deepest fall -0.40, fees +0.02, asking cost $0.0031`: all that it changed,
    in the quote asset."""
    whose = "" if outcome.arm == OVERSEER else f"{outcome.arm} instead"
    if outcome.stood_still:
        return f"{whose}: no change".removeprefix(": ")
    asked = f", asking cost {dollars(outcome.cost_nano)}" if outcome.cost_nano else ""
    lot = " because a lot was drawn" if outcome.held_out else ""
    beside = "" if outcome.applied or whose else f" (only tried beside the desk{lot})"
    cut = f"; cut short: {outcome.cut}" if outcome.cut else ""
    figures = (
        f"worth {outcome.effect:+.2f}{beside}, deepest fall {outcome.drawdown:+.2f}, "
        f"fees {outcome.fees:+.2f}"
    )
    return f"{whose}{': ' if whose else 'was '}{figures}{asked}{cut}"


def reckoning_of_folder(folder: Path) -> Reckoning:
    """From the files of an overseer, whether it runs or not. Raises StorageError."""
    return Reckoning(read_outcomes(folder / OUTCOMES_NAME), charges_of(folder))


def _how(outcome: Outcome) -> str:
    how = "" if outcome.applied else " (only tried beside the desk)"
    return f"{how} (cut short: {outcome.cut})" if outcome.cut else how


def _whose(decider: Decider | None) -> str:
    if decider is None or (decider.source == MODEL and not decider.simulated):
        return ""
    return f" ({decider_in_words(decider)})"


def _not_net(reckoning: Reckoning) -> str:
    return "" if reckoning.nets_costs or not reckoning.spent else " (not taken off)"


def _a_decision(evidence: Evidence, quote: str) -> str:
    if not evidence.decisions:
        return "nothing known in 0 decisions"
    mean, error = evidence.mean, _figure(evidence.mean_error)
    return f"{mean:+.2f} ± {error} {quote} a decision in {evidence.decisions}"


def _figure(error: float) -> str:
    return f"{error:.2f}" if math.isfinite(error) else "?"

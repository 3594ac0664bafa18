"""Verdicts and overlays in words a person reads at a glance."""

from decimal import Decimal
from typing import Final

from llm_overseer.brief import Trigger
from llm_overseer.decision import Kind
from llm_overseer.settings import NANO
from llm_overseer.verdict import Outcome, Proposal, Source, Verdict
from llm_overseer.words import in_words
from trading_agent.domain.decimal_text import plain_text
from trading_agent.interfaces.oversight.watch import PORTFOLIO

_LONGEST: Final = 300
_PARAMETERS: Final = {"risk_mult": "sizes", "entry_threshold": "entry thresholds"}


def said_of(verdict: Verdict, only: Proposal | None = None) -> str:
    """`d12 (rules): sizes x 0.7 for 60 min: the market is outside its usual range`."""
    proposals = verdict.proposals if only is None else (only,)
    words = "; ".join(map(proposed, proposals)) or _nothing(verdict)
    return f"{verdict.id} ({who(verdict)}): {words}"[:_LONGEST]


def who(verdict: Verdict) -> str:
    if verdict.source is Source.MODEL:
        return "SIMULATED model" if verdict.simulated else verdict.model
    return "rules" if verdict.source is Source.RULES else "nobody"


def proposed(proposal: Proposal) -> str:
    return f"{_deed(proposal)} for {proposal.ttl_minutes} min: {proposal.reason}"


def _deed(proposal: Proposal) -> str:
    where = "" if proposal.scope == PORTFOLIO else f" of {proposal.scope}"
    match proposal.kind:
        case Kind.PAUSE_SYMBOL:
            return f"no entries{where}"
        case Kind.HALT_NEW_ENTRIES:
            return "no entries at all"
        case Kind.SWITCH_PRESET:
            return f"preset {proposal.parameter}"
        case _:
            what = _PARAMETERS.get(proposal.parameter, proposal.parameter)
            value = "" if proposal.value is None else f" x {plain_text(proposal.value)}"
            back = "back: " if proposal.kind is Kind.RESTORE else ""
            return f"{back}{what}{where}{value}"


def _nothing(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.ABSTAINED:
        return f"no answer ({in_words(verdict.why) or 'none asked'}), nothing changes"
    if verdict.refusals:
        reasons = "; ".join(sorted({in_words(each.code) for each in verdict.refusals}))
        return f"what was wished is refused ({reasons})"
    return "no change"


def asked_because(trigger: Trigger) -> str:
    where = "" if trigger.scope == PORTFOLIO else f" of {trigger.scope}"
    return f"{trigger.kind.value.replace('_', ' ')}{where}"


def dollars(nano: int) -> str:
    amount = Decimal(nano) / NANO
    return f"${amount:.2f}" if amount >= 1 or not amount else f"${amount:.4f}"

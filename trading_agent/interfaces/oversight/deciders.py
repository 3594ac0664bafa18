"""Who took a decision, as it is kept with what the decision came to."""

from typing import TYPE_CHECKING

from llm_overseer.verdict import Source, Verdict
from trading_agent.interfaces.oversight.outcomes import Decided, Decider
from trading_agent.interfaces.oversight.settings import OversightSettings

if TYPE_CHECKING:
    from llm_overseer.records import DecisionRecords


def decided_of(
    verdict: Verdict, records: "DecisionRecords", settings: OversightSettings
) -> Decided:
    """A verdict that nobody took has no decider."""
    record = records.find(verdict.id)
    prompt = "" if record is None else record.versions.get("prompt", "")
    return Decided(
        decision=verdict.id,
        decider=_decider(verdict, prompt, settings),
        model=verdict.model,
        mode=verdict.mode.value,
        cost_nano=verdict.cost_nano,
    )


def _decider(verdict: Verdict, prompt: str, settings: OversightSettings) -> Decider | None:
    match verdict.source:
        case Source.NOBODY:
            return None
        case Source.RULES:
            return Decider(source=verdict.source.value)
        case _:
            tiers = settings.library.tiers()
            asked = [] if verdict.simulated else [name for it in tiers for name in it.models]
            return Decider(
                source=verdict.source.value,
                simulated=verdict.simulated,
                models=tuple(dict.fromkeys(asked)),
                prompt=prompt,
            )

"""A decision taken again from its record: the same brief, the same settings and list of models, and
of the models the same bytes at the same latency. What comes of it is compared byte for byte.

Who was left alone, what was spent and what had been told are the state of that day: the record
shows whom it asked and how often, and nobody else is asked now. What people were told beside the
decision (its notices) is not taken again.
"""

import json
import sqlite3
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec

from llm_overseer.brief import Slice
from llm_overseer.core.budget import Budget
from llm_overseer.core.cassette import PlayedTransport
from llm_overseer.core.catalogue import read_written
from llm_overseer.core.transport import Take
from llm_overseer.errors import BudgetSpent, CassetteMissing
from llm_overseer.main import LLMOverseer
from llm_overseer.records import DecisionRecords, Record
from llm_overseer.settings import BudgetSettings, OverseerSettings
from llm_overseer.verdict import Source, Verdict
from llm_overseer.words import in_words

_FOREVER: Final = 2**62
_NOWHERE: Final = Path("memory")
_ENOUGH: Final = BudgetSettings(
    usd_day=Decimal(100_000),
    usd_hour=Decimal(100_000),
    usd_call=Decimal(100_000),
    tokens_day=10**9,
    routine=Decimal(1),
    user=Decimal(1),
)


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """`same`: None where there is nothing to take again; `words`: why, or what differs."""

    decision: str
    same: bool | None
    words: str


async def take_again(record: Record) -> Again:
    verdict = record.verdict
    if (why := _not_asked(record)) is not None:
        return Again(decision=verdict.id, same=None, words=why)
    try:
        other = await _decided(record)
    except CassetteMissing as missing:
        words = f"it would ask another question today: {missing}"
        return Again(decision=verdict.id, same=False, words=words)
    other = msgspec.structs.replace(other, id=verdict.id, notices=verdict.notices)
    if other.document() == verdict.document():
        return Again(decision=verdict.id, same=True, words="byte for byte the same")
    return Again(decision=verdict.id, same=False, words=_difference(verdict, other))


def _not_asked(record: Record) -> str | None:
    """None: somebody was, or rules decided."""
    if "settings" not in record.versions:
        return "its record is of an earlier version, without the settings"
    verdict = record.verdict
    if verdict.why in ("superseded", "stopped"):
        return f"nobody waited for its end: {in_words(verdict.why)}"
    if record.takes or (verdict.source is Source.RULES and not verdict.why):
        return None
    return in_words(verdict.why) if verdict.why else "it repeats the answer of a moment before"


async def _decided(record: Record) -> Verdict:
    settings = OverseerSettings.model_validate_json(record.versions["settings"])
    asked = [json.loads(take.request)["models"] for take in record.takes]
    overseer = LLMOverseer(
        settings,
        transport=PlayedTransport(record.takes) if record.takes else None,
        budget=_PlayedBudget(record.takes, record.verdict.why),
        records=DecisionRecords(_NOWHERE, _in_memory),
        pause=_at_once,
        strict=True,
    )
    overseer.start()
    try:
        if record.takes:
            overseer.use_models(read_written(record.versions["catalogue"]))
            for tier in settings.tiers():
                for model in (*tier.models, *tier.second):
                    if not any(model in models for models in asked):
                        overseer.breakers.of(model).open(_FOREVER)
        return await overseer.review(record.brief, record.verdict.at)
    finally:
        await overseer.close()


def _difference(verdict: Verdict, other: Verdict) -> str:
    parts = [
        name for name in verdict.__struct_fields__ if getattr(verdict, name) != getattr(other, name)
    ]
    return f"differs in {', '.join(parts)}"


class _PlayedBudget(Budget):
    """Allows as many calls as there were, to whom they were made."""

    def __init__(self, takes: tuple[Take, ...], why: str) -> None:
        super().__init__(_NOWHERE, _ENOUGH, _in_memory)
        self._left = Counter(json.loads(take.request)["models"][0] for take in takes)
        self._cap = why.removeprefix("budget.") if why.startswith("budget.") else "day"

    def reserve(self, purse: Slice, model: str, cost: int, tokens: int, now: int) -> int:
        if not self._left[model]:
            raise BudgetSpent(self._cap)
        self._left[model] -= 1
        return super().reserve(purse, model, cost, tokens, now)


async def _at_once(_seconds: float) -> None:
    """The time is counted all the same."""


def _in_memory(_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)

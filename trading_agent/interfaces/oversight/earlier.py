"""What the overseer did before this start, from its own records: a restart forgets no cool-down, no
count of the day, and no reason for which something holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llm_overseer.brief import Direction, TriggerKind
from llm_overseer.decision import Kind
from llm_overseer.verdict import Proposal
from trading_agent.domain.commands import Origin
from trading_agent.domain.units import DAY, MINUTE, Nanos

if TYPE_CHECKING:
    from llm_overseer.records import DecisionRecords, Record

_MOST: Final = 200
"""Decisions looked back at; a day has fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that began to hold. `parameter` and `scope` as the library says them; `held`: how
    long it has, up to now."""

    at: Nanos
    overlay: str
    parameter: str
    scope: str
    halts: bool
    by_overseer: bool
    held: Nanos
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """`asked`: when it was last asked for a reason of this kind and scope. `changes`: of this UTC
    day, the oldest first."""

    asked: dict[tuple[TriggerKind, str], Nanos]
    changes: tuple[Change, ...]


def look_back(records: "DecisionRecords", now: Nanos) -> Earlier:
    """Raises RecordsDamaged."""
    asked: dict[tuple[TriggerKind, str], Nanos] = {}
    changes: list[Change] = []
    for record in records.latest(_MOST):
        brief = record.brief
        if now - brief.at > DAY:
            break
        asked.setdefault((brief.trigger.kind, brief.trigger.scope), Nanos(brief.at))
        changes += _changes(record, records, now)
    return Earlier(asked, tuple(sorted(changes, key=lambda each: each.at)))


def _changes(record: "Record", records: "DecisionRecords", now: Nanos) -> Iterator[Change]:
    proposals = record.verdict.proposals
    events = records.events(record.verdict.id) if proposals else ()
    ended = {
        event.detail.get("overlay", ""): event.at
        for event in events
        if event.what in ("expired", "reverted")
    }
    for event in events:
        name = event.detail.get("overlay", "")
        number = name.rpartition(".")[2]
        if event.what != "active" or not number.isdecimal() or event.at // DAY != now // DAY:
            continue
        proposal = proposals[int(number) - 1]
        until = min(ended.get(name, now), event.at + proposal.ttl_minutes * MINUTE)
        yield Change(
            at=Nanos(event.at),
            overlay=name,
            parameter=proposal.parameter,
            scope=proposal.scope,
            halts=proposal.kind is Kind.HALT_NEW_ENTRIES,
            by_overseer=event.detail.get("by") == Origin.OVERSEER.value,
            held=Nanos(until - event.at),
            evidence=_evidence(proposal),
        )


def _evidence(proposal: Proposal) -> tuple[str, ...]:
    """What a tightening is for; others are for nothing that could be over."""
    return proposal.evidence if proposal.direction is Direction.TIGHTEN else ()

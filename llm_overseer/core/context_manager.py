"""A brief becomes a prompt within the token cap of its tier.

Sections are left out from the end of their ranks, markets without a position first, and what was
left out is said. Equal briefs, whenever they are made, become equal bytes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from llm_overseer.brief import (
    Brief,
    Detector,
    Figure,
    Rank,
    Section,
    Series,
    Unit,
    Word,
    leaves,
)
from llm_overseer.core.canonical import Tree, canonical, shown
from llm_overseer.core.condensed import (
    counts_of,
    detectors_shown,
    lit_first,
    parameter_id,
    parameters_shown,
)
from llm_overseer.core.prompts import system_text
from llm_overseer.core.tiers import USUAL_BYTES_PER_TOKEN
from llm_overseer.errors import PromptTooLarge
from llm_overseer.settings import OverseerSettings, TierSettings

_KEPT: Final = Rank.LIMITS
_MOST_NAMED: Final = 24
"""Lit detectors that come before the figures of a pair, where there is not room for all."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """`known`: every id an answer may cite; `numbers`: every number it may repeat."""

    system: str
    user: str
    snapshot_id: str
    known: frozenset[str]
    numbers: frozenset[Decimal]
    trimmed: tuple[str, ...]


class ContextManager:
    """Composes prompts. Holds nothing between two of them."""

    def __init__(self, settings: OverseerSettings) -> None:
        self._settings = settings

    def compose(self, brief: Brief, tier: TierSettings, *, only_tighten: bool = False) -> Prompt:
        """Raises PromptTooLarge."""
        system = system_text(self._settings.parameters, only_tighten=only_tighten)
        room = int(tier.context_tokens * USUAL_BYTES_PER_TOKEN) - len(system.encode())
        kept, lit = list(brief.sections), list(lit_first(brief))
        trimmed: list[str] = []
        while True:
            snapshot = canonical(_snapshot(brief, kept, lit, trimmed))
            if len(snapshot) <= room:
                return _prompt(system, snapshot, brief, kept, trimmed)
            last = _least_needed(brief, kept)
            if len(lit) > _MOST_NAMED:
                del lit[_MOST_NAMED:]  # they are still counted
            elif last is not None:
                kept.remove(last)
                trimmed.append(last.name)
            elif lit:
                lit.pop()
            else:
                raise PromptTooLarge(f"{len(snapshot)} bytes of snapshot, room for {room}")


def _prompt(
    system: str, snapshot: bytes, brief: Brief, kept: Sequence[Section], trimmed: Sequence[str]
) -> Prompt:
    name = hashlib.sha256(snapshot).hexdigest()[:12]
    user = f'{{"snapshot":{snapshot.decode()},"snapshot_id":"{name}"}}'
    ids = [leaf.id for section in kept for leaf in leaves(section)]
    ids += [detector.id for detector in brief.detectors]
    ids += [parameter_id(state) for state in brief.parameters]
    numbers = frozenset(_numbers(brief, kept))
    return Prompt(system, user, name, frozenset(ids), numbers, tuple(trimmed))


def _least_needed(brief: Brief, sections: Sequence[Section]) -> Section | None:
    droppable = [section for section in sections if section.rank > _KEPT]
    if not droppable:
        return None
    where = brief.trigger.scope
    return max(
        droppable,
        key=lambda it: (it.rank, it.symbol != where, not it.held, it.volume_rank, it.name),
    )


def _snapshot(
    brief: Brief,
    sections: Sequence[Section],
    lit: Sequence[Detector],
    trimmed: Sequence[str],
) -> Tree:
    return {
        "trigger": {
            "kind": brief.trigger.kind.value,
            "severity": brief.trigger.severity.name.lower(),
            "scope": brief.trigger.scope,
            "question": None if brief.topic is None else brief.topic.value,
        },
        "detectors": detectors_shown(brief, lit),
        "symbols": sorted(brief.symbols),
        "parameters": parameters_shown(brief),
        "presets": None
        if brief.presets is None
        else {
            "baseline": brief.presets.baseline,
            "now": brief.presets.current,
            "most_careful_first": list(brief.presets.offered),
        },
        "overlays": sorted(f"{it.kind}:{it.scope}:{it.parameter}" for it in brief.overlays),
        "sections": table_of(sections),
        "missing": _missing(sections),
        "trimmed": list(trimmed),
    }


def table_of(sections: Sequence[Section]) -> Tree:
    """By the sections' names, then by the leaves' ids."""
    return {section.name: _leaves(section) for section in sections}


def _leaves(section: Section) -> Tree:
    tree: dict[str, Tree] = {}
    for leaf in leaves(section):
        match leaf:
            case Figure(value=value, unit=unit):
                tree[leaf.id] = None if value is None else shown(value, unit)
            case Word(value=word):
                tree[leaf.id] = word
            case Series(values=values, unit=unit):
                tree[leaf.id] = {"oldest_to_newest": [shown(value, unit) for value in values]}
    return tree


def _missing(sections: Sequence[Section]) -> Tree:
    stale: dict[str, Tree] = {}
    for section in sections:
        known: list[Figure | Word] = [*section.figures, *section.words]
        for leaf in known:
            if leaf.value is None or leaf.stale_s is not None:
                stale[leaf.id] = leaf.stale_s
    return stale


def _numbers(brief: Brief, sections: Sequence[Section]) -> Iterable[Decimal]:
    for state in brief.parameters:
        yield from (state.baseline, state.current)
    yield from counts_of(brief)
    yield from numbers_of(sections)


def numbers_of(sections: Sequence[Section]) -> Iterable[Decimal]:
    """Every number that may be repeated, as it is shown."""
    for section in sections:
        for figure in section.figures:
            if figure.value is not None:
                yield shown(figure.value, figure.unit)
            if figure.stale_s is not None:
                yield Decimal(figure.stale_s)
        for series in section.series:
            yield from (shown(value, series.unit) for value in series.values)
        yield from _counts(section)


def _counts(section: Section) -> Iterable[Decimal]:
    """A ratio may be spoken of as a percentage."""
    for figure in section.figures:
        if figure.unit is Unit.RATIO and figure.value is not None:
            yield shown(figure.value * 100, Unit.PERCENT)

"""Scores of many texts become one mood a symbol: medians over sources, no source more than its
share, and nothing from a single source when it is grave."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import Annotated, Final, Literal

from pydantic import Field

from llm_overseer.brief import Figure, Rank, Section, Unit, Word
from llm_overseer.decision import Strict

_MOST_PER_SOURCE: Final = 3
"""Texts of one source that count."""
_STEP: Final = Decimal("0.5")
_LONE_LIMIT: Final = Decimal("0.5")
"""How far from neutral a single source can move a mood."""
_GRAVE: Final = 2


class EventType(StrEnum):
    NONE = "none"
    LISTING = "listing"
    DELISTING = "delisting"
    HACK = "hack"
    OUTAGE = "outage"
    DEPEG = "depeg"
    REGULATION = "regulation"
    MACRO = "macro"
    PARTNERSHIP = "partnership"
    RUMOUR = "rumour"


GRAVE: Final = frozenset((EventType.HACK, EventType.OUTAGE, EventType.DEPEG, EventType.DELISTING))


class Score(Strict):
    """What a model may say of one text: numbers and enums."""

    number: Annotated[int, Field(ge=0, le=63)]
    """Which text."""
    sentiment: Literal[-2, -1, 0, 1, 2]
    relevance: Literal["none", "low", "high"]
    event: EventType
    asset: Annotated[str, Field(max_length=24)]
    """One of the symbols asked about, or "market"."""
    stale: bool


@dataclass(frozen=True, slots=True)
class Rated:
    """A score with whose text it is."""

    source: str
    score: Score


@dataclass(frozen=True, slots=True)
class AssetMood:
    """`sentiment`: -2 to 2 in steps of a half; `event`: the gravest that two sources report."""

    asset: str
    sentiment: Decimal
    sources: int
    event: EventType


@dataclass(frozen=True, slots=True)
class Mood:
    """`discarded`: texts that were not read, or whose scores were thrown away."""

    assets: tuple[AssetMood, ...]
    read: int
    discarded: int

    def sections(self) -> tuple[Section, ...]:
        """Numbers and enums for a brief."""
        return tuple(_section(mood) for mood in self.assets)


def mood_of(rated: Sequence[Rated], discarded: int) -> Mood:
    by_asset: dict[str, list[Rated]] = defaultdict(list)
    for it in rated:
        if it.score.relevance != "none" and not it.score.stale:
            by_asset[it.score.asset].append(it)
    moods = tuple(_asset_mood(asset, by_asset[asset]) for asset in sorted(by_asset))
    return Mood(moods, len(rated), discarded)


def _asset_mood(asset: str, rated: Sequence[Rated]) -> AssetMood:
    by_source: dict[str, list[Score]] = defaultdict(list)
    for it in rated:
        if len(by_source[it.source]) < _MOST_PER_SOURCE:
            by_source[it.source].append(it.score)
    voices = [Decimal(median(it.sentiment for it in scores)) for scores in by_source.values()]
    middle = (Decimal(median(voices)) / _STEP).to_integral_value() * _STEP
    if len(voices) == 1:
        middle = max(-_LONE_LIMIT, min(_LONE_LIMIT, middle))
    return AssetMood(asset, middle, len(voices), _event(by_source))


def _event(by_source: dict[str, list[Score]]) -> EventType:
    reported: dict[EventType, int] = defaultdict(int)
    for scores in by_source.values():
        for event in sorted({it.event for it in scores}):
            reported[event] += 1
    grave = [it for it in sorted(GRAVE) if reported[it] >= _GRAVE]
    if grave:
        return grave[0]
    others = [it for it in sorted(reported) if it not in GRAVE and it is not EventType.NONE]
    return max(others, key=lambda it: reported[it], default=EventType.NONE)


def _section(mood: AssetMood) -> Section:
    name = f"n.{mood.asset}"
    return Section(
        rank=Rank.SENTIMENT,
        name=name,
        figures=(
            Figure(f"{name}.sentiment", Unit.RATIO, mood.sentiment),
            Figure(f"{name}.sources", Unit.COUNT, Decimal(mood.sources)),
        ),
        words=(Word(f"{name}.event", mood.event.value),),
    )

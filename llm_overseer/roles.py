"""What beside decisions is asked of models: a report in words, and a thesis that can be refuted.

Both are for people. A number that does not stand in the table drops the report; a thesis says with
a typed condition on a leaf when it was wrong, so that code can tell.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from pydantic import BaseModel, Field

from llm_overseer.brief import Section, Slice, leaves
from llm_overseer.core.canonical import Tree, canonical
from llm_overseer.core.catalogue import Catalogue
from llm_overseer.core.consult import Consultant
from llm_overseer.core.context_manager import numbers_of, table_of
from llm_overseer.core.grounding import ungrounded
from llm_overseer.core.parsing import parse_strictly
from llm_overseer.core.request import ChatCall
from llm_overseer.core.tiers import Tier
from llm_overseer.decision import Strict, wire_schema
from llm_overseer.errors import ModelUnavailable, UnreadableReply
from llm_overseer.settings import OverseerSettings

Spoken = TypeVar("Spoken", bound=BaseModel)

_VERSION: Final = "roles/1"
_MOST_WORDS: Final = 120
_REPORTER: Final = """\
You report on a paper-trading desk to its owner, in at most 120 words of plain English. The user \
message is a table made by a program: every number you write must stand in it, as digits. No \
advice, no forecast. Answer with the JSON object alone."""
_OFFICER: Final = """\
You are the risk officer of a paper-trading desk. Something grave has just ended; code acted long \
before. In at most 120 words of plain English say what the table shows of it and what is left of \
the damage. Every number you write must stand in the table, as digits. No advice, no forecast. \
Answer with the JSON object alone."""
_ANALYST: Final = """\
You are the analyst of a paper-trading desk. The user message is a table made by a program. Give \
your view of the symbol named in it (-2 to 2), a short thesis in words without new numbers, and \
the condition on one leaf of the table under which you were wrong. Answer with the JSON object \
alone."""


class _Report(Strict):
    text: Annotated[str, Field(max_length=1_200)]


class _Thesis(Strict):
    view: Literal[-2, -1, 0, 1, 2]
    text: Annotated[str, Field(max_length=400)]
    leaf: Annotated[str, Field(max_length=64)]
    wrong_when: Literal["above", "below"]
    threshold: float
    horizon_minutes: Annotated[int, Field(ge=15, le=10_080)]


class Thesis(msgspec.Struct, frozen=True, kw_only=True):
    """`leaf` is a figure's id; a value beyond `threshold` refutes the thesis."""

    symbol: str
    view: int
    text: str
    leaf: str
    wrong_when: str
    threshold: Decimal
    expires_at: int

    def refuted_by(self, value: Decimal) -> bool:
        above = self.wrong_when == "above"
        return value > self.threshold if above else value < self.threshold


class Roles:
    """One event loop. Raises ModelUnavailable, also for what cannot be read, and BudgetSpent."""

    def __init__(
        self, settings: OverseerSettings, consultant: Consultant, catalogue: Catalogue
    ) -> None:
        self._settings = settings
        self._consultant = consultant
        self._catalogue = catalogue

    async def report(self, table: Sequence[Section], now: int) -> str:
        """At most 120 words about the table."""
        return await self._words(_REPORTER, Tier.TIER_1, table, now)

    async def note(self, table: Sequence[Section], now: int) -> str:
        """The same about what was grave and is over."""
        return await self._words(_OFFICER, Tier.TIER_3, table, now)

    async def _words(self, role: str, tier: Tier, table: Sequence[Section], now: int) -> str:
        numbers, known = frozenset(numbers_of(table)), _ids(table)

        def read(text: str) -> tuple[_Report, tuple[str, ...]]:
            report, defects = parse_strictly(text, _Report)
            if len(report.text.split()) > _MOST_WORDS:
                raise UnreadableReply("too_many_words")
            if ungrounded(report.text, numbers, known):
                raise UnreadableReply("ungrounded")
            return report, defects

        words = (role, canonical(table_of(table)).decode())
        return (await self._asked(words, tier, _Report, read, now)).text

    async def thesis(self, symbol: str, table: Sequence[Section], now: int) -> Thesis:
        """About one symbol."""
        numbers, known = frozenset(numbers_of(table)), _ids(table) | {symbol}
        figures = {it.id for section in table for it in section.figures if it.value is not None}

        def read(text: str) -> tuple[_Thesis, tuple[str, ...]]:
            thesis, defects = parse_strictly(text, _Thesis)
            if thesis.leaf not in figures:
                raise UnreadableReply("unknown_evidence")
            own = numbers | {Decimal(repr(thesis.threshold)), Decimal(thesis.horizon_minutes)}
            if ungrounded(thesis.text, own, known):
                raise UnreadableReply("ungrounded")
            return thesis, defects

        tree: Tree = {"symbol": symbol, "table": table_of(table)}
        words = (_ANALYST, canonical(tree).decode())
        said = await self._asked(words, Tier.TIER_2, _Thesis, read, now)
        return Thesis(
            symbol=symbol,
            view=said.view,
            text=said.text,
            leaf=said.leaf,
            wrong_when=said.wrong_when,
            threshold=Decimal(repr(said.threshold)),
            expires_at=now + said.horizon_minutes * 60 * 10**9,
        )

    async def _asked(
        self,
        words: tuple[str, str],
        tier: Tier,
        model: type[Spoken],
        read: Callable[[str], tuple[Spoken, tuple[str, ...]]],
        now: int,
    ) -> Spoken:
        settings = self._settings.tiers()[tier - 1]
        offers = self._catalogue.offers(settings.models)
        if not offers:
            raise ModelUnavailable("no_models")
        call = ChatCall(
            offers=offers,
            system=words[0],
            user=words[1],
            schema_name=model.__name__.strip("_").lower(),
            schema=wire_schema(model),
            max_completion_tokens=settings.max_completion_tokens,
            effort=settings.effort,
            seed=self._settings.seed,
            prompt_version=_VERSION,
        )
        seconds = settings.deadline_seconds
        consulted = await self._consultant.consult(call, Slice.ROUTINE, now, seconds, read)
        if consulted.value is None:
            raise ModelUnavailable(consulted.why)
        return consulted.value


def _ids(table: Sequence[Section]) -> frozenset[str]:
    named = {section.symbol for section in table if section.symbol}
    return frozenset(leaf.id for section in table for leaf in leaves(section)) | named

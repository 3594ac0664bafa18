"""What models are asked for beside decisions: a daily report, a thesis on each pair, a note after
an event. Words for people, checked by code before anybody reads them; nothing here changes the
desk.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from llm_overseer.brief import Section
from llm_overseer.errors import OverseerError
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import MINUTE, Nanos
from trading_agent.interfaces.oversight.parts import OversightParts

if TYPE_CHECKING:
    from llm_overseer.main import LLMOverseer
    from llm_overseer.roles import Thesis

_log = logging.getLogger(__name__)

_MOST_PAIRS: Final = 3
"""Pairs of which a thesis is asked: those that are held first."""
_RED: Final = ("d.swan", "d.feed", "d.peg", "d.drawdown", "d.day_loss")
"""After these, and after a breaker, a note is written."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the staff looks at: the desk, the lit alarms, and the table models are shown."""

    desk: DeskSnapshot
    alarms: tuple[str, ...]
    table: Callable[[], tuple[Section, ...]]


class Staff:
    """One event loop; one question at a time."""

    def __init__(self, parts: OversightParts, library: "LLMOverseer") -> None:
        self._parts = parts
        self._library = library
        self._task: asyncio.Task[None] | None = None
        self._day = self._week = 0
        self._event = ""
        """What went on when last looked; a note follows when it is over."""
        self._theses: dict[str, Thesis] = {}
        self._said: dict[str, str] = {}

    def look(self, scene: Scene) -> None:
        """Starts what is due, and checks every thesis that stands."""
        self._refute(scene)
        if self._task is not None and not self._task.done():
            return
        errand = self._due(scene)
        if errand is not None:
            self._task = asyncio.create_task(errand)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def notes(self) -> tuple[str, ...]:
        """The latest of each kind, and the theses that stand, in lines."""
        standing = tuple(_standing(each) for each in self._theses.values())
        return (*(f"{name}: {words}" for name, words in self._said.items()), *standing)

    def _due(self, scene: Scene) -> Coroutine[Any, Any, None] | None:
        at, cadence = scene.desk.at, self._parts.settings.cadence
        over, self._event = self._event, _event_of(scene)
        if over and not self._event and cadence.notes:
            return self._note(over, scene.table(), at)
        day = _period(at, cadence.report_minutes)
        before, self._day = self._day, day
        if before and day != before:
            return self._report(scene.table(), at)
        week = _period(at, cadence.thesis_minutes)
        before, self._week = self._week, week
        if before and week != before:
            # Not at a start: each would cost as much again.
            return self._theses_of(_chosen(scene.desk), scene.table(), at)
        return None

    async def _report(self, table: Sequence[Section], at: Nanos) -> None:
        await self._tell("report", self._library.report(table, at))

    async def _note(self, event: str, table: Sequence[Section], at: Nanos) -> None:
        await self._tell(f"after {event}", self._library.note(table, at))

    async def _theses_of(self, symbols: Sequence[str], table: Sequence[Section], at: Nanos) -> None:
        for symbol in symbols:
            try:
                self._theses[symbol] = await self._library.thesis(symbol, table, at)
            except OverseerError as error:
                _log.info("no thesis of %s: %s", symbol, error)

    async def _tell(self, what: str, errand: Coroutine[Any, Any, str]) -> None:
        try:
            words = await errand
        except OverseerError as error:
            _log.info("the overseer's %s was dropped: %s", what, error)
            return
        self._said[what] = words
        mark = "SIMULATED " if self._parts.simulated else ""
        self._parts.tell(f"overseer, {mark}{what}: {words}")

    def _refute(self, scene: Scene) -> None:
        if not self._theses:
            return
        values = _values(scene.table())
        for symbol, thesis in list(self._theses.items()):
            value = values.get(thesis.leaf)
            if value is not None and thesis.refuted_by(value):
                del self._theses[symbol]
                self._parts.tell(
                    f"overseer: the thesis on {symbol} was wrong: {thesis.leaf} is "
                    f"{value.normalize():f}, {thesis.wrong_when} {thesis.threshold.normalize():f}"
                )
            elif scene.desk.at >= thesis.expires_at:
                del self._theses[symbol]


def _event_of(scene: Scene) -> str:
    alarms = [each for each in scene.alarms if each.startswith(_RED)]
    return ", ".join((*alarms, *(f"breaker {each}" for each in scene.desk.breakers)))


def _period(at: Nanos, minutes: int) -> int:
    """Which one it is, beginning with 1970; 0 for never."""
    return at // (minutes * MINUTE) if minutes else 0


def _chosen(desk: DeskSnapshot) -> list[str]:
    held = {view.symbol for view in desk.positions}
    return sorted((view.symbol for view in desk.symbols), key=lambda it: it not in held)[
        :_MOST_PAIRS
    ]


def _values(table: Sequence[Section]) -> Mapping[str, Decimal]:
    return {
        figure.id: figure.value
        for section in table
        for figure in section.figures
        if figure.value is not None
    }


def _standing(thesis: "Thesis") -> str:
    return (
        f"{thesis.symbol}, view {thesis.view:+d}: {thesis.text} Wrong when {thesis.leaf} is "
        f"{thesis.wrong_when} {thesis.threshold.normalize():f}"
    )

"""From facts to notices: one story after another hears every fact, and time passes between them.

Fed the same facts and moments, a narrator with the same memory tells the same. Whoever owns it
keeps what it tells, and its memory, with the number of the last fact it heard.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from trading_agent.domain.facts import Fact
from trading_agent.domain.units import SECOND, Nanos
from trading_agent.notifications import memory as memories
from trading_agent.notifications import wording_market, wording_run
from trading_agent.notifications.market_story import MarketStory
from trading_agent.notifications.memory import Memory, Tally
from trading_agent.notifications.notice import Notice, Topic
from trading_agent.notifications.order_story import OrderStory
from trading_agent.notifications.pace import Pace
from trading_agent.notifications.run_story import RunStory
from trading_agent.notifications.zones import zone_of

_FAR: Final = 2**63 - 1


def _never_ends(_at: Nanos) -> Nanos | None:
    """For a desk whose sessions nobody knows."""


def _says_nothing() -> str:
    """For a desk without an overseer."""
    return ""


class Informants(Struct, frozen=True, kw_only=True):
    """Asked, when something is told, for what no fact says. `session_ends`: when the session that
    holds at a time is over; `overseer_worth`: whether the overseer helped, in one line."""

    session_ends: Callable[[Nanos], Nanos | None] = _never_ends
    overseer_worth: Callable[[], str] = _says_nothing


NOBODY: Final = Informants()


class ReportTime(Struct, frozen=True):
    """Minute of the day in a time zone."""

    minute: int
    zone: str = "UTC"

    def last_before(self, at: int) -> int:
        """The newest such moment that is not after `at`; nanoseconds UTC."""
        zone = zone_of(self.zone)
        local = datetime.fromtimestamp(at // SECOND, UTC).astimezone(zone)
        found = local.replace(hour=self.minute // 60, minute=self.minute % 60, second=0)
        moment = int(found.timestamp()) * SECOND
        if moment > at:
            earlier = found - timedelta(days=1)
            moment = int(earlier.replace(tzinfo=zone).timestamp()) * SECOND
        return moment


class Narrator:
    """`pictures`: the topics whose notices wish for one."""

    def __init__(
        self,
        memory: Memory,
        pace: Pace,
        report: ReportTime | None,
        pictures: frozenset[Topic] = frozenset(),
        informants: Informants = NOBODY,
    ) -> None:
        self.memory = memory
        self._report = report
        self._pictures = pictures
        self._informants = informants
        self._orders = OrderStory(memory, pace, charts=Topic.EXIT in pictures)
        self._market = MarketStory(memory, pace, charts=Topic.PATTERN in pictures)
        self._run = RunStory(memory)
        # Orders come last: what happened to one is told with what the others know by then.
        stories = (self._run, self._market, self._orders)
        self._folds: dict[type[Fact], list[Callable[[int, Any], None]]] = {}
        for story in stories:
            for kind, fold in story.folds.items():
                self._folds.setdefault(kind, []).append(fold)

    @property
    def heard(self) -> frozenset[type[Fact]]:
        """Kinds of facts that move the memory."""
        return frozenset(self._folds)

    def hear(self, sequence: int, fact: Fact) -> list[Notice]:
        """What had become due before it, and what it is told at once for."""
        told = self.pass_time(fact.at)
        self.memory.tally.since = self.memory.tally.since or fact.at
        for fold in self._folds.get(type(fact), ()):
            fold(sequence, fact)
        at_once = self._run.at_once(sequence, fact)
        if at_once is not None:
            told.extend(self._orders.due(_FAR) if self.memory.closed_in_order else ())
            told.append(at_once)
        self.memory.last = mark_of(fact)
        self.memory.heard_at = fact.at
        return told

    def pass_time(self, now: int) -> list[Notice]:
        """What has become due."""
        told = [*self._run.due(now), *self._orders.due(now), *self._market.due(now)]
        told.extend(self._daily(now))
        return told

    def see_session(self, name: str, now: Nanos) -> list[Notice]:
        """The session that holds now, by the desk itself."""
        memory, before = self.memory, self.memory.session
        if not name or name == before:
            return []
        memory.session = name
        if not before:
            return []
        ends = self._informants.session_ends(now)
        return [wording_market.session_changed(memory, before, now, ends)]

    def text(self) -> str:
        return memories.to_text(self.memory)

    def _daily(self, now: int) -> list[Notice]:
        memory = self.memory
        if self._report is None:
            return []
        moment = self._report.last_before(now)
        if not memory.reported:
            memory.reported = moment
        if moment <= memory.reported:
            return []
        worth = self._informants.overseer_worth()
        picture = Topic.REPORT in self._pictures
        told = [wording_run.report(memory, moment, worth, picture=picture)]
        memory.reported = moment
        equity = memory.tally.equity
        memory.tally = Tally(since=moment, first_equity=equity, equity=equity, peak=equity)
        return told


def mark_of(fact: Fact) -> str:
    """By which a journal's fact is known again."""
    return f"{type(fact).__name__}:{fact.at}"

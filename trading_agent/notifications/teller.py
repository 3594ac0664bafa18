"""The thread that follows the journal and puts what is worth telling into the outbox.

What it told of, what it remembers and how far it has read become lasting together: after any
death the next life goes on from there, and says what it had not said. A file that was never
written to begins with the present; only what came before is learned from the journal, in silence.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from trading_agent.domain.errors import StorageError
from trading_agent.domain.facts import Fact
from trading_agent.domain.units import DAY, SECOND
from trading_agent.notifications import memory as memories
from trading_agent.notifications.memory import Memory
from trading_agent.notifications.narrator import NOBODY, Informants, Narrator, ReportTime, mark_of
from trading_agent.notifications.notes import Notes
from trading_agent.notifications.notice import Level, Notice, Topic
from trading_agent.notifications.pace import Pace
from trading_agent.notifications.settings import NotificationSettings
from trading_agent.notifications.store import NoticeStore
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.offer import Offer
from trading_agent.runtime.outbox import Outbox
from trading_agent.runtime.subscription import Published, Subscription, SubscriptionRule
from trading_agent.runtime.worker import Stop

_log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 0.25
_SAVE_AFTER_FACTS: Final = 2_000
_SAVE_AFTER: Final = 5 * SECOND
"""With nothing to tell, memory and cursor may lag behind so long: it is all in the journal."""
_BREATH_FACTS: Final = 500
_BREATH_SECONDS: Final = 0.002
"""Reading a long journal, the desk's own threads come first."""

Read = Callable[[int], Iterator[tuple[int, Fact]]]
"""The facts of the journal past a sequence."""


class Teller:
    """`run` is the body of a worker with a restart rule. Made before the journal's thread runs, so
    that what this run says is news and what is in the journal already is not."""

    def __init__(
        self,
        store: NoticeStore,
        read: Read,
        outbox: Outbox,
        clock: Clock,
        settings: NotificationSettings,
        informants: Informants = NOBODY,
    ) -> None:
        self._store = store
        self._read = read
        self._outbox = outbox
        self._clock = clock
        self._settings = settings
        self._informants = informants
        self._past = outbox.committed
        self._notes = Notes(clock)
        self._pruned_at = clock.monotonic()
        self._begin_anew()

    def tell(
        self,
        words: str,
        level: Level = Level.WARNING,
        topic: Topic = Topic.TROUBLE,
        offers: tuple[Offer, ...] = (),
    ) -> None:
        """Any thread, of what is no fact; never waits, never raises. The same words within ten
        minutes are counted, not repeated."""
        self._notes.put(words, level, topic, offers)

    def run(self, stop: Stop) -> None:
        """Until the stop is set and everything that was committed has been told. Raises
        StorageError; what was not kept then is told by the next life."""
        subscription = self._outbox.subscribe(SubscriptionRule(name="notices"))
        try:
            self._begin_anew()
            if not self._remember(stop):
                return
            self._follow(subscription, stop)
        finally:
            subscription.close()
        # The journal has ended before us; what is no fact may still be said.
        while not stop.wait(_LOOK_SECONDS):
            self._save()
        self._save(at_once=True)

    def _begin_anew(self) -> None:
        self._narrator = self._narrate(Memory())
        self._cursor = 0
        self._unkept: list[Notice] = []
        self._saved_cursor = 0
        self._saved_at = self._clock.monotonic()

    def _narrate(self, memory: Memory) -> Narrator:
        settings = self._settings
        report = None
        if settings.report_at:
            hours, _, minutes = settings.report_at.partition(":")
            report = ReportTime(int(hours) * 60 + int(minutes), settings.report_zone)
        pictures = frozenset(settings.pictures)
        return Narrator(memory, pace_of(settings), report, pictures, self._informants)

    def _remember(self, stop: Stop) -> bool:
        """Go on where the outbox ends, or learn the past when it has none. False: the stop came
        first, and nothing may be kept of what was learned by half."""
        cursor, text = self._store.cursor, self._store.memory
        if cursor is None or text is None:
            return self._learn_silently(Memory(), stop)
        try:
            memory = memories.from_text(text)
        except StorageError as error:
            # Another version's. What it knew is in the journal, and so is what it had not said.
            _log.warning("%s: it is learned anew", error)
            learned = self._learn(Memory(), cursor, stop)
            self._saved_cursor = self._cursor
            return learned
        if not self._is_ours(cursor, memory):
            self._notes.put(
                "the journal is another than before: what happened between the two is not told",
                Level.WARNING,
                Topic.TROUBLE,
            )
            return self._learn_silently(Memory(journal=memory.journal + 1), stop)
        self._narrator, self._cursor = self._narrate(memory), cursor
        self._saved_cursor = self._cursor
        return True

    def _is_ours(self, cursor: int, memory: Memory) -> bool:
        if cursor == 0:
            return True
        found = next(iter(self._read(cursor - 1)), None)
        return found is not None and mark_of(found[1]) == memory.last

    def _learn_silently(self, memory: Memory, stop: Stop) -> bool:
        """All that was in the journal when we were made; what was about to be told is no news."""
        learned = self._learn(memory, self._past, stop)
        if learned:
            self._narrator.pass_time(int(self._clock.now()))
            self._store.keep((), self._cursor, self._narrator.text())
            self._saved_cursor = self._cursor
        return learned

    def _learn(self, memory: Memory, until: int, stop: Stop) -> bool:
        """False: the stop came first."""
        self._narrator, self._cursor = self._narrate(memory), 0
        for sequence, fact in self._read(0) if until else ():
            self._hear(sequence, fact)
            if sequence % _BREATH_FACTS == 0 and stop.wait(_BREATH_SECONDS):
                return False
            if sequence == until:
                break
        self._unkept.clear()
        return True

    def _follow(self, subscription: Subscription, stop: Stop) -> None:
        if self._cursor < self._outbox.committed:
            self._catch_up(stop)
        while True:
            # Asked before the last look, so that nothing can come in between.
            last = subscription.closed or stop.is_set()
            first = subscription.get(0.0 if last else _LOOK_SECONDS)
            if first is not None:
                self._take((first, *subscription.drain()), stop)
            self._look()
            if last and first is None:
                self._save(at_once=True)
                return
            self._save()

    def _take(self, published: Iterable[Published], stop: Stop) -> None:
        for item in published:
            if item.sequence > self._cursor + 1:
                # We were too slow and the oldest went unread.
                self._catch_up(stop)
            if item.sequence == self._cursor + 1:
                self._hear(item.sequence, item.fact)

    def _catch_up(self, stop: Stop) -> None:
        for sequence, fact in self._read(self._cursor):
            self._hear(sequence, fact)
            if sequence % _BREATH_FACTS == 0:
                self._save()
                stop.wait(_BREATH_SECONDS)

    def _hear(self, sequence: int, fact: Fact) -> None:
        try:
            self._unkept.extend(self._narrator.hear(sequence, fact))
        except Exception as error:  # noqa: BLE001 - one fact must not silence all that follow
            _log.exception("fact %d cannot be told", sequence)
            kind = type(fact).__name__
            self.tell(f"fact {sequence} ({kind}) cannot be told: {type(error).__name__}")
        self._cursor = sequence

    def _look(self) -> None:
        """Time passes; nothing that is still to be heard is older than what is due now."""
        now = self._clock.now()
        self._unkept.extend(self._narrator.pass_time(int(now)))
        snapshot = self._outbox.snapshot
        if snapshot is not None and snapshot.symbols:
            session = snapshot.symbols[0].session
            self._unkept.extend(self._narrator.see_session(session, now))

    def _save(self, *, at_once: bool = False) -> None:
        notes = self._notes.waiting(simulated=self._narrator.memory.simulated)
        silent = self._clock.monotonic() - self._saved_at
        behind = self._cursor - self._saved_cursor
        due = at_once or behind >= _SAVE_AFTER_FACTS or (behind and silent >= _SAVE_AFTER)
        if not (notes or self._unkept or due):
            return
        self._store.keep((*notes, *self._unkept), self._cursor, self._narrator.text())
        if notes or self._unkept:
            self._shed()
        self._notes.kept(notes)
        self._unkept.clear()
        self._saved_cursor, self._saved_at = self._cursor, self._clock.monotonic()
        if self._saved_at - self._pruned_at > DAY:
            self._pruned_at = self._saved_at
            self._store.prune()

    def _shed(self) -> None:
        for destination, number in self._store.shed(self._settings.most_waiting).items():
            door = destination.partition(":")[0]
            self.tell(f"too much waited for {door}: {number} messages were given up")


def pace_of(settings: NotificationSettings) -> Pace:
    return Pace(
        burst=int(settings.burst_seconds * SECOND),
        standing=int(settings.standing_seconds * SECOND),
        stops=int(settings.stop_seconds * SECOND),
        feeds=int(settings.feed_seconds * SECOND),
        signals=int(settings.signal_seconds * SECOND),
        oddities=int(settings.anomaly_seconds * SECOND),
        least_quality=settings.pattern_quality,
    )

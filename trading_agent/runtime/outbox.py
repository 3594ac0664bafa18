"""The one way out of the core: to the journal first, to everyone else once it is on disk.

The core puts facts and snapshots in and goes on; the journal's thread commits many facts
at once and then lets go of them, in the order in which the core said them. A write that has
certainly failed is tried again, and what waits for it stays where it is.
"""

import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Final

from msgspec import Struct

from trading_agent.domain.errors import InvariantError, StorageError, TradingError
from trading_agent.domain.facts import Fact
from trading_agent.domain.snapshot import DeskSnapshot
from trading_agent.domain.units import SECOND
from trading_agent.runtime.clock import Clock
from trading_agent.runtime.digest import FactsDigest
from trading_agent.runtime.latency import Latency
from trading_agent.runtime.ports import JournalPort, NotCommitted
from trading_agent.runtime.settings import RuntimeSettings
from trading_agent.runtime.subscription import Published, Subscription, SubscriptionRule
from trading_agent.runtime.worker import Stop

_log = logging.getLogger(__name__)

_WAIT_SECONDS: Final = 0.5
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 2.0
_CALM: Final = SECOND
"""So long without a failure, and a strained journal is well again."""
_LAST_TRIES: Final = 3
"""How often a write is tried again when the run is to end."""


class _Image(Struct, frozen=True):
    """`body` is what the facts up to `sequence` add up to."""

    sequence: int
    body: str


_Entry = tuple[Fact, ...] | DeskSnapshot | _Image


def _ignore(_strain: TradingError | None) -> None:
    """For whoever does not listen."""


class Outbox:
    """`run` is the body of the journal's worker and `interrupt` what wakes it for its stop.

    A write that certainly did not happen is tried again with growing pauses; `on_strain` is
    told of every such failure, and with None when the journal is well again. When the
    journal fails otherwise, or falls `outbox_facts` behind, nothing more is taken in,
    `on_failure` is called once (from either thread) and the run must end: what was being
    committed may or may not be on disk, and only recovery can tell. `image_facts`: after so
    many facts an image of the account is wanted; 0: never.
    """

    def __init__(
        self,
        journal: JournalPort,
        clock: Clock,
        settings: RuntimeSettings,
        on_failure: Callable[[TradingError], None],
        *,
        on_strain: Callable[[TradingError | None], None] = _ignore,
        image_facts: int = 0,
    ) -> None:
        self.commits = Latency()
        """Time of each commit."""
        self.digest = FactsDigest()
        """Of the facts of this run, as far as they are committed."""
        self._journal = journal
        self._clock = clock
        self._settings = settings
        self._on_failure = on_failure
        self._on_strain = on_strain
        self._image_facts = image_facts
        self._imaged = journal.last_sequence  # like the next three, written by the core's thread
        self._queue: SimpleQueue[_Entry | None] = SimpleQueue()
        self._published = journal.last_sequence
        self._committed = journal.last_sequence  # like the next three, by the journal's thread
        self._strain_of: NotCommitted | None = None
        self._failed_at = 0
        self._rest = threading.Event()  # never set: a pause that a stop does not shorten
        self._snapshot: DeskSnapshot | None = None
        self._snapshot_waits = False
        self._guard = threading.Lock()  # guards _failure and the change of _subscriptions
        self._failure: TradingError | None = None
        self._subscriptions: tuple[Subscription, ...] = ()

    @property
    def published(self) -> int:
        """Sequence of the last fact the core has said."""
        return self._published

    @property
    def committed(self) -> int:
        """Sequence of the last fact on disk."""
        return self._committed

    @property
    def failure(self) -> TradingError | None:
        return self._failure

    @property
    def snapshot(self) -> DeskSnapshot | None:
        """The last one released; None before the first."""
        return self._snapshot

    @property
    def wants_snapshot(self) -> bool:
        """The last snapshot has been released and the journal is well."""
        return not self._snapshot_waits and self._failure is None

    def publish(self, facts: tuple[Fact, ...]) -> None:
        """Core thread; never waits. Numbers the facts in the order given."""
        if not facts or self._failure is not None:
            return
        behind = self._published - self._committed + len(facts)
        if behind > self._settings.outbox_facts:
            self._fail(StorageError(f"the journal is {behind} facts behind: the disk is too slow"))
            return
        self._published += len(facts)
        self._queue.put(facts)

    def publish_snapshot(self, snapshot: DeskSnapshot) -> None:
        """Core thread; released after every fact published before it."""
        if self._failure is None:
            self._snapshot_waits = True
            self._queue.put(snapshot)

    def wants_image(self, *, closing: bool = False) -> bool:
        """Core thread; enough facts have come since the last image, or any when closing."""
        since = self._published - self._imaged
        return 0 < self._image_facts <= since or (closing and since > 0 < self._image_facts)

    def publish_image(self, body: str) -> None:
        """Core thread; kept in the journal behind every fact published before it."""
        if self._failure is None:
            self._imaged = self._published
            self._queue.put(_Image(self._published, body))

    def subscribe(self, rule: SubscriptionRule) -> Subscription:
        """Any thread. Facts committed from now on; the listener closes it when done."""
        most = self._settings.subscription_facts if rule.capacity is None else rule.capacity
        subscription = Subscription(rule, most)
        with self._guard:
            open_ones = tuple(each for each in self._subscriptions if not each.closed)
            self._subscriptions = (*open_ones, subscription)
        return subscription

    def interrupt(self) -> None:
        self._queue.put(None)

    def run(self, stop: Stop) -> None:
        """Until the stop is set and everything published before it is committed."""
        try:
            if not self._journal.restore_room():
                self._strain(NotCommitted("the disk is too full to set room aside"))
            while True:
                last = stop.is_set()
                entries = self._gather(wait=not last)
                if entries:
                    self._commit(entries, stop)
                elif last:
                    return
                self._consider_relief()
        except TradingError as error:
            self._fail(error)
            raise
        finally:
            for subscription in self._subscriptions:
                subscription.close()

    def _gather(self, *, wait: bool) -> list[_Entry]:
        """What waits, up to one commit's worth or an image, which speaks of what is before it."""
        entries: list[_Entry] = []
        facts = 0
        try:
            entry = self._queue.get(timeout=_WAIT_SECONDS) if wait else self._queue.get_nowait()
            while True:
                if entry is None:
                    return entries
                entries.append(entry)
                facts += len(entry) if isinstance(entry, tuple) else 0
                if facts >= self._settings.commit_facts or isinstance(entry, _Image):
                    return entries
                entry = self._queue.get_nowait()
        except Empty:
            return entries

    def _commit(self, entries: list[_Entry], stop: Stop) -> None:
        facts = [fact for entry in entries if isinstance(entry, tuple) for fact in entry]
        if facts:
            self._append(facts, stop)
        for entry in entries:
            if isinstance(entry, DeskSnapshot):
                self._release(entry)
            elif isinstance(entry, _Image):
                self._keep(entry)

    def _append(self, facts: list[Fact], stop: Stop) -> None:
        numbered = list(enumerate(facts, self._committed + 1))
        began = self._clock.monotonic()
        self._persist(numbered, stop)
        self.commits.record(self._clock.monotonic() - began)
        self._committed += len(facts)
        self.digest.add(facts)
        published = [Published(sequence, fact) for sequence, fact in numbered]
        for subscription in self._subscriptions:
            subscription.offer(published)

    def _persist(self, numbered: list[tuple[int, Fact]], stop: Stop) -> None:
        """Until they are on disk; gives up when the run is to end and the disk does not mend."""
        pause, last_tries = _FIRST_PAUSE_SECONDS, _LAST_TRIES
        while True:
            try:
                self._journal.append(numbered)
            except NotCommitted as error:
                self._strain(error)
                if self._journal.make_room():
                    continue
                if stop.is_set():
                    last_tries -= 1
                    if last_tries == 0:
                        raise
                    self._rest.wait(_FIRST_PAUSE_SECONDS)
                stop.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            else:
                return

    def _strain(self, error: NotCommitted) -> None:
        self._failed_at = self._clock.monotonic()
        self._strain_of = error
        self._on_strain(error)

    def _consider_relief(self) -> None:
        if self._strain_of is None or self._clock.monotonic() - self._failed_at < _CALM:
            return
        if self._journal.restore_room():
            self._strain_of = None
            self._on_strain(None)
        else:
            self._strain(self._strain_of)

    def _keep(self, image: _Image) -> None:
        """Recovery does without it: a failure that leaves the facts alone is only told."""
        if image.sequence != self._committed:
            raise InvariantError(f"an image of fact {image.sequence} came after others")
        try:
            self._journal.keep_image(image.body)
        except NotCommitted as error:
            _log.warning("no image was kept: %s", error)

    def _release(self, snapshot: DeskSnapshot) -> None:
        if snapshot.fact_sequence > self._committed:
            raise InvariantError(
                f"a snapshot speaks of fact {snapshot.fact_sequence}, "
                f"but only {self._committed} were published before it"
            )
        self._snapshot = snapshot
        self._snapshot_waits = False

    def _fail(self, error: TradingError) -> None:
        with self._guard:
            if self._failure is not None:
                return
            self._failure = error
        self._on_failure(error)
